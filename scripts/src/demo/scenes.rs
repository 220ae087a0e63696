//! The scenes, in order. Each tells what it does and what came of it, and expects something.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::HIRES;
use super::outcome::{Outcome, expect, expect_status};
use super::stage::Stage;
use crate::error::Error;
use crate::hires::Hire;
use crate::tell::Teller;

/// How far ahead the start lies that the timer waits for: longer than the calls before it take.
const AHEAD: SignedDuration = SignedDuration::from_secs(3);
/// How often, and for how long at most, the demonstration looks whether the timer has done its work.
const LOOK: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays every scene.
pub(super) async fn play(stage: &Stage, hires: &[Hire], teller: &Teller) -> Result<(), Error> {
    let (first, others) = hires.split_first().ok_or_else(|| Error::new(format!("{HIRES} names nobody")))?;
    nobody_gets_in_without_a_key(stage, first, teller).await?;
    nonsense_is_refused(stage, first, teller).await?;
    let digest = preview(stage, first, teller).await?;
    let run = apply_what_was_approved(stage, first, &digest, teller).await?;
    asked_again_nothing_is_left(stage, first, teller).await?;
    an_old_approval_counts_no_more(stage, first, &digest, teller).await?;
    the_others(stage, others, teller).await?;
    a_name_that_is_taken(stage, teller).await?;
    a_licence_that_is_sold_out(stage, teller).await?;
    somebody_who_starts_later(stage, teller).await?;
    take_back(stage, first, &run, teller).await
}

async fn nobody_gets_in_without_a_key(stage: &Stage, hire: &Hire, teller: &Teller) -> Result<(), Error> {
    teller.step("Without the function key nobody gets in");
    let answer = stage.post_without_key(&hire.request).await?;
    expect_status(&answer, 401)?;
    teller.note("HTTP 401, from the host; the function was not even asked");
    Ok(())
}

async fn nonsense_is_refused(stage: &Stage, hire: &Hire, teller: &Teller) -> Result<(), Error> {
    teller.step("What cannot be understood is refused, with the field and what would be right");
    let answer = stage.post("", &[], &with(&hire.request, json!({"usageLocation": "Switzerland"}))).await?;
    expect_status(&answer, 400)?;
    let error = &answer.body["errors"][0];
    let pointer = error["pointer"].as_str().unwrap_or_default();
    expect(pointer == "/usageLocation", || "an error at /usageLocation".into(), || answer.body.to_string())?;
    teller.note(format!("HTTP 400, {pointer}: {}", error["detail"].as_str().unwrap_or_default()));
    Ok(())
}

async fn preview(stage: &Stage, hire: &Hire, teller: &Teller) -> Result<String, Error> {
    teller.step(format!("What would happen to {}?", hire.name));
    stage.tenant.forget_transcript().await?;
    let answer = stage.post("?whatIf=true", &[], &hire.request).await?;
    let outcome = Outcome::read(answer)?.expect("planned")?;
    outcome.tell(teller);
    let digest = outcome.text("planDigest").to_owned();
    expect(digest.len() == 64, || "a digest of the plan".into(), || format!("«{digest}»"))?;
    let traffic = stage.tenant.traffic().await?;
    expect(traffic.writes == 0, || "that nothing is written".into(), || format!("{traffic:?}"))?;
    teller.note(format!("The tenant was asked {} times and not changed.", traffic.trips));
    teller.note(format!("The plan's digest is {digest}"));
    Ok(digest)
}

async fn apply_what_was_approved(
    stage: &Stage,
    hire: &Hire,
    digest: &str,
    teller: &Teller,
) -> Result<String, Error> {
    teller.step("Somebody approves the digest: exactly this plan is applied (If-Match)");
    let answer = stage.post("", &[("if-match", &format!("\"{digest}\""))], &hire.request).await?;
    let outcome = Outcome::read(answer)?.expect("succeeded")?;
    outcome.tell(teller);
    let account = account(stage, &hire.request).await?;
    expect(
        account["accountEnabled"] == true,
        || "an account that may sign in".into(),
        || account.to_string(),
    )?;
    let pass = outcome.text("credential");
    expect(!pass.is_empty(), || "a Temporary Access Pass".into(), || "none".into())?;
    teller.note(format!("The pass for the first sign-in is in this one answer and nowhere else: {pass}"));
    Ok(outcome.text("run").to_owned())
}

