//! Which quota a request draws on, and what it costs there.
//!
//! Source: Microsoft Graph, "Service-specific throttling limits". The figures are a guess that answers correct
//! (`x-ms-resource-unit`), and limits change: what keeps us out of trouble in the end is the gate.
//!
//! Reads of `keyCredentials` and `signInActivity` draw on the directory as well; they are so few that this is not counted.
//! Limits that are per mailbox, per team, or for all applications of a tenant together cannot be kept by one client that
//! does not know of the others; there the gate goes by the answers alone.

use std::time::Duration;

use super::bucket::Quota;
use crate::request::{Method, Request};

/// How large the tenant is, which decides its share of the directory. When in doubt, the smallest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TenantSize {
    /// Under 50 users: 3,500 resource units in 10 s.
    #[default]
    S,
    /// 50 to 500 users: 5,000 resource units in 10 s.
    M,
    /// Over 500 users: 8,000 resource units in 10 s.
    L,
}

/// A part of Microsoft 365 with a quota of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Users, groups, licences, applications, devices, roles: everything that is not below.
    Directory,
    /// Reads that ask for `keyCredentials`: 150 a minute.
    KeyCredentials,
    /// Reads that ask for `signInActivity`: 10 a minute.
    SignInActivity,
    /// Audit and sign-in logs: 5 in 10 s.
    AuditLogs,
    /// Conditional access and identity protection: one a second, and never a `Retry-After`.
    Protection,
    /// Mail, calendar, contacts and mailbox settings: limited per mailbox.
    Outlook,
    /// Teams and their members.
    Teams,
    /// Sites and drives: 1,250 resource units a minute.
    SharePoint,
    /// Usage reports: 14 in 10 minutes.
    Reports,
}

