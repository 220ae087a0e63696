//! The functions and their URLs, as they are shown when the host has started.

use crate::front::Front;
use crate::function_json::{Function, Trigger};
use std::fmt::{self, Display};
use std::net::SocketAddr;

/// What is served and how it is reached; shown with `Display`. It contains the key.
#[derive(Debug)]
pub struct Listing<'a>(pub(crate) &'a Front);

impl Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(front) = self;
        for app in &front.apps {
            writeln!(f, "Functions of {}:", app.app.name)?;
            for function in &app.app.functions {
                let disabled = if function.disabled { " (disabled)" } else { "" };
                writeln!(f, "    {}: {}{disabled}", function.name, how(front.address(), function))?;
            }
            for (name, why) in &app.app.in_error {
                writeln!(f, "    {name}: in error: {why}")?;
            }
        }
        writeln!(f, "Key, as header x-functions-key or as ?code=: {}", front.world.key.0)
    }
}

fn how(address: SocketAddr, function: &Function) -> String {
    match &function.trigger {
        Trigger::Http { methods, .. } => {
            let methods =
                methods.iter().flatten().map(|method| method.as_str()).collect::<Vec<_>>().join(",");
            let methods = if methods.is_empty() { "any method".into() } else { methods };
            format!("[{methods}] {}", url(address, function).unwrap_or_default())
        }
        Trigger::Timer { expression, .. } => format!("timerTrigger, {expression}"),
        Trigger::Queue { queue } => format!("queueTrigger, {queue}"),
    }
}

/// The URL of an HTTP function, with its route template as it stands.
pub(crate) fn url(address: SocketAddr, function: &Function) -> Option<String> {
    match &function.trigger {
        Trigger::Http { route, .. } => Some(format!("http://{address}/{}", route.as_str())),
        _ => None,
    }
}
