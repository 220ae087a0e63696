//! Who a name means: object ids, sign-in names, addresses, aliases, display names and distinguished names.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::Context;
use super::refusal::{Refusal, ambiguous, not_found};
use crate::ids::named;
use crate::state::{Directory, Field, Kind, Mailbox, Object};

/// Something that mail can be sent to.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    pub(super) object: Arc<Object>,
    pub(super) mailbox: Option<Arc<Mailbox>>,
}

impl Recipient {
    pub(super) fn id(&self) -> Uuid {
        self.object.id
    }

    /// What `Name` and `Identity` tell: for users the object id, as with mailboxes made since 2021.
    pub(super) fn name(&self) -> String {
        name(&self.object)
    }

    pub(super) fn display_name(&self) -> &str {
        self.object.text("displayName").unwrap_or_default()
    }

    pub(super) fn alias(&self) -> &str {
        self.object.text("mailNickname").unwrap_or_default()
    }

    /// The primary address.
    pub(super) fn address(&self) -> &str {
        self.object.text("mail").or(self.object.text("userPrincipalName")).unwrap_or_default()
    }

    pub(super) fn is_group(&self) -> bool {
        self.object.kind == Kind::Group
    }

    /// Distribution lists and mail-enabled security groups, but not Microsoft 365 groups.
    pub(super) fn is_list(&self) -> bool {
        self.is_group() && !self.object.has_group_type("Unified")
    }

    /// `RecipientTypeDetails`
    pub(super) fn details(&self, now_ms: i64) -> &'static str {
        match &self.mailbox {
            Some(mailbox) => mailbox.kind_at(now_ms).name(),
            None if !self.is_group() => "GuestMailUser",
            None if self.object.has_group_type("Unified") => "GroupMailbox",
            None if self.object.is("securityEnabled") => "MailUniversalSecurityGroup",
            None => "MailUniversalDistributionGroup",
        }
    }

    /// `RecipientType`
    pub(super) fn sort(&self) -> &'static str {
        match &self.mailbox {
            Some(_) => "UserMailbox",
            None if !self.is_group() => "MailUser",
            None if self.object.is("securityEnabled") => "MailUniversalSecurityGroup",
            None => "MailUniversalDistributionGroup",
        }
    }
}

fn name(object: &Object) -> String {
    match object.kind {
        Kind::Group => object.text("mailNickname").unwrap_or_default().to_owned(),
        _ => object.id.to_string(),
    }
}

/// `CN=Newsletter,OU=contoso.onmicrosoft.com,OU=Microsoft Exchange Hosted Organizations,DC=…`
pub(super) fn distinguished(directory: &Directory, object: &Object) -> String {
    format!("CN={},{}", name(object), unit(directory))
}

fn unit(directory: &Directory) -> String {
    let domain = directory.initial_domain();
    format!("OU={domain},OU=Microsoft Exchange Hosted Organizations,DC=EURPR01A001,DC=PROD,DC=OUTLOOK,DC=COM")
}

/// `eurpr01a001.prod.outlook.com/Microsoft Exchange Hosted Organizations/contoso.onmicrosoft.com`
pub(super) fn organizational_unit(directory: &Directory) -> String {
    format!(
        "eurpr01a001.prod.outlook.com/Microsoft Exchange Hosted Organizations/{}",
        directory.initial_domain()
    )
}

/// The object id behind a distinguished name.
pub(super) fn of_distinguished(directory: &Directory, text: &str) -> Option<Uuid> {
    let name = text.get(3..)?.strip_suffix(unit(directory).as_str())?.strip_suffix(',')?;
    let is_one = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("CN="));
    let by_nickname = || {
        let found = directory.store.index.find(Field::MailNickname, name).into_iter();
        found.into_iter().find(|id| {
            directory
                .store
                .truth(*id)
                .is_some_and(|object| object.kind == Kind::Group && object.is("mailEnabled"))
        })
    };
    Uuid::try_parse(name).ok().or_else(by_nickname).filter(|_| is_one)
}

/// `Guid`, which is not the object id.
pub(super) fn guid(id: Uuid) -> Uuid {
    named(&format!("guid/{id}"))
}

/// `ExchangeGuid`
pub(super) fn exchange_guid(id: Uuid) -> Uuid {
    named(&format!("exchange/{id}"))
}

