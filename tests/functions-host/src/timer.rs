//! The timer trigger: when a function is due, and what it is told about it.
//!
//! The rules are those of the timer extension's source (`TimerListener`, `ScheduleMonitor`): occurrences that were
//! missed while the host was down are made up for by *one* run at once, with `IsPastDue`; a schedule that changed
//! since is not made up for; runs do not overlap, a run that lasts beyond the next occurrence delays it; the state
//! is written after each run. In the cloud a blob lease makes the listener a singleton; here there is one host.

use crate::Clock;
use crate::cron::Cron;
use crate::envelope::{Call, ScheduleStatus, TimerInfo};
use crate::invoke::Invoke;
use crate::log::{Level, Log, locked};
use crate::queue::write_whole;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Waiting goes in slices, so that a machine that slept looks at its clock again.
const SLICE: Duration = Duration::from_secs(60);

/// Where schedule statuses are kept: in memory, and in a folder if there is one.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    folder: Option<PathBuf>,
    known: Mutex<BTreeMap<String, ScheduleStatus>>,
}

impl Monitor {
    pub(crate) fn open(folder: Option<PathBuf>) -> Self {
        Self { folder, known: Mutex::default() }
    }

    pub(crate) fn get(&self, timer: &str) -> Option<ScheduleStatus> {
        let known = locked(&self.known).get(timer).copied();
        known.or_else(|| serde_json::from_slice(&std::fs::read(self.path(timer)?).ok()?).ok())
    }

    /// Best effort, as in the real host.
    fn set(&self, timer: &str, status: ScheduleStatus) {
        locked(&self.known).insert(timer.into(), status);
        if let (Some(path), Ok(bytes)) = (self.path(timer), serde_json::to_vec_pretty(&status)) {
            let _ = write_whole(&path, &bytes);
        }
    }

    fn path(&self, timer: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{timer}.json")))
    }
}

/// One timer function.
pub(crate) struct TimerTrigger {
    /// App and function: the name under which the monitor knows it.
    pub(crate) name: String,
    pub(crate) schedule: Cron,
    pub(crate) run_on_startup: bool,
    /// `None`: `useMonitor` is off, or the schedule is finer than a minute.
    pub(crate) monitor: Option<Arc<Monitor>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) function: Arc<dyn Invoke>,
    pub(crate) log: Arc<Log>,
}

/// Why a run happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Due,
    PastDue,
    Startup,
}

impl TimerTrigger {
    /// Listens until it is dropped, or until the schedule has no further occurrence. The first status is recorded
    /// at once, before anything is awaited.
    pub(crate) fn listen(self) -> impl Future<Output = ()> + Send {
        let start = self.start();
        if start.is_none() {
            self.log.host(Level::Warning, format!("The schedule of '{}' never comes", self.name));
        }
        self.listen_from(start)
    }

    async fn listen_from(self, start: Option<(ScheduleStatus, Reason)>) {
        let Some((mut status, mut reason)) = start else { return };
        loop {
            if reason == Reason::Due {
                self.sleep_until(status.next).await;
            }
            match self.run(status, reason).await {
                Some(next) => status = next,
                None => return,
            }
            reason = Reason::Due;
        }
    }

    /// The status to begin with, and the reason for the first run.
    fn start(&self) -> Option<(ScheduleStatus, Reason)> {
        let now = self.clock.now();
        let fresh = ScheduleStatus { last: None, next: self.schedule.next_after(now)?, last_updated: None };
        let status = match &self.monitor {
            None => fresh,
            Some(monitor) => match monitor.get(&self.name) {
                None => {
                    monitor.set(&self.name, ScheduleStatus { last_updated: Some(now), ..fresh });
                    fresh
                }
                Some(recorded) => self.checked(monitor, recorded, now)?,
            },
        };
        let reason = match now > status.next {
            true => Reason::PastDue,
            false if self.run_on_startup => Reason::Startup,
            false => Reason::Due,
        };
        Some((status, reason))
    }

