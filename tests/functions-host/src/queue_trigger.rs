//! The queue trigger: takes messages, hands them to the function, and decides what becomes of them.
//!
//! Up to `batchSize` messages are taken whenever no more than `newBatchThreshold` are being handled, so that at
//! most 24 run at once by default. A message is leased for ten minutes and the lease renewed. Success deletes it;
//! failure makes it visible again, at once by default; after `maxDequeueCount` deliveries it goes to
//! `<queue>-poison` (Microsoft's page "Azure Queue storage trigger").

use crate::envelope::Call;
use crate::host_json::QueueOptions;
use crate::invoke::Invoke;
use crate::log::{Level, Log};
use crate::queue::{self, Message, Queues};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const LEASE: Duration = Duration::from_secs(600);

#[derive(Clone)]
pub(crate) struct QueueTrigger {
    pub(crate) queue: String,
    pub(crate) options: QueueOptions,
    pub(crate) queues: Arc<Queues>,
    pub(crate) function: Arc<dyn Invoke>,
    pub(crate) log: Arc<Log>,
    /// Test aid: hand every message to the function twice.
    pub(crate) duplicates: bool,
}

impl QueueTrigger {
    /// Listens until it is dropped.
    pub(crate) async fn listen(self) {
        let mut changes = self.queues.changes();
        let mut running = JoinSet::new();
        loop {
            changes.mark_unchanged();
            self.take_into(&mut running);
            let pause = self.queues.until_next_visible(&self.queue).filter(|pause| !pause.is_zero());
            let pause =
                pause.unwrap_or(self.options.max_polling_interval).min(self.options.max_polling_interval);
            tokio::select! {
                _ = changes.changed() => {}
                Some(_) = running.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn take_into(&self, running: &mut JoinSet<()>) {
        if running.len() > self.options.new_batch_threshold {
            return;
        }
        for message in self.queues.take(&self.queue, self.options.batch_size, LEASE) {
            let this = self.clone();
            running.spawn(async move { this.handle(message).await });
        }
    }

    async fn handle(&self, message: Message) {
        if message.dequeue_count > self.options.max_dequeue_count {
            return self.poison(&message, "it was delivered too often");
        }
        let text = if self.options.base64 { message.decoded() } else { Some(message.text.clone()) };
        let Some(text) = text else {
            return self.poison(&message, "it is not base64 of UTF-8 text, which messageEncoding asks for");
        };
        let succeeded = self.deliver(&message, text).await;
        if succeeded {
            self.queues.delete(&self.queue, &message);
        } else if message.dequeue_count >= self.options.max_dequeue_count {
            self.poison(&message, &format!("it failed {} times", message.dequeue_count));
        } else {
            self.queues.hide(&self.queue, &message, self.options.visibility_timeout);
        }
    }

    /// Runs the function while keeping the lease.
    async fn deliver(&self, message: &Message, text: String) -> bool {
        let run = async {
            let result = self.function.invoke(Call::Queue(message.clone(), text.clone())).await;
            if !self.duplicates {
                return result.is_success();
            }
            self.function.invoke(Call::Queue(message.clone(), text.clone())).await.is_success()
        };
        tokio::pin!(run);
        loop {
            tokio::select! {
                succeeded = &mut run => return succeeded,
                () = tokio::time::sleep(LEASE / 2) => {
                    self.queues.hide(&self.queue, message, LEASE);
                }
            }
        }
    }

    fn poison(&self, message: &Message, why: &str) {
        let poison = format!("{}-poison", self.queue);
        self.log.write(
            Level::Error,
            "Host.Triggers.Queue",
            format!("Message {} of queue '{}' goes to '{poison}': {why}", message.id, self.queue),
        );
        if self.queues.send(&poison, message.text.clone()).is_ok() {
            self.queues.delete(&self.queue, message);
        }
    }
}

/// What lies in the queue for a text, under the sender's `messageEncoding`.
pub(crate) fn wire_text(options: &QueueOptions, text: String) -> String {
    if options.base64 { queue::encoded(&text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoke::InvocationResult;
    use crate::log::locked;
    use crate::{Clock, TokioClock};
    use std::sync::Mutex;
    use tokio::time::{Instant, timeout};
    use uuid::Uuid;

    /// Fails as often as told, takes as long as told, and notes what it was given.
    struct Handler {
        failures: Mutex<u32>,
        takes: Duration,
        seen: Mutex<Vec<(String, u32)>>,
        now: Mutex<(usize, usize)>,
    }

    #[async_trait::async_trait]
    impl Invoke for Handler {
        async fn invoke(&self, call: Call) -> InvocationResult {
            let Call::Queue(message, text) = call else { panic!("not a message") };
            locked(&self.seen).push((text.clone(), message.dequeue_count));
            {
                let mut now = locked(&self.now);
                now.0 += 1;
                now.1 = now.1.max(now.0);
            }
            let times = if text.starts_with("slow") { 10 } else { 1 };
            tokio::time::sleep(self.takes * times).await;
            locked(&self.now).0 -= 1;
            let mut failures = locked(&self.failures);
            let error = (*failures > 0).then(|| "boom".into());
            *failures = failures.saturating_sub(1);
            InvocationResult { id: Uuid::new_v4(), attempts: 1, error }
        }
    }

    const DAY: Duration = Duration::from_secs(86_400);

    struct Bench {
        queues: Arc<Queues>,
        handler: Arc<Handler>,
        _listening: JoinSet<()>,
    }

    fn bench(failures: u32, takes: Duration, change: impl FnOnce(&mut QueueTrigger)) -> Bench {
        let clock: Arc<dyn Clock> =
            Arc::new(TokioClock::starting_at("2026-09-24T13:00:00Z".parse().unwrap()));
        let queues = Arc::new(Queues::open(clock.clone(), None).unwrap());
        let handler = Arc::new(Handler {
            failures: Mutex::new(failures),
            takes,
            seen: Mutex::default(),
            now: Mutex::default(),
        });
        let mut trigger = QueueTrigger {
            queue: "jobs".into(),
            options: QueueOptions::default(),
            queues: queues.clone(),
            function: handler.clone(),
            log: Arc::new(Log::new("app", clock, None)),
            duplicates: false,
        };
        change(&mut trigger);
        let mut listening = JoinSet::new();
        listening.spawn(trigger.listen());
        Bench { queues, handler, _listening: listening }
    }

    impl Bench {
        async fn until_empty(&self) {
            let mut changes = self.queues.changes();
            while !self.queues.peek("jobs").is_empty() {
                timeout(DAY, changes.changed()).await.expect("the queue empties").unwrap();
            }
        }

        fn counts(&self) -> Vec<u32> {
            locked(&self.handler.seen).iter().map(|(_, count)| *count).collect()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_handled_message_is_gone() {
        let bench = bench(0, Duration::ZERO, |_| {});
        bench.queues.send("jobs", queue::encoded("hello")).unwrap();
        bench.until_empty().await;
        assert_eq!(*locked(&bench.handler.seen), [("hello".into(), 1)]);
        assert!(bench.queues.peek("jobs-poison").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_message_comes_again_at_once_and_is_poison_after_the_fifth_time() {
        let bench = bench(99, Duration::ZERO, |_| {});
        let start = Instant::now();
        bench.queues.send("jobs", queue::encoded("hello")).unwrap();
        bench.until_empty().await;
        assert_eq!(bench.counts(), [1, 2, 3, 4, 5]);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(bench.queues.peek("jobs-poison")[0].decoded().as_deref(), Some("hello"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_visibility_timeout_stands_between_a_failure_and_the_next_delivery() {
        let bench = bench(1, Duration::ZERO, |t| t.options.visibility_timeout = Duration::from_secs(30));
        let start = Instant::now();
        bench.queues.send("jobs", queue::encoded("hello")).unwrap();
        bench.until_empty().await;
        assert_eq!((bench.counts(), start.elapsed()), (vec![1, 2], Duration::from_secs(30)));
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_24_messages_are_handled_at_once() {
        let bench = bench(0, Duration::from_secs(1), |_| {});
        for number in 0..100 {
            let text = if number % 2 == 0 { "slow" } else { "fast" };
            bench.queues.send("jobs", queue::encoded(text)).unwrap();
        }
        bench.until_empty().await;
        assert_eq!(bench.counts().len(), 100);
        assert_eq!(locked(&bench.handler.now).1, 24);
    }

    #[tokio::test(start_paused = true)]
    async fn the_lease_of_a_slow_message_is_renewed() {
        let bench = bench(0, Duration::from_secs(3600), |_| {});
        bench.queues.send("jobs", queue::encoded("hello")).unwrap();
        bench.until_empty().await;
        assert_eq!(bench.counts(), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_not_base64_goes_to_poison_unseen() {
        let bench = bench(0, Duration::ZERO, |_| {});
        bench.queues.send("jobs", "plain text!".into()).unwrap();
        bench.until_empty().await;
        assert!(bench.counts().is_empty());
        assert_eq!(bench.queues.peek("jobs-poison")[0].text, "plain text!");
    }

    #[tokio::test(start_paused = true)]
    async fn with_encoding_none_the_text_is_taken_as_it_lies() {
        let bench = bench(0, Duration::ZERO, |t| t.options.base64 = false);
        bench.queues.send("jobs", "plain text!".into()).unwrap();
        bench.until_empty().await;
        assert_eq!(*locked(&bench.handler.seen), [("plain text!".into(), 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn duplicates_are_delivered_on_request() {
        let bench = bench(0, Duration::ZERO, |t| t.duplicates = true);
        bench.queues.send("jobs", queue::encoded("hello")).unwrap();
        bench.until_empty().await;
        assert_eq!(bench.counts(), [1, 1]);
    }
}