impl Workload {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Directory,
        Self::KeyCredentials,
        Self::SignInActivity,
        Self::AuditLogs,
        Self::Protection,
        Self::Outlook,
        Self::Teams,
        Self::SharePoint,
        Self::Reports,
    ];

    /// The workload that a request draws on.
    pub fn of(request: &Request) -> Self {
        let selects = |property| option(request, "$select").is_some_and(|list| list.contains(property));
        match Self::of_path(&segments(request)) {
            Self::Directory if request.method() == Method::Get && selects("keyCredentials") => {
                Self::KeyCredentials
            }
            Self::Directory if selects("signInActivity") => Self::SignInActivity,
            workload => workload,
        }
    }

    fn of_path(segments: &[&str]) -> Self {
        match segments {
            ["auditLogs", ..]
            | ["reports", "authenticationMethods" | "appCredentialSignInActivities", ..] => Self::AuditLogs,
            ["reports", ..] => Self::Reports,
            ["identityProtection", ..] | ["identity", "conditionalAccess", ..] => Self::Protection,
            ["teams" | "chats", ..] | ["groups", _, "team", ..] | ["users", _, "joinedTeams", ..] => {
                Self::Teams
            }
            ["drives" | "sites", ..] | ["users" | "groups", _, "drive" | "drives" | "sites", ..] => {
                Self::SharePoint
            }
            ["admin", "sharepoint", ..] => Self::SharePoint,
            ["users", _, noun, ..] if OUTLOOK.contains(noun) => Self::Outlook,
            _ => Self::Directory,
        }
    }

    /// What may be used in resource units (or requests, where units are not counted).
    pub(super) fn quota(self, size: TenantSize) -> Option<Quota> {
        let directory = match size {
            TenantSize::S => 3_500.0,
            TenantSize::M => 5_000.0,
            TenantSize::L => 8_000.0,
        };
        match self {
            Self::Directory => Some(Quota::new(directory, seconds(10), directory / 10.0)),
            Self::KeyCredentials => Some(Quota::new(150.0, seconds(60), 15.0)),
            Self::SignInActivity => Some(Quota::new(10.0, seconds(60), 1.0)),
            Self::AuditLogs => Some(Quota::new(5.0, seconds(10), 1.0)),
            Self::Protection => Some(Quota::new(60.0, seconds(60), 1.0)),
            Self::Outlook => None,
            Self::Teams => Some(Quota::new(30.0, seconds(1), 3.0)),
            Self::SharePoint => Some(Quota::new(1_250.0, seconds(60), 125.0)),
            Self::Reports => Some(Quota::new(14.0, seconds(600), 5.0)),
        }
    }

    /// How many writes may be made, where that is limited on its own. For teams it is the smallest of several limits.
    pub(super) fn writes(self) -> Option<Quota> {
        match self {
            // Half of it at once: writes come in crowds, a new term or a reorganisation, with long quiet between.
            Self::Directory => Some(Quota::new(3_000.0, seconds(150), 1_200.0)),
            Self::Teams => Some(Quota::new(6.0, seconds(1), 1.0)),
            _ => None,
        }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const OUTLOOK: &[&str] = &[
    "calendar",
    "calendars",
    "calendarView",
    "contacts",
    "events",
    "inferenceClassification",
    "mailFolders",
    "mailboxSettings",
    "messages",
    "outlook",
    "sendMail",
];

/// What reads cost in the directory, longer paths first; `*` stands for one segment. Any other read costs 1.
const DIRECTORY: &[(&[&str], f64)] = &[
    (&["users", "*", "memberOf"], 2.0),
    (&["users", "*", "transitiveMemberOf"], 2.0),
    (&["users", "*", "ownedObjects"], 2.0),
    (&["users", "*", "licenseDetails"], 2.0),
    (&["users", "*", "oauth2PermissionGrants"], 2.0),
    (&["groups", "*", "members"], 3.0),
    (&["groups", "*", "transitiveMembers"], 5.0),
    (&["applications", "*", "extensionProperties"], 2.0),
    (&["domains", "*", "domainNameReferences"], 4.0),
    (&["servicePrincipals", "*", "appRoleAssignments"], 2.0),
    (&["*", "*", "isMemberOf"], 4.0),
    (&["*", "*", "checkMemberGroups"], 4.0),
    (&["*", "*", "checkMemberObjects"], 4.0),
    (&["*", "*", "getMemberGroups"], 2.0),
    (&["*", "*", "getMemberObjects"], 2.0),
    (&["directoryObjects", "getByIds"], 5.0),
    (&["users", "*"], 1.0),
    (&["applications", "*"], 1.0),
    (&["users"], 2.0),
    (&["applications"], 2.0),
    (&["contracts"], 3.0),
    (&["subscribedSkus"], 3.0),
];

/// What a request is expected to cost, in units of its workload's quota.
pub fn units(request: &Request) -> f64 {
    match Workload::of(request) {
        Workload::Directory => directory(request),
        Workload::SharePoint => sharepoint(request),
        _ => 1.0,
    }
}

/// Base cost, less 1 for `$select`, 1 more for `$expand`, less 1 for `$top` under 20, and at least 1. A write costs 1.
fn directory(request: &Request) -> f64 {
    if !request.is_safe() {
        return 1.0;
    }
    let segments = segments(request);
    let base =
        DIRECTORY.iter().find(|(pattern, _)| begins(&segments, pattern)).map_or(1.0, |(_, cost)| *cost);
    let is_small = option(request, "$top").and_then(|top| top.parse().ok()).is_some_and(|top: u32| top < 20);
    let less = count(option(request, "$select").is_some()) + count(is_small);
    (base + count(option(request, "$expand").is_some()) - less).max(1.0)
}

/// Permissions cost 5, lists and writes 2, a single item 1; what is no permission is taken for a list.
fn sharepoint(request: &Request) -> f64 {
    let target = request.target();
    if target.contains("permissions") || target.ends_with("/invite") { 5.0 } else { 2.0 }
}

fn count(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

fn begins(segments: &[&str], pattern: &[&str]) -> bool {
    segments.len() >= pattern.len()
        && pattern.iter().zip(segments).all(|(want, have)| *want == "*" || want == have)
}

fn segments(request: &Request) -> Vec<&str> {
    request.path().as_str().split('/').skip(1).collect()
}

/// The value of a query option, still escaped.
fn option(request: &Request, name: &str) -> Option<String> {
    let target = request.target();
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
