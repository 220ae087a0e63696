//! function.json: what triggers a function and where its outputs go.
//!
//! A function that cannot be read is *in error*: it is logged and left out, and the others are served, as by the
//! real host. Only the bindings of this collection are known: `httpTrigger`, `timerTrigger`, `queueTrigger`,
//! `http`, `queue`.

use crate::config::Config;
use crate::cron::Cron;
use crate::host_json::HostJson;
use crate::key::AuthLevel;
use crate::retry::Retry;
use crate::routes::Template;
use crate::settings::Settings;
use http::Method;
use serde_json::{Value, json};

/// A function that can be served.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// The name of the trigger binding: the key in `Data`.
    pub(crate) input: String,
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<Output>,
    pub(crate) retry: Option<Retry>,
    pub(crate) disabled: bool,
    /// The file as it stands, for `GET /admin/functions`.
    pub(crate) config: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Trigger {
    Http { methods: Option<Vec<Method>>, route: Template, level: AuthLevel },
    Timer { expression: String, schedule: Cron, run_on_startup: bool, use_monitor: bool },
    Queue { queue: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// `dataType` is `binary`: text is not tried as base64.
    pub(crate) binary: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Http,
    Queue(String),
}

impl Function {
    pub(crate) fn parse(
        name: &str,
        file: Value,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<Self, String> {
        check_function_name(name)?;
        let config = Config::new(file.clone());
        let bindings = config.section("bindings");
        let bindings = bindings.value().as_array().filter(|bindings| !bindings.is_empty());
        let bindings = bindings.ok_or("At least one binding must be declared.")?;
        let bindings =
            bindings.iter().map(|raw| Binding::read(raw, settings)).collect::<Result<Vec<_>, _>>()?;
        check_names(&bindings)?;
        let (triggers, others): (Vec<_>, Vec<_>) = bindings.iter().partition(|binding| binding.is_trigger());
        let [trigger] = triggers.as_slice() else {
            return Err(format!("exactly one trigger binding is needed, found {}", triggers.len()));
        };
        Ok(Self {
            name: name.into(),
            input: trigger.name.clone(),
            trigger: trigger.trigger(name, host, settings)?,
            outputs: others.iter().map(|binding| binding.output(host, settings)).collect::<Result<_, _>>()?,
            retry: Retry::read(&config.section("retry"))?,
            disabled: disabled(name, &config, settings)?,
            config: file,
        })
    }

    /// A function that host.json declares under `customHandler.http.routes`.
    pub(crate) fn declared(
        name: &str,
        route: &str,
        level: AuthLevel,
        host: &HostJson,
    ) -> Result<Self, String> {
        const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "head", "options"];
        let methods = METHODS.iter().filter_map(|method| method.to_uppercase().parse().ok()).collect();
        Ok(Self {
            name: name.into(),
            input: "req".into(),
            trigger: Trigger::Http {
                methods: Some(methods),
                route: Template::parse(&host.route_prefix, route)?,
                level,
            },
            outputs: vec![Output { name: "res".into(), target: Target::Http, binary: false }],
            retry: None,
            disabled: false,
            config: json!({"bindings": [
                {"type": "httpTrigger", "direction": "in", "name": "req", "methods": METHODS, "route": route},
                {"type": "http", "direction": "out", "name": "res"},
            ]}),
        })
    }

    /// Exactly one input, the HTTP trigger, and exactly one output, the HTTP response: only then do forwarding and
    /// proxying apply.
    pub(crate) fn is_http_in_and_out(&self) -> bool {
        let http_out = matches!(self.outputs.as_slice(), [Output { target: Target::Http, .. }]);
        http_out && matches!(self.trigger, Trigger::Http { .. })
    }
}

struct Binding {
    name: String,
    kind: String,
    direction: String,
    config: Config,
}

impl Binding {
    fn read(raw: &Value, settings: &Settings) -> Result<Self, String> {
        let config = Config::new(resolved(raw, settings)?);
        let required = |field| config.text(field)?.ok_or_else(|| format!("a binding lacks '{field}'"));
        let kind = required("type")?;
        let default = if kind.to_ascii_lowercase().ends_with("trigger") { "in" } else { "" };
        let direction = config.text("direction")?.unwrap_or_else(|| default.into()).to_ascii_lowercase();
        Ok(Self { name: required("name")?, kind, direction, config })
    }

    fn is_trigger(&self) -> bool {
        self.kind.to_ascii_lowercase().ends_with("trigger")
    }

    fn trigger(&self, function: &str, host: &HostJson, settings: &Settings) -> Result<Trigger, String> {
        self.must_be_direction("in")?;
        match self.kind.to_ascii_lowercase().as_str() {
            "httptrigger" => self.http_trigger(function, host),
            "timertrigger" => self.timer_trigger(),
            "queuetrigger" => Ok(Trigger::Queue { queue: self.queue(host, settings)? }),
            _ => Err(self.not_registered()),
        }
    }

    fn http_trigger(&self, function: &str, host: &HostJson) -> Result<Trigger, String> {
        let route = self.config.text("route")?.filter(|route| !route.is_empty());
        let route = route.unwrap_or_else(|| function.into());
        let first = [host.route_prefix.as_str(), &route].into_iter().find(|part| !part.is_empty());
        let first = first.and_then(|text| text.split('/').next()).unwrap_or_default().to_ascii_lowercase();
        if first == "admin" || first == "runtime" {
            return Err("The specified route conflicts with one or more built in routes.".into());
        }
        Ok(Trigger::Http {
            methods: self.methods()?,
            route: Template::parse(&host.route_prefix, &route)?,
            level: self.config.text("authLevel")?.map_or(Ok(AuthLevel::Function), |level| level.parse())?,
        })
    }

    fn methods(&self) -> Result<Option<Vec<Method>>, String> {
        let methods = self.config.texts("methods")?;
        let parsed = methods.iter().map(|method| {
            method.to_uppercase().parse().map_err(|_| format!("'{method}' is not an HTTP method"))
        });
        Ok(Some(parsed.collect::<Result<Vec<_>, _>>()?).filter(|methods| !methods.is_empty()))
    }

    fn timer_trigger(&self) -> Result<Trigger, String> {
        let expression = self.config.text("schedule")?.ok_or("a timerTrigger needs a schedule")?;
        let schedule = Cron::parse(&expression)?;
        Ok(Trigger::Timer {
            schedule,
            run_on_startup: self.config.flag("runOnStartup", false)?,
            use_monitor: self.config.flag("useMonitor", true)? && !schedule.is_finer_than_a_minute(),
            expression,
        })
    }

    fn output(&self, host: &HostJson, settings: &Settings) -> Result<Output, String> {
        let target = match self.kind.to_ascii_lowercase().as_str() {
            "http" => Target::Http,
            "queue" => Target::Queue(self.queue(host, settings)?),
            _ => return Err(self.not_registered()),
        };
        self.must_be_direction("out")?;
        let binary = self.config.text("dataType")?.is_some_and(|kind| kind.eq_ignore_ascii_case("binary"));
        Ok(Output { name: self.name.clone(), target, binary })
    }

    fn queue(&self, host: &HostJson, settings: &Settings) -> Result<String, String> {
        if !host.has_bundle {
            return Err(format!("{} Declare extensionBundle in host.json.", self.not_registered()));
        }
        check_connection(self.config.text("connection")?, settings)?;
        let queue =
            self.config.text("queueName")?.ok_or_else(|| format!("a {} needs a queueName", self.kind))?;
        check_queue_name(&queue).map(|()| queue)
    }

    fn must_be_direction(&self, direction: &str) -> Result<(), String> {
        if self.direction == direction {
            return Ok(());
        }
        Err(format!("binding '{}' of type {} must have direction '{direction}'", self.name, self.kind))
    }

    fn not_registered(&self) -> String {
        format!(
            "The binding type(s) '{}' are not registered. Please ensure the type is correct and the binding extension \
             is installed.",
            self.kind
        )
    }
}

/// Every text of a binding may name settings between percent signs.
fn resolved(raw: &Value, settings: &Settings) -> Result<Value, String> {
    let fields = raw.as_object().ok_or("each binding must be an object")?;
    let resolved = fields.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => Value::String(
                settings.resolve(text).map_err(|why| format!("binding property {name}: {why}"))?,
            ),
            other => other.clone(),
        };
        Ok::<_, String>((name.clone(), value))
    });
    Ok(Value::Object(resolved.collect::<Result<_, _>>()?))
}

