//! One change, sent and settled.
//!
//! # Expected flow
//!
//! 1. The request is sent, unless a lasting proof says that it was; the client repeats what is safe to repeat and waits
//!    where the service says wait.
//! 2. Success is *done*; *already*, where Exchange Online says that it changed nothing. So is a refusal that means "it is so". One that means "not caught up", and whatever was
//!    never sent, is *not yet*. Any other refusal is *refused*.
//! 3. A lost reply is settled by reading. If nobody can say, it is *unknown*. If it visibly does not hold it is sent again;
//!    and if it seems to, too, since the replica that says so may still show what was there before us: where that replica is
//!    right, sending again changes nothing. Only what would be made twice is not sent again once it is there (*done*); and what
//!    makes a secret is not sent again at all, since nobody has that secret (*unknown*).
//!
//! # Guarantees
//!
//! The object id of a new account is never assumed, it is found: in the answer, or by reading when the answer was lost or
//! was "there is one already". An account found there that belongs to somebody else is a refusal, not a success.

use std::time::Duration;

use exchange::changed_nothing;
use graph::stack::PER_ENVELOPE;
use graph::{ACCOUNT, MADE, ObjectId, Response};
use serde_json::Value;
use vault::SecretText;

use crate::call::Call;
use crate::change::{Carries, Change, Proof, Test, Verdict, listed};
use crate::outcome::{ChangeOutcome, Failure, Status};
use crate::task::Tenant;

/// How often a change is sent at the most, when each time the reply is lost and reading says that it does not hold.
const SENDS: usize = 3;

/// How long to wait between reads while the directory catches up: about a minute in all.
const WAITS_MS: [u64; 14] =
    [500, 1_000, 2_000, 3_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000];

/// How many reads in a row must say "not so" before we believe it: replicas disagree.
const SURE: usize = 3;

/// One change, settled.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The change with every id filled in, as the journal keeps it.
    pub(crate) change: Change,
    pub(crate) outcome: ChangeOutcome,
    /// The object id that it found, if it creates the account.
    pub(crate) account: Option<ObjectId>,
    /// What the caller alone is to see.
    pub(crate) revealed: Option<String>,
    /// What later changes need.
    pub(crate) carried: Option<Carried>,
}

/// A secret on its way from the change that made it to those that need it. It is nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) secret: SecretText,
    pub(crate) id: String,
}

impl Carried {
    /// What the answer to this change holds, if it is to be carried.
    pub(crate) fn of(change: &Change, answer: &Value) -> Option<Self> {
        let Carries { secret, id } = change.carries.as_ref()?;
        let text = |place: &str| answer.pointer(place).and_then(Value::as_str);
        Some(Self { secret: SecretText::new(text(secret)?), id: text(id)?.to_owned() })
    }
}

impl Applied {
    /// Whether it was to restore the account, and has not.
    pub(crate) fn leaves_account_gone(&self) -> bool {
        self.change.restores_account && !self.outcome.status.holds()
    }
}

/// What a service answered.
pub(crate) type Answer = Result<Response, graph::Error>;

/// How one change ended.
enum End {
    Done(Response),
    Already(Option<Response>),
    NotYet(graph::Error),
    Refused(graph::Error),
    Unknown(graph::Error),
}

/// What reading says of a change whose reply was lost.
enum Settled {
    Holds(Response),
    HoldsNot,
    NobodyKnows,
}

/// Sends one change and settles what became of it. `first`: the answer, if it was sent before.
pub(crate) async fn apply(
    tenant: &Tenant,
    change: Change,
    first: Option<Answer>,
    carried: Option<&Carried>,
) -> Applied {
    let secret = carried.map(|carried| &carried.secret);
    let end = send(tenant, &change, first, secret).await;
    ended(change, end)
}

/// What became of a change that may have been sent before: it is read, and never sent again.
pub(crate) async fn read_back(tenant: &Tenant, change: Change) -> Applied {
    let not_sent = || End::NotYet(graph::Error::failed("was not done before the process died", None));
    let end = match change.proof.read.awaits_account() {
        true => not_sent(),
        false => match settle(tenant, &change).await {
            Settled::Holds(answer) => End::Done(answer),
            Settled::HoldsNot => not_sent(),
            Settled::NobodyKnows => {
                End::Unknown(graph::Error::unknown("the process died, and it cannot be read", None))
            }
        },
    };
    ended(change, end)
}

