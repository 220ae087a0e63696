//! New hires from a spreadsheet, as requests for `onboard-user`.
//!
//! The file is Microsoft's own template for creating users in bulk ("Bulk create users in Microsoft Entra ID"): a line
//! with the version, a line of headings of the form `Item name [propertyName] Required`, then one line per person. Only
//! the property in brackets counts; the words around it have varied over the years. Further columns of the same form say
//! what the template has no place for: employee id, manager, licences, groups, start, pass. Several values stand in one
//! cell with semicolons between.
//!
//! The template's initial password is ignored on purpose: a new account's password is random and forgotten, and the
//! newcomer gets a Temporary Access Pass. What the cells mean is checked by the function; here only what cannot be turned
//! into a request is refused, by line and column.

use csv::{ReaderBuilder, StringRecord, Trim};
use serde_json::{Map, Value, json};

use crate::Error;

/// One person of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Hire {
    /// The line in the file, from one.
    pub line: u64,
    /// The name for people.
    pub name: String,
    /// The body of `POST /api/onboard-user`.
    pub request: Value,
}

/// What a cell becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    /// Text that must be there.
    Needed,
    /// Several texts.
    List,
    /// A list of at most one.
    Only,
    /// SKUs.
    Licences,
    /// How many minutes a Temporary Access Pass is good for.
    Pass,
    /// Microsoft's question whether to block sign-in.
    Block,
    Ignored,
}

/// Property of a column, kind of its cells, field of the request.
const COLUMNS: [(&str, Kind, &str); 23] = [
    ("displayName", Kind::Needed, "/displayName"),
    ("userPrincipalName", Kind::Needed, "/userPrincipalName"),
    ("passwordProfile", Kind::Ignored, ""),
    ("accountEnabled", Kind::Block, ""),
    ("givenName", Kind::Needed, "/givenName"),
    ("surname", Kind::Needed, "/surname"),
    ("jobTitle", Kind::Text, "/profile/jobTitle"),
    ("department", Kind::Text, "/profile/department"),
    ("usageLocation", Kind::Text, "/usageLocation"),
    ("streetAddress", Kind::Text, "/profile/streetAddress"),
    ("state", Kind::Text, "/profile/state"),
    ("country", Kind::Text, "/profile/country"),
    ("physicalDeliveryOfficeName", Kind::Text, "/profile/officeLocation"),
    ("city", Kind::Text, "/profile/city"),
    ("postalCode", Kind::Text, "/profile/postalCode"),
    ("telephoneNumber", Kind::Only, "/profile/businessPhones"),
    ("mobile", Kind::Text, "/profile/mobilePhone"),
    // Ours.
    ("employeeId", Kind::Needed, "/employeeId"),
    ("manager", Kind::Text, "/manager"),
    ("licences", Kind::Licences, "/licences"),
    ("groups", Kind::List, "/groups"),
    ("startsAt", Kind::Text, "/startsAt"),
    ("temporaryAccessPass", Kind::Pass, "/temporaryAccessPass"),
];

/// Microsoft's row of examples, for those who left it in.
const EXAMPLE: &str = "Example:";

/// Reads a file of new hires.
///
/// # Errors
///
/// The first thing that cannot be turned into requests, with its line and column.
pub fn read(text: &str) -> Result<Vec<Hire>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let (version, rest) = text.split_once('\n').unwrap_or((text, ""));
    if version.trim().trim_end_matches(',') != "version:v1.0" {
        return Err(at(1, "the first line must be «version:v1.0», as in Microsoft's template"));
    }
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(rest.as_bytes());
    let unreadable = |error: csv::Error| unreadable(line(rest, error.position()), &error);
    let headings = reader.headers().map_err(unreadable)?.clone();
    let columns = headings.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    complete(&columns)?;
    let rows = reader.into_records().map(|row| row.map_err(unreadable));
    let people = rows.filter(|row| row.as_ref().map_or(true, |row| !is_no_person(row)));
    people
        .map(|row| row.and_then(|row| hire(line(rest, row.position()), &headings, &columns, &row)))
        .collect()
}

type Column = (&'static str, Kind, &'static str);

