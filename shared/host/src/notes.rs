//! Notes: `POST /api/<task>/<note>`, what people tell a function that changes nothing in the tenant.
//!
//! That somebody knows of a credential that expires, or does not want to hear of it before summer, is nothing that the tenant
//! could hold, and no run: there is nothing to plan, to prove or to take back but by another note. All notes of a name are on
//! one page of the ledger (`notes/<task>/<note>`), which is turned on condition that it is as it was read. So of two who note
//! something at once neither is lost, and the same note taken twice is taken once.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, Uri};
use journal::{PageName, TaskName};
use plan::{Runner, Stop};
use serde_json::Value;

use crate::app::App;
use crate::asked::what_if;
use crate::function::{Function, Note};
use crate::problem::Problem;
use crate::{reply, telemetry};

/// How often a page is turned at the most while others are first.
const TURNS: usize = 10;

/// How soon to ask again when others are always first, in seconds.
const SOON: u64 = 5;

/// Everything that is noted under this name; null if nothing ever was.
///
/// # Errors
/// The journal cannot be read.
pub async fn noted(task: TaskName, note: &str, runner: &Runner) -> Result<Value, journal::Error> {
    Ok(runner.journal().page(&page(task, note)?).await?.value)
}

/// `POST /api/<task>/<note>`.
pub(crate) async fn take<F: Function>(
    name: &str,
    app: &App,
    uri: &Uri,
    body: &[u8],
) -> Result<Response, Problem> {
    let is_preview = what_if(uri)?;
    let runner = app.runner().map_err(reply::misconfigured)?;
    let (page, at) = (page(F::NAME, name).map_err(unusable)?, runner.tenant().clock.now());
    for _ in 0..TURNS {
        let seen = runner.journal().page(&page).await.map_err(unusable)?;
        let note = F::note(name, seen.value.clone(), body, at).map_err(Problem::invalid)?;
        let Note { page: turned, answer } = note;
        let stands = is_preview || turned == seen.value;
        if stands || runner.journal().turn(&page, &seen.version, &turned).await.map_err(unusable)? {
            return Ok(Json(answer).into_response());
        }
    }
    let title = "others are noting something at the same time; nothing was changed";
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title).retry_after(SOON))
}

fn page(task: TaskName, note: &str) -> Result<PageName, journal::Error> {
    PageName::new(format!("notes/{task}/{note}"))
}

/// The ledger cannot be used.
pub(crate) fn unusable(error: journal::Error) -> Problem {
    let stop = Stop::Journal(error);
    telemetry::stopped(&stop);
    reply::stop(&stop)
}
