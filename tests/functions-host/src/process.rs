//! The handler process: one per app, started, watched, killed and started again.
//!
//! | what happens | what the host does |
//! |---|---|
//! | exit code 0 or 200 | starts it again, not counted (0 since January 2026; before, the handler stayed dead) |
//! | any other code, or death by a signal | counts an error, starts it again |
//! | no answer to `GET /` within initializationTimeout | counts an error, kills it, starts it again |
//! | function timeout | kills it, starts it again, not counted |
//! | it cannot be spawned | nothing: invocations wait until they shut the host down |
//!
//! The third counted error within 30 minutes of the one before stops the app. There is no pause between restarts,
//! the port stays the same, and the only signal ever sent is SIGKILL.

use crate::client::{self, Client, PatientClient};
use crate::command::HandlerCommand;
use crate::console::{read_stderr, read_stdout};
use crate::log::{Level, Log};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

const POLL: Duration = Duration::from_millis(25);
/// How long the host waits for a killed process to be gone.
const EXIT_WAIT: Duration = Duration::from_secs(1);
const COUNTED_ERRORS: u32 = 3;
const ERRORS_FORGOTTEN_AFTER: Duration = Duration::from_secs(30 * 60);

/// A handler under supervision.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) port: u16,
    initialization_timeout: Duration,
    phase: watch::Receiver<Phase>,
    orders: mpsc::UnboundedSender<Order>,
    log: Arc<Log>,
}

#[derive(Debug, Clone)]
enum Phase {
    /// Not answering yet; the process id once there is one.
    Starting(Option<u32>),
    Ready(Arc<Live>),
    Stopped,
}

/// A handler that answers. Connections belong to one process and die with it.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) pid: u32,
    pub(crate) client: Client,
    pub(crate) patient: PatientClient,
}

#[derive(Debug)]
enum Order {
    /// Kill and start again; not counted.
    Restart(oneshot::Sender<()>),
    /// Kill as if from outside: the death is counted.
    Crash(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

impl Handler {
    /// Starts the handler; `ping_limit` is how long an unanswered `GET /` is waited for.
    pub(crate) fn start(
        command: HandlerCommand,
        port: u16,
        initialization_timeout: Duration,
        ping_limit: Option<Duration>,
        log: Arc<Log>,
    ) -> Self {
        let (phase_sender, phase) = watch::channel(Phase::Starting(None));
        let (orders, order_receiver) = mpsc::unbounded_channel();
        let supervisor = Supervisor {
            command,
            port,
            initialization_timeout,
            ping_limit,
            log: log.clone(),
            phase: phase_sender,
            orders: order_receiver,
            errors: ErrorCount::default(),
        };
        tokio::spawn(supervisor.run());
        Self { port, initialization_timeout, phase, orders, log }
    }

    /// Waits until the handler answers, as long as the real host does: four times initializationTimeout. Whoever
    /// waits in vain stops the app.
    pub(crate) async fn ready(&self) -> Result<Arc<Live>, String> {
        let mut phase = self.phase.clone();
        let settled = phase.wait_for(|phase| !matches!(phase, Phase::Starting(_)));
        let settled = timeout(self.initialization_timeout * (COUNTED_ERRORS + 1), settled).await;
        let settled = settled.map(|settled| settled.map(|phase| phase.clone()));
        match settled {
            Ok(Ok(Phase::Ready(live))) => Ok(live),
            Ok(_) => Err("the host is shutting down".into()),
            Err(_) => {
                let what = "Final functionDispatcher state: Initializing. Initialization timed out and host is \
                            shutting down";
                self.log.host(Level::Error, what);
                self.stop().await;
                Err(what.into())
            }
        }
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        match &*self.phase.borrow() {
            Phase::Starting(pid) => *pid,
            Phase::Ready(live) => Some(live.pid),
            Phase::Stopped => None,
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Stopped)
    }

    /// Waits until the app is stopped for good.
    pub(crate) async fn stopped(&self) {
        // An error means that the supervisor has ended, which is the same.
        let _ = self.phase.clone().wait_for(|phase| matches!(phase, Phase::Stopped)).await;
    }

    /// Kills the process and starts it again; returns when the old one is gone.
    pub(crate) async fn restart(&self) {
        self.order(Order::Restart).await;
    }

    /// Kills the process as a stranger would; returns when it is gone.
    pub(crate) async fn crash(&self) {
        self.order(Order::Crash).await;
    }

    /// Kills the process for good.
    pub(crate) async fn stop(&self) {
        self.order(Order::Stop).await;
    }

    /// Has the process killed for good, without waiting for it.
    pub(crate) fn abandon(&self) {
        let (done, _) = oneshot::channel();
        // An error means that the supervisor has ended already.
        let _ = self.orders.send(Order::Stop(done));
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, obeyed) = oneshot::channel();
        if self.orders.send(order(done)).is_ok() {
            // An error means that the supervisor has ended: then there is no process either.
            let _ = obeyed.await;
        }
    }
}

struct Supervisor {
    command: HandlerCommand,
    port: u16,
    initialization_timeout: Duration,
    ping_limit: Option<Duration>,
    log: Arc<Log>,
    phase: watch::Sender<Phase>,
    orders: mpsc::UnboundedReceiver<Order>,
    errors: ErrorCount,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Again,
    Stop,
}

impl Supervisor {
    async fn run(mut self) {
        while self.one_life().await == Next::Again {
            self.phase.send_replace(Phase::Starting(None));
        }
        self.phase.send_replace(Phase::Stopped);
    }

