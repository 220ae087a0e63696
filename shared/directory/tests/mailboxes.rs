//! The verbs on Exchange Online over the offline tenant, there and back: what was sent can be read, its undo leaves
//! everything as it was, and who asks twice is told that it is so.

#![cfg(test)]

use std::sync::Arc;

use directory::account::{self, Account, Reference};
use directory::list::List;
use directory::look::Found;
use directory::mailbox::{LicenceNeed, Mailbox, Statistics, To};
use directory::permission::{FullAccess, Right, SendAs};
use directory::recipient::Recipient;
use directory::{Who, calendar, list, mailbox, meeting, mobile, permission, recipient, region, rows};
use exchange::{Cmdlet, Exchange, InvokeCommand, changed_nothing};
use graph::auth::FixedToken;
use graph::stack::in_process;
use graph::{Error, Graph, ObjectId, Response, UserKey};
use plan::{Call, Change, Proof, Test};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenant::{Options, Tenant};

const GRAPH: &str = "https://graph.microsoft.com";
const EXCHANGE: &str = "https://outlook.office365.com";
const ROLES: &[&str] = &["User.Read.All", "GroupMember.Read.All", "Exchange.ManageAsApp"];

/// A tenant without lag, asked by an application that administers Exchange Online.
struct World {
    graph: Graph,
    exchange: InvokeCommand,
}

impl World {
    fn new() -> Self {
        let tenant = Tenant::new(Options::default());
        let identity = tenant.identity_with("offboard-user", ROLES, &["Exchange Administrator"]);
        let token = |audience| Arc::new(FixedToken::new(tenant.token(&identity, audience)));
        let wire = || in_process(tenant.router());
        let id = tenant.state()["tenantId"].as_str().unwrap().parse().unwrap();
        Self {
            graph: Graph::over(graph::Config::new(GRAPH, token(GRAPH)), wire()),
            exchange: InvokeCommand::over(exchange::Config::new(EXCHANGE, id, token(EXCHANGE)), wire()),
        }
    }

    async fn ask(&self, call: &Call) -> Result<Response, Error> {
        match call {
            Call::Graph(request) => self.graph.send(request.clone()).await,
            Call::Exchange(cmdlet) => self.exchange.send(cmdlet.clone()).await,
            Call::Vault(_) => unreachable!("no mailbox is in a vault"),
        }
    }

    async fn one<T: DeserializeOwned>(&self, read: Cmdlet) -> T {
        match rows::one(read.clone(), &self.exchange).await.unwrap() {
            Found::One(row) => row,
            Found::None | Found::Many(_) => panic!("{read:?}"),
        }
    }

    async fn all<T: DeserializeOwned>(&self, read: Cmdlet) -> Vec<T> {
        rows::list(read, &self.exchange).await.unwrap()
    }

    async fn person(&self, alias: &str) -> Person {
        let key: UserKey = format!("{alias}@contoso.com").parse().unwrap();
        let account: Account = self.graph.send(account::read(&key)).await.unwrap().json().unwrap();
        let mailbox = self.one(mailbox::read(&account.id)).await;
        Person { id: account.id, who: account.who(), mailbox }
    }

    async fn send(&self, change: &Change) {
        let sent = self.ask(&change.send).await;
        let sent = sent.unwrap_or_else(|error| panic!("{}: {error}", change.says));
        assert!(!changed_nothing(&sent), "it was so before: {}", change.says);
    }

    async fn is_already(&self, change: &Change) -> bool {
        match self.ask(&change.send).await {
            Ok(answer) => changed_nothing(&answer),
            Err(error) => change.send.exchange().unwrap().is_already(&error),
        }
    }

    async fn proves(&self, proof: &Proof) -> bool {
        holds(&proof.test, self.ask(&proof.read).await.unwrap().body)
    }

    /// Sends it and reads that it holds.
    async fn there(&self, change: &Change) {
        assert!(!self.proves(&change.proof).await, "it is so before: {}", change.says);
        self.send(change).await;
        assert!(self.proves(&change.proof).await, "it was done: {}", change.says);
    }

    /// Sends it, takes it back, and reads both.
    async fn there_and_back(&self, change: &Change) {
        let undo = change.undo.as_deref().unwrap_or_else(|| panic!("{} has no undo", change.says));
        self.there(change).await;
        self.there(undo).await;
        assert!(!self.proves(&change.proof).await, "it is still so: {}", change.says);
    }
}

/// Somebody with a mailbox.
struct Person {
    id: ObjectId,
    who: Who,
    mailbox: Mailbox,
}