/// `^[a-z][a-z0-9_\-]{0,127}$` in any case, and not `host`.
fn check_function_name(name: &str) -> Result<(), String> {
    let fine = has_shape(name, |c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let fine = fine && !name.eq_ignore_ascii_case("host");
    fine.then_some(()).ok_or_else(|| format!("'{name}' is not a valid function name."))
}

/// `^[a-zA-Z][a-zA-Z0-9]{0,127}$` or `$return`, and each only once.
fn check_names(bindings: &[Binding]) -> Result<(), String> {
    for (index, Binding { name, .. }) in bindings.iter().enumerate() {
        if name != "$return" && !has_shape(name, |c| c.is_ascii_alphanumeric()) {
            return Err(format!(
                "The binding name {name} is invalid. Please assign a valid name to the binding."
            ));
        }
        if bindings[..index].iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(format!(
                "Multiple bindings with name '{name}' discovered. Binding names must be unique."
            ));
        }
    }
    Ok(())
}

fn has_shape(name: &str, allowed: impl Fn(char) -> bool) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    starts && name.len() <= 128 && name.chars().all(allowed)
}

/// The default connection may be absent here, for the queues of this host need none; a named one must exist, as
/// text or in its identity form (`NAME__…`).
fn check_connection(connection: Option<String>, settings: &Settings) -> Result<(), String> {
    let Some(name) = connection.filter(|name| !name.is_empty() && name != "AzureWebJobsStorage") else {
        return Ok(());
    };
    let prefix = format!("{name}__");
    let known = settings.get(&name).is_some() || settings.iter().any(|(key, _)| key.starts_with(&prefix));
    known.then_some(()).ok_or_else(|| {
        format!("Storage account connection string '{name}' does not exist. Make sure that it is a defined App Setting.")
    })
}

