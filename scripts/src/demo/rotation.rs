//! A secret is renewed with overlap: previewed, approved, asked again; and what is not entrusted stays as it is.

use serde_json::{Value, json};

use super::outcome::{Outcome, expect};
use super::stage::{ENTRUSTED, Stage};
use crate::error::Error;
use crate::tell::Teller;
use crate::tenant::VAULT;

/// An application that the function is no owner of.
const FOREIGN: &str = "Travel Desk";

/// Plays every scene.
pub(super) async fn play(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    let digest = preview(stage, teller).await?;
    approve(stage, &digest, teller).await?;
    ask_again(stage, teller).await?;
    nothing_of_others(stage, teller).await
}

fn wanted(application: &str) -> Value {
    let name = application.to_lowercase().replace(' ', "-");
    json!({"application": application, "secret": {"vault": VAULT, "name": name}})
}

async fn preview(stage: &Stage, teller: &Teller) -> Result<String, Error> {
    teller.step("A new secret for an application that is entrusted to the function: what would be done");
    let preview = stage.post("?whatIf=true", &[], &wanted(ENTRUSTED)).await.and_then(Outcome::read)?;
    let preview = preview.expect("planned")?;
    preview.tell(teller);
    Ok(preview.text("planDigest").to_owned())
}

async fn approve(stage: &Stage, digest: &str, teller: &Teller) -> Result<(), Error> {
    teller
        .step("Approved: it goes from the application to the vault, is tried on the way, and nobody sees it");
    let approved = format!("\"{digest}\"");
    let answer = stage.post("", &[("if-match", &approved)], &wanted(ENTRUSTED)).await?;
    Outcome::read(answer)?.expect("succeeded")?.tell(teller);
    Ok(())
}

async fn ask_again(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Asked again, nothing is done: it is good for a while yet");
    let again = stage.ask(&wanted(ENTRUSTED)).await?.expect("succeeded")?;
    expect(again.list("changes").is_empty(), || "no change".into(), || format!("{again:?}"))?;
    teller.note("0 changes");
    Ok(())
}

async fn nothing_of_others(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Of an application that is not entrusted, nothing is changed");
    stage.ask(&wanted(FOREIGN)).await?.expect("refused")?.tell(teller);
    Ok(())
}
