//! What a process has seen, and what it wrote to without having seen it.
//!
//! An object is known by its id, or by a name that can stand in a path: a user principal name, an alternate key. It has been
//! seen if the caller named it, if a read of it succeeded, or if a value of an answer that succeeded is its id or its name.

use std::collections::BTreeSet;

use bytes::Bytes;
use graph::ObjectId;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::portrait::{is_guid, words};

/// What a round trip asks for: the one request, or an item of a batch.
pub(super) struct Asked {
    /// Of an item of a batch: which it is.
    item: Value,
    method: String,
    url: String,
    body: Value,
    is_unsigned: bool,
}

impl Asked {
    /// Everything that a round trip asks for.
    pub(super) fn all(request: &http::Request<Bytes>) -> Vec<Self> {
        let (method, url) = (request.method().to_string(), request.uri().to_string());
        let body = json(request.body());
        let is_unsigned = !request.headers().contains_key(http::header::AUTHORIZATION);
        match body["requests"].as_array() {
            Some(items) => items.iter().map(Self::item).collect(),
            None => vec![Self { item: Value::Null, method, url, body, is_unsigned }],
        }
    }

    fn item(item: &Value) -> Self {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        Self {
            item: item["id"].clone(),
            method: text("method"),
            url: text("url"),
            body: item["body"].clone(),
            is_unsigned: false,
        }
    }

    /// Whether it may change something. A cmdlet of Exchange Online says so by its name. Who signs in, or has a key vault
    /// sign, changes nothing; nor does who asks a vault without a token, to be told where tokens come from.
    pub(super) fn writes(&self) -> bool {
        let path = self.url.split('?').next().unwrap_or_default();
        if self.is_unsigned || path.ends_with("/oauth2/v2.0/token") || path.ends_with("/sign") {
            return false;
        }
        match self.cmdlet() {
            Some(cmdlet) => {
                let name = cmdlet["CmdletName"].as_str().unwrap_or_default();
                !name.starts_with("Get-") && cmdlet["Parameters"]["PreviewOnly"] != Value::Bool(true)
            }
            None => self.method != "GET",
        }
    }

    fn cmdlet(&self) -> Option<&Value> {
        self.body.get("CmdletInput")
    }

    /// Its answer, if it succeeded.
    fn answer(&self, round_trip: &http::Response<Bytes>) -> Option<Value> {
        let body = json(round_trip.body());
        let (status, body) = match body["responses"].as_array() {
            Some(items) => {
                let item = items.iter().find(|item| item["id"] == self.item)?;
                (item["status"].as_u64()?, item["body"].clone())
            }
            None => (round_trip.status().as_u16().into(), body),
        };
        (200..300).contains(&status).then_some(body)
    }

    /// What it is about: every id in it, and every name in its path or in a reference.
    fn objects(&self) -> BTreeSet<String> {
        // The address of a cmdlet names the tenant and nobody else.
        let url = if self.cmdlet().is_some() { "" } else { self.url.as_str() };
        let ids = words(&format!("{url} {}", self.body)).into_iter().filter(|word| is_guid(word));
        let mut names = names(&self.url);
        visit(&self.body, &mut |place, text| {
            if place.contains("@odata.") {
                names.extend(self::names(text));
            }
        });
        ids.chain(names).collect()
    }
}

/// What one process has seen.
#[derive(Default)]
pub(super) struct Sight {
    seen: BTreeSet<String>,
    /// Writes to what it had not.
    pub(super) unseen: Vec<String>,
}

impl Sight {
    /// What the caller named need not be read first.
    pub(super) fn of(request: &Value) -> Self {
        let mut sight = Self::default();
        sight.see(request);
        sight
    }

    /// This is known from the beginning.
    pub(super) fn know(&mut self, id: &str) {
        self.seen.insert(id.to_lowercase());
    }

    /// Something is asked.
    pub(super) fn asked(&mut self, asked: &Asked) {
        if asked.writes() && !asked.objects().is_subset(&self.seen) {
            self.unseen.push(format!("{} {} {}", asked.method, asked.url, asked.body));
        }
    }

    /// It is answered.
    pub(super) fn answered(&mut self, asked: &Asked, round_trip: &http::Response<Bytes>) {
        if let Some(answer) = asked.answer(round_trip) {
            self.seen.extend(asked.objects());
            self.see(&answer);
        }
    }

    fn see(&mut self, value: &Value) {
        visit(value, &mut |_, text| {
            self.seen.insert(text.to_lowercase());
            // The version of a key vault is a GUID without hyphens, and stands at the end of an address.
            self.seen.extend(
                text.rsplit('/').next().and_then(|end| end.parse::<ObjectId>().ok()).map(|id| id.to_string()),
            );
        });
    }
}

fn json(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

/// The names in an address: what follows `/users/`, and what stands in quotes as a key.
fn names(address: &str) -> Vec<String> {
    let path = address.split('?').next().unwrap_or_default();
    let user = path.split_once("/users/").and_then(|(_, rest)| rest.split('/').next());
    let key =
        path.split_once("='").or_else(|| path.split_once("('")).and_then(|(_, rest)| rest.rsplit_once("')"));
    let plain = |name: &str| percent_decode_str(name).decode_utf8_lossy().replace("''", "'").to_lowercase();
    user.into_iter().chain(key.map(|(name, _)| name)).map(plain).collect()
}

/// Shows every text of a value, with the name of the member that it is in.
fn visit(value: &Value, see: &mut impl FnMut(&str, &str)) {
    fn within(place: &str, value: &Value, see: &mut impl FnMut(&str, &str)) {
        match value {
            Value::String(text) => see(place, text),
            Value::Array(items) => items.iter().for_each(|item| within(place, item, see)),
            Value::Object(members) => members.iter().for_each(|(name, value)| within(name, value, see)),
            _ => {}
        }
    }
    within("", value, see);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_whom_it_is_about() {
        let table = [
            ("/users/AdeleV@contoso.com/manager", vec!["adelev@contoso.com"]),
            (
                "https://graph.microsoft.com/v1.0/users/adele%23EXT%23@contoso.com?$select=id",
                vec!["adele#ext#@contoso.com"],
            ),
            ("/users('$adele@contoso.com')/manager", vec!["$adele@contoso.com"]),
            ("/groups(uniqueName='it''s')/members/$ref", vec!["it's"]),
            ("/groups?$filter=displayName%20eq%20'Staff'", vec![]),
            ("/users", vec![]),
        ];
        for (address, expected) in table {
            assert_eq!(names(address), expected, "{address}");
        }
    }
}
