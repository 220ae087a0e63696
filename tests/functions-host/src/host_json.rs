//! host.json: how the handler is started and how its functions are reached.
//!
//! Field names and defaults are those of the Functions host's source and of Microsoft's pages "host.json reference"
//! and "Azure Functions custom handlers". The old section `httpWorker` and configuration profiles are refused rather
//! than half understood.

use crate::config::Config;
use crate::key::AuthLevel;
use crate::retry::Retry;
use crate::settings::Settings;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone)]
pub(crate) struct HostJson {
    pub(crate) description: Description,
    pub(crate) forwarding: bool,
    pub(crate) proxying: bool,
    pub(crate) initialization_timeout: Duration,
    pub(crate) port: Option<u16>,
    /// `None`: without end.
    pub(crate) function_timeout: Option<Duration>,
    pub(crate) route_prefix: String,
    /// Functions declared in host.json itself, as route and level.
    pub(crate) routes: Vec<(String, AuthLevel)>,
    pub(crate) throttle: Throttle,
    pub(crate) queues: QueueOptions,
    pub(crate) retry: Option<Retry>,
    pub(crate) has_bundle: bool,
}

/// `customHandler.description`: the command.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) executable: String,
    pub(crate) worker_path: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) worker_arguments: Vec<String>,
    pub(crate) working_directory: PathBuf,
    pub(crate) worker_directory: PathBuf,
    pub(crate) stderr_is_errors_only: bool,
}

/// `extensions.http`: how many requests at once; `None` is unbounded.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Throttle {
    pub(crate) outstanding: Option<usize>,
    pub(crate) concurrent: Option<usize>,
}

/// `extensions.queues`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueOptions {
    pub(crate) batch_size: usize,
    pub(crate) new_batch_threshold: usize,
    pub(crate) max_dequeue_count: u32,
    pub(crate) visibility_timeout: Duration,
    pub(crate) max_polling_interval: Duration,
    pub(crate) base64: bool,
}

impl Default for QueueOptions {
    /// The defaults of the queues extension; the polling interval is the one it uses on a developer's machine.
    fn default() -> Self {
        Self {
            batch_size: 16,
            new_batch_threshold: 8,
            max_dequeue_count: 5,
            visibility_timeout: Duration::ZERO,
            max_polling_interval: Duration::from_secs(2),
            base64: true,
        }
    }
}

impl HostJson {
    pub(crate) fn read(root: &Path, file: Value, settings: &Settings) -> Result<Self, String> {
        let config = Config::new(file).overridden_by(settings);
        check_version(&config)?;
        refuse_what_is_not_reproduced(&config)?;
        let handler = config.section("customHandler");
        let extensions = config.section("extensions");
        let http = extensions.section("http");
        Ok(Self {
            description: Description::read(root, &handler.section("description"), settings)?,
            forwarding: handler.flag("enableForwardingHttpRequest", false)?,
            proxying: handler.flag("enableProxyingHttpRequest", false)?,
            initialization_timeout: handler.duration("initializationTimeout", Duration::from_secs(30))?,
            port: port(&handler)?,
            function_timeout: function_timeout(&config)?,
            route_prefix: http.text("routePrefix")?.unwrap_or_else(|| "api".into()),
            routes: routes(&handler.section("http"))?,
            throttle: throttle(&http)?,
            queues: QueueOptions::read(&extensions.section("queues"))?,
            retry: Retry::read(&config.section("retry"))?,
            has_bundle: config.section("extensionBundle").text("id")?.is_some(),
        })
    }
}

fn check_version(config: &Config) -> Result<(), String> {
    match config.text("version")?.as_deref() {
        Some("2.0") => Ok(()),
        _ => Err(r#"version must be "2.0""#.into()),
    }
}

fn refuse_what_is_not_reproduced(config: &Config) -> Result<(), String> {
    if config.section("httpWorker").exists() && !config.section("customHandler").exists() {
        return Err("httpWorker is the old name; use customHandler".into());
    }
    match config.text("configurationProfile")?.as_deref() {
        None | Some("default") => Ok(()),
        Some(other) => Err(format!("configurationProfile '{other}' is not reproduced here")),
    }
}

fn port(handler: &Config) -> Result<Option<u16>, String> {
    match handler.whole("port")? {
        None => Ok(None),
        Some(number) => match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(handler.section("port").must_be("a port from 1 to 65535, or absent")),
        },
    }
}

/// 30 minutes is the default of every plan but the old Consumption plan.
fn function_timeout(config: &Config) -> Result<Option<Duration>, String> {
    match config.span("functionTimeout")? {
        None => Ok(Some(Duration::from_secs(30 * 60))),
        Some(Some(span)) if span < Duration::from_secs(1) => {
            Err(config.section("functionTimeout").must_be("at least 00:00:01"))
        }
        Some(span) => Ok(span),
    }
}

