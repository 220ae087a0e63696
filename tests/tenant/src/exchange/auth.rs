//! Who may ask: both halves, the app role in the token and a directory role on the application.
//!
//! Source: "App-only authentication for unattended scripts in Exchange Online PowerShell". A missing first half is 401;
//! a missing second half, or a cmdlet that the role does not include, is 403 with nothing in it that could be read.

use crate::auth::{Caller, Denied};
use crate::world::World;

use super::cmdlets::Cmdlet;

/// The app role of "Office 365 Exchange Online".
pub(crate) const MANAGE: &str = "Exchange.ManageAsApp";

/// Directory roles, and how far they reach in Exchange.
const ROLES: [(&str, Reach); 4] = [
    ("Global Administrator", Reach::Organization),
    ("Exchange Administrator", Reach::Organization),
    ("Exchange Recipient Administrator", Reach::Recipients),
    ("Global Reader", Reach::View),
];

/// What the Legal Hold role of Exchange covers, which Organization Management has and Recipient Management has not.
const LEGAL_HOLD: [&str; 4] =
    ["LitigationHoldEnabled", "LitigationHoldDuration", "RetentionComment", "RetentionUrl"];

/// How far an application reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    View,
    Recipients,
    Organization,
}

impl Reach {
    /// The farthest of the caller's roles.
    pub(super) fn of(caller: &Caller) -> Option<Reach> {
        let held = |role: &str| caller.directory_roles.iter().any(|held| held == role);
        ROLES.iter().filter(|(role, _)| held(role)).map(|(_, reach)| *reach).max()
    }

    pub(super) fn runs(self, cmdlet: &Cmdlet) -> bool {
        self > Reach::View || !cmdlet.writes
    }

    /// Whether a parameter of a cmdlet exists for such a caller.
    pub(super) fn has(self, cmdlet: &Cmdlet, parameter: &str) -> bool {
        let is_hold = LEGAL_HOLD.iter().any(|name| name.eq_ignore_ascii_case(parameter));
        self == Reach::Organization || cmdlet.name != "Set-Mailbox" || !is_hold
    }
}

/// Who the bearer of a token for Exchange Online is.
pub(super) fn authenticate(world: &World, header: Option<&str>, now_ms: i64) -> Result<Caller, Denied> {
    let caller = world.apps.bearer(header, now_ms, is_exchange)?;
    if caller.roles.iter().any(|role| role == MANAGE) { Ok(caller) } else { Err(Denied::NoRoles) }
}

fn is_exchange(audience: &str) -> bool {
    let audience = audience.trim_end_matches('/');
    audience == "https://outlook.office365.com" || audience == "00000002-0000-0ff1-ce00-000000000000"
}

/// Remembers that the app role was needed.
pub(super) fn use_permission(caller: &mut Caller) {
    caller.used.insert(MANAGE.to_owned());
}

impl Denied {
    /// What goes with a 401 that has no body.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let (number, reason, category) = match self {
            Denied::Empty => (2_000_001, "The request has no token.", "invalid_request"),
            Denied::Unreadable | Denied::Unknown | Denied::Forged => {
                (2_000_004, "The token has an invalid signature.", "invalid_signature")
            }
            Denied::Audience => (2_000_003, "The audience claim value is invalid.", "invalid_resource"),
            Denied::Expired => (2_000_002, "The token has expired.", "token_expired"),
            Denied::NoRoles => (
                2_000_008,
                "The token contains no permissions, or permissions cannot be understood.",
                "invalid_grant",
            ),
        };
        let challenge = "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", token_types=\"app_asserted_user_v1 service_asserted_app_v1\", error=\"invalid_token\"";
        vec![
            ("www-authenticate".to_owned(), challenge.to_owned()),
            (
                "x-ms-diagnostics".to_owned(),
                format!("{number};reason=\"{reason}\";error_category=\"{category}\""),
            ),
        ]
    }
}