    async fn one_life(&mut self) -> Next {
        match Process::spawn(&self.command, &self.log).await {
            Ok(process) => self.watch(process).await,
            Err(error) => {
                let program = self.command.program.display();
                let what = format!("Failed to start Worker Channel. Process fileName: {program}: {error}");
                self.log.host(Level::Error, what);
                self.wait_without_process().await
            }
        }
    }

    /// No process, no event: nothing happens until somebody gives up waiting.
    async fn wait_without_process(&mut self) -> Next {
        match self.orders.recv().await {
            Some(Order::Restart(done) | Order::Crash(done)) => {
                let _ = done.send(());
                Next::Again
            }
            Some(Order::Stop(done)) => {
                let _ = done.send(());
                Next::Stop
            }
            None => Next::Stop,
        }
    }

    async fn watch(&mut self, mut process: Process) -> Next {
        self.phase.send_replace(Phase::Starting(Some(process.pid)));
        let live = Arc::new(Live { pid: process.pid, client: client::new(), patient: client::patient() });
        tokio::select! {
            ready = is_ready(&live.client, self.port, self.initialization_timeout, self.ping_limit) => {
                if !ready {
                    return self.give_up(process).await;
                }
            }
            status = process.child.wait() => return self.exited(process, status).await,
            order = self.orders.recv() => return self.obey(order, process).await,
        }
        self.log.host(Level::Information, "Worker process started and initialized.");
        self.phase.send_replace(Phase::Ready(live));
        tokio::select! {
            status = process.child.wait() => self.exited(process, status).await,
            order = self.orders.recv() => self.obey(order, process).await,
        }
    }

    async fn give_up(&mut self, process: Process) -> Next {
        let waited = self.initialization_timeout;
        self.log.host(Level::Error, format!("The handler did not answer GET / within {waited:?}"));
        process.kill(&self.log).await;
        self.counted()
    }

    async fn exited(&mut self, process: Process, status: io::Result<ExitStatus>) -> Next {
        self.phase.send_replace(Phase::Starting(None));
        let (pid, code) = (process.pid, status.map_or(-1, exit_code));
        let last_errors = process.last_errors().await;
        if code == 0 || code == 200 {
            let what = format!("Process {pid} has exited with code {code}; the handler is started again");
            self.log.host(Level::Information, what);
            return Next::Again;
        }
        let program = self.command.program.display();
        let what = format!("{program} exited with code {code} (0x{code:X}) {last_errors}");
        self.log.host(Level::Error, what.trim_end());
        self.counted()
    }

    async fn obey(&mut self, order: Option<Order>, process: Process) -> Next {
        let (done, next) = match order {
            Some(Order::Restart(done)) => (Some(done), Next::Again),
            Some(Order::Stop(done)) => (Some(done), Next::Stop),
            Some(Order::Crash(done)) => return self.crash(done, process).await,
            None => (None, Next::Stop),
        };
        let phase = if next == Next::Stop { Phase::Stopped } else { Phase::Starting(None) };
        self.phase.send_replace(phase);
        process.kill(&self.log).await;
        done.map(|done| done.send(()));
        next
    }

    async fn crash(&mut self, done: oneshot::Sender<()>, mut process: Process) -> Next {
        self.phase.send_replace(Phase::Starting(None));
        let _ = process.child.start_kill();
        let status = process.child.wait().await;
        let next = self.exited(process, status).await;
        let _ = done.send(());
        next
    }

