//! Trouble on request: refusals, lost replies, slow answers, answers that are no JSON.
//!
//! Rules are tried in the order they were given; the first that matches and is not used up decides.

use serde::{Deserialize, Serialize};

/// A rule: which requests are in trouble, how often, and what the trouble is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// `GET`, `POST` and so on; any method when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The beginning of a path below the version, such as `/users/`; or, with a `*` for anything, all of it. Exchange's
    /// paths count from the root, `/adminapi/`, as do those of hooks and of the token endpoint, which is met by rules with a
    /// path alone: `*/oauth2/v2.0/token`. Key Vault's begin with the vault: `https://contoso-keys.vault.azure.net/keys/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Text the request's body has to contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// How many matching requests are let through first.
    #[serde(default)]
    pub skip: u32,
    /// How many are in trouble after that; all of them when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The trouble.
    pub then: Trouble,
}

/// What goes wrong. Members that are set go together: a refusal may be slow.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trouble {
    /// Refuse with this status, without doing anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The refusal's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The refusal's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The refusal's `Retry-After`: seconds, a fraction, or a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// Answer with this text instead of JSON; with status 503 unless another is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_text: Option<String>,
    /// Exchange Online alone: the cmdlet throws the exception of this name, such as `ServerBusyException`; with status 400
    /// unless another is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<String>,
    /// Exchange Online alone: send the caller on, with status 302 unless another is given. Something put in front of the
    /// same path, such as `/region`, or the root of another address, such as `https://ps.outlook.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// Lose the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<Drop>,
    /// Answer this much later. What was asked for happens before the wait, so that whoever gives up does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

impl Trouble {
    /// Whether nothing but Exchange Online can be in it.
    fn is_of_exchange(&self) -> bool {
        self.exchange.is_some() || self.redirect.is_some()
    }

    /// Whether the request is never carried out.
    pub(crate) fn prevents(&self) -> bool {
        self.status.is_some()
            || self.plain_text.is_some()
            || self.is_of_exchange()
            || self.drop == Some(Drop::Before)
    }
}

/// When the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drop {
    /// Before anything was done.
    Before,
    /// After everything was done: only the reply is lost.
    After,
}

/// Rules and how often each has matched.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, u32)>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().map(|(fault, _)| fault)
    }

    /// The trouble a request is in, if any. Counts the request.
    pub(crate) fn strike(&mut self, method: &str, path: &str, body: &str) -> Option<Trouble> {
        self.strike_if(|fault| matches(fault, method, path, body))
    }

    /// The same by rules that name a path, and not by those about everything.
    pub(crate) fn strike_named(&mut self, method: &str, path: &str, body: &str) -> Option<Trouble> {
        self.strike_if(|fault| fault.path.is_some() && matches(fault, method, path, body))
    }

    fn strike_if(&mut self, is_meant: impl Fn(&Fault) -> bool) -> Option<Trouble> {
        for (fault, seen) in &mut self.0 {
            if !is_meant(fault) {
                continue;
            }
            *seen += 1;
            let struck = *seen > fault.skip && fault.times.is_none_or(|times| *seen - fault.skip <= times);
            if struck {
                return Some(fault.then.clone());
            }
        }
        None
    }
}

fn matches(fault: &Fault, method: &str, path: &str, body: &str) -> bool {
    (!fault.then.is_of_exchange() || crate::exchange::is_meant(path))
        && fault.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
        && fault.path.as_deref().is_none_or(|wanted| fits(wanted, path))
        && fault.body.as_deref().is_none_or(|wanted| body.contains(wanted))
}

/// Without a star the pattern is a beginning; with stars it has to cover the whole path.
fn fits(pattern: &str, path: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return path.starts_with(pattern) };
    let Some(mut left) = path.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = rest.split('*').collect();
    let Some((last, middle)) = pieces.split_last() else { return true };
    for piece in middle {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        let table = [
            ("/users", "/users/1/assignLicense", true),
            ("/users/*/assignLicense", "/users/1/assignLicense", true),
            ("/users/*/assignLicense", "/users/1/manager", false),
            ("*$ref", "/groups/1/members/$ref", true),
            ("/groups", "/users", false),
        ];
        for (pattern, path, expected) in table {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn some_are_skipped_some_are_struck_the_rest_pass() {
        let mut faults = Faults::default();
        faults.add(Fault { skip: 1, times: Some(2), ..Fault::default() });
        let struck: Vec<bool> = (0..4).map(|_| faults.strike("GET", "/users", "").is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
    }
}