fn ended(change: Change, end: End) -> Applied {
    let (status, answer, failure) = match end {
        End::Done(answer) => (Status::Done, Some(answer), None),
        End::Already(answer) => (Status::Already, answer, None),
        End::NotYet(error) => (Status::NotYet, None, Some(Failure::from(&error))),
        End::Refused(error) => (Status::Refused, None, Some(Failure::from(&error))),
        End::Unknown(error) => (Status::Unknown, None, Some(Failure::from(&error))),
    };
    let made = answer.as_ref().and_then(|answer| made(&change, &answer.body));
    let revealed = answer.as_ref().and_then(|answer| revealed(&change, &answer.body));
    let carried = answer.as_ref().and_then(|answer| Carried::of(&change, &answer.body));
    let change = made.as_ref().map_or_else(|| change.clone(), |id| change.with(MADE, id));
    let outcome = ChangeOutcome { failure, ..ChangeOutcome::of(&change, status) };
    let account = made.filter(|_| change.creates_account).and_then(|id| id.parse().ok());
    Applied { account, change, outcome, revealed, carried }
}

/// A change that is not sent: one of a stage that waits, or comes after one that does not hold.
pub(crate) fn unsent(change: Change, status: Status) -> Applied {
    let outcome = ChangeOutcome::of(&change, status);
    Applied { change, outcome, account: None, revealed: None, carried: None }
}

/// The change with the account's id in its place.
pub(crate) fn about(account: Option<&ObjectId>, change: &Change) -> Change {
    account.map_or_else(|| change.clone(), |id| change.with(ACCOUNT, &id.to_string()))
}

/// Sends changes of which some come after the others in one round trip, as far as they fit in. Whoever was not sent, and
/// whoever was told to come again, is sent by itself later.
pub(crate) async fn in_order(
    tenant: &Tenant,
    changes: &[Change],
    after: &[Change],
) -> (Vec<Option<Answer>>, Vec<Option<Answer>>) {
    let unsent = |changes: &[Change]| changes.iter().map(|_| None).collect::<Vec<_>>();
    let requests = |changes: &[Change]| {
        changes.iter().map(|change| change.send.graph().cloned()).collect::<Option<Vec<_>>>()
    };
    // What they come after is the last, so it is the last that have to fit in.
    let early = (changes.len() + after.len()).saturating_sub(PER_ENVELOPE).min(changes.len());
    let (Some(first), Some(last)) = (requests(&changes[early..]), requests(after)) else {
        return (unsent(changes), unsent(after));
    };
    if last.is_empty() || first.is_empty() {
        return (unsent(changes), unsent(after));
    }
    let mut answers = tenant.graph.send_in_order(&first, &last).await.into_iter().map(Some);
    let mut told = unsent(&changes[..early]);
    told.extend(answers.by_ref().take(first.len()));
    (told, answers.collect())
}

async fn send(tenant: &Tenant, change: &Change, first: Option<Answer>, secret: Option<&SecretText>) -> End {
    if first.is_none()
        && let Some(answer) = holds_for_good(tenant, &change.proof).await
    {
        return End::Already(Some(answer));
    }
    let mut first = first.filter(|answer| says_enough(change, answer));
    let mut lost = None;
    for _ in 0..SENDS {
        let answer = match first.take() {
            Some(answer) => answer,
            None => tenant.send_with(&change.send, secret).await,
        };
        match answer {
            Ok(answer) if lost.is_none() && changed_nothing(&answer) => {
                return unchanged(tenant, change, answer).await;
            }
            Ok(answer) => return done(tenant, change, answer).await,
            Err(error) if change.send.is_already(&error) => {
                return already(tenant, change, error, lost.is_some()).await;
            }
            // Whether or not it was made, what it made is lost, and sent again it would make another.
            Err(error) if error.is_unknown() && change.carries.is_some() => return End::Unknown(error),
            Err(error) if error.is_unknown() => match settle(tenant, change).await {
                Settled::Holds(answer) if makes_something(change) => return End::Done(answer),
                Settled::Holds(answer) => lost = Some(End::Done(answer)),
                Settled::HoldsNot => lost = Some(End::Unknown(error)),
                Settled::NobodyKnows => return End::Unknown(error),
            },
            Err(error) if was_not_done(change, &error) => {
                return not_yet(tenant, change, error, lost.is_some()).await;
            }
            Err(error) => return End::Refused(error),
        }
    }
    lost.unwrap_or_else(|| End::NotYet(graph::Error::failed("was not sent", None)))
}

/// Whether an answer that came without any repetition is the last word; otherwise nothing was done, and it is sent by itself.
fn says_enough(change: &Change, answer: &Answer) -> bool {
    let Err(error) = answer else { return true };
    let comes_again = error.is_repeatable() || change.send.is_not_yet(error) || error.status() == Some(401);
    error.is_unknown() || error.is_refused() && !comes_again
}

/// Whether sending it twice would make two; every other change sets something, and sets it to the same again.
fn makes_something(change: &Change) -> bool {
    let makes_version = matches!(&change.send, Call::Vault(ask) if !ask.is_safe());
    change.creates_account || change.reveals.is_some() || change.carries.is_some() || makes_version
}

