//! A task as it is served: its name on the wire and its timers.

use plan::Task;

/// A task that is served as a function app.
pub trait Function: Task {
    /// The names of its timer triggers: folders with a `function.json`. Each tick takes up the runs whose time has come,
    /// and those that died.
    const TIMERS: &'static [&'static str] = &[];
}
