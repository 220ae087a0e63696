//! Meetings that somebody has called: cancelling them, so that rooms and other people's time are free again.
//!
//! Everybody invited gets a cancellation, so this cannot be taken back. Series that reach into the time looked at are
//! cancelled whole, and past meetings stay. What somebody was invited to is not touched.

use exchange::Cmdlet;
use graph::{ObjectId, Refusal};
use plan::{Change, Proof};
use serde_json::json;

use crate::Who;
use crate::account::touching;

/// How many days ahead are looked at. Exchange Online takes up to 1,825 ("Remove-CalendarEvents").
pub const DAYS: u32 = 730;

/// What [`cancel`] would cancel, a row for each meeting; it cancels nothing. What a row says is not documented: its number
/// is what can be told.
pub fn preview(mailbox: &ObjectId) -> Cmdlet {
    preview_of(&mailbox.to_string())
}

/// Cancels the meetings that somebody has called for the next two years. It takes their licence: do it before that goes.
///
/// Where the reply is lost, the preview tells whether meetings are left. Exchange Online may show less there than is left,
/// and so the runner cancels again rather than believe it: twice is no more than once.
pub fn cancel(who: &Who) -> Change {
    let send = events(&who.id_or_place()).confirmed().not_yet(&[Refusal::NotFound]);
    let proof = Proof::is(preview_of(&who.id_or_place()), "/value", json!([]));
    let says = format!("cancel the meetings that {} has called for the next {DAYS} days", who.name());
    touching(who, Change::new(says, send, proof))
}

fn preview_of(mailbox: &str) -> Cmdlet {
    events(mailbox).parameter("PreviewOnly", true)
}

fn events(mailbox: &str) -> Cmdlet {
    Cmdlet::new("Remove-CalendarEvents")
        .identity(mailbox)
        .parameter("CancelOrganizedMeetings", true)
        .parameter("QueryWindowInDays", DAYS)
}

#[cfg(test)]
mod tests {
    use plan::Test;

    use super::*;
    use crate::sample::adele;
    use crate::sample_cmdlet::{ADELE, cmdlet, proof, when_not_found, wire};

    #[test]
    fn meetings_are_cancelled_for_good() {
        let change = cancel(&adele());
        assert_eq!(change.says, "cancel the meetings that Adele Vance has called for the next 730 days");
        let parameters = json!({"Identity": ADELE, "CancelOrganizedMeetings": true, "QueryWindowInDays": 730,
                                "Confirm": false});
        assert_eq!(cmdlet(&change), json!({"Remove-CalendarEvents": parameters}));
        assert!(change.undo.is_none() && !change.send.exchange().unwrap().is_safe());
        assert_eq!(when_not_found(&change), "not yet");
    }

    #[test]
    fn a_preview_is_safe_and_shows_whether_any_are_left() {
        let read = preview(&ADELE.parse().unwrap());
        assert!(read.is_safe(), "{read:?}");
        let parameters = json!({"Identity": ADELE, "CancelOrganizedMeetings": true, "QueryWindowInDays": 730,
                                "PreviewOnly": true});
        assert_eq!(wire(&read), json!({"Remove-CalendarEvents": parameters}));
        assert_eq!(proof(&cancel(&adele())), (wire(&read), &Test::Is("/value".into(), json!([]))));
    }
}
