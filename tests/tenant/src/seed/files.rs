//! The few people who have a OneDrive, and what is in it.

use super::contoso::person;
use super::leaver::LEAVER;
use crate::ids::named;
use crate::state::Directory;
use crate::state::drive::{Drive, Item, Permission};

const OWNERS: [&str; 3] = [LEAVER, "AllanD", "MeganB"];
/// Name, name of the folder it is in, size; folders have none.
const ITEMS: [(&str, &str, Option<i64>); 5] = [
    ("root", "", None),
    ("Specs", "root", None),
    ("Atlas.docx", "Specs", Some(48_213)),
    ("Borealis.docx", "Specs", Some(39_870)),
    ("Roadmap 2026.xlsx", "root", Some(120_544)),
];
/// A folder one of them shares, and with whom.
const SHARED: (&str, &str) = ("Specs", "JohannaL");

pub(super) fn add(directory: &mut Directory) {
    for alias in OWNERS {
        directory.drives.insert(person(alias), drive(alias));
    }
}

fn drive(alias: &str) -> Drive {
    let items = ITEMS.iter().map(|(name, parent, size)| Item {
        id: item_id(alias, name),
        name: (*name).to_owned(),
        parent: (!parent.is_empty()).then(|| item_id(alias, parent)),
        size: *size,
    });
    let shared =
        Permission { item: item_id(alias, SHARED.0), user: person(SHARED.1), role: "write".to_owned() };
    Drive {
        id: format!(
            "b!{}{}",
            named(&format!("drive/{alias}/site")).simple(),
            named(&format!("drive/{alias}/list")).simple()
        ),
        items: items.collect(),
        permissions: vec![shared],
    }
}

fn item_id(alias: &str, name: &str) -> String {
    format!("01{}", named(&format!("drive/{alias}/{name}")).simple()).to_uppercase()
}
