//! Rotation: a new certificate or secret beside the old one, tried before anybody is told of it; the old one goes only when
//! nobody needs it any more.
//!
//! ```text
//! made in the vault ─▶ added to the application ─▶ proven ─▶ published ─▶ … grace … ─▶ the old one removed ─▶ verified
//! ```
//!
//! Each time it is asked it looks how far things are, and goes a stage further: there is no other state than the application
//! and the vault. So death at any point leaves what was there, and perhaps one credential more, which the next look finds and
//! goes on with (decision 20).

mod certificate;
mod facts;
mod flaws;
mod observe;
mod request;
mod retire;
mod secret;
mod sweep;
mod taken;

use directory::application::Application;
use directory::look::missing;
use plan::{Finding, Plan, Subject};

pub use certificate::newest;
pub use facts::{Bundle, Certificate, Facts, Kept, Pointed, Uses};
pub(crate) use flaws::flaws;
pub(crate) use observe::{everything, standing};
pub use request::{CertificateWanted, Rotation, SecretWanted, Unseen};
pub(crate) use sweep::{sweep, want};

/// Decides how far it goes this time.
pub(crate) fn plan(want: &Rotation, have: &Facts) -> Plan {
    let Some(application) = have.application.one() else {
        return Plan::about(Subject::named(&want.application)).findings(nothing(want, have));
    };
    let plan = Plan::about(subject(application)).claiming(format!("application-{}", application.id));
    match &have.kept {
        Kept::Certificate { wanted, kept } => certificate::plan(plan, want, wanted, have, application, kept),
        Kept::Secret { wanted, versions } => secret::plan(plan, want, wanted, have, application, versions),
    }
}

fn nothing(want: &Rotation, have: &Facts) -> Option<Finding> {
    let name = format!("application {}", want.application);
    let finding = missing(&have.application, &name, "application-unknown", |application| application.id)?;
    Some(finding.at("/application"))
}

/// The application as the guard-rails see it.
pub(crate) fn subject(application: &Application) -> Subject {
    Subject::known(application.id, application.name())
}