    /// The recorded status, rewritten where the schedule has changed since: then nothing is past due.
    fn checked(&self, monitor: &Monitor, recorded: ScheduleStatus, now: Timestamp) -> Option<ScheduleStatus> {
        let mut updated = recorded.last.or(recorded.last_updated).unwrap_or(now);
        let mut expected = self.schedule.next_after(updated)?;
        if recorded.next == expected {
            return Some(recorded);
        }
        if now > expected {
            expected = self.schedule.next_after(now)?;
            updated = now;
        }
        let status = ScheduleStatus { last: None, next: expected, last_updated: Some(updated) };
        monitor.set(&self.name, status);
        Some(status)
    }

    /// Runs the function and returns the status for the next time.
    async fn run(&self, status: ScheduleStatus, reason: Reason) -> Option<ScheduleStatus> {
        let started = self.clock.now();
        let told = self.monitor.as_ref().map(|_| status);
        let info = TimerInfo { status: told, is_past_due: reason == Reason::PastDue };
        self.function.invoke(Call::Timer(info)).await;
        // A timer that fires a moment early counts as on time, else the same occurrence would come twice.
        let last = if reason == Reason::Due { started.max(status.next) } else { started };
        let next = self.schedule.next_after(last)?;
        let status = ScheduleStatus { last: Some(last), next, last_updated: Some(last) };
        if let Some(monitor) = &self.monitor {
            monitor.set(&self.name, status);
        }
        Some(status)
    }

    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            match Duration::try_from(moment.duration_since(self.clock.now())) {
                Ok(left) if !left.is_zero() => tokio::time::sleep(left.min(SLICE)).await,
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokioClock;
    use crate::invoke::InvocationResult;
    use tokio::sync::mpsc;
    use tokio::time::timeout;
    use uuid::Uuid;

    /// Reports each run with its time, and takes as long as told.
    struct Handler {
        clock: Arc<dyn Clock>,
        takes: Duration,
        runs: mpsc::UnboundedSender<(String, TimerInfo)>,
    }

    #[async_trait::async_trait]
    impl Invoke for Handler {
        async fn invoke(&self, call: Call) -> InvocationResult {
            let Call::Timer(info) = call else { panic!("not a timer") };
            let now = self.clock.now().strftime("%H:%M:%S").to_string();
            self.runs.send((now, info)).unwrap();
            tokio::time::sleep(self.takes).await;
            InvocationResult { id: Uuid::new_v4(), attempts: 1, error: Some("failures do not matter".into()) }
        }
    }

    const DAY: Duration = Duration::from_secs(86_400);

    struct Bench {
        runs: mpsc::UnboundedReceiver<(String, TimerInfo)>,
        task: tokio::task::JoinHandle<()>,
    }

    fn start(
        schedule: &str,
        takes: u64,
        monitor: Option<Arc<Monitor>>,
        run_on_startup: bool,
        at: &str,
    ) -> Bench {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(at.parse().unwrap()));
        let (sender, runs) = mpsc::unbounded_channel();
        let handler = Handler { clock: clock.clone(), takes: Duration::from_secs(takes), runs: sender };
        let trigger = TimerTrigger {
            name: "app.nightly".into(),
            schedule: Cron::parse(schedule).unwrap(),
            run_on_startup,
            monitor,
            clock: clock.clone(),
            function: Arc::new(handler),
            log: Arc::new(Log::new("app", clock, None)),
        };
        Bench { runs, task: tokio::spawn(trigger.listen()) }
    }

    impl Bench {
        async fn run(&mut self) -> (String, TimerInfo) {
            timeout(DAY, self.runs.recv()).await.expect("a run comes").unwrap()
        }

        async fn times(&mut self, count: usize) -> Vec<String> {
            let mut times = Vec::new();
            for _ in 0..count {
                let (time, info) = self.run().await;
                times.push(if info.is_past_due { format!("{time} past due") } else { time });
            }
            times
        }
    }

