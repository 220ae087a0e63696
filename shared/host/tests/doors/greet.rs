//! The smallest task there is: it greets somebody, in the job title of the account, at once or later.

use graph::auth::Settings;
use graph::{Error, ObjectId, Path, Request, UserKey};
use host::{Digest, News, Note, Tells, Timer, Untold, Wrong};
use jiff::{SignedDuration, Timestamp};
use journal::TaskName;
use plan::{
    Change, Finding, Flaw, Memory, Plan, Proof, Record, Runner, Standing, Subject, Sweep, Task, Tenant,
};
use report::{Cell, Column, Kind, Report, Table, Urgency};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) struct Greet;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Greeting {
    who: String,
    words: String,
    #[serde(default)]
    at: Option<Timestamp>,
    #[serde(default)]
    pass: bool,
    /// Somebody has to look whether it arrived, in two minutes.
    #[serde(default)]
    slowly: bool,
}

/// What everybody is to be greeted with, and who that is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Everybody {
    who: Vec<String>,
    words: String,
    /// How many are greeted at once without approval.
    #[serde(default = "ten")]
    most: usize,
}

fn ten() -> usize {
    10
}

/// The setting that holds them, for a timer and for who sends no body.
pub(crate) const EVERYBODY: &str = "GREET_EVERYBODY";

pub(crate) struct Facts {
    account: Option<Account>,
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: ObjectId,
    display_name: String,
    job_title: Option<String>,
}

impl Task for Greet {
    const NAME: TaskName = TaskName::of("greet");
    const ACTIONS: &'static [&'static str] = &["repeat"];
    type Request = Greeting;
    type Facts = Facts;

    fn flaws(want: &Greeting) -> Vec<Flaw> {
        let flaw = want.words.is_empty().then(|| Flaw::at("/words", "at least one word"));
        flaw.into_iter().collect()
    }

    async fn observe(want: &Greeting, tenant: &Tenant) -> Result<Facts, Error> {
        let read = Request::get(path(&want.who)).select(&["id", "displayName", "jobTitle"]);
        let account = match tenant.graph.send(read).await {
            Err(error) if error.is_not_found() => None,
            answer => Some(answer?.json()?),
        };
        Ok(Facts { account, now: tenant.clock.now() })
    }

    fn plan(want: &Greeting, have: &Facts) -> Plan {
        assert_ne!(want.words, "panic, Adele Vance", "a defect that quotes Adele Vance");
        let Some(account) = &have.account else {
            return Plan::about(Subject::named(&want.who))
                .finding(Finding::blocks("nobody", "there is nobody to greet").at("/who"));
        };
        let plan = Plan::about(Subject::known(account.id, &account.display_name));
        match want.at {
            Some(at) if at > have.now => plan.again_at(Some(at)),
            _ => {
                let greeted = account.job_title.as_deref() == Some(&want.words);
                let look_again = (want.slowly && !greeted).then(|| have.now + SignedDuration::from_mins(2));
                plan.then(greet(account, &want.words).unless(greeted))
                    .then(want.pass.then(|| pass(account)))
                    .goes_on_at(look_again)
            }
        }
    }

    async fn standing(account: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        let subject = Subject::known(account, "Adele Vance");
        Ok(Some(Standing { subject, findings: Vec::new() }))
    }

    const SWEEPS: &'static [&'static str] = &["everybody"];

    async fn sweep(_: &str, want: &Value, _: &Memory, tenant: &Tenant) -> Result<Sweep<Greeting>, Error> {
        let Everybody { who, words, most } = serde_json::from_value(want.clone()).unwrap();
        let mut cases = Vec::new();
        for who in who {
            let want = Greeting { who, words: words.clone(), at: None, pass: false, slowly: false };
            let plan = Self::plan(&want, &Self::observe(&want, tenant).await?);
            cases.extend((!plan.is_empty() || plan.is_blocked()).then_some((want, plan)));
        }
        Ok(Sweep { cases, more: 0, most, findings: Vec::new(), mark: Value::Null })
    }

    async fn act(_: &str, record: &Record, _: &Tenant) -> Result<Plan, Error> {
        let subject = record.plan().map_or_else(|| Subject::named("nobody"), |plan| plan.subject.clone());
        Ok(Plan::about(subject))
    }
}

