//! The smallest function that asks both services: it takes somebody out of the address lists, and looks again later.

use exchange::Cmdlet;
use graph::{Error, ObjectId, Path, Request, UserKey};
use jiff::{SignedDuration, Timestamp};
use journal::TaskName;
use plan::{Change, Finding, Flaw, Plan, Proof, Standing, Subject, Task, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) struct HideUser;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Hiding {
    user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<Check>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Check {
    after_minutes: u32,
}

pub(crate) struct Facts {
    account: Option<Account>,
    mailbox_is_hidden: bool,
    now: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: ObjectId,
    display_name: String,
    show_in_address_list: Option<bool>,
}

impl Task for HideUser {
    const NAME: TaskName = TaskName::of("hide-user");
    type Request = Hiding;
    type Facts = Facts;

    fn flaws(want: &Hiding) -> Vec<Flaw> {
        let flaw = want.user.is_empty().then(|| Flaw::at("/user", "a user principal name"));
        flaw.into_iter().collect()
    }

    async fn observe(want: &Hiding, tenant: &Tenant) -> Result<Facts, Error> {
        let account = account(UserKey::Upn(want.user.clone()), tenant).await?;
        let mailbox_is_hidden = match &account {
            Some(account) => {
                let answer = tenant.exchange.send(mailbox(account.id)).await?;
                answer.body.pointer(HIDDEN) == Some(&json!(true))
            }
            None => false,
        };
        Ok(Facts { account, mailbox_is_hidden, now: tenant.clock.now() })
    }

    fn plan(want: &Hiding, have: &Facts) -> Plan {
        let Some(account) = &have.account else {
            let nobody = Finding::blocks("person-unknown", format!("there is nobody called {}", want.user));
            return Plan::about(Subject::named(&want.user)).finding(nobody.at("/user"));
        };
        let plan = Plan::about(subject(account))
            .then(in_directory(account).unless(account.show_in_address_list == Some(false)))
            .then(in_address_lists(account).unless(have.mailbox_is_hidden));
        let minutes = want.check.as_ref().filter(|_| !plan.is_empty()).map(|check| check.after_minutes);
        plan.goes_on_at(minutes.map(|minutes| have.now + SignedDuration::from_mins(minutes.into())))
    }

    async fn standing(id: ObjectId, tenant: &Tenant) -> Result<Option<Standing>, Error> {
        let account = account(UserKey::Id(id), tenant).await?;
        Ok(account.map(|account| Standing { subject: subject(&account), findings: Vec::new() }))
    }
}

impl host::Function for HideUser {
    const TIMERS: &'static [host::Timer] = &[host::Timer::due("hide-due")];
}

/// Where an answer of `Get-Mailbox` says whether it is hidden.
const HIDDEN: &str = "/value/0/HiddenFromAddressListsEnabled";

fn subject(account: &Account) -> Subject {
    Subject::known(account.id, &account.display_name)
}

async fn account(who: UserKey, tenant: &Tenant) -> Result<Option<Account>, Error> {
    let read = Request::get(Path::user(&who)).select(&["id", "displayName", "showInAddressList"]);
    match tenant.graph.send(read).await {
        Err(error) if error.is_not_found() => Ok(None),
        answer => Ok(Some(answer?.json()?)),
    }
}

fn mailbox(id: ObjectId) -> Cmdlet {
    Cmdlet::new("Get-Mailbox").identity(id)
}

fn in_directory(account: &Account) -> Change {
    let before = account.show_in_address_list.map_or(Value::Null, Value::Bool);
    let set = |says: String, shown: Value| {
        let path = || Path::user(&UserKey::Id(account.id));
        let proof = Proof::is(
            Request::get(path()).select(&["showInAddressList"]),
            "/showInAddressList",
            shown.clone(),
        );
        Change::new(says, Request::patch(path()).body(json!({"showInAddressList": shown})), proof)
    };
    let name = &account.display_name;
    set(format!("hide {name} in the directory"), json!(false))
        .undone_by(set(format!("show {name} in the directory"), before))
}

fn in_address_lists(account: &Account) -> Change {
    let set = |says: String, hidden: bool| {
        let cmdlet = Cmdlet::new("Set-Mailbox")
            .identity(account.id)
            .parameter("HiddenFromAddressListsEnabled", hidden);
        Change::new(says, cmdlet, Proof::is(mailbox(account.id), HIDDEN, hidden))
    };
    let name = &account.display_name;
    set(format!("take {name} out of the address lists"), true)
        .undone_by(set(format!("put {name} into the address lists"), false))
}
