//! The host: several staged apps behind one listener.

use crate::app::{App, Staged};
use crate::command::HandlerCommand;
use crate::dice::Dice;
use crate::dispatch::{Bound, Dispatcher, World};
use crate::envelope::Call;
use crate::front::{self, Front};
use crate::function_json::{Function, Trigger};
use crate::invoke::InvocationResult;
use crate::key::Key;
use crate::listing::{self, Listing};
use crate::log::{Level, Line, Log, Sink};
use crate::process::Handler;
use crate::queue::{self, Message, Queues};
use crate::queue_trigger::QueueTrigger;
use crate::throttle::Gate;
use crate::timer::{Monitor, TimerTrigger};
use crate::{Clock, Error, Quirks, SystemClock};
use axum::Router;
use std::fmt::{self, Debug};
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdTcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// How long connections get to end after the handlers are dead.
const GOODBYE: Duration = Duration::from_secs(1);

/// What a host serves, and how.
#[derive(Clone)]
pub struct Options {
    /// The staged apps.
    pub apps: Vec<App>,
    /// Where callers are listened to; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The function, host and master key in one; a random one where there is none.
    pub key: Option<String>,
    /// Tells the time of day.
    pub clock: Arc<dyn Clock>,
    /// Where queues and timers keep their state between hosts; in memory only where there is none.
    pub storage: Option<PathBuf>,
    /// Where log lines go besides being kept.
    pub sink: Option<Sink>,
    /// Test aids.
    pub quirks: Quirks,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            key: None,
            clock: Arc::new(SystemClock),
            storage: None,
            sink: None,
            quirks: Quirks::default(),
        }
    }
}

impl Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("apps", &self.apps)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

/// A running host. Dropping it has the handlers killed; [`stop`](Host::stop) also waits until they are gone.
#[derive(Debug)]
pub struct Host {
    front: Arc<Front>,
    server: JoinHandle<()>,
    stop_server: Option<oneshot::Sender<()>>,
    triggers: JoinSet<()>,
}