impl Person {
    fn reference(&self) -> Reference {
        self.mailbox.recipient.reference()
    }
}

fn holds(test: &Test, body: Value) -> bool {
    let list = |place: &str| body.pointer(place).and_then(Value::as_array).cloned().unwrap_or_default();
    match test {
        Test::Is(place, value) => body.pointer(place).is_some_and(|held| includes(held, value)),
        Test::Has(place, item) => list(place).iter().any(|held| includes(held, item)),
        Test::Lacks(place, item) => !list(place).iter().any(|held| includes(held, item)),
        Test::Since(..) | Test::There | Test::Gone => panic!("no verb here is proved by {test:?}"),
    }
}

fn includes(held: &Value, wanted: &Value) -> bool {
    match wanted {
        Value::Object(members) => members.iter().all(|(name, value)| includes(&held[name], value)),
        wanted => held == wanted,
    }
}

#[tokio::test(start_paused = true)]
async fn each_verb_on_a_mailbox_does_what_it_says_and_is_taken_back() {
    let world = World::new();
    let lidia = world.person("LidiaH").await;
    let mut changes = of_everything(&world, &lidia).await;
    changes.extend(of_settings(&world, &lidia).await);
    for change in &changes {
        world.there_and_back(change).await;
    }
    assert_eq!(world.person("LidiaH").await.mailbox, lidia.mailbox);
}

#[tokio::test(start_paused = true)]
async fn who_asks_twice_is_told_that_it_is_so() {
    let world = World::new();
    let lidia = world.person("LidiaH").await;
    let mut changes = of_everything(&world, &lidia).await;
    changes.push(mobile::block(&lidia.who));
    for change in &changes {
        world.send(change).await;
        assert!(world.is_already(change).await, "{}", change.says);
        let undo = change.undo.as_deref().unwrap();
        world.send(undo).await;
        assert!(world.is_already(undo).await, "{}", undo.says);
    }
}

async fn of_everything(world: &World, lidia: &Person) -> Vec<Change> {
    let mut changes = of_the_mailbox(world, lidia).await;
    changes.extend(of_rights_given(world, lidia).await);
    changes.extend(of_rights_held(world, lidia).await);
    changes.extend(of_lists(world, lidia).await);
    changes
}

async fn of_the_mailbox(world: &World, lidia: &Person) -> Vec<Change> {
    let (who, was) = (&lidia.who, &lidia.mailbox);
    let miriam: Recipient = world.one(recipient::read(&world.person("MiriamG").await.id)).await;
    let johanna = world.person("JohannaL").await;
    let enrico = world.person("EnricoC").await;
    assert!(johanna.mailbox.forwards() && enrico.mailbox.is_on_hold());
    vec![
        mailbox::share(who),
        mailbox::hold(who, None, Some("Ask Contoso."), was),
        mailbox::hold(&enrico.who, Some(30), None, &enrico.mailbox),
        mailbox::hide(who),
        mailbox::add_aliases(who, &["lidia@contoso.com", "lholloway@contoso.com"]),
        mailbox::forward(who, To::Recipient(&miriam), true, was),
        mailbox::forward(who, To::Address("lidia@northwindtraders.com"), false, was),
        mailbox::stop_forwarding(&johanna.who, &johanna.mailbox),
    ]
}

async fn of_rights_given(world: &World, lidia: &Person) -> Vec<Change> {
    let miriam = world.person("MiriamG").await;
    vec![
        permission::let_in(&lidia.who, &miriam.reference(), true),
        permission::let_send_as(&lidia.who, &miriam.reference()),
        permission::let_send_on_behalf(&lidia.who, &miriam.mailbox.recipient),
    ]
}

/// Those of a leaver are found, and given up one by one.
async fn of_rights_held(world: &World, lidia: &Person) -> Vec<Change> {
    let own = &lidia.mailbox.recipient;
    let mut changes = Vec::new();
    for alias in ["info", "JohannaL", "PattiF"] {
        let other = world.person(alias).await;
        let held: Vec<FullAccess> = world.all(permission::held_on(&other.id, &lidia.id)).await;
        let right = Right::FullAccess { automapping: true };
        let opens = held.iter().any(FullAccess::lets_in);
        changes.extend(opens.then(|| permission::give_up(&lidia.who, &other.reference(), right)));
    }
    let senders: Vec<SendAs> = world.all(permission::sends_as(&lidia.id)).await;
    for sender in senders.iter().filter(|sender| sender.lets_send()) {
        let other: Recipient = world.one(recipient::named(&sender.identity)).await;
        changes.push(permission::give_up(&lidia.who, &other.reference(), Right::SendAs));
    }
    let others: Vec<Recipient> = world.all(permission::sends_on_behalf(own)).await;
    let right = Right::OnBehalf { holder: Some(own) };
    changes.extend(others.iter().map(|other| permission::give_up(&lidia.who, &other.reference(), right)));
    let says: Vec<_> = changes.iter().map(|change| change.says.as_str()).collect();
    assert_eq!(
        says,
        [
            "do not let Lidia Holloway into the mailbox of Contoso Info any more",
            "do not let Lidia Holloway into the mailbox of Johanna Lorenz any more",
            "do not let Lidia Holloway send as Contoso Info any more",
            "do not let Lidia Holloway send on behalf of Lee Gu any more",
        ]
    );
    changes
}

