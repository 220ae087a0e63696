//! Identifiers as the wire has them: GUIDs for most kinds, opaque texts made of GUIDs for assignments and grants.
//!
//! The texts are made the way the service makes them (seen in its answers): the GUIDs of both ends in Microsoft's byte
//! order, in URL-safe base64. Nobody but this module takes them apart, and it does not either: it compares.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::state::{Kind, Object};

/// The identifier of an object, as answers tell it.
pub(crate) fn id(object: &Object) -> String {
    let part = |name: &str| object.text(name).and_then(|text| Uuid::try_parse(text).ok());
    match object.kind {
        Kind::AppRoleAssignment => joined([part("principalId"), Some(object.id), None]),
        Kind::PermissionGrant => joined([part("clientId"), part("resourceId"), part("principalId")]),
        Kind::RoleAssignment => {
            let scope = object.text("directoryScopeId").and_then(|scope| scope.rsplit('/').next());
            let unit = scope.and_then(|id| Uuid::try_parse(id).ok());
            format!("{}-1", joined([part("roleDefinitionId"), part("principalId"), unit]))
        }
        Kind::RoleEligibility => {
            format!("{}-1-e", joined([part("roleDefinitionId"), part("principalId"), None]))
        }
        _ => object.id.to_string(),
    }
}

fn joined(parts: [Option<Uuid>; 3]) -> String {
    let bytes: Vec<u8> = parts.iter().flatten().flat_map(Uuid::to_bytes_le).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}
