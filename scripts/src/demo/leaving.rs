//! Somebody leaves, and comes back: previewed, approved, cut off, proven, undone, and compared.

use std::collections::BTreeSet;
use std::time::Duration;

use plan::laws::portrait;
use serde_json::{Value, json};

use super::outcome::{Outcome, expect, expect_status};
use super::stage::Stage;
use crate::error::Error;
use crate::tell::Teller;

const LEAVER: &str = "MeganB@contoso.com";
/// How often, and for how long at most, it is looked whether the run is over: the mailbox takes its time.
const LOOK: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays every scene.
pub(super) async fn play(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    let before = stage.tenant.state().await?;
    nobody_of_that_name(stage, teller).await?;
    let digest = preview(stage, teller).await?;
    let run = approved(stage, &digest, teller).await?;
    teller.step(
        "A flow looks at the run now and then; it goes on by itself until the mailbox needs no licence",
    );
    over(stage, &run, teller).await?;
    asked_again(stage, teller).await?;
    back_again(stage, &run, teller).await?;
    compared(stage, &before, teller).await
}

fn leaver() -> Value {
    json!({
        "user": LEAVER,
        "mailbox": {"reply": {"internal": "Megan has left. Miriam Graham has taken over."}, "forward": true},
    })
}

async fn nobody_of_that_name(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Somebody is to be offboarded whom nobody knows: nothing is guessed");
    let answer = stage.post("", &[], &json!({"user": "MeganBowen@contoso.com"})).await?;
    expect_status(&answer, 422)?;
    teller.note(format!("HTTP 422: {}", Outcome::read(answer)?.expect_finding("user-unknown")?));
    Ok(())
}

async fn preview(stage: &Stage, teller: &Teller) -> Result<String, Error> {
    teller.step("Megan Bowen leaves. What would happen?");
    stage.tenant.forget_transcript().await?;
    let outcome = Outcome::read(stage.post("?whatIf=true", &[], &leaver()).await?)?.expect("planned")?;
    outcome.tell(teller);
    let traffic = stage.tenant.traffic().await?;
    expect(traffic.writes == 0, || "that nothing is written".into(), || format!("{traffic:?}"))?;
    teller.note(format!("The tenant was asked {} times and not changed.", traffic.trips));
    Ok(outcome.text("planDigest").to_owned())
}

async fn approved(stage: &Stage, digest: &str, teller: &Teller) -> Result<String, Error> {
    teller.step("Somebody approves the digest: exactly this plan is carried out");
    let answer = stage.post("", &[("if-match", &format!("\"{digest}\""))], &leaver()).await?;
    expect_status(&answer, 202)?;
    let outcome = Outcome::so_far(answer)?.expect("goesOn")?;
    outcome.tell(teller);
    let account = stage.tenant.account(LEAVER).await?.unwrap_or_default();
    expect(
        account["accountEnabled"] == false,
        || "an account that is blocked".into(),
        || account.to_string(),
    )?;
    let mailbox = stage.tenant.mailbox(&account).await?.unwrap_or_default();
    expect(
        mailbox["conversion"]["from"] == "UserMailbox" && mailbox["kind"] == "SharedMailbox",
        || "a mailbox that is converted and does not say so yet".into(),
        || mailbox.to_string(),
    )?;
    teller.note(
        "HTTP 202: the mailbox has not said yet that it is a shared one, and the licence waits for that.",
    );
    Ok(outcome.text("run").to_owned())
}

/// Looks at the run as a flow does, until it is over.
async fn over(stage: &Stage, run: &str, teller: &Teller) -> Result<(), Error> {
    succeeded(stage, run).await?.tell(teller);
    Ok(())
}

/// What became of a run, once it is over.
async fn succeeded(stage: &Stage, run: &str) -> Result<Outcome, Error> {
    let mut look = tokio::time::interval(LOOK);
    let over = async {
        loop {
            look.tick().await;
            if let Some(outcome) = stage.outcome(run).await? {
                return outcome.expect("succeeded");
            }
        }
    };
    let over = tokio::time::timeout(PATIENCE, over).await;
    over.unwrap_or_else(|_| Err(Error::unmet("a run that is over", "it still goes on")))
}

async fn asked_again(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Asked again, there is nothing left to do");
    stage.tenant.forget_transcript().await?;
    let outcome = stage.ask(&leaver()).await?.expect("succeeded")?;
    let traffic = stage.tenant.traffic().await?;
    let nothing = outcome.list("changes").is_empty() && traffic.writes == 0;
    expect(nothing, || "no change and no write".into(), || format!("{outcome:?}, {traffic:?}"))?;
    teller.note(format!("No change; the tenant was asked {} times and not changed.", traffic.trips));
    Ok(())
}

async fn back_again(stage: &Stage, run: &str, teller: &Teller) -> Result<(), Error> {
    teller.step("It was the wrong Megan: the run is taken back, in reverse");
    let answer = stage.post(&format!("/runs/{run}/undo"), &[], &json!({})).await?;
    expect_status(&answer, 202)?;
    let outcome = Outcome::so_far(answer)?.expect("partial")?;
    outcome.tell(teller);
    teller.note("HTTP 202: the mailbox has not said yet that it is a person's again, so the undo goes on by itself, too.");
    succeeded(stage, outcome.text("run")).await?;
    Ok(())
}

/// What is not as it was, beyond what the plan had said could not be taken back.
async fn compared(stage: &Stage, before: &Value, teller: &Teller) -> Result<(), Error> {
    teller.step("The tenant, before and after, line by line");
    let after = stage.tenant.state().await?;
    let lines = |state: &Value| -> Result<BTreeSet<String>, Error> {
        let text = serde_json::to_string_pretty(&portrait(before, state));
        let text = text.map_err(|error| Error::new(error.to_string()))?;
        Ok(text.lines().map(|line| line.trim().trim_end_matches(',').to_owned()).collect())
    };
    let (before, after) = (lines(before)?, lines(&after)?);
    before.difference(&after).for_each(|line| teller.note(format!("only before  {line}")));
    after.difference(&before).for_each(|line| teller.note(format!("only after   {line}")));
    teller.note(
        "Dates aside, everything else is as it was: password, sessions and the phone were told beforehand.",
    );
    Ok(())
}
