//! Distribution lists and mail-enabled security groups: groups whose members Exchange Online alone may change.
//!
//! Microsoft Graph shows them and tells who is in them, but refuses to change that
//! ([`Barrier::Exchange`](crate::group::Barrier)). Exchange Online writes memberships to the directory first, so there it
//! is read whether a change holds (which takes `GroupMember.Read.All`): by who the member is, however long the list.

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof, Touch};
use serde::Deserialize;
use serde_json::json;

use crate::Who;
use crate::account::touching;
use crate::group::{Group, joined_by};
use crate::recipient::{Recipient, filter};
use crate::rows::switch;

/// What is read of a list.
pub const SELECT: &[&str] =
    &["ExternalDirectoryObjectId", "DisplayName", "RecipientTypeDetails", "IsDirSynced"];

/// The kinds of groups that are lists here.
const KINDS: [&str; 2] = ["MailUniversalDistributionGroup", "MailUniversalSecurityGroup"];

/// A distribution list or a mail-enabled security group, as read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct List {
    /// Object id of the group.
    #[serde(rename = "ExternalDirectoryObjectId")]
    pub id: ObjectId,
    /// Its name for people; not unique.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether it is mastered on premises, where its members are changed, too.
    #[serde(default, deserialize_with = "switch")]
    pub is_dir_synced: bool,
}

impl List {
    /// Its name for people.
    pub fn name(&self) -> String {
        self.display_name.clone().unwrap_or_else(|| self.id.to_string())
    }
}

/// A list as Microsoft Graph shows it, which is all that joining and leaving take.
impl From<&Group> for List {
    fn from(group: &Group) -> Self {
        let is_dir_synced = group.on_premises_sync_enabled == Some(true);
        Self { id: group.id, display_name: group.display_name.clone(), is_dir_synced }
    }
}

/// The lists that somebody is a member of, page by page. Groups of Microsoft 365 are Microsoft Graph's, and dynamic lists
/// have no members of their own.
pub fn joined(member: &Recipient) -> Cmdlet {
    Cmdlet::new("Get-Recipient")
        .parameter("Filter", filter("Members", &member.distinguished_name))
        .parameter("RecipientTypeDetails", KINDS.to_vec())
        .parameter("ResultSize", "Unlimited")
        .select(SELECT)
}

/// Reads a list by object id.
pub fn read(id: &ObjectId) -> Cmdlet {
    Cmdlet::new("Get-DistributionGroup").identity(id).select(SELECT)
}

/// Adds somebody to a list. Who has no mailbox yet is not found; a list was read, and does not lag.
pub fn join(who: &Who, list: &List) -> Change {
    put_in(who, list).undone_by(take_out(who, list))
}

/// Removes somebody from a list.
pub fn leave(who: &Who, list: &List) -> Change {
    take_out(who, list).undone_by(put_in(who, list))
}

fn put_in(who: &Who, list: &List) -> Change {
    let send = member("Add-DistributionGroupMember", who, list).already(&[Refusal::AlreadyMember]);
    let proof = Proof::has(joined_by(who.path()), "/value", json!({"id": list.id}));
    change(who, Touch::Group(list.id), format!("add {} to {}", who.name(), list.name()), send, proof)
}

fn take_out(who: &Who, list: &List) -> Change {
    let send = member("Remove-DistributionGroupMember", who, list).confirmed().already(&[Refusal::NotMember]);
    let proof = Proof::lacks(joined_by(who.path()), "/value", json!({"id": list.id}));
    change(who, Touch::Left(list.id), format!("remove {} from {}", who.name(), list.name()), send, proof)
}

/// No application manages a list: it says that it knows ("Add-DistributionGroupMember").
fn member(cmdlet: &str, who: &Who, list: &List) -> Cmdlet {
    Cmdlet::new(cmdlet)
        .identity(list.id)
        .parameter("Member", who.id_or_place())
        .parameter("BypassSecurityGroupManagerCheck", true)
        .not_yet(&[Refusal::NotFound])
}

