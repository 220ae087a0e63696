//! Mailboxes: which there are, of what kind, and what licences, deletions and conversions do to them.
//!
//! A mailbox follows its user: [`Directory::put`] tells it of every change. A licence with an Exchange plan brings one into
//! being, a while later; a user mailbox that loses the licence is disconnected and kept for thirty days; a shared one or
//! a room stays. Sources: "Convert a user mailbox to a shared mailbox", "Remove a license from a shared mailbox" and
//! "Delete or restore user mailboxes in Exchange Online" (Microsoft Learn).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::belongings::{
    Archive, AutoReply, Device, FolderAccess, FullAccess, Hold, Meeting, Protocols, Quotas, Regional, Rule,
    Size,
};
use super::versions::Versions;
use super::{Directory, Holding, KEPT_MS, Kind, Link, Object};
use crate::clock::{read, written};
use crate::lag::{View, Visible};

pub(crate) const GIGABYTE: u64 = 1 << 30;
/// What a shared mailbox may hold without a licence.
pub(crate) const UNLICENSED_BYTES: u64 = 50 * GIGABYTE;

/// A moment in milliseconds since 1970, written as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Moment(pub(crate) i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&written(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read(&text).map(Moment).ok_or_else(|| serde::de::Error::custom(format!("'{text}' is no date")))
    }
}

/// What a mailbox is for, by the name of its `RecipientTypeDetails`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MailboxKind {
    #[serde(rename = "UserMailbox")]
    User,
    #[serde(rename = "SharedMailbox")]
    Shared,
    #[serde(rename = "RoomMailbox")]
    Room,
    #[serde(rename = "EquipmentMailbox")]
    Equipment,
}

impl MailboxKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            MailboxKind::User => "UserMailbox",
            MailboxKind::Shared => "SharedMailbox",
            MailboxKind::Room => "RoomMailbox",
            MailboxKind::Equipment => "EquipmentMailbox",
        }
    }
}

/// A conversion that reads do not show yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Conversion {
    pub(crate) from: MailboxKind,
    pub(crate) visible_date_time: Moment,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One mailbox. Its id is its user's; addresses, names and whether the account is blocked are the user's, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Mailbox {
    pub(crate) id: Uuid,
    pub(crate) kind: MailboxKind,
    pub(crate) created_date_time: Moment,
    /// Until then nobody finds it: it is being made, or connected again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) available_date_time: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conversion: Option<Conversion>,
    /// Since when it has had no licence, or no user; it is kept for thirty days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disconnected_date_time: Option<Moment>,
    /// Why it may not stay without a licence: `size`, `archive` or `hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) needs_licence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forwarding_address: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forwarding_smtp_address: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) deliver_and_forward: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hold: Option<Hold>,
    /// Holds by id, as retention policies and cases put them; with a hyphen in front, those it is exempt from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) in_place_holds: Vec<String>,
    /// Whether a label keeps something in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) compliance_tag_hold_applied: bool,
    /// Whether a hold that was taken off lasts for its last thirty days.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) delay_hold_applied: bool,
    /// The same of what applications keep in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) delay_release_hold_applied: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) retention_comment: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) retention_url: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) hidden: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) quotas: Quotas,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) size: Size,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archive: Option<Archive>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_logon_date_time: Option<Moment>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) full_access: Vec<FullAccess>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) auto_reply: AutoReply,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) regional: Regional,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) protocols: Protocols,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) devices: Vec<Device>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) meetings: Vec<Meeting>,
    /// Who may see the calendar, beyond everybody's default.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) calendar: Vec<FolderAccess>,
}

impl Mailbox {
    pub(crate) fn new(id: Uuid, kind: MailboxKind, created_ms: i64) -> Mailbox {
        Mailbox {
            id,
            kind,
            created_date_time: Moment(created_ms),
            available_date_time: None,
            conversion: None,
            disconnected_date_time: None,
            needs_licence: None,
            forwarding_address: None,
            forwarding_smtp_address: None,
            deliver_and_forward: false,
            hold: None,
            in_place_holds: Vec::new(),
            compliance_tag_hold_applied: false,
            delay_hold_applied: false,
            delay_release_hold_applied: false,
            retention_comment: String::new(),
            retention_url: String::new(),
            hidden: false,
            quotas: Quotas::default(),
            size: Size::default(),
            archive: None,
            last_logon_date_time: None,
            full_access: Vec::new(),
            auto_reply: AutoReply::default(),
            regional: Regional::default(),
            protocols: Protocols::default(),
            devices: Vec::new(),
            rules: Vec::new(),
            meetings: Vec::new(),
            calendar: Vec::new(),
        }
    }