impl host::Function for Greet {
    const TIMERS: &'static [Timer] = &[
        Timer::due("greet-due"),
        Timer::sweep("greet-everybody", "everybody"),
        Timer::report("greet-report", "greeted"),
    ];

    fn want(_: &str, body: Option<&[u8]>, settings: &Settings) -> Result<Value, Wrong> {
        let setting = || settings.get(EVERYBODY).unwrap_or_default();
        let everybody: Everybody = match body {
            Some(body) => host::strict(body).map_err(|flaw| Wrong::Body(vec![flaw]))?,
            None => host::strict(setting().as_bytes())
                .map_err(|flaw| Wrong::Setting(format!("{EVERYBODY}: {}", flaw.says)))?,
        };
        Ok(json!(everybody))
    }

    const REPORTS: &'static [&'static str] = &["greeted", "greet"];

    async fn survey(_: &str, runner: &Runner, settings: &Settings) -> Result<Value, Untold> {
        if settings.get("SLOWLY").is_some() {
            tokio::time::sleep(std::time::Duration::from_secs(600)).await;
        }
        let read = Request::get(path("AdeleV@contoso.com")).select(&["jobTitle"]);
        let account: Value = runner.tenant().graph.send(read).await?.json()?;
        Ok(json!({"greeted": account["jobTitle"] == "Hello", "whom": "Adele Vance"}))
    }

    fn kept(_: &str, mut facts: Value) -> Value {
        facts.as_object_mut().unwrap().remove("whom");
        facts
    }

    fn report(_: &str, facts: &Value, at: Timestamp, _: &Settings) -> Result<Report, Untold> {
        let greeted = facts["greeted"] == true;
        let table = Table::new("People")
            .column(Column::new("name", "Name", Kind::Text, |name: &&str| Cell::from(*name)))
            .id(|_| "1042".to_owned())
            .urgency(move |_| if greeted { Urgency::Fine } else { Urgency::Act })
            .rows(&["Adele Vance"]);
        Ok(Report::new("greeted", "Who was greeted", at, table))
    }

    const TELLS: Option<Tells> = Some(Tells { report: "greeted", settings: "GREET" });

    fn news(read: Result<&Value, &str>, _: Timestamp, _: &Settings) -> News {
        let digest = Digest {
            to: "AdeleV@contoso.com".to_owned(),
            tells: vec!["hello".to_owned()],
            subject: "Hello".to_owned(),
            html: "<p>Hello</p>".to_owned(),
        };
        let card = json!({"type": "AdaptiveCard", "version": "1.4", "body": []});
        News { digests: vec![digest], card, is_whole: read.is_ok(), ..News::default() }
    }

    const NOTES: &'static [&'static str] = &["absent"];

    fn note(_: &str, page: Value, body: &[u8], at: Timestamp) -> Result<Note, Vec<Flaw>> {
        let Absent { who, until } = host::strict(body).map_err(|flaw| vec![flaw])?;
        if until <= at {
            return Err(vec![Flaw::at("/until", "later than now")]);
        }
        let mut all = page.as_object().cloned().unwrap_or_default();
        all.insert(who, json!(until));
        let page = Value::Object(all);
        Ok(Note { answer: json!({"absent": page}), page })
    }
}

/// Who is not to be greeted, and until when.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    who: String,
    until: Timestamp,
}

fn path(who: &str) -> Path {
    Path::user(&UserKey::Upn(who.to_owned()))
}

fn greet(account: &Account, words: &str) -> Change {
    let was = account.job_title.clone().map_or(Value::Null, Value::String);
    set(account, words.into()).undone_by(set(account, was))
}

fn set(account: &Account, words: Value) -> Change {
    let path = || Path::user(&UserKey::Id(account.id));
    let proof = Proof::is(Request::get(path()).select(&["jobTitle"]), "/jobTitle", words.clone());
    let says = format!("greet {} with {words}", account.display_name);
    Change::new(says, Request::patch(path()).body(json!({"jobTitle": words})), proof)
}

fn pass(account: &Account) -> Change {
    let path =
        || Path::user(&UserKey::Id(account.id)).then("authentication").then("temporaryAccessPassMethods");
    let proof = Proof::has(Request::get(path()), "/value", json!({}));
    Change::new("issue a pass", Request::post(path()).body(json!({})), proof)
        .revealing("/temporaryAccessPass")
}
