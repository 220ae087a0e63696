//! A task that gives somebody a job title, a group and, if need be, an account; and every way in which it can be broken.
//!
//! Without a fault it is what a task should be. Each fault is one that a good programmer makes on a bad day: read it beside
//! the line that it changes, and `main.rs` for the law that finds it.

use std::time::Duration;

use graph::{ACCOUNT, Error, Graph, ObjectId, Path, Refusal, Request, UserKey, odata};
use journal::TaskName;
use plan::{Change, Finding, Memory, Plan, Proof, Standing, Subject, Sweep, Task, Tenant};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) struct Hire;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewHire {
    pub(crate) employee_id: String,
    pub(crate) name: String,
    pub(crate) user_principal_name: String,
    pub(crate) job_title: String,
    pub(crate) group: String,
    pub(crate) fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// Sets the title while it looks.
    WritesWhileObserving,
    /// Knows the id of the group by heart, and does not look whether there is such a group.
    KnowsTheGroupByHeart,
    /// Writes to the manager by name, and does not look whether there is such a person.
    KnowsTheManagerByName,
    /// Sets the title whether it is so or not.
    IsNeverSatisfied,
    /// Takes whoever has an account for somebody who has everything.
    TakesTheAccountForTheWhole,
    /// Makes the group if there is none of that name; names of groups are not unique.
    MakesTheGroup,
    /// Counts on the answer to its own creation for the account's id, and takes "there is one already" for a refusal.
    AssumesTheAnswer,
    /// Proves the creation by something that it may not read.
    GivesUpWhenTheReplyIsLost,
    /// Proves the creation by there being accounts at all.
    ProvesNothing,
    /// Takes "there is no such account" for "the title is set".
    TakesNotFoundForDone,
    /// Takes "there is no such account" for a refusal, so soon after its creation.
    HasNoPatienceWithLag,
    /// Takes what could not be read within a second for what is not there.
    TakesSilenceForAbsence,
    /// Takes the title away instead of giving the old one back.
    ForgetsWhatWas,
    /// Removes the member by an address that means the account itself.
    TakesBackTooMuch,
    /// Takes "is no member" for a refusal when it takes the membership back.
    CannotTakeBackTwice,
    /// Takes "there is no such account" for "the account is deleted", so soon after its creation.
    TakesNotFoundForDeleted,
    /// Sweeps for one at a time, and does not say that there are more.
    SweepsForTheFirstAlone,
    /// Sweeps for those, too, who are in line.
    SweepsForThoseInLine,
}

use Fault::*;

impl NewHire {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

pub(crate) struct Facts {
    account: Option<Account>,
    groups: Vec<Group>,
    /// The groups that the account is a member of.
    joined: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: ObjectId,
    employee_id: Option<String>,
    job_title: Option<String>,
}

#[derive(Deserialize, PartialEq)]
struct Group {
    id: ObjectId,
}

impl Task for Hire {
    const NAME: TaskName = TaskName::of("hire");
    type Request = NewHire;
    type Facts = Facts;

    async fn observe(want: &NewHire, tenant: &Tenant) -> Result<Facts, Error> {
        let graph = &tenant.graph;
        let groups = match want.has(KnowsTheGroupByHeart) {
            true => vec![Group { id: by_heart() }],
            false => list(graph, groups_named(&want.group)).await?,
        };
        let account = account(want, graph).await?;
        if let Some(account) = account.as_ref().filter(|_| want.has(WritesWhileObserving)) {
            let title = title(want, &path(Some(account)), json!(want.job_title));
            graph.send(title.send.graph().unwrap().clone()).await?;
        }
        let joined = match &account {
            Some(account) => list(graph, memberships(&path(Some(account)))).await?,
            None => Vec::new(),
        };
        Ok(Facts { account, groups, joined })
    }

