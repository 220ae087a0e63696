//! One licence takes the place of another: by the names of products, in one call, and back again.

use serde_json::{Value, json};

use super::outcome::{Outcome, expect};
use super::stage::Stage;
use crate::error::Error;
use crate::tell::Teller;

const HOLDER: &str = "ChristieC@contoso.com";

/// Plays every scene.
pub(super) async fn play(stage: &Stage, teller: &Teller) -> Result<(), Error> {
    let before = licences(stage).await?;
    teller
        .step("Christie Cline is to have Microsoft 365 E5 in the place of Office 365 E3. What would happen?");
    let preview = Outcome::read(stage.post("?whatIf=true", &[], &upgrade()).await?)?.expect("planned")?;
    preview.tell(teller);
    teller.step("It is carried out, in one call that does all or nothing");
    stage.tenant.forget_transcript().await?;
    let done = stage.ask(&upgrade()).await?.expect("succeeded")?;
    done.tell(teller);
    let traffic = stage.tenant.traffic().await?;
    expect(traffic.writes == 1, || "one write".into(), || format!("{traffic:?}"))?;
    teller.step("And taken back: the licences are as they were");
    let undo = format!("/runs/{}/undo", done.text("run"));
    Outcome::read(stage.post(&undo, &[], &Value::Null).await?)?.expect("succeeded")?.tell(teller);
    let after = licences(stage).await?;
    expect(before == after, || before.to_string(), || after.to_string())
}

fn upgrade() -> Value {
    json!({"user": HOLDER, "replace": [{"sku": "Office 365 E3", "by": "Microsoft 365 E5"}]})
}

/// What is held, dates aside.
async fn licences(stage: &Stage) -> Result<Value, Error> {
    let account = stage.tenant.account(HOLDER).await?.unwrap_or_default();
    let held = account["licences"].as_array().into_iter().flatten();
    Ok(held.map(|one| json!([one["skuId"], one["disabledPlans"]])).collect())
}