/// Done, unless the answer itself shows otherwise: what it shows is nearer to the truth than any reading after it. A cmdlet
/// that sets something shows nothing.
async fn done(tenant: &Tenant, change: &Change, answer: Response) -> End {
    if change.slow {
        return match change.proof.judge(tenant.send(&change.proof.read).await) {
            Verdict::Holds(answer) => End::Done(answer),
            _ => End::NotYet(graph::Error::failed("the service has not finished it yet", None)),
        };
    }
    if change.send.exchange().is_some() || !change.proof.contradicts(&answer) {
        return End::Done(answer);
    }
    let silent = || graph::Error::unknown("the answer does not show what was asked for", None);
    match settle(tenant, change).await {
        Settled::Holds(answer) => End::Done(answer),
        Settled::HoldsNot | Settled::NobodyKnows => End::Unknown(silent()),
    }
}

/// "Nothing was changed": it is so already. Of what the service finishes in its own time that means that it was asked for
/// before, and no more.
async fn unchanged(tenant: &Tenant, change: &Change, answer: Response) -> End {
    match done(tenant, change, answer).await {
        End::Done(answer) => End::Already(Some(answer)),
        end => end,
    }
}

/// Whether it was done before and no replica can say otherwise: sent again, it would wait for what is gone.
async fn holds_for_good(tenant: &Tenant, proof: &Proof) -> Option<Response> {
    if proof.test != Test::There {
        return None;
    }
    match proof.judge(tenant.send(&proof.read).await) {
        Verdict::Holds(answer) => Some(answer),
        _ => None,
    }
}

/// The directory has not caught up, the service had no time for us, or it could not be sent at all.
fn was_not_done(change: &Change, error: &graph::Error) -> bool {
    change.send.is_not_yet(error) || error.is_throttled() || !error.is_refused()
}

/// "It is so already." Of an account this is believed only once it was read and is the right person's; and where a reply of
/// ours was lost before, it was we who did it.
async fn already(tenant: &Tenant, change: &Change, refusal: graph::Error, ours: bool) -> End {
    if !change.creates_account {
        return if ours { End::Done(empty()) } else { End::Already(None) };
    }
    match find(tenant, &change.proof).await {
        Verdict::Holds(answer) if ours => End::Done(answer),
        Verdict::Holds(answer) => End::Already(Some(answer)),
        Verdict::HoldsNot => End::NotYet(refusal),
        // Somebody else was quicker: asked again, the name is taken when it is looked at, and another is chosen or asked for.
        Verdict::Otherwise => End::NotYet(refusal),
        Verdict::Unreadable(error) => End::NotYet(error),
    }
}

/// "Not caught up" for as long as we had patience: it may be so already, which only a reading can tell.
async fn not_yet(tenant: &Tenant, change: &Change, error: graph::Error, ours: bool) -> End {
    if !change.send.is_not_yet(&error) {
        return End::NotYet(error);
    }
    match change.proof.judge(tenant.send(&change.proof.read).await) {
        Verdict::Holds(answer) if ours => End::Done(answer),
        Verdict::Holds(answer) => End::Already(Some(answer)),
        _ => End::NotYet(error),
    }
}

/// Reads until the object is visible, or for as long as the directory may take to catch up.
async fn find(tenant: &Tenant, proof: &Proof) -> Verdict {
    for wait in WAITS_MS {
        match proof.judge(tenant.send(&proof.read).await) {
            Verdict::HoldsNot => tokio::time::sleep(Duration::from_millis(wait)).await,
            verdict => return verdict,
        }
    }
    Verdict::HoldsNot
}

/// Reads until it holds, or until it was said often enough that it does not.
async fn settle(tenant: &Tenant, change: &Change) -> Settled {
    let proof = &change.proof;
    for wait in WAITS_MS.iter().take(sure(change)) {
        match proof.judge(tenant.send(&proof.read).await) {
            Verdict::Holds(answer) => return Settled::Holds(answer),
            Verdict::HoldsNot | Verdict::Otherwise => tokio::time::sleep(Duration::from_millis(*wait)).await,
            Verdict::Unreadable(_) => return Settled::NobodyKnows,
        }
    }
    Settled::HoldsNot
}

/// How many reads in a row must say "not so". A vault shows a new version once its key is made, half a minute later.
fn sure(change: &Change) -> usize {
    if matches!(change.send, Call::Vault(_)) { 3 * SURE } else { SURE }
}

/// The id of what was made: of the object itself; in a list, of the item that the proof describes. What is kept in a vault
/// has the id of the credential, which is carried there.
fn made(change: &Change, body: &Value) -> Option<String> {
    if matches!(change.send, Call::Vault(_)) {
        return None;
    }
    let made = match &change.proof.test {
        Test::Has(place, item) => listed(body, place, item).unwrap_or(body),
        _ => body,
    };
    made.get("id")?.as_str().map(str::to_owned)
}

fn revealed(change: &Change, body: &Value) -> Option<String> {
    let place = change.reveals.as_deref()?;
    body.pointer(place)?.as_str().map(str::to_owned)
}

fn empty() -> Response {
    Response { status: 204, headers: Default::default(), body: Value::Null }
}
