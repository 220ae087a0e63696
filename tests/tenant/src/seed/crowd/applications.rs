//! Made-up applications in any number, the same every time: `application000001` and so on.
//!
//! Each has a service principal, a secret, a certificate and one owner. When their credentials end follows from the number:
//! evenly over the two years before and after the seed's own midnight, so that of every 1,461 applications 730 secrets have
//! expired and 91 expire within ninety days; certificates likewise, on other days.

use std::borrow::Cow;

use serde_json::json;
use uuid::Uuid;

use super::{CREATED, DAY_MS, DAYS, after};
use crate::ids::named;
use crate::seed::applications::{CERTIFICATE, THUMBPRINT};
use crate::seed::contoso::person;
use crate::state::credential::{Key, KeyType, Secret, Usage};
use crate::state::propagation::Use;
use crate::state::{Directory, Kind, Link, Moment, Object};

/// Days from the first to the last end.
const SPREAD: i64 = 1_461;
/// The credentials' lifetime in days.
const LIFETIME: i64 = 730;
const PURPOSES: [&str; 8] = [
    "Invoice Import",
    "Stock Sync",
    "Payroll Export",
    "Visitor Desk",
    "Field Service",
    "Data Lake",
    "Mail Archive",
    "Store Portal",
];
/// Who owns them where there is no crowd of accounts.
const OWNERS: [&str; 3] = ["AlexW", "IsaiahL", "MiriamG"];

/// Adds that many applications.
pub(crate) fn add(directory: &mut Directory, applications: usize, users: usize) {
    let midnight_ms = directory.now_ms - directory.now_ms.rem_euclid(DAY_MS);
    for number in 1..=applications {
        let application = application(number, midnight_ms);
        let id = application.id;
        if number % 5 == 0 {
            let at_ms = midnight_ms - number as i64 % 90 * DAY_MS;
            application.credentials.secrets.iter().for_each(|secret| note_use(directory, id, secret, at_ms));
        }
        let principal = principal(number, directory.tenant_id);
        directory.put(application);
        directory.put(principal);
        directory.link(Link::Owner, id, owner(number, users));
    }
}

fn owner(number: usize, users: usize) -> Uuid {
    match users {
        0 => person(OWNERS.get(number % OWNERS.len()).copied().unwrap_or_default()),
        users => named(&format!("user/user{:06}", (number - 1) % users + 1)),
    }
}

fn app_id(number: usize) -> String {
    named(&format!("appId/application{number:06}")).to_string()
}

fn name(number: usize) -> String {
    format!("{} {number:06}", PURPOSES.get(number % PURPOSES.len()).copied().unwrap_or_default())
}

fn application(number: usize, midnight_ms: i64) -> Object {
    let mut application =
        Object::new(named(&format!("application/application{number:06}")), Kind::Application);
    application.properties.set("appId", app_id(number));
    application.properties.set("createdDateTime", after(CREATED, number % DAYS));
    application.properties.set("displayName", name(number));
    application.properties.set("publisherDomain", "contoso.com");
    application.properties.set("signInAudience", "AzureADMyOrg");
    application.credentials.secrets.push(secret(number, midnight_ms));
    application.credentials.keys.push(certificate(number, midnight_ms));
    application.properties.shrink();
    application.credentials.shrink();
    application
}

/// In how many days a credential ends.
fn days(number: usize, step: i64) -> i64 {
    i64::try_from(number).unwrap_or(0) * step % SPREAD - LIFETIME
}

fn secret(number: usize, midnight_ms: i64) -> Secret {
    let end_ms = midnight_ms + days(number, 37) * DAY_MS;
    Secret {
        key_id: named(&format!("secret/application{number:06}")),
        display_name: None,
        start_date_time: Moment(end_ms - LIFETIME * DAY_MS),
        end_date_time: Moment(end_ms),
        hint: Some(Cow::Borrowed("q7~")),
        digest: None,
    }
}

fn certificate(number: usize, midnight_ms: i64) -> Key {
    let end_ms = midnight_ms + days(number, 52) * DAY_MS;
    Key {
        key_id: named(&format!("certificate/application{number:06}")),
        display_name: Some(Cow::Borrowed("CN=Contoso")),
        kind: KeyType::AsymmetricX509Cert,
        usage: Usage::Verify,
        start_date_time: Moment(end_ms - LIFETIME * DAY_MS),
        end_date_time: Moment(end_ms),
        custom_key_identifier: Some(Cow::Borrowed(THUMBPRINT)),
        key: Some(Cow::Borrowed(CERTIFICATE)),
    }
}

fn principal(number: usize, tenant_id: Uuid) -> Object {
    let mut principal =
        Object::new(named(&format!("servicePrincipal/application{number:06}")), Kind::ServicePrincipal);
    principal.properties.set("accountEnabled", true);
    principal.properties.set("appId", app_id(number));
    principal.properties.set("appOwnerOrganizationId", json!(tenant_id));
    principal.properties.set("displayName", name(number));
    principal.properties.set("servicePrincipalType", "Application");
    principal.properties.shrink();
    principal
}

fn note_use(directory: &mut Directory, object_id: Uuid, secret: &Secret, at_ms: i64) {
    directory.propagation.note_use(Use {
        key_id: secret.key_id,
        object_id,
        last_sign_in_date_time: Moment(at_ms),
        last_sign_in_request_id: named(&format!("use/{}", secret.key_id)),
        resource_id: Uuid::nil(),
    });
}