fn change(who: &Who, touch: Touch, says: String, send: Cmdlet, proof: Proof) -> Change {
    touching(who, Change::new(says, send, proof)).touching(touch)
}

#[cfg(test)]
mod tests {
    use plan::Test;

    use super::*;
    use crate::sample::{adele, is_undone_by};
    use crate::sample_cmdlet::{
        ADELE, MIRIAM_DN, cmdlet, miriam_in_exchange, thrown, undo, when_not_found, wire,
    };

    const NEWS: &str = "02bd9fd6-8f93-4758-87c3-1fb73740a315";

    fn news() -> List {
        let row =
            json!({"ExternalDirectoryObjectId": NEWS, "DisplayName": "Newsletter", "IsDirSynced": false});
        serde_json::from_value(row).unwrap()
    }

    fn adds() -> serde_json::Value {
        json!({"Identity": NEWS, "Member": ADELE, "BypassSecurityGroupManagerCheck": true})
    }

    #[test]
    fn the_lists_of_somebody_are_found_by_their_place_in_exchange() {
        let read = joined(&miriam_in_exchange());
        let parameters = json!({"Filter": format!("Members -eq '{MIRIAM_DN}'"), "ResultSize": "Unlimited",
                                "RecipientTypeDetails": KINDS});
        assert_eq!(wire(&read), json!({"Get-Recipient": parameters}));
        assert_eq!(read.selected(), SELECT);
    }

    #[test]
    fn joining_is_undone_by_leaving_and_the_other_way_round() {
        let (there, back) = (join(&adele(), &news()), leave(&adele(), &news()));
        assert_eq!(there.says, "add Adele Vance to Newsletter");
        assert_eq!(back.says, "remove Adele Vance from Newsletter");
        assert!(is_undone_by(&there, &back.says) && is_undone_by(&back, &there.says));
        assert_eq!(cmdlet(&there), json!({"Add-DistributionGroupMember": adds()}));
        let mut removes = adds();
        removes["Confirm"] = false.into();
        assert_eq!(cmdlet(&back), json!({"Remove-DistributionGroupMember": removes}));
        let id = NEWS.parse().unwrap();
        assert!(there.touches.contains(&Touch::Group(id)) && undo(&there).touches.contains(&Touch::Left(id)));
    }

    #[test]
    fn the_directory_tells_who_is_in_a_list() {
        let (there, back) = (join(&adele(), &news()), leave(&adele(), &news()));
        let read = there.proof.read.graph().unwrap().target();
        assert!(read.starts_with(&format!("/users/{ADELE}/memberOf/microsoft.graph.group?")), "{read}");
        assert_eq!(there.proof.test, Test::Has("/value".into(), json!({"id": NEWS})));
        assert_eq!(back.proof.test, Test::Lacks("/value".into(), json!({"id": NEWS})));
    }

    #[test]
    fn a_member_already_or_no_more_is_as_wanted() {
        let (there, back) = (join(&adele(), &news()), leave(&adele(), &news()));
        let table = [
            (&there, "MemberAlreadyExistsException", "already"),
            (&there, "MemberNotFoundException", "refused"),
            (&back, "MemberNotFoundException", "already"),
            (&back, "MemberAlreadyExistsException", "refused"),
        ];
        for (change, exception, means) in table {
            assert_eq!(thrown(change, exception), means, "{} {exception}", change.says);
        }
        assert_eq!((when_not_found(&there), when_not_found(&back)), ("not yet", "not yet"));
    }

    #[test]
    fn a_newcomer_joins_when_the_mailbox_is_there() {
        let change = join(&Who::new("Adele Vance"), &news());
        assert!(change.send.awaits_account() && change.proof.read.awaits_account());
        assert_eq!(change.touches, [Touch::Group(NEWS.parse().unwrap())]);
    }
}
