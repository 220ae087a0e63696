//! How a tenant is set up: everything a test or the command line can choose, with defaults that suit both.

use std::time::Duration;

use serde_json::Value;

/// Which clock the tenant goes by. Nothing else in it ever asks for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The system's time.
    Real,
    /// Stands still at a fixed date until it is told to move.
    Virtual,
    /// A fixed date plus what tokio's clock has counted since, so that a paused test moves it.
    #[default]
    Tokio,
}

/// Size of the tenant as the directory's throttling sees it: resource units per ten seconds for one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quota {
    /// Fewer than 50 users: 3,500 units.
    S,
    /// 50 to 500 users: 5,000 units.
    M,
    /// More than 500 users: 8,000 units.
    L,
    /// Costs are reported, nobody is ever told to wait.
    #[default]
    None,
}

impl Quota {
    /// Resource units an application may use within ten seconds; `None` where nothing is limited.
    pub fn units(self) -> Option<u32> {
        match self {
            Quota::S => Some(3_500),
            Quota::M => Some(5_000),
            Quota::L => Some(8_000),
            Quota::None => None,
        }
    }
}

/// What the directory holds at first.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Seed {
    /// Microsoft's sample people, their groups and licences.
    #[default]
    Contoso,
    /// A state as [`Tenant::state`](crate::Tenant::state) gave it.
    State(Value),
}

/// What the accounts are like that are made up beside the seed's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crowd {
    /// All alike but for name, department, country and employee type: four of five have an Office 365 E3 licence of their
    /// own.
    #[default]
    Plain,
    /// Some blocked, some inactive, some licensed by a group, or twice, or in vain: see `src/seed/crowd/varied.rs`.
    Varied,
}

/// Settings of a tenant. The default is a tenant that is strict but prompt: no lag, no quota, no latency.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The clock it goes by.
    pub clock: Clock,
    /// How long a change may stay invisible to reads; zero means that every read sees the truth.
    pub lag: Duration,
    /// Whether and how applications are throttled.
    pub quota: Quota,
    /// How long every answer takes.
    pub latency: Duration,
    /// How many further accounts to make up beside the seed's own.
    pub users: usize,
    /// What those are like.
    pub crowd: Crowd,
    /// How many further applications to make up, each with a service principal, a secret, a certificate and an owner.
    pub applications: usize,
    /// How long it takes at least and at most until a new credential of an application signs in, and a removed one no
    /// longer does.
    pub credential_delay: (Duration, Duration),
    /// How long one has to wait between two changes of one application's credentials; sooner is 409.
    pub credential_gap: Duration,
    /// How long it takes until a mailbox can be found that a licence gave, or gave back.
    pub mailbox_delay: Duration,
    /// How long it takes until reads show that a mailbox was converted; until then it does not keep without a licence.
    pub conversion_delay: Duration,
    /// How long it takes until the licences of members follow a membership, or what their group hands on.
    pub group_licensing_delay: Duration,
    /// How long it takes at most, and a third of that at least, until Key Vault has made a certificate or deleted something.
    pub vault_delay: Duration,
    /// How many calls Exchange Online answers at once; the next is told to wait. Any number when `None`.
    pub exchange_calls: Option<usize>,
    /// Directory roles of the default application, such as `Exchange Administrator`.
    pub directory_roles: Vec<String>,
    /// What the directory holds at first.
    pub seed: Seed,
}
