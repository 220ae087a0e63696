//! Which addresses there are, which data action each asks for, and what it weighs.

use super::refusal::{Refusal, unknown};
use super::state::Vaults;
use super::{Context, Told, certificates, deleted, keys, making, secrets};

/// One address.
pub(super) struct Route {
    method: &'static str,
    /// `{name}` and `{version}` stand for anything.
    path: &'static str,
    /// The data action, below `Microsoft.KeyVault/vaults/`.
    pub(super) action: &'static str,
    /// Whether it needs a body.
    pub(super) reads: bool,
    pub(super) run: fn(&mut Context) -> Told,
}

const fn route(
    method: &'static str,
    path: &'static str,
    action: &'static str,
    run: fn(&mut Context) -> Told,
) -> Route {
    Route { method, path, action, reads: false, run }
}

const fn with_body(mut route: Route) -> Route {
    route.reads = true;
    route
}

/// What is more particular comes first.
static ROUTES: [Route; 42] = [
    route("GET", "certificates", "certificates/read", certificates::list),
    with_body(route("POST", "certificates/{name}/create", "certificates/create/action", making::create)),
    route("GET", "certificates/{name}/versions", "certificates/read", certificates::versions),
    route("GET", "certificates/{name}/policy", "certificates/read", certificates::policy),
    with_body(route(
        "PATCH",
        "certificates/{name}/policy",
        "certificates/update/action",
        certificates::update_policy,
    )),
    route("GET", "certificates/{name}/pending", "certificates/read", making::pending),
    route("DELETE", "certificates/{name}/pending", "certificates/update/action", making::forget_pending),
    route("GET", "certificates/{name}", "certificates/read", certificates::get),
    route("GET", "certificates/{name}/{version}", "certificates/read", certificates::get),
    with_body(route("PATCH", "certificates/{name}", "certificates/update/action", certificates::update)),
    with_body(route(
        "PATCH",
        "certificates/{name}/{version}",
        "certificates/update/action",
        certificates::update,
    )),
    route("DELETE", "certificates/{name}", "certificates/delete", deleted::delete_certificate),
    route("GET", "deletedcertificates", "certificates/read", deleted::certificates),
    route("GET", "deletedcertificates/{name}", "certificates/read", deleted::certificate),
    route(
        "POST",
        "deletedcertificates/{name}/recover",
        "certificates/recover/action",
        deleted::recover_certificate,
    ),
    route("DELETE", "deletedcertificates/{name}", "certificates/purge/action", deleted::purge_certificate),
    route("GET", "keys", "keys/read", keys::list),
    route("GET", "keys/{name}/versions", "keys/read", keys::versions),
    route("GET", "keys/{name}", "keys/read", keys::get),
    route("GET", "keys/{name}/{version}", "keys/read", keys::get),
    with_body(route("POST", "keys/{name}/sign", "keys/sign/action", keys::sign)),
    with_body(route("POST", "keys/{name}/{version}/sign", "keys/sign/action", keys::sign)),
    with_body(route("POST", "keys/{name}/verify", "keys/verify/action", keys::verify)),
    with_body(route("POST", "keys/{name}/{version}/verify", "keys/verify/action", keys::verify)),
    route("GET", "secrets", "secrets/readMetadata/action", secrets::list),
    route("GET", "secrets/{name}/versions", "secrets/readMetadata/action", secrets::versions),
    with_body(route("PUT", "secrets/{name}", "secrets/setSecret/action", secrets::set)),
    route("GET", "secrets/{name}", "secrets/getSecret/action", secrets::get),
    route("GET", "secrets/{name}/{version}", "secrets/getSecret/action", secrets::get),
    with_body(route("PATCH", "secrets/{name}", "secrets/update/action", secrets::update)),
    with_body(route("PATCH", "secrets/{name}/{version}", "secrets/update/action", secrets::update)),
    route("DELETE", "secrets/{name}", "secrets/delete", deleted::delete_secret),
    route("GET", "deletedsecrets", "secrets/readMetadata/action", deleted::secrets),
    route("GET", "deletedsecrets/{name}", "secrets/readMetadata/action", deleted::secret),
    route("POST", "deletedsecrets/{name}/recover", "secrets/recover/action", deleted::recover_secret),
    route("DELETE", "deletedsecrets/{name}", "secrets/purge/action", deleted::purge_secret),
    // What Key Vault has and this has not, where a name would be taken for it.
    route("GET", "certificates/contacts", "certificates/read", nothing),
    route("GET", "certificates/issuers", "certificates/read", nothing),
    route("PUT", "certificates/contacts", "certificatecontacts/write", nothing),
    route("POST", "certificates/restore", "certificates/restore/action", nothing),
    route("POST", "keys/restore", "keys/restore/action", nothing),
    route("POST", "secrets/restore", "secrets/restore/action", nothing),
];

