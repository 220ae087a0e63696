//! One item more or less in a list that Graph only replaces as a whole. What is done about it is in
//! [`stack::Amend`](crate::stack::Amend).

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One item more or less in a list that Graph only replaces as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Amendment {
    pub(crate) list: String,
    pub(crate) by: String,
    pub(crate) edit: Edit,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Edit {
    /// This item, in the place of one that has the same value at `by`.
    With(Value),
    /// No item with this value at `by`.
    Without(Value),
}

impl Amendment {
    /// The list as it should be; nothing, if it is so.
    pub(crate) fn of(&self, list: &[Value]) -> Option<Vec<Value>> {
        let is_meant = |value: &Value, item: &Value| item[&self.by] == *value;
        match &self.edit {
            Edit::With(item) if list.iter().any(|other| is_meant(&item[&self.by], other)) => None,
            Edit::With(item) => Some(list.iter().chain([item]).cloned().collect()),
            Edit::Without(value) if !list.iter().any(|item| is_meant(value, item)) => None,
            Edit::Without(value) => {
                Some(list.iter().filter(|item| !is_meant(value, item)).cloned().collect())
            }
        }
    }

    /// What tells the items of a list from one another.
    pub(crate) fn keys<'a>(&self, list: &'a [Value]) -> Vec<&'a Value> {
        list.iter().map(|item| &item[&self.by]).collect()
    }

    pub(crate) fn with(&self, place: &str, id: &str) -> Self {
        let edit = match &self.edit {
            Edit::With(item) => Edit::With(filled(item, place, id)),
            Edit::Without(value) => Edit::Without(value.clone()),
        };
        Self { edit, ..self.clone() }
    }
}

/// The run's id, wherever a text has its place.
pub(crate) fn filled(body: &Value, place: &str, id: &str) -> Value {
    match body {
        Value::String(text) => Value::String(text.replace(place, id)),
        Value::Array(items) => items.iter().map(|item| filled(item, place, id)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, place, id))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::path::{Path, RUN};
    use crate::request::Request;

    #[test]
    fn an_amended_list_keeps_all_that_it_had() {
        let (old, new) =
            (json!({"keyId": "1", "usage": "Verify"}), json!({"keyId": "2", "displayName": "by {run}"}));
        let add = Request::patch(Path::new("/applications/1")).with_item("keyCredentials", "keyId", new);
        let add = add.naming_the_run().with(RUN, "r");
        let amended =
            |request: &Request, list: &[Value]| request.amendment().and_then(|amend| amend.of(list));
        let both = amended(&add, std::slice::from_ref(&old)).unwrap();
        assert_eq!(both, [old.clone(), json!({"keyId": "2", "displayName": "by r"})]);
        assert_eq!(amended(&add, &both), None, "it is there");
        let remove =
            Request::patch(Path::new("/applications/1")).without_item("keyCredentials", "keyId", "2");
        assert_eq!(amended(&remove, &both), Some(vec![old.clone()]));
        assert_eq!(amended(&remove, std::slice::from_ref(&old)), None, "it is gone");
        assert_eq!(remove.amended(vec![old.clone()]).wire_body(""), Some(json!({"keyCredentials": [old]})));
        assert_eq!(remove.wire_body(""), None, "unless it was read, nothing is known of the list");
    }
}
