//! The host against real handler processes.

#[cfg(test)]
mod common;
#[cfg(test)]
mod http;
#[cfg(test)]
mod process;
#[cfg(test)]
mod triggers;
