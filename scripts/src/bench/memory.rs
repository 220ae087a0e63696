//! What a process holds after long work: what grows with each call is found here.

use super::callers::hammer;
use super::figures::{Report, mb, table};
use super::lab::Lab;
use super::{people, wire};
use crate::Error;

/// After how many onboardings to look.
const LOOKS: [usize; 5] = [0, 1, 250, 500, 1_000];
const CALLERS: usize = 8;

/// # Errors
///
/// A call is not answered with 200.
pub(super) async fn measure(lab: &Lab) -> Result<Report, Error> {
    let ground = lab.tenant(&[]).await?;
    let mut handler = ground.handler()?;
    handler.first(&wire::request("GET", "/", None))?;
    let mut rows = vec![row(0, handler.memory()?)];
    for pair in LOOKS.windows(2) {
        let requests =
            (pair[0] + 1..=pair[1]).map(|number| people::onboard(&people::alone(number))).collect::<Vec<_>>();
        hammer(handler.port, CALLERS.min(requests.len()), &requests)?;
        rows.push(row(pair[1], handler.memory()?));
    }
    let text = format!(
        "One process, {CALLERS} callers, accounts without licence or groups: two writes each, at the pace that the gate allows.\n\n{}",
        table(["Onboardings", "resident memory"], &rows)
    );
    Ok(Report::new(text))
}

fn row(onboardings: usize, memory: u64) -> [String; 2] {
    [onboardings.to_string(), format!("{:.1} MB", mb(memory))]
}