    fn plan(want: &NewHire, have: &Facts) -> Plan {
        let account = have.account.as_ref();
        let plan =
            Plan::about(Subject { id: account.map(|account| account.id), ..Subject::named(&want.name) });
        if account.is_some_and(|account| account.employee_id.as_ref() != Some(&want.employee_id)) {
            return plan.finding(Finding::blocks("name-taken", "the account is somebody else's"));
        }
        let titled = account.and_then(|account| account.job_title.as_ref()) == Some(&want.job_title);
        let title = set_title(want, account).unless(titled && !want.has(IsNeverSatisfied));
        let join = match have.groups.as_slice() {
            [group] => join(want, account, group).unless(have.joined.contains(group)),
            [] if want.has(MakesTheGroup) => account.map(|account| make_group(want, account)),
            _ => return plan.finding(Finding::blocks("group", "there is not exactly one such group")),
        };
        let done = account.is_some() && want.has(TakesTheAccountForTheWhole);
        plan.then(create(want).unless(account.is_some()))
            .then([title, join].into_iter().flatten().filter(|_| !done))
            .then(want.has(KnowsTheManagerByName).then(|| tell_manager(want)))
    }

    const SWEEPS: &'static [&'static str] = &["everybody"];

    async fn sweep(_: &str, want: &Value, _: &Memory, tenant: &Tenant) -> Result<Sweep<NewHire>, Error> {
        let mut cases = Vec::new();
        for want in serde_json::from_value::<Vec<NewHire>>(want.clone()).unwrap() {
            let plan = Self::plan(&want, &Self::observe(&want, tenant).await?);
            let differs = !plan.is_empty() || want.has(SweepsForThoseInLine);
            let is_too_late = want.has(SweepsForTheFirstAlone) && !cases.is_empty();
            cases.extend((differs && !is_too_late).then_some((want, plan)));
        }
        Ok(Sweep { cases, more: 0, most: 10, findings: Vec::new(), mark: Value::Null })
    }

    async fn standing(account: ObjectId, _: &Tenant) -> Result<Option<Standing>, Error> {
        let subject = Subject::known(account, "a new hire");
        Ok(Some(Standing { subject, findings: Vec::new() }))
    }
}

async fn account(want: &NewHire, graph: &Graph) -> Result<Option<Account>, Error> {
    let read = Request::get(by_name(want)).select(&["id", "employeeId", "jobTitle"]);
    let hasty = want.has(TakesSilenceForAbsence);
    let graph = if hasty { graph.with_patience(Duration::from_secs(1)) } else { graph.clone() };
    match graph.send(read).await {
        Err(error) if error.is_not_found() || hasty => Ok(None),
        answer => answer?.json().map(Some),
    }
}

async fn list<T: DeserializeOwned>(graph: &Graph, read: Request) -> Result<Vec<T>, Error> {
    let items = graph.all(read, 1_000).await?;
    Ok(items.into_iter().map(|item| serde_json::from_value(item).unwrap()).collect())
}

fn groups_named(name: &str) -> Request {
    Request::get(Path::new("/groups")).filter(&odata::eq("displayName", name)).select(&["id"])
}

fn memberships(account: &Path) -> Request {
    let read = Request::get(account.clone().then("memberOf").then("microsoft.graph.group"));
    read.select(&["id"]).not_yet(&[Refusal::NotFound])
}

fn by_name(want: &NewHire) -> Path {
    Path::user(&UserKey::Upn(want.user_principal_name.clone()))
}

/// The account that is there, or the one that this plan creates.
fn path(account: Option<&Account>) -> Path {
    account.map_or_else(Path::new_account, |account| Path::user(&UserKey::Id(account.id)))
}

