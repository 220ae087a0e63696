//! The function app: see the crate's library.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::serve::<assign_licence::AssignLicence>()
}