impl Host {
    /// Loads the apps, binds the listener, starts the handlers and their triggers. Invocations wait until the
    /// handlers are ready.
    ///
    /// # Errors
    ///
    /// When an app cannot be read, two functions claim the same route, or the address cannot be bound.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let staged = options.apps.iter().map(Staged::load).collect::<Result<Vec<_>, _>>()?;
        check_names(&staged)?;
        front::check_routes(&staged)?;
        let world = Arc::new(world(&options)?);
        let listener = listen(options.listen).await?;
        let address =
            listener.local_addr().map_err(|error| cannot_listen(options.listen).caused_by(error))?;
        let ports = staged.iter().map(port).collect::<Result<Vec<_>, _>>()?;
        let apps: Vec<_> = staged
            .into_iter()
            .zip(ports)
            .map(|(app, port)| Arc::new(dispatcher(app, port, &world, options.sink.clone())))
            .collect();
        let triggers = triggers(&apps);
        let front = Arc::new(Front::new(apps, world, address));
        let (stop_server, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, front.clone(), stopped));
        Ok(Self { front, server, stop_server: Some(stop_server), triggers })
    }

    /// Where callers are listened to.
    pub fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// The URL of an HTTP function, named `function` or `app/function`, with its route template as it stands.
    /// Where several apps have a function of that name, it is the first one's.
    ///
    /// # Errors
    ///
    /// When there is no HTTP function of that name.
    pub fn url(&self, function: &str) -> Result<String, Error> {
        let (app, name) = function.split_once('/').map_or((None, function), |(app, name)| (Some(app), name));
        let apps = self.front.apps.iter().filter(|running| app.is_none_or(|app| running.app.name == app));
        let mut functions = apps.filter_map(|running| running.app.function(name));
        let url = functions.find_map(|function| listing::url(self.address(), function));
        url.ok_or_else(|| Error::unknown(format!("there is no HTTP function '{function}'")))
    }

    /// The key: of functions, of the host and master key in one.
    pub fn key(&self) -> &str {
        &self.front.world.key.0
    }

    /// The functions and their URLs, to be shown.
    pub fn listing(&self) -> Listing<'_> {
        Listing(&self.front)
    }

    /// Waits until the app's handler answers.
    ///
    /// # Errors
    ///
    /// When there is no such app, or it stops before it is ready.
    pub async fn ready(&self, app: &str) -> Result<(), Error> {
        let ready = self.front.app(app)?.handler.ready().await;
        ready.map(drop).map_err(|why| Error::staging(format!("{app}: {why}")))
    }

    /// Runs a timer function as `POST /admin/functions/{name}` does, and waits for the end.
    ///
    /// # Errors
    ///
    /// When there is no such app or timer.
    pub async fn fire_timer(&self, app: &str, function: &str) -> Result<InvocationResult, Error> {
        let dispatcher = self.front.app(app)?;
        let known = dispatcher.app.function(function);
        let timer = known.and_then(|function| Some((function, dispatcher.manual_timer(function)?)));
        let (function, info) =
            timer.ok_or_else(|| Error::unknown(format!("{app} has no timer '{function}'")))?;
        Ok(dispatcher.send(function, Call::Timer(info)).await.0)
    }

    /// Kills the app's handler now, as the host itself does after a function timeout: SIGKILL, not counted as an
    /// error, started again at once. Returns when the old process is gone.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub async fn kill(&self, app: &str) -> Result<(), Error> {
        self.front.app(app)?.handler.restart().await;
        Ok(())
    }

    /// Kills the app's handler as a stranger would, the kernel short of memory for one: the host counts an error
    /// and starts it again; the third within half an hour stops the app. Returns when the old process is gone.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub async fn crash(&self, app: &str) -> Result<(), Error> {
        self.front.app(app)?.handler.crash().await;
        Ok(())
    }

    /// The process id of the app's handler; `None` while there is none.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub fn pid(&self, app: &str) -> Result<Option<u32>, Error> {
        Ok(self.front.app(app)?.handler.pid())
    }

    /// Where the app's handler itself listens, for tests that speak to it directly: `http://127.0.0.1:PORT`.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub fn handler_url(&self, app: &str) -> Result<String, Error> {
        Ok(format!("http://127.0.0.1:{}", self.front.app(app)?.handler.port))
    }

    /// The app's log so far, the last ten thousand lines.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub fn lines(&self, app: &str) -> Result<Vec<Line>, Error> {
        Ok(self.front.app(app)?.log.lines())
    }

    /// The first line of the app's log that contains `text`, waited for if need be.
    ///
    /// # Errors
    ///
    /// When there is no such app.
    pub async fn line_with(&self, app: &str, text: &str) -> Result<Line, Error> {
        Ok(self.front.app(app)?.log.line_with(text).await)
    }

    /// Puts a message into a queue, base64-encoded as senders do by default.
    ///
    /// # Errors
    ///
    /// When the queue does not take it: too large, or its folder cannot be written.
    pub fn send(&self, queue: &str, text: &str) -> Result<(), Error> {
        self.front.world.queues.send(queue, queue::encoded(text)).map_err(Error::staging)
    }

    /// All messages of a queue, visible or not, oldest first.
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        self.front.world.queues.peek(queue)
    }

    /// Waits until a queue is empty: everything in it handled, or gone to its poison queue.
    pub async fn drained(&self, queue: &str) {
        let mut changes = self.front.world.queues.changes();
        while !self.messages(queue).is_empty() {
            // The sender lives as long as the host.
            let _ = changes.changed().await;
        }
    }

    /// Kills the handlers, without warning as the real host does, and ends.
    pub async fn stop(mut self) {
        self.triggers.abort_all();
        for app in &self.front.apps {
            app.handler.stop().await;
        }
        drop(self.stop_server.take());
        if timeout(GOODBYE, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for app in &self.front.apps {
            app.handler.abandon();
        }
    }
}

fn check_names(apps: &[Staged]) -> Result<(), Error> {
    for (index, app) in apps.iter().enumerate() {
        if apps[..index].iter().any(|other| other.name == app.name) {
            return Err(Error::staging(format!(
                "two apps are called '{}': name their folders apart",
                app.name
            )));
        }
    }
    Ok(())
}

