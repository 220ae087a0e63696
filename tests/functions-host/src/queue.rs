//! Storage queues: at-least-once, with visibility and dequeue counts, in memory and optionally in a folder.
//!
//! All apps of a host share one storage account. With a folder every message is a file, written before the sender
//! is answered, so that what was promised survives the host: a message that was being handled comes back when its
//! lease ends. Access control, peeking by range and updates of a message's text are not reproduced.

use crate::Clock;
use crate::log::locked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// The largest message, as it lies in the queue.
const MAX_BYTES: usize = 64 * 1024;
/// How long a message is kept by default.
const TIME_TO_LIVE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A message as it lies in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The service's id, the same on every delivery.
    pub id: Uuid,
    /// The text on the wire: base64, unless the sender's `messageEncoding` is `none`.
    pub text: String,
    /// How often it was taken out, the present delivery included.
    pub dequeue_count: u32,
    /// When it was sent.
    pub inserted: Timestamp,
    /// When it is thrown away unread.
    pub expires: Timestamp,
    /// From when on it can be taken (again).
    pub visible: Timestamp,
    /// Who holds this holds the message; it changes with every delivery.
    pub pop_receipt: String,
}

impl Message {
    /// The text under base64; `None` where it is no base64 of UTF-8 text.
    pub fn decoded(&self) -> Option<String> {
        String::from_utf8(STANDARD.decode(&self.text).ok()?).ok()
    }

    /// A message as a manual run shows it to the function: as if it had just been taken for the first time.
    pub(crate) fn by_hand(now: Timestamp, text: &str) -> Self {
        Self { dequeue_count: 1, ..Self::fresh(now, encoded(text)) }
    }

    fn fresh(now: Timestamp, text: String) -> Self {
        Self {
            id: Uuid::new_v4(),
            text,
            dequeue_count: 0,
            inserted: now,
            expires: now.saturating_add(TIME_TO_LIVE).unwrap_or(Timestamp::MAX),
            visible: now,
            pop_receipt: receipt(),
        }
    }
}

pub(crate) fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

/// The queues of one storage account.
#[derive(Debug)]
pub(crate) struct Queues {
    clock: Arc<dyn Clock>,
    folder: Option<PathBuf>,
    queues: Mutex<BTreeMap<String, Vec<Message>>>,
    changes: watch::Sender<u64>,
}

impl Queues {
    /// Empty queues, or those that the folder holds.
    pub(crate) fn open(clock: Arc<dyn Clock>, folder: Option<PathBuf>) -> io::Result<Self> {
        let queues = folder.as_deref().map_or_else(|| Ok(BTreeMap::new()), load)?;
        let (changes, _) = watch::channel(0);
        Ok(Self { clock, folder, queues: Mutex::new(queues), changes })
    }

    /// Ticks whenever something about any queue changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Appends a message; `text` is as it shall lie in the queue.
    pub(crate) fn send(&self, queue: &str, text: String) -> Result<(), String> {
        if text.len() > MAX_BYTES {
            return Err(format!(
                "queue {queue}: the message is too large: {} bytes after encoding, {MAX_BYTES} are allowed",
                text.len()
            ));
        }
        let message = Message::fresh(self.clock.now(), text);
        self.save(queue, &message).map_err(|error| format!("queue {queue} cannot be written: {error}"))?;
        locked(&self.queues).entry(queue.into()).or_default().push(message);
        self.changed();
        Ok(())
    }

    /// Takes up to `max` visible messages and hides them for `lease`.
    pub(crate) fn take(&self, queue: &str, max: usize, lease: Duration) -> Vec<Message> {
        let now = self.clock.now();
        let mut queues = locked(&self.queues);
        let Some(messages) = queues.get_mut(queue) else { return Vec::new() };
        messages.retain(|message| message.expires > now || self.forget(queue, message));
        let visible = messages.iter_mut().filter(|message| message.visible <= now).take(max);
        let taken = visible.map(|message| {
            message.dequeue_count += 1;
            message.visible = later(now, lease);
            message.pop_receipt = receipt();
            // A message that cannot be written stays visible on disk: at-least-once allows for that.
            let _ = self.save(queue, message);
            message.clone()
        });
        taken.collect()
    }

    /// Hides a message that one holds for longer, or makes it visible again (a span of zero). False: lost it.
    pub(crate) fn hide(&self, queue: &str, held: &Message, span: Duration) -> bool {
        let visible = later(self.clock.now(), span);
        let found = self.with_held(queue, held, |messages, index| {
            messages[index].visible = visible;
            let _ = self.save(queue, &messages[index]);
        });
        self.changed();
        found
    }

    /// Deletes a message that one holds. False: lost it.
    pub(crate) fn delete(&self, queue: &str, held: &Message) -> bool {
        let found = self.with_held(queue, held, |messages, index| {
            self.forget(queue, &messages.remove(index));
        });
        self.changed();
        found
    }

