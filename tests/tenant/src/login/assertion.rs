//! Client assertions: JSON Web Tokens that an application signs with a certificate of its own, really verified; and those
//! of somebody else that the application trusts.
//!
//! Source: "Microsoft identity platform application authentication certificate credentials", by which neither the lifetime
//! of an assertion nor a repeated `jti` is a reason to refuse. The keys of other issuers are not known here: of a federated
//! token issuer, subject, audience and end are checked, its signature is not.

use super::proof::{Client, Proven};
use super::refused::Refused;
use crate::clock::timestamp;
use crate::jwt::Signed;
use crate::state::credential::Key;

const FEDERATED: &str = "api://AzureADTokenExchange";
/// How far clocks may differ.
const TOLERANCE_S: i64 = 300;
const DOCUMENTATION: &str = "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .";

/// The certificate that an assertion proves to be the client's; none where somebody else's token stands for it.
pub(super) fn prove(
    client: &Client,
    text: &str,
    audiences: &[String],
    now_ms: i64,
) -> Result<Option<Proven>, Refused> {
    let assertion = Signed::read(text).ok_or_else(malformed)?;
    if assertion.claim("aud") == FEDERATED {
        return federated(client, &assertion, now_ms).map(|()| None);
    }
    let id = client.app.client_id.to_string();
    if assertion.claim("iss") != id || assertion.claim("sub") != id {
        return Err(documented(
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        ));
    }
    assertion.algorithm().ok_or_else(malformed)?;
    let proven = signed_by(client, &assertion, now_ms)?;
    if !audiences.iter().any(|audience| audience == assertion.claim("aud")) {
        return Err(documented(700_023, "Client assertion audience claim does not match Realm issuer."));
    }
    timely(&assertion, now_ms)?;
    Ok(Some(proven))
}

fn malformed() -> Refused {
    Refused::new(400, "invalid_request", 50_027, "JWT token is invalid or malformed.")
}

fn documented(number: u32, text: &str) -> Refused {
    Refused::client(number, format!("{text} {DOCUMENTATION}"))
}

/// The key whose signature it is.
fn signed_by(client: &Client, assertion: &Signed<'_>, now_ms: i64) -> Result<Proven, Refused> {
    const UNREGISTERED: &str =
        "The certificate with identifier used to sign the client assertion is not registered on application.";
    const EXPIRED: &str =
        "The certificate with identifier used to sign the client assertion is expired on application.";
    const INVALID: &str = "Client assertion contains an invalid signature.";
    let refused = |text, reason, key| Err(wrong_key(client, assertion, text, reason, key));
    let mut held = client.holders.iter();
    let found =
        held.find_map(|(id, held)| assertion.key_of(held).map(|(key, certificate)| (*id, key, certificate)));
    let Some((object_id, key, certificate)) = found else {
        return refused(UNREGISTERED, "The key was not found.", None);
    };
    if key.end_date_time.0 <= now_ms || key.start_date_time.0 > now_ms {
        return refused(EXPIRED, "The key used is expired.", Some(key));
    }
    if !assertion.is_by(&certificate) {
        let reason = "The key was found, but use of the key to verify the signature failed.";
        return refused(INVALID, reason, Some(key));
    }
    Ok(Proven { object_id, key_id: key.key_id })
}

/// 700027 with its reason, the thumbprint that was named and the dates of the key that was found.
fn wrong_key(
    client: &Client,
    assertion: &Signed<'_>,
    text: &str,
    reason: &str,
    found: Option<&Key>,
) -> Refused {
    let id = client.app.client_id;
    let mut reasons = vec![reason.to_owned()];
    reasons
        .extend(assertion.thumbprint().map(|print| format!("Thumbprint of key used by client: '{print}'")));
    reasons.extend(found.map(|key| {
        let date = |ms: i64| timestamp(ms).strftime("%m/%d/%Y %H:%M:%S").to_string();
        format!("Found key 'Start={}, End={}'", date(key.start_date_time.0), date(key.end_date_time.0))
    }));
    reasons.push(format!(
        "Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{id}'. Review the documentation at https://docs.microsoft.com/en-us/graph/deployments to determine the corresponding service endpoint and https://docs.microsoft.com/en-us/graph/api/application-get?view=graph-rest-1.0&tabs=http to build a query request URL, such as 'https://graph.microsoft.com/beta/applications/{id}'"
    ));
    Refused::client(700_027, format!("{text} [Reason - {}].", reasons.join(", ")))
}

/// Not before it begins, nor once it has ended.
fn timely(assertion: &Signed<'_>, now_ms: i64) -> Result<(), Refused> {
    let end = assertion.claims["exp"].as_i64().ok_or_else(malformed)?;
    let start = assertion.claims["nbf"].as_i64().unwrap_or(0);
    let now = now_ms / 1_000;
    if start - TOLERANCE_S <= now && now < end {
        return Ok(());
    }
    let date = |ms: i64| timestamp(ms).strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string();
    let text = format!(
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}.",
        date(now_ms),
        date(start.saturating_mul(1_000)),
        date(end.saturating_mul(1_000))
    );
    Err(documented(700_024, &text))
}

/// A token of an issuer that the application trusts for this subject. A registered application trusts them all.
fn federated(client: &Client, assertion: &Signed<'_>, now_ms: i64) -> Result<(), Refused> {
    let (issuer, subject) = (assertion.claim("iss"), assertion.claim("sub"));
    let mut trusted = client.holders.iter().flat_map(|(_, held)| &held.federated);
    let fits = trusted.any(|trust| {
        trust.issuer == issuer
            && trust.subject == subject
            && trust.audiences.iter().any(|one| one == FEDERATED)
    });
    if !fits && (!client.is_registered || issuer.is_empty() || subject.is_empty()) {
        let text = format!(
            "No matching federated identity record found for presented assertion subject '{subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        );
        return Err(Refused::client(700_213, text));
    }
    timely(assertion, now_ms)
}
