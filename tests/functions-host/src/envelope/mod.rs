//! The invocation envelope: what the host posts to `/{function}` and how it reads the answer.
//!
//! ```text
//! POST /nightly   { "Data": { "timer": { "IsPastDue": false, … } }, "Metadata": { "sys": { … } } }
//! 200             { "Outputs": { "next": "…" }, "Logs": ["…"], "ReturnValue": null }
//! ```
//!
//! Used for every trigger that is not HTTP, and for HTTP functions that are neither forwarded nor proxied. The
//! rules are those of the Functions host's source (`ScriptInvocationContextExtensions`, `DefaultHttpWorkerService`,
//! `HttpScriptInvocationResultExtensions`, `FunctionBinding`, `HttpBinding`), oddities included, for it is the
//! oddities that a handler trips over.

mod bind;
mod decode;
mod encode;
mod node;

pub(crate) use bind::{HttpReply, bind};
pub(crate) use decode::{Reading, read};
pub(crate) use encode::{Call, HttpCall, RetryContext, ScheduleStatus, TimerInfo, encode};
