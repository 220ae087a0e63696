//! Contoso's people: Microsoft's sample names, with jobs, managers and licences. Not among them, so that tests have
//! newcomers: Delia Dennis, Gerhart Moller, Mallory Cortez, Raul Razo.

/// One person, as a row.
pub(super) struct Person {
    pub(super) alias: &'static str,
    pub(super) given: &'static str,
    pub(super) surname: &'static str,
    pub(super) title: &'static str,
    pub(super) department: &'static str,
    pub(super) office: &'static str,
    /// Country; empty where none was set.
    pub(super) country: &'static str,
    pub(super) employee_id: &'static str,
    /// Alias of the manager; empty at the top.
    pub(super) manager: &'static str,
    /// SKUs held directly.
    pub(super) licences: &'static [&'static str],
}

type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const E5: &[&str] = &["SPE_E5"];
const O365: &[&str] = &["ENTERPRISEPACK"];
const NONE: &[&str] = &[];

/// Alias, given name, surname, title, department, office, country, manager, licences; numbers follow from the order.
const ROWS: [Row; 24] = [
    (
        "PattiF",
        "Patti",
        "Fernandez",
        "President",
        "Executive Management",
        "15/1102",
        "US",
        "",
        &["SPE_E5", "PROJECTPROFESSIONAL"],
    ),
    (
        "MeganB",
        "Megan",
        "Bowen",
        "Marketing Manager",
        "Marketing",
        "12/1110",
        "US",
        "MiriamG",
        &["SPE_E5", "PROJECTPROFESSIONAL"],
    ),
    ("AdeleV", "Adele", "Vance", "Retail Manager", "Retail", "18/2111", "US", "MiriamG", E5),
    ("AlexW", "Alex", "Wilber", "Marketing Assistant", "Marketing", "131/1104", "US", "MeganB", NONE),
    ("AllanD", "Allan", "Deyoung", "IT Admin", "IT", "20/1101", "US", "NestorW", E5),
    ("BenW", "Ben", "Walters", "VP Sales", "Sales", "19/3123", "US", "PattiF", NONE),
    ("CameronW", "Cameron", "White", "Support Engineer", "IT", "20/1109", "CH", "NestorW", NONE),
    ("ChristieC", "Christie", "Cline", "Buyer", "Retail", "19/2106", "US", "AdeleV", O365),
    (
        "DebraB",
        "Debra",
        "Berger",
        "Administrative Assistant",
        "Executive Management",
        "18/2107",
        "US",
        "PattiF",
        NONE,
    ),
    ("DiegoS", "Diego", "Siciliani", "HR Manager", "HR", "14/1108", "US", "NestorW", NONE),
    (
        "EmilyB",
        "Emily",
        "Braun",
        "Budget Analyst",
        "Finance",
        "97/2302",
        "US",
        "IsaiahL",
        &["EXCHANGESTANDARD"],
    ),
    ("EnricoC", "Enrico", "Cattaneo", "Attorney", "Legal", "20/1103", "CH", "PattiF", O365),
    ("GradyA", "Grady", "Archie", "Designer", "R&D", "19/2109", "US", "LeeG", NONE),
    ("HenriettaM", "Henrietta", "Mueller", "Developer", "R&D", "18/1106", "CH", "LeeG", NONE),
    ("IrvinS", "Irvin", "Sayers", "Project Manager", "R&D", "16/2103", "", "LeeG", NONE),
    ("IsaiahL", "Isaiah", "Langer", "Sales Rep", "Sales", "20/1101", "US", "BenW", &["FLOW_FREE"]),
    ("JohannaL", "Johanna", "Lorenz", "Senior Engineer", "Engineering", "23/2102", "DE", "LidiaH", NONE),
    ("JoniS", "Joni", "Sherman", "Paralegal", "Legal", "20/1109", "US", "EnricoC", NONE),
    ("LeeG", "Lee", "Gu", "Director", "Manufacturing", "23/3101", "US", "PattiF", O365),
    ("LidiaH", "Lidia", "Holloway", "Product Manager", "Engineering", "20/2107", "US", "LeeG", O365),
    ("LynneR", "Lynne", "Robbins", "Planner", "Retail", "20/1104", "US", "AdeleV", O365),
    ("MiriamG", "Miriam", "Graham", "Director", "Sales & Marketing", "131/2103", "US", "PattiF", E5),
    ("NestorW", "Nestor", "Wilke", "Director", "Operations", "36/2121", "US", "PattiF", E5),
    ("PradeepG", "Pradeep", "Gupta", "Accountant", "Finance", "98/2202", "US", "IsaiahL", &["EMSPREMIUM"]),
];

pub(super) fn all() -> impl Iterator<Item = Person> {
    let numbered = ROWS.iter().zip(NUMBERS);
    numbered.map(
        |(&(alias, given, surname, title, department, office, country, manager, licences), employee_id)| {
            Person {
                alias,
                given,
                surname,
                title,
                department,
                office,
                country,
                employee_id,
                manager,
                licences,
            }
        },
    )
}

const NUMBERS: [&str; 24] = [
    "100001", "100002", "100003", "100004", "100005", "100006", "100007", "100008", "100009", "100010",
    "100011", "100012", "100013", "100014", "100015", "100016", "100017", "100018", "100019", "100020",
    "100021", "100022", "100023", "100024",
];
