//! Roles that Microsoft defines, by the same id in every tenant. Source: "Microsoft Entra built-in roles".
//!
//! They are no part of a tenant's state, as those of its own are; what each of them allows is not told.

use serde_json::json;
use uuid::Uuid;

use super::{Directory, Kind, Object};

/// Name and id of every role the tenant knows.
pub(crate) const BUILT_IN: [(&str, &str); 28] = [
    ("Application Administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
    ("Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f"),
    ("Billing Administrator", "b0f54661-2d74-4c50-afa3-1ec803f12efe"),
    ("Cloud Application Administrator", "158c047a-c907-4556-b7ef-446551a6b5f7"),
    ("Cloud Device Administrator", "7698a772-787b-4ac8-901f-60d6b08affd2"),
    ("Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"),
    ("Directory Readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"),
    ("Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de"),
    ("Exchange Recipient Administrator", "31392ffb-586c-42d1-9346-e59415a2cc4e"),
    ("Global Administrator", "62e90394-69f5-4237-9190-012177145e10"),
    ("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
    ("Groups Administrator", "fdd7a751-b60b-444a-984c-02652fe8fa1c"),
    ("Guest Inviter", "95e79109-95c0-4d8e-aee3-d01accf2d47b"),
    ("Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8"),
    ("Intune Administrator", "3a2c62db-5318-420d-8d74-23affee5d9d5"),
    ("License Administrator", "4d6ac14f-3453-41d0-bef9-a3e0c569773a"),
    ("Message Center Reader", "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"),
    ("Password Administrator", "966707d0-3269-4727-9be2-8c3a10f19b9d"),
    ("Power Platform Administrator", "11648597-926c-4cf3-9c36-bcebb0ba8dcc"),
    ("Privileged Authentication Administrator", "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
    ("Privileged Role Administrator", "e8611ab8-c189-46e8-94e1-60213ab1f814"),
    ("Reports Reader", "4a5d8f65-41da-4de4-8968-e035b65339cf"),
    ("Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d"),
    ("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"),
    ("SharePoint Administrator", "f28a1f50-f6e7-4571-818b-6a12f2af6b6c"),
    ("Teams Administrator", "69091246-20e8-4a56-aa4d-066075b2a7a8"),
    ("Usage Summary Reports Reader", "75934031-6c7e-415a-99d7-48dbd49e875e"),
    ("User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1"),
];

/// The id of the role with this name.
pub(crate) fn id_of(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, id)| *id)
}

/// The definition with this id.
pub(crate) fn definition(id: &str) -> Option<Object> {
    BUILT_IN.iter().find(|(_, known)| known.eq_ignore_ascii_case(id)).map(object)
}

/// The definition with this id, of Microsoft's or of the organisation's own.
pub(crate) fn known(directory: &Directory, id: &str) -> Option<Object> {
    let own = || Uuid::try_parse(id).ok().and_then(|id| directory.live(id));
    let own = || own().filter(|role| role.kind == Kind::RoleDefinition).map(|role| Object::clone(role));
    definition(id).or_else(own)
}

/// All of them, in the order of their names.
pub(crate) fn all() -> impl Iterator<Item = Object> {
    BUILT_IN.iter().map(object)
}

fn object((name, id): &(&'static str, &'static str)) -> Object {
    let mut role = Object::new(Uuid::try_parse(id).unwrap_or_default(), Kind::RoleDefinition);
    role.properties.set("displayName", *name);
    role.properties.set("templateId", *id);
    role.properties.set("isBuiltIn", true);
    role.properties.set("isEnabled", true);
    role.properties.set("resourceScopes", json!(["/"]));
    role.properties.set("version", "1");
    role
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<Uuid> = all().map(|role| role.id).collect();
        assert!(ids.len() == BUILT_IN.len() && !ids.contains(&Uuid::nil()));
        assert_eq!(
            definition("FE930BE7-5E62-47DB-91AF-98C3A49A38B1")
                .and_then(|role| role.text("displayName").map(str::to_owned))
                .as_deref(),
            Some("User Administrator")
        );
    }
}