fn world(options: &Options) -> Result<World, Error> {
    let folder = |name| options.storage.as_ref().map(|storage| storage.join(name));
    let queues = Queues::open(options.clock.clone(), folder("queues"));
    let queues =
        queues.map_err(|error| Error::staging("the storage folder cannot be read").caused_by(error))?;
    Ok(World {
        clock: options.clock.clone(),
        key: Key::new(options.key.clone()),
        queues: Arc::new(queues),
        monitor: Arc::new(Monitor::open(folder("timers"))),
        quirks: options.quirks,
        dice: Dice::new(options.quirks.seed),
        chunk_next: true.into(),
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address).caused_by(error))
}

fn cannot_listen(address: SocketAddr) -> Error {
    Error::listen(format!("cannot listen on {address}: choose another address with --listen, or port 0"))
}

/// A free port, found by binding and letting go of it; host.json may name one instead.
fn port(app: &Staged) -> Result<u16, Error> {
    let wanted = app.host.port.unwrap_or(0);
    let bound =
        StdTcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).and_then(|listener| listener.local_addr());
    let what = || format!("{}: Unable to bind to port {wanted} for the handler", app.name);
    bound.map(|address| address.port()).map_err(|error| Error::staging(what()).caused_by(error))
}

fn dispatcher(app: Staged, port: u16, world: &Arc<World>, sink: Option<Sink>) -> Dispatcher {
    let log = Arc::new(Log::new(&app.name, world.clock.clone(), sink));
    for (name, why) in &app.in_error {
        log.host(Level::Error, format!("The '{name}' function is in error: {why}"));
    }
    let command = HandlerCommand::new(&app.dir, &app.host.description, &app.settings, port);
    let ping_limit = app.host.function_timeout.map(|limit| limit + Duration::from_secs(60));
    let handler = Handler::start(command, port, app.host.initialization_timeout, ping_limit, log.clone());
    let gate = Gate::new(app.host.throttle);
    Dispatcher { app, handler, log, gate, world: world.clone() }
}

fn triggers(apps: &[Arc<Dispatcher>]) -> JoinSet<()> {
    let mut triggers = JoinSet::new();
    for app in apps {
        for function in app.app.functions.iter().filter(|function| !function.disabled) {
            start_trigger(&mut triggers, app, function);
        }
    }
    triggers
}

fn start_trigger(triggers: &mut JoinSet<()>, app: &Arc<Dispatcher>, function: &Function) {
    let bound = Arc::new(Bound { dispatcher: app.clone(), function: function.clone() });
    match &function.trigger {
        Trigger::Http { .. } => {}
        Trigger::Timer { schedule, run_on_startup, use_monitor, .. } => {
            let timer = TimerTrigger {
                name: app.timer_name(function),
                schedule: *schedule,
                run_on_startup: *run_on_startup,
                monitor: use_monitor.then(|| app.world.monitor.clone()),
                clock: app.world.clock.clone(),
                function: bound,
                log: app.log.clone(),
            };
            triggers.spawn(until_stopped(app.clone(), timer.listen()));
        }
        Trigger::Queue { queue } => {
            let queue = QueueTrigger {
                queue: queue.clone(),
                options: app.app.host.queues,
                queues: app.world.queues.clone(),
                function: bound,
                log: app.log.clone(),
                duplicates: app.world.quirks.duplicate_deliveries,
            };
            triggers.spawn(until_stopped(app.clone(), queue.listen()));
        }
    }
}

/// An app that is stopped takes no messages and misses its timers.
async fn until_stopped(app: Arc<Dispatcher>, listening: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = app.handler.stopped() => {}
        () = listening => {}
    }
}

async fn serve(listener: TcpListener, front: Arc<Front>, stopped: oneshot::Receiver<()>) {
    let router = Router::new().fallback(front::answer).with_state(front);
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        // Nothing is ever sent: the other end is dropped, by stopping or with the host.
        let _ = stopped.await;
    });
    // The server ends only when it is told to: errors of single connections are its own affair.
    let _ = serving.await;
}