    /// Its kind, as far as that is known yet.
    pub(crate) fn kind_at(&self, now_ms: i64) -> MailboxKind {
        let pending = self.conversion.as_ref().filter(|conversion| conversion.visible_date_time.0 > now_ms);
        pending.map_or(self.kind, |conversion| conversion.from)
    }

    /// As it is now, without what is over: that it was to come, or to be seen as something else.
    pub(crate) fn at(&self, now_ms: i64) -> Mailbox {
        let to_come = |moment: &Moment| moment.0 > now_ms;
        Mailbox {
            available_date_time: self.available_date_time.filter(to_come),
            conversion: self.conversion.clone().filter(|conversion| to_come(&conversion.visible_date_time)),
            ..self.clone()
        }
    }

    /// Whether it can be found.
    pub(crate) fn is_available(&self, now_ms: i64) -> bool {
        self.disconnected_date_time.is_none() && self.available_date_time.is_none_or(|from| from.0 <= now_ms)
    }

    /// Whether it was disconnected and can still be brought back.
    pub(crate) fn is_kept(&self, now_ms: i64) -> bool {
        self.disconnected_date_time.is_some_and(|since| self.is_held() || now_ms < since.0 + KEPT_MS)
    }

    /// Whether anything keeps what is in it ("Identify the type of hold placed on an Exchange Online mailbox").
    pub(crate) fn is_held(&self) -> bool {
        self.hold.is_some()
            || self.in_place_holds.iter().any(|hold| !hold.starts_with('-'))
            || self.compliance_tag_hold_applied
            || self.delay_hold_applied
            || self.delay_release_hold_applied
    }

    /// Why it may not stay without a licence.
    fn reason_for_a_licence(&self) -> Option<String> {
        let reason = if self.size.bytes > UNLICENSED_BYTES {
            "size"
        } else if self.archive.is_some() {
            "archive"
        } else if self.is_held() {
            "hold"
        } else {
            return None;
        };
        Some(reason.to_owned())
    }
}

/// All mailboxes, by the id of their user.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    entries: BTreeMap<Uuid, Versions<Mailbox>>,
    /// How long it takes for a new one to be found.
    pub(crate) delay_ms: i64,
    /// How long a conversion takes to be seen.
    pub(crate) conversion_ms: i64,
}

impl FromIterator<Mailbox> for Mailboxes {
    fn from_iter<I: IntoIterator<Item = Mailbox>>(all: I) -> Self {
        let mut mailboxes = Mailboxes::default();
        all.into_iter().for_each(|mailbox| mailboxes.write(mailbox.id, Some(mailbox), None, 0));
        mailboxes
    }
}

impl Mailboxes {
    /// The truth about every mailbox, disconnected ones included.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Mailbox>> {
        self.entries.values().filter_map(Versions::truth)
    }

    /// What somebody sees of every mailbox, disconnected ones included.
    pub(crate) fn seen(&self, view: View) -> impl Iterator<Item = &Arc<Mailbox>> {
        self.entries.values().filter_map(move |versions| versions.seen(view))
    }

    pub(crate) fn truth(&self, id: Uuid) -> Option<&Arc<Mailbox>> {
        self.entries.get(&id).and_then(Versions::truth)
    }

    /// What somebody sees of a mailbox, a disconnected one included.
    pub(crate) fn one(&self, id: Uuid, view: View) -> Option<&Arc<Mailbox>> {
        self.entries.get(&id).and_then(|versions| versions.seen(view))
    }

    pub(crate) fn write(
        &mut self,
        id: Uuid,
        mailbox: Option<Mailbox>,
        visible: Option<Visible>,
        now_ms: i64,
    ) {
        let versions = self.entries.entry(id).or_default();
        versions.write(mailbox.map(Arc::new), visible, now_ms);
        if versions.is_gone() {
            self.entries.remove(&id);
        }
    }
}