    fn counted(&mut self) -> Next {
        if self.errors.count() < COUNTED_ERRORS {
            return Next::Again;
        }
        self.phase.send_replace(Phase::Stopped);
        self.log.host(Level::Error, "Exceeded http worker restart retry count. Shutting down Functions Host");
        Next::Stop
    }
}

/// Counts errors; a new one more than 30 minutes after the last empties the count first.
#[derive(Debug, Default)]
struct ErrorCount {
    count: u32,
    last: Option<Instant>,
}

impl ErrorCount {
    fn count(&mut self) -> u32 {
        let now = Instant::now();
        if self.last.is_some_and(|last| now - last > ERRORS_FORGOTTEN_AFTER) {
            self.count = 0;
        }
        self.last = Some(now);
        self.count += 1;
        self.count
    }
}

/// Any answer means ready, and so does any failure but a refused connection. Only the pauses count as waiting.
async fn is_ready(client: &Client, port: u16, limit: Duration, ping_limit: Option<Duration>) -> bool {
    let mut waited = Duration::ZERO;
    while waited < limit {
        let ping = client::ping(client, port);
        let answer = match ping_limit {
            Some(limit) => timeout(limit, ping).await.unwrap_or(Ok(())),
            None => ping.await,
        };
        if !answer.is_err_and(|error| error.is_connect()) {
            return true;
        }
        sleep(POLL).await;
        waited += POLL;
    }
    false
}

/// The exit code as .NET tells it: a death by signal is 128 and the signal's number.
fn exit_code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }
    #[cfg(not(unix))]
    {
        status.code().unwrap_or(-1)
    }
}

struct Process {
    pid: u32,
    child: Child,
    stderr: JoinHandle<VecDeque<String>>,
}

impl Process {
    async fn spawn(command: &HandlerCommand, log: &Arc<Log>) -> io::Result<Self> {
        let mut child = spawn_child(command).await?;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(read_stdout(stdout, log.clone()));
        }
        let stderr = child.stderr.take();
        let (log, errors_only) = (log.clone(), command.stderr_is_errors_only);
        let stderr = tokio::spawn(async move {
            match stderr {
                Some(stderr) => read_stderr(stderr, log, errors_only).await,
                None => VecDeque::new(),
            }
        });
        Ok(Self { pid: child.id().unwrap_or_default(), child, stderr })
    }

    async fn kill(mut self, log: &Log) {
        let _ = self.child.start_kill();
        if timeout(EXIT_WAIT, self.child.wait()).await.is_err() {
            let pid = self.pid;
            let what = format!("Worker process {pid} has not exited despite waiting for 1000 ms");
            log.host(Level::Warning, what);
        }
    }

    /// The last three error lines. Its children may keep the pipe open: then nobody waits for its end.
    async fn last_errors(self) -> String {
        let lines = timeout(EXIT_WAIT, self.stderr).await;
        lines.ok().and_then(Result::ok).map(|lines| Vec::from(lines).join(",")).unwrap_or_default()
    }
}

/// A file that was written a moment ago can be busy for as long as another child is being forked.
async fn spawn_child(command: &HandlerCommand) -> io::Result<Child> {
    for _ in 0..20 {
        match system_command(command).spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => sleep(POLL).await,
            other => return other,
        }
    }
    system_command(command).spawn()
}

fn system_command(command: &HandlerCommand) -> Command {
    let mut system = Command::new(&command.program);
    system
        .args(&command.arguments)
        .envs(&command.environment)
        .current_dir(&command.working_directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    system
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn errors_count_until_half_an_hour_passes_without_one() {
        let mut errors = ErrorCount::default();
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let mut counts = Vec::new();
        for pause in [0_u64, 29, 31, 30, 30] {
            tokio::time::advance(minutes(pause)).await;
            counts.push(errors.count());
        }
        assert_eq!(counts, [1, 2, 1, 2, 3]);
    }

    /// A port of a listener that closes every connection it accepts.
    async fn slamming() -> u16 {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        port
    }

    #[tokio::test]
    async fn whoever_takes_a_connection_is_ready_whatever_becomes_of_it() {
        let (client, limit) = (client::new(), POLL * 2);
        let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        for (port, ready) in [(slamming().await, true), (closed, false)] {
            let asked = timeout(Duration::from_secs(60), is_ready(&client, port, limit, None));
            assert_eq!(asked.await, Ok(ready));
        }
    }
}
