//! The verbs on Microsoft Graph, Exchange Online and Azure Key Vault, a noun per file.
//!
//! A verb makes a [`Change`](plan::Change): its sentence, its request, the change that takes it back, how to read whether it
//! holds, and which refusals mean "it is so" or "not caught up yet". A noun's file also says how it is read, and
//! [`look`] reads, or [`rows`] where Exchange Online answers. Whether a verb is wanted is for a task's plan to decide; nothing here decides, and nothing here writes.

pub mod account;
pub mod app_role;
pub mod application;
pub mod calendar;
pub mod certificate;
pub mod country;
pub mod credential;
pub mod device;
pub mod drive;
pub mod grant;
pub mod group;
pub mod key_vault;
pub mod licence;
pub mod list;
pub mod look;
pub mod mailbox;
pub mod manager;
pub mod meeting;
pub mod method;
pub mod mobile;
pub mod naming;
pub mod owner;
pub mod pass;
pub mod password;
pub mod permission;
pub mod product;
pub mod recipient;
pub mod region;
pub mod reply;
pub mod role;
pub mod rows;
pub mod rule;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_cmdlet;
pub mod secret;
pub mod session;
pub mod sponsor;
pub mod time_zone;
pub mod unit;
mod who;

pub use who::Who;