async fn asked_again_nothing_is_left(stage: &Stage, hire: &Hire, teller: &Teller) -> Result<(), Error> {
    teller.step("Asked again, there is nothing left to do");
    stage.tenant.forget_transcript().await?;
    let outcome = stage.ask(&hire.request).await?.expect("succeeded")?;
    let traffic = stage.tenant.traffic().await?;
    let nothing = outcome.list("changes").is_empty() && traffic.writes == 0;
    expect(nothing, || "no change and no write".into(), || format!("{outcome:?}, {traffic:?}"))?;
    teller.note(format!("No change; the tenant was asked {} times and not changed.", traffic.trips));
    Ok(())
}

async fn an_old_approval_counts_no_more(
    stage: &Stage,
    hire: &Hire,
    digest: &str,
    teller: &Teller,
) -> Result<(), Error> {
    teller.step("The tenant has moved, so the old approval counts no more");
    let answer = stage.post("", &[("if-match", &format!("\"{digest}\""))], &hire.request).await?;
    expect_status(&answer, 412)?;
    teller.note(format!("HTTP 412: {}", answer.body["title"].as_str().unwrap_or_default()));
    Ok(())
}

async fn the_others(stage: &Stage, hires: &[Hire], teller: &Teller) -> Result<(), Error> {
    teller.step(format!("The other new hires of {HIRES}, one call each"));
    for hire in hires {
        let outcome = stage.ask(&hire.request).await?.expect("succeeded")?;
        let account = account(stage, &hire.request).await?;
        let may_sign_in = account["accountEnabled"] == true;
        expect(
            may_sign_in == has_started(hire),
            || format!("{} let in at the start", hire.name),
            || account.to_string(),
        )?;
        let when = if may_sign_in { "may sign in" } else { "blocked until the start" };
        let (changes, upn) = (outcome.list("changes").len(), account["userPrincipalName"].as_str());
        teller.note(format!("{:24} {changes:2} changes, {}, {when}", hire.name, upn.unwrap_or_default()));
    }
    Ok(())
}

async fn a_name_that_is_taken(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Another Adele Vance: her name is somebody else's, so nothing is done");
    let request = person("200101", "Adele", "Vance", json!({"userPrincipalName": "AdeleV@contoso.com"}));
    refused(stage, &request, "name-taken", teller).await
}

async fn a_licence_that_is_sold_out(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("A licence that is sold out: nothing is half done");
    let request = person("200102", "Joni", "Razo", json!({"licences": [{"sku": "PROJECTPROFESSIONAL"}]}));
    refused(stage, &request, "licence-none-left", teller).await?;
    let account = stage.tenant.account("Joni.Razo@contoso.com").await?;
    expect(account.is_none(), || "no account".into(), || format!("{account:?}"))
}

async fn refused(stage: &Stage, request: &Value, code: &str, teller: &Teller) -> Result<(), Error> {
    stage.tenant.forget_transcript().await?;
    let answer = stage.post("", &[], request).await?;
    expect_status(&answer, 422)?;
    let says = Outcome::read(answer)?.expect("refused")?.expect_finding(code)?;
    let traffic = stage.tenant.traffic().await?;
    expect(traffic.writes == 0, || "that nothing is written".into(), || format!("{traffic:?}"))?;
    teller.note(format!("HTTP 422: {says}"));
    Ok(())
}