fn create(want: &NewHire) -> Change {
    let body = json!({
        "accountEnabled": false,
        "displayName": want.name,
        "employeeId": want.employee_id,
        "mailNickname": want.employee_id,
        "userPrincipalName": want.user_principal_name,
        "passwordProfile": {"forceChangePasswordNextSignIn": true},
    });
    let send = Request::post(Path::new("/users")).body(body).with_fresh_password();
    let send = if want.has(AssumesTheAnswer) { send } else { send.already(&[Refusal::UpnTaken]) };
    let whose = Request::get(by_name(want)).select(&["id", "employeeId"]);
    let proof = match want.fault {
        Some(ProvesNothing) => {
            Proof::has(Request::get(Path::new("/users")).select(&["id"]), "/value", json!({}))
        }
        Some(GivesUpWhenTheReplyIsLost) => Proof::gone(Request::get(Path::new("/domains"))),
        _ => Proof::is(whose, "/employeeId", want.employee_id.as_str()),
    };
    Change::new(format!("create {}", want.name), send, proof).creating_the_account().undone_by(delete(want))
}

fn delete(want: &NewHire) -> Change {
    let send = Request::delete(Path::new_account());
    let send = match want.has(TakesNotFoundForDeleted) {
        true => send.already(&[Refusal::NotFound]),
        false => send.not_yet(&[Refusal::NotFound]),
    };
    let deleted = Path::new("/directory/deletedItems").then(ACCOUNT);
    Change::new(format!("delete {}", want.name), send, Proof::there(Request::get(deleted)))
}

fn set_title(want: &NewHire, account: Option<&Account>) -> Change {
    let was = account.and_then(|account| account.job_title.clone()).filter(|_| !want.has(ForgetsWhatWas));
    title(want, &path(account), json!(want.job_title)).undone_by(title(want, &path(account), json!(was)))
}

fn title(want: &NewHire, account: &Path, title: Value) -> Change {
    let send = Request::patch(account.clone()).body(json!({"jobTitle": title}));
    let send = match want.has(TakesNotFoundForDone) {
        true => send.already(&[Refusal::NotFound]),
        false => send.not_yet(&[Refusal::NotFound]),
    };
    let says = format!("make {} {title}", want.name);
    Change::new(
        says,
        send,
        Proof::is(Request::get(account.clone()).select(&["jobTitle"]), "/jobTitle", title),
    )
}

fn join(want: &NewHire, account: Option<&Account>, group: &Group) -> Change {
    let members = Path::group(&group.id).then("members");
    let id = account.map_or_else(|| ACCOUNT.to_owned(), |account| account.id.to_string());
    let join = Request::post(members.clone().then("$ref"))
        .bind("", format!("/directoryObjects/{id}"))
        .already(&[Refusal::AlreadyMember]);
    let join = if want.has(HasNoPatienceWithLag) { join } else { join.not_yet(&[Refusal::NotFound]) };
    let member = members.then(&id);
    let leave = Request::delete(if want.has(TakesBackTooMuch) { member } else { member.then("$ref") });
    let leave = if want.has(CannotTakeBackTwice) { leave } else { leave.already(&[Refusal::NotFound]) };
    let (joined, id) = (memberships(&path(account)), json!({"id": group.id}));
    let undo = Change::new("leave", leave, Proof::lacks(joined.clone(), "/value", id.clone()));
    Change::new("join", join, Proof::has(joined, "/value", id)).undone_by(undo)
}

/// Finance.
fn by_heart() -> ObjectId {
    "6a3e8efe-bf26-402c-ae67-6860d30c9368".parse().unwrap()
}

fn make_group(want: &NewHire, first: &Account) -> Change {
    let body = json!({
        "displayName": want.group,
        "mailNickname": want.employee_id,
        "mailEnabled": false,
        "securityEnabled": true,
        "members@odata.bind": [],
    });
    let send = Request::post(Path::new("/groups"))
        .body(body)
        .bind("members", format!("/directoryObjects/{}", first.id));
    Change::new("make the group", send, Proof::has(groups_named(&want.group), "/value", json!({})))
}

fn tell_manager(want: &NewHire) -> Change {
    let manager = || Path::user(&UserKey::Upn("MeganB@contoso.com".to_owned()));
    let news = format!("has hired {}", want.name);
    let proof = Proof::is(Request::get(manager()).select(&["jobTitle"]), "/jobTitle", news.as_str());
    Change::new("tell the manager", Request::patch(manager()).body(json!({"jobTitle": news})), proof)
}