    fn recorded(last: Option<&str>, next: &str) -> Arc<Monitor> {
        let monitor = Monitor::default();
        let last = last.map(|last| last.parse().unwrap());
        let updated = Some(last.unwrap_or("2026-09-24T12:00:00Z".parse().unwrap()));
        monitor
            .set("app.nightly", ScheduleStatus { last, next: next.parse().unwrap(), last_updated: updated });
        Arc::new(monitor)
    }

    const START: &str = "2026-09-24T13:02:00Z";

    #[tokio::test(start_paused = true)]
    async fn runs_come_when_the_schedule_says_even_if_they_fail() {
        let mut bench = start("0 */5 * * * *", 0, Some(Arc::default()), false, START);
        assert_eq!(bench.times(3).await, ["13:05:00", "13:10:00", "13:15:00"]);
    }

    #[tokio::test(start_paused = true)]
    async fn missed_occurrences_are_made_up_for_by_one_run_that_is_past_due() {
        let monitor = recorded(Some("2026-09-24T12:00:00.01Z"), "2026-09-24T12:05:00Z");
        let mut bench = start("0 */5 * * * *", 0, Some(monitor.clone()), true, START);
        assert_eq!(bench.times(3).await, ["13:02:00 past due", "13:05:00", "13:10:00"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_schedule_is_not_past_due() {
        let monitor = recorded(Some("2026-09-24T12:00:00.01Z"), "2026-09-24T12:07:00Z");
        let mut bench = start("0 */5 * * * *", 0, Some(monitor), false, START);
        let (time, info) = bench.run().await;
        assert_eq!((time.as_str(), info.is_past_due), ("13:05:00", false));
        assert_eq!(info.status.unwrap().last, None);
    }

    #[tokio::test(start_paused = true)]
    async fn run_on_startup_runs_at_once_and_then_on_schedule() {
        let mut bench = start("0 */5 * * * *", 0, Some(Arc::default()), true, START);
        assert_eq!(bench.times(2).await, ["13:02:00", "13:05:00"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_run_delays_the_next_and_never_overlaps_it() {
        let mut bench = start("0 */5 * * * *", 12 * 60, Some(Arc::default()), false, START);
        assert_eq!(bench.times(3).await, ["13:05:00", "13:17:00", "13:29:00"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_status_tells_the_last_run_and_when_this_one_was_due() {
        let monitor = Arc::new(Monitor::default());
        let mut bench = start("0 */5 * * * *", 0, Some(monitor.clone()), false, START);
        let (_, first) = bench.run().await;
        let (_, second) = bench.run().await;
        let date = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let first = first.status.unwrap();
        assert_eq!((first.last, Some(first.next)), (None, date("2026-09-24T13:05:00Z")));
        let second = second.status.unwrap();
        assert_eq!(second.last, date("2026-09-24T13:05:00Z"));
        assert_eq!(Some(second.next), date("2026-09-24T13:10:00Z"));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_monitor_there_is_no_status_and_nothing_is_past_due() {
        let mut bench = start("*/30 * * * * *", 0, None, false, START);
        let (time, info) = bench.run().await;
        assert_eq!((time.as_str(), info.status), ("13:02:30", None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_schedule_that_never_comes_ends_the_listener() {
        let mut bench = start("0 0 0 30 2 *", 0, Some(Arc::default()), true, START);
        timeout(DAY, bench.task).await.expect("the listener ends").unwrap();
        assert!(bench.runs.recv().await.is_none());
    }

    #[test]
    fn a_folder_keeps_the_status_across_hosts() {
        let folder = std::env::temp_dir().join(format!("timers-{}", Uuid::new_v4()));
        let status = ScheduleStatus { last: None, next: START.parse().unwrap(), last_updated: None };
        Monitor::open(Some(folder.clone())).set("app.nightly", status);
        assert_eq!(Monitor::open(Some(folder.clone())).get("app.nightly"), Some(status));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
