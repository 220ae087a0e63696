//! Whose an application is: its owners, or else whoever may know of it.
//!
//! An owner who may not sign in any more renews nothing, and is shown as such. If nobody else is left, what the application says
//! of itself is told, and last the administrators that the rules name.

use directory::credential::Owner;
use report::Gap;

use super::facts::{App, Facts, OWNERS, Place, owner_in};
use super::rules::Rules;

/// Whose it is, in words.
pub(super) fn told(app: &App, rules: &Rules) -> Option<String> {
    let more = (app.owners.len() >= OWNERS).then(|| "perhaps more".to_owned());
    let owners: Vec<String> = app.owners.iter().map(name).chain(more).collect();
    let owners = (!owners.is_empty()).then(|| owners.join(", "));
    let instead = instead(app, rules).map(|(_, text)| text);
    match (owners, instead) {
        (Some(owners), Some(instead)) => Some(format!("{owners}; {instead}")),
        (owners, instead) => owners.or(instead),
    }
}

/// Where that is from.
pub(super) fn from(app: &App, rules: &Rules) -> Option<&'static str> {
    instead(app, rules).map(|(from, _)| from).or_else(|| (!app.owners.is_empty()).then_some("owners"))
}

/// Who may know of what has no owner who may sign in.
fn instead(app: &App, rules: &Rules) -> Option<(&'static str, String)> {
    if app.owners.iter().any(|owner| owner.account_enabled != Some(false)) {
        return None;
    }
    let administrators = || (!rules.administrators.is_empty()).then(|| rules.administrators.join(", "));
    let maker = || app.created_by.as_ref().map(|id| format!("made by the application {id}"));
    let marked = || app.tags.iter().find_map(|tag| owner_in(tag)).map(str::to_owned);
    [
        ("tags", marked().filter(|_| app.place == Place::Vault)),
        ("serviceManagementReference", app.reference.clone().map(|text| format!("service {text}"))),
        ("notes", app.notes.clone().map(|text| format!("notes: {text}"))),
        ("administrators", administrators()),
        ("createdByAppId", maker()),
    ]
    .into_iter()
    .find_map(|(from, text)| text.map(|text| (from, text)))
}

fn name(owner: &Owner) -> String {
    let id = owner.id.to_string();
    let name = owner.display_name.as_deref().or(owner.user_principal_name.as_deref()).unwrap_or(&id);
    let upn = owner.user_principal_name.as_deref().filter(|upn| *upn != name);
    let upn = upn.map(|upn| format!(" ({upn})")).unwrap_or_default();
    let blocked = if owner.account_enabled == Some(false) { ", blocked" } else { "" };
    format!("{name}{upn}{blocked}")
}

/// That owners have no names: what an application may not read is told as null (Microsoft Graph, "List owners").
pub(super) fn unnamed(facts: &Facts) -> Option<Gap> {
    let is_nameless = |owner: &Owner| owner.display_name.is_none() && owner.user_principal_name.is_none();
    let owners = || facts.rows.iter().flat_map(|row| &row.app.owners);
    (owners().next().is_some() && owners().all(is_nameless)).then(|| {
        Gap::new("Owners are told by their ids alone.")
            .help("If the function may not read accounts, grant it User.Read.All on Microsoft Graph.")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn app(more: Value) -> App {
        let mut app = json!({
            "id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "name": "Payroll", "place": "application", "tags": [], "owners": [],
            "risks": [],
        });
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(app).unwrap()
    }

    fn owner(name: &str, enabled: bool) -> Value {
        json!({"id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd", "displayName": name, "accountEnabled": enabled,
               "userPrincipalName": format!("{}@contoso.com", name.replace(' ', ""))})
    }

    #[test]
    fn who_may_know_of_it_is_told_where_nobody_owns_it_who_may_sign_in() {
        let rules = Rules { administrators: vec!["MeganB@contoso.com".into()], ..Rules::default() };
        let (adele, alex) = (owner("Adele Vance", true), owner("Alex Wilber", false));
        let notes = json!("ask Lee Gu");
        let table = [
            (
                json!({"owners": [adele, alex]}),
                "Adele Vance (AdeleVance@contoso.com), Alex Wilber (AlexWilber@contoso.com), blocked",
                "owners",
            ),
            (json!({"owners": [adele], "notes": notes}), "Adele Vance (AdeleVance@contoso.com)", "owners"),
            (
                json!({"owners": [alex], "notes": notes}),
                "Alex Wilber (AlexWilber@contoso.com), blocked; notes: ask Lee Gu",
                "notes",
            ),
            (json!({"reference": "4711", "notes": notes}), "service 4711", "serviceManagementReference"),
            (json!({"createdBy": "abc"}), "MeganB@contoso.com", "administrators"),
            (json!({"place": "vault", "tags": ["Owner=Lee Gu"]}), "Lee Gu", "tags"),
            (json!({"tags": ["Owner=Lee Gu"]}), "MeganB@contoso.com", "administrators"),
            (json!({"place": "vault", "tags": ["team=HR"]}), "MeganB@contoso.com", "administrators"),
            (
                json!({"owners": [{"id": "87d349ed-44d7-43e1-9a83-5f2406dee5bd"}]}),
                "87d349ed-44d7-43e1-9a83-5f2406dee5bd",
                "owners",
            ),
        ];
        for (more, whose, source) in table {
            let app = app(more);
            assert_eq!((told(&app, &rules).as_deref(), from(&app, &rules)), (Some(whose), Some(source)));
        }
        assert_eq!(told(&app(json!({})), &Rules::default()), None);
        assert_eq!(from(&app(json!({"createdBy": "abc"})), &Rules::default()), Some("createdByAppId"));
    }
}
