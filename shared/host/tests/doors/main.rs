//! The doors of a function, from the caller's request to the tenant, without a socket and with the time paused.

#![cfg(test)]

mod actions;
mod broken;
mod deadline;
mod envelope;
mod going_on;
mod greet;
mod house;
mod logs;
mod memory;
mod notes;
mod once;
mod report;
mod start;
mod strict;
mod sweep;
mod tell;
mod timer;