fn nothing(_: &mut Context) -> Told {
    Err(unknown("contacts, issuers and backups of Key Vault"))
}

/// A route with what stood for its parts.
pub(super) struct Found {
    pub(super) route: &'static Route,
    /// Empty where the address has no name.
    pub(super) name: String,
    pub(super) version: Option<String>,
}

impl Found {
    /// `/keys/payroll`, as a resource below the vault.
    pub(super) fn below(&self) -> String {
        let noun = self.route.noun();
        if self.name.is_empty() { String::new() } else { format!("/{noun}/{}", self.name) }
    }
}

impl Route {
    /// Whether it changes anything.
    pub(super) fn writes(&self) -> bool {
        self.method != "GET" && !self.path.ends_with("/sign") && !self.path.ends_with("/verify")
    }

    fn noun(&self) -> &'static str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_prefix("deleted").unwrap_or(first)
    }

    /// Its share of what a vault answers within ten seconds, which is 4,000 of the lightest; larger keys weigh more, and so
    /// does making keys (20) and setting secrets (300) ("Azure Key Vault service limits").
    pub(super) fn weight(&self, vaults: &Vaults, vault: &str, name: &str) -> u32 {
        match (self.method, self.noun()) {
            ("POST", "certificates") if self.path.ends_with("/create") => 200,
            ("PUT", "secrets") => 14,
            (_, "keys") => {
                let certificate = vaults.all.get(vault).and_then(|vault| vault.certificates.get(name));
                match certificate
                    .and_then(|certificate| certificate.version(None))
                    .map(|version| version.key.bits)
                {
                    Some(3_072) => 4,
                    Some(4_096) => 8,
                    _ => 1,
                }
            }
            _ => 1,
        }
    }

    fn matches(&self, method: &str, segments: &[&str]) -> bool {
        let mine: Vec<&str> = self.path.split('/').collect();
        let fits = |(mine, given): (&&str, &&str)| mine.starts_with('{') || mine == given;
        self.method == method && mine.len() == segments.len() && mine.iter().zip(segments).all(fits)
    }

    fn literals(&self) -> usize {
        self.path.split('/').filter(|part| !part.starts_with('{')).count()
    }
}

/// The route of an address. Where a name or a version is left out, slashes may follow one another.
pub(super) fn find(method: &str, path: &str) -> Result<Found, Refusal> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let matching = ROUTES.iter().filter(|route| route.matches(method, &segments));
    let route = matching
        .max_by_key(|route| route.literals())
        .ok_or_else(|| unknown(format_args!("{method} {path} of Key Vault")))?;
    let part = |name: &str| {
        let mut pairs = route.path.split('/').zip(&segments);
        pairs.find(|(mine, _)| *mine == name).map(|(_, given)| (*given).to_owned())
    };
    Ok(Found { route, name: part("{name}").unwrap_or_default(), version: part("{version}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_particular_wins_and_empty_parts_are_passed_over() {
        let table = [
            ("GET", "/certificates/payroll/", "certificates/{name}", None),
            ("GET", "/certificates/payroll/versions", "certificates/{name}/versions", None),
            ("GET", "/certificates/payroll/0123", "certificates/{name}/{version}", Some("0123")),
            ("GET", "/certificates/contacts", "certificates/contacts", None),
            ("POST", "/keys/payroll//sign", "keys/{name}/sign", None),
            ("POST", "/keys/payroll/0123/sign", "keys/{name}/{version}/sign", Some("0123")),
            ("PUT", "//secrets/pointer", "secrets/{name}", None),
        ];
        for (method, path, expected, version) in table {
            let found = find(method, path).ok().unwrap();
            assert_eq!((found.route.path, found.version.as_deref()), (expected, version), "{path}");
        }
        assert_eq!(find("POST", "/keys/payroll/create").err().unwrap().status, 501);
    }
}
