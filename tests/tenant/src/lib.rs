//! The offline tenant: a strict, stateful Microsoft 365 over HTTP.
//!
//! What passes against it must pass against Microsoft. So it refuses what the service refuses, in the service's own
//! words, forgets nothing, is late where the service is late, and answers 501 to whatever it does not know.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! use tenant::{Options, Tenant};
//! use tower::ServiceExt;
//!
//! let tenant = Tenant::new(Options::default());
//! let reporter = tenant.identity("reporter", &["User.Read.All"]);
//! let token = tenant.token(&reporter, "https://graph.microsoft.com");
//! let request = http::Request::get("/v1.0/users/AdeleV@contoso.com")
//!     .header("authorization", format!("Bearer {token}"))
//!     .body(axum::body::Body::empty());
//! let response = tenant.router().oneshot(request.unwrap()).await.unwrap();
//! assert_eq!(response.status(), 200);
//! assert_eq!(tenant.transcript()[0].path, "/v1.0/users/AdeleV@contoso.com");
//! # }
//! ```
//!
//! It does not imitate Microsoft's speed, size or security, and it knows only the part of Microsoft Graph that the
//! functions of this collection touch. `README.md` beside it lists what it covers and where each behaviour comes from.

mod auth;
mod batch;
mod certificate;
mod clock;
mod control;
mod door;
mod exchange;
mod faults;
mod graph;
mod hooks;
mod ids;
mod incoming;
mod jwt;
mod lag;
mod licensing;
mod login;
mod options;
mod query;
mod refusal;
mod roles;
mod routes;
mod schema;
mod seed;
mod serve;
mod state;
mod tenant;
mod throttle;
mod transcript;
mod vault;
mod world;

pub use auth::{Identity, UnknownApplication};
pub use faults::{Drop, Fault, Trouble};
pub use hooks::Told;
pub use options::{Clock, Crowd, Options, Quota, Seed};
pub use state::export::StateError;
pub use tenant::{Dropped, Tenant};
pub use transcript::{Entry, Item};