fn routes(http: &Config) -> Result<Vec<(String, AuthLevel)>, String> {
    let default = http.text("defaultAuthorizationLevel")?;
    let default = default.map_or(Ok(AuthLevel::Function), |level| level.parse())?;
    let routes = http.section("routes");
    let Some(items) = routes.value().as_array() else {
        return if routes.exists() { Err(routes.must_be("an array")) } else { Ok(Vec::new()) };
    };
    let items = items.iter().cloned().map(Config::new);
    items
        .map(|item| {
            let route = item.text("route")?.ok_or("customHandler.http.routes: each needs a route")?;
            let level = item.text("authorizationLevel")?.map_or(Ok(default), |level| level.parse())?;
            Ok((route, level))
        })
        .collect()
}

fn throttle(http: &Config) -> Result<Throttle, String> {
    let bound = |name| match http.whole(name)? {
        None | Some(-1) => Ok(None),
        Some(number) => match usize::try_from(number) {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(http.section(name).must_be("-1 or more than 0")),
        },
    };
    Ok(Throttle {
        outstanding: bound("maxOutstandingRequests")?,
        concurrent: bound("maxConcurrentRequests")?,
    })
}

impl QueueOptions {
    fn read(config: &Config) -> Result<Self, String> {
        let default = Self::default();
        let batch_size = config.count("batchSize", default.batch_size, 1..=32)?;
        let max_dequeue_count = config.count("maxDequeueCount", 5, 1..=1_000_000)?;
        Ok(Self {
            batch_size,
            new_batch_threshold: config.count("newBatchThreshold", batch_size / 2, 0..=10_000)?,
            max_dequeue_count: u32::try_from(max_dequeue_count).unwrap_or(u32::MAX),
            visibility_timeout: config.duration("visibilityTimeout", default.visibility_timeout)?,
            max_polling_interval: config.duration("maxPollingInterval", default.max_polling_interval)?,
            base64: match config.text("messageEncoding")?.as_deref() {
                None | Some("base64") => true,
                Some("none") => false,
                Some(_) => return Err(config.section("messageEncoding").must_be("base64 or none")),
            },
        })
    }
}

impl Description {
    fn read(root: &Path, config: &Config, settings: &Settings) -> Result<Self, String> {
        if !config.exists() {
            return Err("Missing worker Description: customHandler.description is required".into());
        }
        let text = |name| Ok::<_, String>(config.text(name)?.filter(|text| !text.is_empty()));
        let executable = text("defaultExecutablePath")?.ok_or(
            "WorkerDescription DefaultExecutablePath cannot be empty: name it in customHandler.description",
        )?;
        Ok(Self {
            executable: settings.expand(&executable),
            worker_path: text("defaultWorkerPath")?.map(|path| settings.expand(&path)),
            arguments: config.texts("arguments")?,
            worker_arguments: config.texts("workerArguments")?,
            working_directory: root.join(text("workingDirectory")?.unwrap_or_default()),
            worker_directory: root.join(text("workerDirectory")?.unwrap_or_default()),
            stderr_is_errors_only: config.flag("useStdErrorStreamForErrorsOnly", true)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(file: Value) -> Result<HostJson, String> {
        HostJson::read(Path::new("/app"), file, &Settings::of(&[]))
    }

    #[test]
    fn defaults_are_the_hosts() {
        let description = json!({"description": {"defaultExecutablePath": "handler"}});
        let host = read(json!({"version": "2.0", "customHandler": description})).unwrap();
        assert_eq!(host.initialization_timeout, Duration::from_secs(30));
        assert_eq!(host.function_timeout, Some(Duration::from_secs(1800)));
        assert_eq!(host.route_prefix, "api");
        assert_eq!(host.queues, QueueOptions::default());
        assert_eq!(host.description.working_directory, Path::new("/app/"));
        assert!(!host.forwarding && !host.proxying && host.description.stderr_is_errors_only);
    }

    #[test]
    fn what_the_host_refuses_is_refused() {
        let handler = json!({"description": {"defaultExecutablePath": "handler"}});
        let cases = [
            (json!({"customHandler": handler}), r#"version must be "2.0""#),
            (json!({"version": "2.0"}), "Missing worker Description"),
            (json!({"version": "2.0", "customHandler": {"description": {}}}), "cannot be empty"),
            (
                json!({"version": "2.0", "functionTimeout": "00:00:00", "customHandler": handler}),
                "at least 00:00:01",
            ),
            (
                json!({"version": "2.0", "customHandler": {"port": 0, "description": handler["description"]}}),
                "customHandler.port must be a port",
            ),
            (json!({"version": "2.0", "httpWorker": handler}), "use customHandler"),
        ];
        for (file, expected) in cases {
            let error = read(file).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_negative_function_timeout_has_no_end() {
        let file = json!({"version": "2.0", "functionTimeout": "-1",
            "customHandler": {"description": {"defaultExecutablePath": "handler"}}});
        assert_eq!(read(file).unwrap().function_timeout, None);
    }
}
