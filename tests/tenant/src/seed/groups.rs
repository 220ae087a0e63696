//! Contoso's groups: one or more of every kind, so that every refusal can be met.

/// What a group is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Security,
    Microsoft365,
    MailSecurity,
    Distribution,
    Dynamic,
    Synced,
    SyncedDistribution,
    RoleAssignable,
}

/// Name, mail nickname, sort, aliases of owners, aliases of members.
pub(super) type Row<'a> = (&'a str, &'a str, Sort, &'a [&'a str], &'a [&'a str]);

/// The group that hands SPE_E3 to its members.
pub(super) const LICENSING: &str = "LicensingE3";
/// The group with a unique name.
pub(super) const UNIQUELY_NAMED: (&str, &str) = ("ITStaff", "it-staff");
/// Groups within a group.
pub(super) const NESTED: (&str, [&str; 2]) = ("AllDepartments", ["Finance", "Operations"]);

pub(super) const ROWS: [Row<'static>; 16] = [
    (
        "Sales and Marketing",
        "SalesAndMarketing",
        Sort::Microsoft365,
        &["MiriamG"],
        &["MiriamG", "MeganB", "AlexW", "IsaiahL", "AdeleV"],
    ),
    ("Retail", "Retail", Sort::Microsoft365, &["AdeleV"], &["AdeleV", "ChristieC", "LynneR", "PattiF"]),
    (
        "Digital Initiative Public Relations",
        "DigitalInitiative",
        Sort::Microsoft365,
        &["MeganB", "PattiF"],
        &["MeganB", "PattiF", "JoniS"],
    ),
    ("Finance", "Finance", Sort::Security, &["PattiF"], &["EmilyB", "PradeepG"]),
    ("Operations", "Operations", Sort::Security, &["NestorW"], &["NestorW", "DiegoS"]),
    ("All Departments", "AllDepartments", Sort::Security, &["PattiF"], &[]),
    ("IT Staff", "ITStaff", Sort::Security, &["NestorW"], &["AllanD", "CameronW"]),
    ("Project Falcon", "ProjectFalcon1", Sort::Security, &["LeeG"], &["GradyA"]),
    ("Project Falcon", "ProjectFalcon2", Sort::Security, &["LidiaH"], &["JohannaL"]),
    (
        "Licensing Microsoft 365 E3",
        "LicensingE3",
        Sort::Security,
        &["AllanD"],
        &["AlexW", "DiegoS", "GradyA", "JoniS", "JohannaL"],
    ),
    ("Executives", "Executives", Sort::MailSecurity, &["PattiF"], &["PattiF", "MiriamG", "LeeG"]),
    ("Newsletter", "Newsletter", Sort::Distribution, &["MeganB"], &["MeganB", "AdeleV", "LynneR"]),
    (
        "All Employees",
        "AllEmployees",
        Sort::Dynamic,
        &["DiegoS"],
        &["AdeleV", "AlexW", "MeganB", "DiegoS", "LeeG"],
    ),
    ("Branch Office Users", "BranchOffice", Sort::Synced, &[], &["BenW", "CameronW"]),
    ("Branch Office News", "BranchNews", Sort::SyncedDistribution, &[], &["BenW", "EnricoC"]),
    ("Tier 0 Administrators", "Tier0", Sort::RoleAssignable, &["AllanD"], &["AllanD"]),
];