async fn somebody_who_starts_later(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    let start = in_a_few_seconds();
    teller.step("Somebody who starts in a few seconds is prepared, and let in by the timer");
    let more = json!({"startsAt": start.to_string(), "temporaryAccessPass": {"lifetimeInMinutes": 60}});
    let request = person("200103", "Pradeep", "Dennis", more);
    let outcome = stage.ask(&request).await?.expect("succeeded")?;
    outcome.tell(teller);
    let before = account(stage, &request).await?;
    expect(before["accountEnabled"] == false, || "an account that is blocked".into(), || before.to_string())?;
    let credential = format!("/runs/{}/credential", outcome.text("run"));
    let early = Outcome::read(stage.post(&credential, &[], &json!({})).await?)?;
    teller.note(format!(
        "A pass, already? No: {}",
        early.expect("refused")?.expect_finding("account-disabled")?
    ));
    let_the_timer_work(stage, outcome.text("run"), &request).await?;
    teller.note("The timer has let them in.");
    let pass = Outcome::read(stage.post(&credential, &[], &json!({})).await?)?.expect("succeeded")?;
    expect(!pass.text("credential").is_empty(), || "a Temporary Access Pass".into(), || format!("{pass:?}"))?;
    teller.note(format!("Now somebody is there to receive the pass: {}", pass.text("credential")));
    Ok(())
}

/// Fires the timer until the account is let in.
async fn let_the_timer_work(stage: &Stage, run: &str, request: &Value) -> Result<(), Error> {
    let mut look = tokio::time::interval(LOOK);
    let let_in = async {
        loop {
            look.tick().await;
            expect_status(&stage.fire_timer().await?, 202)?;
            if account(stage, request).await?["accountEnabled"] == true {
                return Ok(());
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, let_in).await;
    waited.unwrap_or_else(|_| Err(Error::unmet("an account that may sign in", "it is still blocked")))?;
    // The timer may not have written down yet that the run has ended.
    let ended = async {
        while stage.outcome(run).await?.is_none() {
            look.tick().await;
        }
        Ok(())
    };
    let waited = tokio::time::timeout(PATIENCE, ended).await;
    waited.unwrap_or_else(|_| Err(Error::unmet("a run that has ended", "it is still under way")))
}

async fn take_back(stage: &Stage, hire: &Hire, run: &str, teller: &Teller) -> Result<(), Error> {
    teller.step(format!("{} is not coming after all: the run is taken back", hire.name));
    let outcome = Outcome::read(stage.post(&format!("/runs/{run}/undo"), &[], &json!({})).await?)?;
    outcome.tell(teller);
    outcome.expect("succeeded")?;
    let upn = hire.request["userPrincipalName"].as_str().unwrap_or_default();
    let account = stage.tenant.account(upn).await?;
    expect(account.is_none(), || "no account any more".into(), || format!("{account:?}"))
}

/// A start that is still to come, as a person would write it: without fractions of a second.
fn in_a_few_seconds() -> Timestamp {
    let start = Timestamp::now() + AHEAD;
    Timestamp::from_second(start.as_second() + 1).unwrap_or(start)
}

/// The account that a request is about, in the tenant.
async fn account(stage: &Stage, request: &Value) -> Result<Value, Error> {
    let id = request["employeeId"].as_str().unwrap_or_default();
    let account = stage.tenant.account_of(id).await?;
    account.ok_or_else(|| Error::unmet(format!("an account with the employee id {id}"), "none"))
}

/// Whether the start of this hire has come.
fn has_started(hire: &Hire) -> bool {
    let start = hire.request["startsAt"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    start.is_none_or(|start| start <= Timestamp::now())
}

fn person(id: &str, given: &str, surname: &str, more: Value) -> Value {
    let person = json!({
        "employeeId": id, "givenName": given, "surname": surname, "usageLocation": "US",
        "userPrincipalName": "{given}.{surname}@contoso.com",
    });
    with(&person, more)
}

/// The request with other values for these fields.
fn with(request: &Value, others: Value) -> Value {
    let mut request = request.clone();
    if let (Value::Object(members), Value::Object(others)) = (&mut request, others) {
        members.extend(others);
    }
    request
}
