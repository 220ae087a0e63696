//! The runner, against a service and a journal that answer as each test wants.

#![cfg(test)]

mod approval;
mod carried;
mod changes;
mod claims;
mod in_order;
mod later;
mod ledger;
mod mend;
mod order;
mod past;
mod seats;
mod service;
mod sweep;
mod sweeping;
mod undo;
mod urgent;