    /// All messages, visible or not, oldest first.
    pub(crate) fn peek(&self, queue: &str) -> Vec<Message> {
        locked(&self.queues).get(queue).cloned().unwrap_or_default()
    }

    /// How long until a message that is hidden now becomes visible.
    pub(crate) fn until_next_visible(&self, queue: &str) -> Option<Duration> {
        let now = self.clock.now();
        let next = locked(&self.queues).get(queue)?.iter().map(|message| message.visible).min()?;
        Some(Duration::try_from(next.duration_since(now)).unwrap_or_default())
    }

    fn with_held(&self, queue: &str, held: &Message, act: impl FnOnce(&mut Vec<Message>, usize)) -> bool {
        let mut queues = locked(&self.queues);
        let Some(messages) = queues.get_mut(queue) else { return false };
        let is_held = |message: &Message| message.id == held.id && message.pop_receipt == held.pop_receipt;
        let Some(index) = messages.iter().position(is_held) else { return false };
        act(messages, index);
        true
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn save(&self, queue: &str, message: &Message) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(queue).join(format!("{}.json", message.id));
        write_whole(&path, &serde_json::to_vec_pretty(message)?)
    }

    /// Always false, so that it can stand in a `retain`.
    fn forget(&self, queue: &str, message: &Message) -> bool {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_file(folder.join(queue).join(format!("{}.json", message.id)));
        }
        false
    }
}

/// Writes beside and renames, so that a reader never sees half a file.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, path)
}

fn load(folder: &Path) -> io::Result<BTreeMap<String, Vec<Message>>> {
    std::fs::create_dir_all(folder)?;
    let mut queues = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let mut messages = Vec::new();
        for file in std::fs::read_dir(entry.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                messages.push(serde_json::from_slice::<Message>(&std::fs::read(path)?)?);
            }
        }
        messages.sort_by_key(|message| message.inserted);
        queues.insert(entry.file_name().to_string_lossy().into_owned(), messages);
    }
    Ok(queues)
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.saturating_add(span).unwrap_or(Timestamp::MAX)
}

fn receipt() -> String {
    STANDARD.encode(Uuid::new_v4().simple().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokioClock;

    const LEASE: Duration = Duration::from_secs(600);

    fn clock() -> Arc<dyn Clock> {
        Arc::new(TokioClock::starting_at("2026-09-24T13:00:00Z".parse().unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_taken_message_comes_back_when_its_lease_ends() {
        let queues = Queues::open(clock(), None).unwrap();
        queues.send("jobs", encoded("one")).unwrap();
        let first = queues.take("jobs", 16, LEASE).remove(0);
        assert_eq!((first.dequeue_count, first.decoded().as_deref()), (1, Some("one")));
        assert!(queues.take("jobs", 16, LEASE).is_empty());
        assert_eq!(queues.until_next_visible("jobs"), Some(LEASE));
        tokio::time::advance(LEASE).await;
        let second = queues.take("jobs", 16, LEASE).remove(0);
        assert_eq!((second.id, second.dequeue_count), (first.id, 2));
        assert!(!queues.delete("jobs", &first), "the receipt of the first delivery no longer counts");
        assert!(queues.delete("jobs", &second));
        assert!(queues.peek("jobs").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_expires_after_seven_days() {
        let queues = Queues::open(clock(), None).unwrap();
        queues.send("jobs", encoded("one")).unwrap();
        tokio::time::advance(Duration::from_secs(7 * 86_400)).await;
        assert!(queues.take("jobs", 16, LEASE).is_empty());
        assert!(queues.peek("jobs").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_of_more_than_64_kib_on_the_wire_is_refused() {
        let queues = Queues::open(clock(), None).unwrap();
        assert!(queues.send("jobs", encoded(&"x".repeat(48 * 1024))).is_ok());
        let error = queues.send("jobs", encoded(&"x".repeat(48 * 1024 + 1))).unwrap_err();
        assert!(error.contains("too large"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_keeps_messages_across_hosts() {
        let folder = std::env::temp_dir().join(format!("queues-{}", Uuid::new_v4()));
        let first = Queues::open(clock(), Some(folder.clone())).unwrap();
        for text in ["one", "two"] {
            first.send("jobs", encoded(text)).unwrap();
        }
        let held = first.take("jobs", 1, LEASE).remove(0);
        let second = Queues::open(clock(), Some(folder.clone())).unwrap();
        assert_eq!(second.peek("jobs").len(), 2);
        assert_eq!(second.peek("jobs").iter().map(|message| message.dequeue_count).sum::<u32>(), 1);
        assert!(second.delete("jobs", &held));
        let third = Queues::open(clock(), Some(folder.clone())).unwrap();
        assert_eq!(third.peek("jobs").len(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
