//! The function app: see the crate's library.

use std::process::ExitCode;

fn main() -> ExitCode {
    host::serve::<rotate_cert_report::RotateCertReport>()
}
