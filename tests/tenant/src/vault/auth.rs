//! Who may ask what: a token for `https://vault.azure.net`, and a role on the vault that has the data action.
//!
//! Sources: "Authentication, requests and responses" for the challenge, "Azure built-in roles for Security" for the data
//! actions of each role.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::refusal::{Refusal, by_rbac};
use crate::auth::{Caller, Denied, claims};
use crate::ids::named;
use crate::world::World;

/// What tokens for every vault are issued for.
pub(crate) const AUDIENCE: &str = "https://vault.azure.net";

/// Built-in roles and their data actions below `Microsoft.KeyVault/vaults/`, the least privileged role first.
const ROLES: [(&str, &[&str]); 8] = [
    ("Key Vault Reader", &["*/read", "secrets/readMetadata/action"]),
    ("Key Vault Secrets User", &["secrets/getSecret/action", "secrets/readMetadata/action"]),
    (
        "Key Vault Certificate User",
        &["certificates/read", "keys/read", "secrets/getSecret/action", "secrets/readMetadata/action"],
    ),
    (
        "Key Vault Crypto User",
        &[
            "keys/read",
            "keys/update/action",
            "keys/backup/action",
            "keys/encrypt/action",
            "keys/decrypt/action",
            "keys/wrap/action",
            "keys/unwrap/action",
            "keys/sign/action",
            "keys/verify/action",
        ],
    ),
    ("Key Vault Secrets Officer", &["secrets/*"]),
    ("Key Vault Certificates Officer", &["certificatecas/*", "certificates/*", "certificatecontacts/write"]),
    ("Key Vault Crypto Officer", &["keys/*", "keyrotationpolicies/*"]),
    ("Key Vault Administrator", &["*"]),
];

/// Those roles that the application has which exists from the start.
pub(crate) const DEFAULT_ROLES: [&str; 5] = [
    "Key Vault Certificates Officer",
    "Key Vault Crypto User",
    "Key Vault Secrets Officer",
    "Key Vault Secrets User",
    "Key Vault Reader",
];

/// Whether there is such a role.
pub(crate) fn is_role(name: &str) -> bool {
    ROLES.iter().any(|(role, _)| *role == name)
}

/// That a principal has a role on a vault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Assignment {
    pub(crate) principal_id: Uuid,
    pub(crate) role: String,
}

/// The least privileged of a principal's roles that has a data action.
pub(super) fn role_for(assignments: &[Assignment], principal: Uuid, action: &str) -> Option<&'static str> {
    let holds = |role: &str| {
        assignments.iter().any(|assignment| assignment.principal_id == principal && assignment.role == role)
    };
    let grants = |actions: &[&str]| actions.iter().any(|pattern| covers(pattern, action));
    ROLES.iter().find(|(role, actions)| holds(role) && grants(actions)).map(|(role, _)| *role)
}

fn covers(pattern: &str, action: &str) -> bool {
    pattern.split_once('*').map_or(pattern == action, |(begin, end)| {
        action.starts_with(begin) && action.ends_with(end) && action.len() >= pattern.len() - 1
    })
}

/// Who asks, and as which principal.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) caller: Caller,
    pub(super) principal: Uuid,
}

/// Who the bearer of a token for Key Vault is, or the challenge.
pub(super) fn authenticate(world: &World, header: Option<&str>, now_ms: i64) -> Result<Asker, Refusal> {
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default().trim();
    let claims = claims(token).unwrap_or_default();
    let caller = world.apps.bearer(header, now_ms, is_vault).map_err(|why| {
        challenge(world.directory.tenant_id, why, claims["aud"].as_str().unwrap_or_default())
    })?;
    let principal = claims["oid"].as_str().and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default();
    Ok(Asker { caller, principal })
}

/// Key Vault takes its own audience to the letter: with a slash at the end it is another one.
fn is_vault(audience: &str) -> bool {
    audience == AUDIENCE
}

fn challenge(tenant: Uuid, why: Denied, audience: &str) -> Refusal {
    let message = match why {
        Denied::Empty => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
        Denied::Audience => format!("AKV10022: Invalid audience. Expected {AUDIENCE}, found: {audience}."),
        Denied::Expired => "[TokenExpired] Error validating token: 'S2S12086'.".to_owned(),
        Denied::Forged => "AKV10046: Unable to resolve the key used for signature validation.".to_owned(),
        Denied::Unreadable | Denied::Unknown | Denied::NoRoles => {
            "[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.".to_owned()
        }
    };
    let challenge = format!(
        "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"{AUDIENCE}\""
    );
    Refusal::new(401, "Unauthorized", message).with("WWW-Authenticate", challenge)
}

/// What nobody gave the caller.
pub(super) fn forbidden(asker: &Asker, tenant: Uuid, vault: &str, below: &str, action: &str) -> Refusal {
    let subscription = named("subscription/contoso");
    by_rbac(&format!(
        "Caller: appid={};oid={};iss=https://sts.windows.net/{tenant}/\r\nAction: 'Microsoft.KeyVault/vaults/{action}'\r\nResource: '/subscriptions/{subscription}/resourcegroups/contoso/providers/microsoft.keyvault/vaults/{vault}{below}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: {vault};location=westeurope\r\n",
        asker.caller.client_id, asker.principal,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_privileged_role_that_has_the_action_counts() {
        let principal = Uuid::from_u128(1);
        let all: Vec<Assignment> = DEFAULT_ROLES
            .iter()
            .map(|role| Assignment { principal_id: principal, role: (*role).to_owned() })
            .collect();
        let table = [
            ("certificates/read", Some("Key Vault Reader")),
            ("certificates/create/action", Some("Key Vault Certificates Officer")),
            ("secrets/readMetadata/action", Some("Key Vault Reader")),
            ("secrets/getSecret/action", Some("Key Vault Secrets User")),
            ("secrets/setSecret/action", Some("Key Vault Secrets Officer")),
            ("secrets/delete", Some("Key Vault Secrets Officer")),
            ("keys/sign/action", Some("Key Vault Crypto User")),
            ("keys/delete", None),
        ];
        for (action, role) in table {
            assert_eq!(role_for(&all, principal, action), role, "{action}");
            assert_eq!(role_for(&all, Uuid::from_u128(2), action), None, "{action}");
        }
    }
}
