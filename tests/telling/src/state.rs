//! What tests do to a tenant: they change its state, and get it into trouble.

use serde_json::Value;
use tenant::{Tenant, Trouble};

/// What an object of a state may be called by.
const NAMES: [&str; 5] = ["userPrincipalName", "mailNickname", "displayName", "skuPartNumber", "id"];

/// Changes a tenant behind everybody's back.
///
/// # Panics
///
/// What comes of it is no state.
pub fn edit(tenant: &Tenant, change: impl FnOnce(&mut Value)) {
    let mut state = tenant.state();
    change(&mut state);
    tenant.load(&state).unwrap_or_else(|error| panic!("{error}"));
}

/// The object of this name, user principal name or id within a list of a state, such as `users` or `groups`.
///
/// # Panics
///
/// There is none.
pub fn object<'a>(state: &'a mut Value, list: &str, name: &str) -> &'a mut Value {
    let is_called = |object: &&mut Value| NAMES.iter().any(|key| object[*key] == name);
    let found = state[list].as_array_mut().into_iter().flatten().find(is_called);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))
}

/// A refusal as Graph words it.
pub fn refusal(status: u16, code: &str, message: &str) -> Trouble {
    Trouble {
        status: Some(status),
        code: Some(code.into()),
        message: Some(message.into()),
        ..Trouble::default()
    }
}
