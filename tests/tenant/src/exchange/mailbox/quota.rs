//! How much a mailbox may hold. Source: "Exchange Online limits", storage limits by licence.

use crate::state::belongings::Quotas;
use crate::state::mailbox::{GIGABYTE, UNLICENSED_BYTES};
use crate::state::{Directory, Mailbox, Object};

/// The most that a licence gives, in bytes; without one it is what shared mailboxes and rooms have.
pub(super) fn ceiling(directory: &Directory, user: &Object) -> u64 {
    let plans = directory.enabled_plans(&user.licences);
    let has = |name: &str| plans.iter().any(|plan| plan.service_plan_name == name);
    if has("EXCHANGE_S_ENTERPRISE") {
        100 * GIGABYTE
    } else if has("EXCHANGE_S_DESKLESS") && !has("EXCHANGE_S_STANDARD") {
        2 * GIGABYTE
    } else {
        UNLICENSED_BYTES
    }
}

/// Warning, sending, receiving: what was set, as far as the licence reaches, and otherwise what it gives.
pub(in crate::exchange) fn in_force(directory: &Directory, user: &Object, mailbox: &Mailbox) -> [u64; 3] {
    let most = ceiling(directory, user);
    let step = most / 100;
    let Quotas { warning, send, send_receive } = mailbox.quotas;
    let all = [(warning, most - 2 * step), (send, most - step), (send_receive, most)];
    all.map(|(set, usual)| set.map_or(usual, |set| set.min(most)))
}

/// `StorageLimitStatus`
pub(in crate::exchange) fn standing(bytes: u64, [warning, send, receive]: [u64; 3]) -> &'static str {
    if bytes >= receive {
        "MailboxDisabled"
    } else if bytes >= send {
        "ProhibitSend"
    } else if bytes >= warning {
        "IssueWarning"
    } else {
        "BelowLimit"
    }
}

/// Whether quotas go together, or why not.
pub(super) fn check(directory: &Directory, user: &Object, mailbox: &Mailbox) -> Result<(), String> {
    let most = ceiling(directory, user);
    let Quotas { warning, send, send_receive } = mailbox.quotas;
    if let Some(wanted) = [warning, send, send_receive].into_iter().flatten().find(|wanted| *wanted > most) {
        return Err(format!(
            "The value \"{}\" exceeds the maximum of \"{}\" that the mailbox plan allows.",
            super::size(wanted),
            super::size(most)
        ));
    }
    let [warning, send, receive] = in_force(directory, user, mailbox);
    if send > receive {
        Err("The value of property 'ProhibitSendQuota' must be less than or equal to that of property 'ProhibitSendReceiveQuota'.".to_owned())
    } else if warning > send {
        Err("The value of property 'IssueWarningQuota' must be less than or equal to that of property 'ProhibitSendQuota'.".to_owned())
    } else {
        Ok(())
    }
}
