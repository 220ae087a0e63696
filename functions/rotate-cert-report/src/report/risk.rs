//! Which permissions make an application worth stealing: a short list, with why.
//!
//! What a permission allows is in Microsoft's "Microsoft Graph permissions reference"; which of them are listed is a judgement:
//! those with which somebody becomes an administrator, acts as anybody, or reads or changes what everybody has. Only what an
//! application may do by itself counts, since on somebody's behalf it may do no more than they may. It is what the application
//! asks for, and so says nothing of what it was granted.

use std::sync::LazyLock;

use directory::credential::Holder;
use serde::Deserialize;

/// A permission that is worth stealing.
#[derive(Deserialize)]
struct Risk {
    resource: String,
    id: String,
    permission: String,
    why: String,
}

static RISKS: LazyLock<Vec<Risk>> =
    LazyLock::new(|| serde_json::from_str(include_str!("risks.json")).unwrap_or_default());

/// The names of those that an application asks for.
pub(super) fn asked_by(holder: &Holder) -> Vec<String> {
    let asked = holder.required_resource_access.iter().flat_map(|resource| {
        let roles = resource.resource_access.iter().filter(|access| access.kind == "Role");
        roles.map(|role| (resource.resource_app_id.as_str(), role.id.as_str()))
    });
    let is = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let risk = |(resource, id): (&str, &str)| {
        RISKS.iter().find(|risk| is(&risk.resource, resource) && is(&risk.id, id))
    };
    asked.filter_map(risk).map(|risk| risk.permission.clone()).collect()
}

/// Why a permission is listed.
pub(super) fn why(permission: &str) -> Option<&'static str> {
    RISKS.iter().find(|risk| risk.permission == permission).map(|risk| risk.why.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_it_may_do_by_itself_counts() {
        let graph = "00000003-0000-0000-C000-000000000000";
        let (mail_send, user_read) =
            ("b633e1c5-b582-4048-a93e-9f11b44c7e96", "df021288-bdef-4463-88db-98f22de89214");
        let asks = |id: &str, kind: &str| {
            let access = json!([{"resourceAppId": graph, "resourceAccess": [{"id": id, "type": kind}]}]);
            let holder =
                json!({"id": "02bd9fd6-8f93-4758-87c3-1fb73740a315", "requiredResourceAccess": access});
            asked_by(&serde_json::from_value(holder).unwrap())
        };
        assert_eq!(asks(mail_send, "Role"), ["Mail.Send"]);
        assert_eq!(asks(mail_send, "Scope"), [""; 0]);
        assert_eq!(asks(user_read, "Role"), [""; 0]);
        assert_eq!(why("Mail.Send"), Some("sends mail as anybody"));
    }

    #[test]
    fn the_list_is_whole_and_names_nothing_twice() {
        let ids: BTreeSet<(&str, &str)> =
            RISKS.iter().map(|risk| (risk.resource.as_str(), risk.id.as_str())).collect();
        assert!(ids.len() > 20 && ids.len() == RISKS.len());
        assert!(RISKS.iter().all(|risk| risk.why.len() > 5 && !risk.why.ends_with('.')));
    }
}