/// What the heading `Item name [propertyName] Required` stands for.
fn column(heading: &str) -> Result<Column, Error> {
    let property =
        heading.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(name, _)| name.trim());
    let found = property.and_then(|property| COLUMNS.into_iter().find(|(name, ..)| *name == property));
    found.ok_or_else(|| {
        let known = COLUMNS.map(|(name, ..)| format!("[{name}]")).join(", ");
        at(2, format!("the column «{heading}» is not known; these are: {known}"))
    })
}

fn complete(columns: &[Column]) -> Result<(), Error> {
    let missing = COLUMNS.iter().find(|wanted| wanted.1 == Kind::Needed && !columns.contains(wanted));
    let twice = COLUMNS.iter().find(|known| columns.iter().filter(|column| column == known).count() > 1);
    match (missing, twice) {
        (Some((name, ..)), _) => Err(at(2, format!("there is no column [{name}], which is needed"))),
        (None, Some((name, ..))) => Err(at(2, format!("the column [{name}] is there more than once"))),
        (None, None) => Ok(()),
    }
}

fn is_no_person(row: &StringRecord) -> bool {
    row.iter().all(str::is_empty) || row.get(0).is_some_and(|cell| cell.starts_with(EXAMPLE))
}

fn hire(line: u64, headings: &StringRecord, columns: &[Column], row: &StringRecord) -> Result<Hire, Error> {
    let mut request = json!({});
    for ((heading, &(_, kind, field)), cell) in headings.iter().zip(columns).zip(row) {
        let value = value(kind, cell).map_err(|says| at(line, format!("column «{heading}»: {says}")))?;
        value.into_iter().for_each(|value| put(&mut request, field, value));
    }
    let name = request["displayName"].as_str().unwrap_or_default().to_owned();
    Ok(Hire { line, name, request })
}

/// What a cell says; `None` for nothing.
fn value(kind: Kind, cell: &str) -> Result<Option<Value>, String> {
    let several = || cell.split(';').map(str::trim).filter(|part| !part.is_empty());
    match (kind, cell) {
        (Kind::Needed, "") => Err("must not be empty".to_owned()),
        (Kind::Ignored, _) | (_, "") => Ok(None),
        (Kind::Text | Kind::Needed, text) => Ok(Some(text.into())),
        (Kind::Only, text) => Ok(Some(json!([text]))),
        (Kind::List, _) => Ok(Some(several().collect())),
        (Kind::Licences, _) => Ok(Some(several().map(|sku| json!({"sku": sku})).collect())),
        (Kind::Pass, text) => match text.parse::<u32>() {
            Ok(minutes) => Ok(Some(json!({"lifetimeInMinutes": minutes}))),
            Err(_) => Err(format!("«{text}» must be a whole number of minutes")),
        },
        (Kind::Block, text) if text.eq_ignore_ascii_case("no") => Ok(None),
        (Kind::Block, text) => {
            Err(format!("«{text}» must be No; to let somebody in later, fill in the column [startsAt]"))
        }
    }
}

/// Sets a field of one or two names.
fn put(request: &mut Value, field: &str, value: Value) {
    let mut names = field.split('/').skip(1);
    match (names.next(), names.next(), request) {
        (Some(name), None, Value::Object(members)) => drop(members.insert(name.to_owned(), value)),
        (Some(outer), Some(name), Value::Object(members)) => {
            let inner = members.entry(outer).or_insert_with(|| Map::new().into());
            put(inner, &format!("/{name}"), value);
        }
        _ => {}
    }
}

/// The line of a row as an editor counts: the reader begins after the first line, and a row where the one before it ends,
/// so line ends and empty lines may come first.
fn line(rest: &str, position: Option<&csv::Position>) -> u64 {
    let begins = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
    let row = rest.bytes().skip(begins).position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let before = rest.bytes().take(begins + row).filter(|byte| *byte == b'\n').count();
    before as u64 + 2
}

fn at(line: u64, says: impl std::fmt::Display) -> Error {
    Error::new(format!("line {line}: {says}"))
}

fn unreadable(line: u64, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            at(line, format!("has {len} cells, the headings have {expected_len}"))
        }
        _ => at(line, error),
    }
}