/// The naming rules of Azure queues.
pub(crate) fn check_queue_name(name: &str) -> Result<(), String> {
    let fine = (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--");
    fine.then_some(()).ok_or_else(|| {
        format!(
            "'{name}' is not a queue name: 3 to 63 lower-case letters, digits and single dashes between them"
        )
    })
}

/// `AzureWebJobs.<name>.Disabled` as an app setting, or `disabled` in the file: a flag or the name of a setting.
fn disabled(name: &str, config: &Config, settings: &Settings) -> Result<bool, String> {
    let on = |text: &str| text.eq_ignore_ascii_case("true") || text == "1";
    if let Some(setting) = settings.get(&format!("AzureWebJobs.{name}.Disabled")) {
        return Ok(on(setting));
    }
    let Some(text) = config.text("disabled")? else { return Ok(false) };
    Ok(on(settings.get(&text).unwrap_or(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn host() -> HostJson {
        let file = json!({"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"},
            "customHandler": {"description": {"defaultExecutablePath": "handler"}}});
        HostJson::read(Path::new("/app"), file, &Settings::of(&[])).unwrap()
    }

    fn parse(name: &str, bindings: Value) -> Result<Function, String> {
        let settings = Settings::of(&[("NIGHTLY", "0 0 2 * * *"), ("JOBS", "jobs")]);
        Function::parse(name, json!({"bindings": bindings}), &host(), &settings)
    }

    fn http(name: &str) -> Value {
        json!({"type": "httpTrigger", "direction": "in", "name": name})
    }

    #[test]
    fn an_http_function_has_the_hosts_defaults() {
        let function =
            parse("hello", json!([http("req"), {"type": "http", "direction": "out", "name": "res"}]))
                .unwrap();
        let Trigger::Http { methods: None, route, level: AuthLevel::Function } = &function.trigger else {
            panic!("{function:?}");
        };
        assert_eq!(route.as_str(), "api/hello");
        assert!(function.is_http_in_and_out());
    }

    #[test]
    fn a_queue_output_rules_out_forwarding_and_proxying() {
        let http_out = json!({"type": "http", "direction": "out", "name": "res"});
        let queue = json!({"type": "queue", "direction": "out", "name": "next", "queueName": "%JOBS%"});
        let both = parse("hello", json!([http("req"), http_out, queue])).unwrap();
        let none = parse("hello", json!([http("req")])).unwrap();
        assert!(!both.is_http_in_and_out() && !none.is_http_in_and_out());
        assert_eq!(both.outputs[1].target, Target::Queue("jobs".into()));
    }

    #[test]
    fn a_schedule_comes_from_a_setting() {
        let timer =
            json!([{"type": "timerTrigger", "direction": "in", "name": "t", "schedule": "%NIGHTLY%"}]);
        let Trigger::Timer { expression, use_monitor: true, .. } = parse("nightly", timer).unwrap().trigger
        else {
            panic!("no monitored timer");
        };
        assert_eq!(expression, "0 0 2 * * *");
    }

    #[test]
    fn what_the_host_puts_in_error_is_in_error_here() {
        let timer = |schedule| json!([{"type": "timerTrigger", "direction": "in", "name": "t", "schedule": schedule}]);
        let queue =
            |name| json!([{"type": "queueTrigger", "direction": "in", "name": "job", "queueName": name}]);
        let elsewhere = json!([{"type": "queueTrigger", "direction": "in", "name": "job", "queueName": "jobs", "connection": "X"}]);
        let cases = [
            ("9lives", json!([http("req")]), "'9lives' is not a valid function name."),
            ("host", json!([http("req")]), "'host' is not a valid function name."),
            ("hello", json!([]), "At least one binding must be declared."),
            ("hello", json!([http("my_req")]), "The binding name my_req is invalid."),
            ("hello", json!([http("req"), http("REQ")]), "Multiple bindings with name 'REQ' discovered."),
            ("hello", json!([http("a"), http("b")]), "exactly one trigger binding is needed, found 2"),
            ("hello", json!([{"type": "blobTrigger", "name": "b"}]), "'blobTrigger' are not registered"),
            (
                "hello",
                json!([http("req"), {"type": "http", "direction": "in", "name": "res"}]),
                "binding 'res' of type http must have direction 'out'",
            ),
            ("nightly", timer("%GONE%"), "binding property schedule: '%GONE%' does not resolve to a value"),
            ("nightly", timer("00:05:00"), "is not a schedule"),
            ("work", queue("Jobs_1"), "'Jobs_1' is not a queue name"),
            ("work", elsewhere, "connection string 'X' does not exist"),
            (
                "hello",
                json!([{"type": "httpTrigger", "direction": "in", "name": "r", "authLevel": "user"}]),
                "authLevel must be anonymous, function or admin",
            ),
        ];
        for (name, bindings, expected) in cases {
            let error = parse(name, bindings).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_function_is_disabled_by_a_setting_or_by_its_file() {
        let file = json!({"bindings": [http("req")], "disabled": "OFF"});
        let cases: [(&[(&str, &str)], bool); 4] = [
            (&[], false),
            (&[("OFF", "true")], true),
            (&[("OFF", "true"), ("AzureWebJobs.hello.Disabled", "false")], false),
            (&[("AzureWebJobs.hello.Disabled", "1")], true),
        ];
        for (settings, expected) in cases {
            let function = Function::parse("hello", file.clone(), &host(), &Settings::of(settings)).unwrap();
            assert_eq!(function.disabled, expected, "{settings:?}");
        }
    }
}
