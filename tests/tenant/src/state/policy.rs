//! What the organisation allows about credentials of applications: its app management policy.
//!
//! In the shape of Microsoft Graph's `tenantAppManagementPolicy`; only the restrictions that concern a new credential are
//! known. Source: "tenantAppManagementPolicy resource type".

use jiff::Span;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The policy for applications and service principals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppPolicy {
    pub(crate) is_enabled: bool,
    #[serde(default)]
    pub(crate) application_restrictions: Restrictions,
}

/// By kind of credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Restrictions {
    #[serde(default)]
    pub(crate) password_credentials: Vec<Restriction>,
    #[serde(default)]
    pub(crate) key_credentials: Vec<Restriction>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Restriction {
    pub(crate) restriction_type: RestrictionType,
    /// How long a credential may be good, such as `P90D`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_lifetime: Option<String>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RestrictionType {
    PasswordAddition,
    PasswordLifetime,
    AsymmetricKeyLifetime,
}

impl AppPolicy {
    pub(crate) fn is_default(&self) -> bool {
        *self == AppPolicy::default()
    }

    /// Refuses a new secret that the policy does not allow.
    pub(crate) fn allows_secret(&self, start_ms: i64, end_ms: i64) -> Result<(), Refusal> {
        self.allows(&self.application_restrictions.password_credentials, start_ms, end_ms)
    }

    /// Refuses a new certificate that the policy does not allow.
    pub(crate) fn allows_key(&self, start_ms: i64, end_ms: i64) -> Result<(), Refusal> {
        self.allows(&self.application_restrictions.key_credentials, start_ms, end_ms)
    }

    fn allows(&self, rules: &[Restriction], start_ms: i64, end_ms: i64) -> Result<(), Refusal> {
        let rules = || rules.iter().filter(|_| self.is_enabled);
        if rules().any(|rule| rule.restriction_type == RestrictionType::PasswordAddition) {
            let message = "Credential type not allowed as per assigned policy.";
            return Err(Refusal::new(400, "CredentialTypeNotAllowedAsPerAppPolicy", message));
        }
        let longest = rules().filter_map(|rule| rule.max_lifetime.as_deref()).filter_map(millis).min();
        if longest.is_some_and(|longest| end_ms - start_ms > longest) {
            let message = "Credential lifetime exceeds the max value allowed as per assigned policy.";
            return Err(Refusal::new(400, "CredentialInvalidLifetimeAsPerAppPolicy", message));
        }
        Ok(())
    }
}

/// A duration such as `P90D`, in milliseconds; days have 24 hours.
fn millis(text: &str) -> Option<i64> {
    let span: Span = text.parse().ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .ok()
        .and_then(|long| i64::try_from(long.as_millis()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_in_days() {
        assert_eq!(millis("P90D"), Some(90 * 24 * 3_600_000));
        assert_eq!(millis("ninety days"), None);
    }
}