impl Context<'_> {
    /// The recipient with this id, as the caller sees it.
    pub(super) fn known(&self, id: Uuid) -> Option<Recipient> {
        let object = self.directory.store.live(id, self.view)?;
        let mailbox = self.directory.mailbox(id, self.view).cloned();
        let is_guest = || object.text("userType") == Some("Guest") && object.text("mail").is_some();
        let is_recipient = match object.kind {
            Kind::User => mailbox.is_some() || is_guest(),
            Kind::Group => object.is("mailEnabled"),
            _ => false,
        };
        is_recipient.then(|| Recipient { object: Arc::clone(object), mailbox })
    }

    /// Every recipient, mailboxes first.
    pub(super) fn recipients(&self) -> Vec<Recipient> {
        let users = self.directory.store.ordered(Kind::User, None, self.view);
        let groups = self.directory.store.ordered(Kind::Group, None, self.view);
        users.chain(groups).filter_map(|(_, object)| self.known(object.id)).collect()
    }

    /// The one recipient of this name that fits.
    pub(super) fn recipient(
        &self,
        text: &str,
        fits: impl Fn(&Recipient) -> bool,
    ) -> Result<Recipient, Refusal> {
        let found = ids(self.directory, text).into_iter().filter_map(|id| self.known(id));
        one(found.filter(|recipient| fits(recipient)), text)
    }

    /// The one mailbox of this name.
    pub(super) fn mailbox(&self, text: &str) -> Result<(Recipient, Mailbox), Refusal> {
        let recipient = self.recipient(text, |recipient| recipient.mailbox.is_some())?;
        let truth = self.directory.mailboxes.truth(recipient.id()).map(|mailbox| Mailbox::clone(mailbox));
        let mailbox = truth.filter(|mailbox| mailbox.is_available(self.view.now_ms));
        Ok((recipient, mailbox.ok_or_else(|| not_found(text))?))
    }

    /// The one user or group of this name that can be given rights, a recipient or not.
    pub(super) fn principal(&self, text: &str) -> Result<Arc<Object>, Refusal> {
        let found = ids(self.directory, text).into_iter();
        let live = found.filter_map(|id| self.directory.store.live(id, self.view).cloned());
        let fits = |object: &Arc<Object>| {
            object.kind == Kind::User || object.kind == Kind::Group && object.is("mailEnabled")
        };
        one(live.filter(fits), text)
    }

    /// What lists call somebody: the sign-in name of a user, the name of a group.
    pub(super) fn label(&self, id: Uuid) -> Option<String> {
        let object = self.directory.store.live(id, self.view)?;
        let name = object.text("userPrincipalName").or(object.text("mailNickname"));
        name.map(str::to_owned)
    }

    pub(super) fn distinguished(&self, object: &Object) -> String {
        distinguished(self.directory, object)
    }
}

fn one<T>(mut found: impl Iterator<Item = T>, text: &str) -> Result<T, Refusal> {
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(ambiguous(text)),
        _ => Err(not_found(text)),
    }
}

/// Everything that a name may mean, each once.
pub(super) fn ids(directory: &Directory, text: &str) -> BTreeSet<Uuid> {
    if let Ok(id) = Uuid::try_parse(text) {
        let is_meant = |user: Uuid| guid(user) == id || exchange_guid(user) == id;
        let by_guid = || directory.mailboxes.all().map(|mailbox| mailbox.id).find(|user| is_meant(*user));
        let known = directory.store.truth(id).map(|_| id);
        return known.or_else(by_guid).into_iter().collect();
    }
    if let Some(id) = of_distinguished(directory, text) {
        return BTreeSet::from([id]);
    }
    let bare = text.split_once(':').map_or(text, |(_, bare)| bare);
    let fields = [Field::UserPrincipalName, Field::ProxyAddress, Field::Mail, Field::MailNickname];
    let indexed: BTreeSet<Uuid> =
        fields.into_iter().flat_map(|field| directory.store.index.find(field, bare)).collect();
    if indexed.is_empty() { by_display_name(directory, text) } else { indexed }
}

fn by_display_name(directory: &Directory, text: &str) -> BTreeSet<Uuid> {
    let all = [Kind::User, Kind::Group].into_iter();
    let all = all.flat_map(|kind| directory.store.ordered(kind, None, directory.truth()));
    let wanted = text.to_lowercase();
    let is_named =
        |object: &Object| object.text("displayName").is_some_and(|name| name.to_lowercase() == wanted);
    all.filter(|(_, object)| is_named(object)).map(|(_, object)| object.id).collect()
}
