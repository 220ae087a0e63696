//! Rules for everybody: previewed, approved, asked again, and taken back.

use serde_json::{Value, json};

use super::outcome::{Outcome, expect};
use super::stage::Stage;
use crate::error::Error;
use crate::tell::Teller;

/// Plays every scene.
pub(super) async fn play(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    let before = licences(stage).await?;
    teller.step(
        "Rules: Retail has Visio, and Finance Enterprise Mobility + Security without Intune. Who differs?",
    );
    let preview = reconcile(stage, "?whatIf=true", &[]).await?.expect("planned")?;
    preview.tell(teller);
    expect(!preview.list("parts").is_empty(), || "somebody who differs".into(), || format!("{preview:?}"))?;
    teller.step("Somebody approves the digest: exactly these are brought in line (If-Match)");
    let approval = format!("\"{}\"", preview.text("planDigest"));
    let done = reconcile(stage, "", &[("if-match", &approval)]).await?.expect("succeeded")?;
    done.tell(teller);
    asked_again(stage, teller).await?;
    teller.step("And taken back, everybody at once: the licences are as they were");
    let undo = format!("/runs/{}/undo", done.text("run"));
    Outcome::read(stage.post(&undo, &[], &Value::Null).await?)?.expect("succeeded")?.tell(teller);
    let after = licences(stage).await?;
    expect(before == after, || before.to_string(), || after.to_string())
}

async fn asked_again(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    teller.step("Asked again, as the timer does: only who has changed is looked at, and nobody differs");
    stage.tenant.forget_transcript().await?;
    let again = reconcile(stage, "", &[]).await?.expect("succeeded")?;
    let (traffic, looked) = (stage.tenant.traffic().await?, again.expect_finding("looked")?);
    let nothing = again.list("parts").is_empty() && traffic.writes == 0;
    expect(nothing, || "nobody who differs, and no write".into(), || format!("{again:?}, {traffic:?}"))?;
    expect(looked.contains("changed"), || "a look at who has changed".into(), || looked.clone())?;
    teller.note(looked);
    Ok(())
}

async fn reconcile(stage: &Stage, query: &str, headers: &[(&str, &str)]) -> Result<Outcome, Error> {
    let rules = json!({
        "rules": [
            {"name": "Retail", "when": {"department": ["Retail"]}, "licences": [{"sku": "Visio Plan 2"}]},
            {"name": "Finance", "when": {"group": ["Finance"]}, "unless": {"jobTitle": ["Accountant"]},
             "licences": [{"sku": "EMSPREMIUM", "disabledPlans": ["INTUNE_A"]}]},
        ],
    });
    let path = format!("/reconcile{query}");
    stage.post(&path, headers, &json!({"rules": rules})).await.and_then(Outcome::read)
}

/// What everybody holds, dates aside.
async fn licences(stage: &Stage) -> Result<Value, Error> {
    let state = stage.tenant.state().await?;
    let users = state["users"].as_array().into_iter().flatten();
    let held = users.map(|user| {
        let held = user["licences"].as_array().into_iter().flatten();
        let held: Value = held.map(|one| json!([one["skuId"], one["disabledPlans"]])).collect();
        json!([user["id"], held])
    });
    Ok(held.collect())
}