impl Directory {
    /// A mailbox that can be found, as somebody sees it.
    pub(crate) fn mailbox(&self, id: Uuid, view: View) -> Option<&Arc<Mailbox>> {
        self.mailboxes.one(id, view).filter(|mailbox| mailbox.is_available(view.now_ms))
    }

    /// Replaces a mailbox by a changed one.
    pub(crate) fn put_mailbox(&mut self, mut mailbox: Mailbox) {
        let licensed = self.live(mailbox.id).is_some_and(|user| self.has_mailbox_plan(&user.licences));
        mailbox.needs_licence = if licensed { None } else { mailbox.reason_for_a_licence() };
        let visible = self.delays();
        self.mailboxes.write(mailbox.id, Some(mailbox), visible, self.now_ms);
    }

    /// Whether these licences give a mailbox.
    pub(crate) fn has_mailbox_plan(&self, held: &[Holding]) -> bool {
        held.iter().any(|holding| self.gives_mailbox(holding))
    }

    fn gives_mailbox(&self, holding: &Holding) -> bool {
        let plans = self.sku(holding.sku).map(|sku| sku.service_plans.as_slice()).unwrap_or_default();
        holding.is_active()
            && plans.iter().any(|plan| plan.is_mailbox() && !holding.disabled.contains(&plan.service_plan_id))
    }

    /// Brings a mailbox in line with what its user is to be.
    pub(super) fn follow(&mut self, user: &Object) {
        if user.kind != Kind::User {
            return;
        }
        let licensed = self.has_mailbox_plan(&user.licences);
        let before = self.mailboxes.truth(user.id).map(|mailbox| Mailbox::clone(mailbox));
        // A conversion that has not come through yet does not keep a mailbox.
        let stays = before.as_ref().is_some_and(|mailbox| mailbox.kind_at(self.now_ms) != MailboxKind::User);
        let after = match (before.clone(), user.is_live() && (licensed || stays)) {
            (None, false) => return,
            (None, true) => self.made(user),
            (Some(mailbox), true) if mailbox.disconnected_date_time.is_none() => mailbox,
            (Some(mailbox), true) if mailbox.is_kept(self.now_ms) => self.connected(mailbox),
            (Some(_), true) => {
                self.forget_rights(user.id);
                self.made(user)
            }
            (Some(mailbox), false) => Mailbox {
                disconnected_date_time: mailbox.disconnected_date_time.or(Some(Moment(self.now_ms))),
                ..mailbox
            },
        };
        let needs_licence = if licensed { None } else { after.reason_for_a_licence() };
        let after = Mailbox { needs_licence, ..after };
        if before.as_ref() != Some(&after) {
            let visible = self.delays();
            self.mailboxes.write(user.id, Some(after), visible, self.now_ms);
        }
    }

    /// Nobody may send as a mailbox any more that is not there any more.
    fn forget_rights(&mut self, mailbox: Uuid) {
        for link in [Link::SendAs, Link::OnBehalf] {
            let held = self.links.targets(link, mailbox, self.truth());
            held.into_iter().for_each(|id| self.unlink(link, mailbox, id));
        }
    }

    /// A new mailbox, as old as the licence that gives it.
    fn made(&self, user: &Object) -> Mailbox {
        let licences = user.licences.iter().filter(|holding| self.gives_mailbox(holding));
        let since_ms = licences.map(|holding| holding.updated_ms).max().unwrap_or(self.now_ms);
        let mailbox = Mailbox::new(user.id, MailboxKind::User, since_ms);
        Mailbox { available_date_time: self.soon(), ..mailbox }
    }

    fn connected(&self, mailbox: Mailbox) -> Mailbox {
        Mailbox { disconnected_date_time: None, available_date_time: self.soon(), ..mailbox }
    }

    fn soon(&self) -> Option<Moment> {
        let delay_ms = self.mailboxes.delay_ms;
        (delay_ms > 0).then(|| Moment(self.now_ms + delay_ms))
    }
}