#[cfg(test)]
mod tests {
    use plan::Task;

    use super::*;

    const HEADINGS: &str = "Name [displayName] Required,User name [userPrincipalName] Required,\
        Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,\
        First name [givenName],Last name [surname],Office phone [telephoneNumber],Employee ID [employeeId] Required,\
        Licences [licences],Groups [groups],Pass [temporaryAccessPass]";

    fn file(rows: &[&str]) -> String {
        ["version:v1.0,,,", HEADINGS].iter().chain(rows).map(|line| format!("{line}\r\n")).collect()
    }

    fn refusal(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn a_line_becomes_a_request() {
        let row = "Delia Dennis,Delia.Dennis@contoso.com,Secret-1,No,Delia,Dennis,+1 425 555 0100,200001,\
            SPE_E3; EMSPREMIUM,\"Retail;Sales and Marketing\",60";
        let hires = read(&file(&[row])).unwrap();
        let expected = json!({
            "displayName": "Delia Dennis", "userPrincipalName": "Delia.Dennis@contoso.com", "givenName": "Delia",
            "surname": "Dennis", "employeeId": "200001", "profile": {"businessPhones": ["+1 425 555 0100"]},
            "licences": [{"sku": "SPE_E3"}, {"sku": "EMSPREMIUM"}], "groups": ["Retail", "Sales and Marketing"],
            "temporaryAccessPass": {"lifetimeInMinutes": 60},
        });
        assert_eq!(hires, [Hire { line: 3, name: "Delia Dennis".to_owned(), request: expected }]);
    }

    #[test]
    fn the_password_of_the_template_goes_nowhere() {
        let hires = read(&file(&["D D,d@contoso.com,Secret-1,,Delia,Dennis,,1,,,"])).unwrap();
        assert!(!hires[0].request.to_string().contains("Secret-1"), "{hires:?}");
    }

    #[test]
    fn examples_and_empty_lines_are_no_people() {
        let rows = ["Example: Chris Green,c@contoso.com,x,No,,,,,,,", ",,,,,,,,,,"];
        assert_eq!(read(&file(&rows)).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_line_and_column() {
        let good = "D D,d@contoso.com,,No,Delia,Dennis,,1,,,";
        let table = [
            ("displayName,userPrincipalName".to_owned(), "line 1: the first line must be «version:v1.0»"),
            (
                "version:v1.0\nName [displaName]".to_owned(),
                "line 2: the column «Name [displaName]» is not known",
            ),
            ("version:v1.0\nName [displayName]".to_owned(), "line 2: there is no column [userPrincipalName]"),
            (
                file(&[]).replace("Groups [groups]", "Name [displayName]"),
                "line 2: the column [displayName] is there more than once",
            ),
            (file(&[good, "E E,e@contoso.com"]), "line 4: has 2 cells, the headings have 11"),
            (file(&[good, "", "E E,e@contoso.com"]), "line 5: has 2 cells, the headings have 11"),
            (
                file(&[good, "E E,e@contoso.com,,No,,Braun,,2,,,"]),
                "line 4: column «First name [givenName]»: must not be empty",
            ),
            (
                file(&["E E,e@contoso.com,,Yes,Emily,Braun,,2,,,"]),
                "[accountEnabled] Required»: «Yes» must be No",
            ),
            (
                file(&["E E,e@contoso.com,,No,Emily,Braun,,2,,,an hour"]),
                "line 3: column «Pass [temporaryAccessPass]»: «an hour» must be a whole number of minutes",
            ),
        ];
        for (text, says) in table {
            let refusal = refusal(&text);
            assert!(refusal.contains(says), "{refusal}\nshould say {says}");
        }
    }

    #[test]
    fn every_line_of_the_sample_is_a_request_that_onboarding_understands() {
        let sample = std::fs::read_to_string(crate::root().join("tests/data/new-hires.csv")).unwrap();
        let hires = read(&sample).unwrap();
        assert!(hires.len() >= 8, "{}", hires.len());
        for hire in hires {
            let request: onboard_user::NewHire = serde_json::from_value(hire.request).unwrap();
            assert_eq!(onboard_user::OnboardUser::flaws(&request), [], "{}", hire.name);
        }
    }
}