async fn of_lists(world: &World, lidia: &Person) -> Vec<Change> {
    let adele = world.person("AdeleV").await;
    let hers: Vec<List> = world.all(list::joined(&lidia.mailbox.recipient)).await;
    let others: Vec<List> = world.all(list::joined(&adele.mailbox.recipient)).await;
    let new: Vec<_> = others.iter().filter(|list| !hers.contains(list)).collect();
    assert!(!hers.is_empty() && !new.is_empty(), "{hers:?} {new:?}");
    let left = hers.iter().filter(|list| !list.is_dir_synced).map(|list| list::leave(&lidia.who, list));
    let joined = new.into_iter().filter(|list| !list.is_dir_synced).map(|new| list::join(&lidia.who, new));
    left.chain(joined).collect()
}

async fn of_settings(world: &World, lidia: &Person) -> Vec<Change> {
    let lee = world.person("LeeG").await;
    let miriam = world.person("MiriamG").await;
    let was: region::Region = world.one(region::of(&lidia.id)).await;
    let swiss = region::Region {
        language: Some("de-CH".into()),
        time_zone: Some("W. Europe Standard Time".into()),
        date_format: Some("dd.MM.yyyy".into()),
        time_format: Some("HH:mm".into()),
    };
    assert!(!was.is(&swiss));
    let shared: Vec<calendar::Sharing> = world.all(calendar::of(&lee.id)).await;
    let held = shared.iter().find(|sharing| sharing.user == "Lidia Holloway").unwrap();
    vec![
        region::set(&lidia.who, &swiss, &was),
        calendar::share(&lidia.who, &miriam.who, calendar::Role::Reviewer, None),
        calendar::share(&lee.who, &lidia.who, calendar::Role::LimitedDetails, Some(held)),
        calendar::withdraw(&lee.who, &lidia.who, held),
        mobile::block(&lidia.who),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_taken_back_is_done_and_seen() {
    let world = World::new();
    let lidia = world.person("LidiaH").await;
    let devices: Vec<mobile::Device> = world.all(mobile::of(&lidia.id)).await;
    let meetings: Vec<Value> = world.all(meeting::preview(&lidia.id)).await;
    assert_eq!((devices.len(), meetings.len()), (2, 3));
    for device in &devices {
        let change = mobile::remove(&lidia.who, device);
        world.there(&change).await;
        assert!(world.is_already(&change).await, "{}", change.says);
    }
    world.there(&meeting::cancel(&lidia.who)).await;
}

#[tokio::test(start_paused = true)]
async fn size_archive_and_hold_are_found_in_the_mailboxes_that_have_them() {
    let world = World::new();
    let table = [
        ("LidiaH", None),
        ("NestorW", Some(LicenceNeed::Size)),
        ("LeeG", Some(LicenceNeed::Archive)),
        ("EnricoC", Some(LicenceNeed::Hold)),
    ];
    for (alias, need) in table {
        let person = world.person(alias).await;
        let statistics: Statistics = world.one(mailbox::statistics(&person.id, false)).await;
        assert_eq!(mailbox::why_licence_needed(&person.mailbox, &statistics), need, "{alias}");
    }
    let lee = world.person("LeeG").await;
    let archive: Statistics = world.one(mailbox::statistics(&lee.id, true)).await;
    assert!(archive.total_item_size > exchange::Size::Bytes(20 << 30), "{archive:?}");
}

#[tokio::test(start_paused = true)]
async fn who_has_no_mailbox_is_not_there_and_that_is_an_answer() {
    let world = World::new();
    let nobody = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let found = rows::one::<Mailbox>(mailbox::read(&nobody), &world.exchange).await.unwrap();
    assert_eq!(found, Found::None);
}
