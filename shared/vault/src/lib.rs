//! The way to Azure Key Vault, where the certificates and secrets of applications are made and kept, and to a sign-in with
//! what is in it.
//!
//! An [`Ask`] is a value, as a [`graph::Request`] is: it can be shown in a preview, kept in a journal, and sent by anything
//! that is [`Vaults`]. It never holds a secret: a text that is one travels beside it, as [`SecretText`].
//!
//! ```
//! use vault::{Ask, Make};
//! let make = Make { subject: "CN=contoso-payroll".to_owned(), months: 12, key_bits: 2048, exportable: false };
//! let renew = Ask::CreateCertificate {
//!     vault: "contoso-keys".parse()?,
//!     name: "payroll".to_owned(),
//!     make,
//!     tags: [("m365-run".to_owned(), "{run}".to_owned())].into(),
//! };
//! assert!(!renew.is_safe());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It knows nothing of rotation: what is made when stands on it. Private keys never come here: the vault signs.

mod answer;
mod ask;
mod authority;
mod bearer;
mod carrier;
mod client;
mod fit;
mod name;
mod none;
mod sdk;
mod secret;
mod sign_in;
mod signer;
mod step;

use futures_util::future::BoxFuture;
use graph::{Error, Response};

pub use ask::{Ask, By, Make, Text};
pub use client::{Config, KeyVaults, Now};
pub use name::{NotAName, VaultName};
pub use none::NoVaults;
pub use secret::SecretText;

/// The way to key vaults, whatever is behind it.
pub trait Vaults: Send + Sync {
    /// Sends an ask, and waits for the answer. `carried` is the secret of the run, for an ask that says that it
    /// [is carried](Ask::wants_carried).
    ///
    /// # Errors
    /// - [`is_refused`](Error::is_refused): Key Vault (or Microsoft Entra, of a sign-in) answered with anything but 2xx,
    ///   also after all repetitions.
    /// - [`is_unknown`](Error::is_unknown): this makes a version, and nobody can say whether it was made.
    /// - [`is_unreachable`](Error::is_unreachable), no token could be had, or the ask is not fit to be sent: nothing has
    ///   changed.
    fn send<'a>(
        &'a self,
        ask: Ask,
        carried: Option<&'a SecretText>,
    ) -> BoxFuture<'a, Result<Response, Error>>;
}
