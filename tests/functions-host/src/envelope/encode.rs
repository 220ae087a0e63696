//! The request body: `Data` with the trigger's value, `Metadata` with what is known about it.
//!
//! One rule for nearly every value: what serialises to an object is sent as an object, everything else as a
//! *string that holds JSON* (`hello` becomes `"\"hello\""`, 1 becomes `"1"`). Dates are plain strings without
//! fraction. Keys that end in "trigger" are dropped, and the top-level properties of a JSON message are laid over
//! the metadata, system keys included.

use super::node::Node;
use crate::dice::Dice;
use crate::function_json::Function;
use crate::headers;
use crate::query;
use crate::queue::Message;
use crate::quirks::Payload;
use crate::routes::Params;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What triggered the function.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Http(HttpCall),
    Timer(TimerInfo),
    /// The message and its text, decoded from what lies in the queue.
    Queue(Message, String),
}

/// A caller's request, its body read. The body is `None` where it was empty or came without a length.
#[derive(Debug, Clone)]
pub(crate) struct HttpCall {
    pub(crate) request: Parts,
    pub(crate) body: Option<Bytes>,
    pub(crate) params: Params,
    pub(crate) shows_key: bool,
}

/// What a timer function is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimerInfo {
    /// `None` where the monitor is off.
    pub(crate) status: Option<ScheduleStatus>,
    pub(crate) is_past_due: bool,
}

/// When a timer ran last and when it is due; `None` stands for .NET's year 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScheduleStatus {
    pub(crate) last: Option<Timestamp>,
    pub(crate) next: Timestamp,
    pub(crate) last_updated: Option<Timestamp>,
}

/// `Metadata.RetryContext`, present whenever a retry policy applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RetryContext {
    pub(crate) count: u32,
    pub(crate) max: i64,
    pub(crate) exception: Option<String>,
}

/// The body to be posted.
pub(crate) fn encode(
    function: &Function,
    call: &Call,
    retry: Option<&RetryContext>,
    now: Timestamp,
    payload: Payload,
    dice: &Dice,
) -> String {
    let system = system(function, now);
    let (data, mut metadata) = match call {
        Call::Http(call) => http(call, system, payload),
        Call::Timer(timer) => (timer_data(timer), Map::from_iter([("sys".into(), system)])),
        Call::Queue(message, text) => queue(message, text, system, payload),
    };
    metadata.retain(|name, _| !name.to_ascii_lowercase().ends_with("trigger"));
    if let Some(retry) = retry {
        metadata.insert("RetryContext".into(), retry_context(retry));
    }
    let data = Map::from_iter([(function.input.clone(), data)]);
    shuffled(&json!({"Data": data, "Metadata": metadata}), dice)
}

fn system(function: &Function, now: Timestamp) -> Value {
    let now = now.strftime("%Y-%m-%dT%H:%M:%S").to_string() + &fraction(now) + "Z";
    json!({"MethodName": function.name, "UtcNow": now, "RandGuid": uuid::Uuid::new_v4()})
}

fn retry_context(retry: &RetryContext) -> Value {
    let exception = retry.exception.as_ref().map(|message| json!({"Message": message}));
    json!({"RetryCount": retry.count, "MaxRetryCount": retry.max, "Exception": exception})
}

fn timer_data(timer: &TimerInfo) -> Value {
    let date = |moment: Option<Timestamp>| moment.map_or("0001-01-01T00:00:00+00:00".into(), exact_date);
    let status = timer.status.map(|status| {
        json!({"Last": date(status.last), "Next": date(Some(status.next)), "LastUpdated": date(status.last_updated)})
    });
    json!({"Schedule": {"AdjustForDST": true}, "ScheduleStatus": status, "IsPastDue": timer.is_past_due})
}

fn queue(message: &Message, text: &str, system: Value, payload: Payload) -> (Value, Map<String, Value>) {
    let date = |moment: Timestamp| Value::String(whole_date(moment));
    let (data, count) = match payload {
        Payload::Current => (double(&text.into()), double(&message.dequeue_count.into())),
        Payload::Old => (text.into(), message.dequeue_count.into()),
    };
    let mut metadata = Map::from_iter([
        ("DequeueCount".into(), count),
        ("ExpirationTime".into(), date(message.expires)),
        ("Id".into(), double(&message.id.to_string().into())),
        ("InsertionTime".into(), date(message.inserted)),
        ("NextVisibleTime".into(), date(message.visible)),
        ("PopReceipt".into(), double(&message.pop_receipt.as_str().into())),
        ("sys".into(), system),
    ]);
    lay_over(&mut metadata, text);
    (data, metadata)
}

fn http(call: &HttpCall, system: Value, payload: Payload) -> (Value, Map<String, Value>) {
    let query = query::joined(call.request.uri.query());
    let text = call.body.as_ref().map(|body| String::from_utf8_lossy(body).into_owned());
    let mut metadata = Map::new();
    if let Some(text) = &text {
        lay_over(&mut metadata, text);
    }
    for (name, value) in query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("code")) {
        put(&mut metadata, name, double(&value.as_str().into()));
    }
    for (name, value) in call.params.iter() {
        match value {
            Some(value) => put(&mut metadata, name, double(&value.as_str().into())),
            None => remove(&mut metadata, name),
        }
    }
    let query: Map<_, _> = query.into_iter().map(|(name, value)| (name, value.into())).collect();
    put_if_absent(&mut metadata, "Query", query.clone().into());
    put_if_absent(&mut metadata, "Headers", single_headers(call));
    put(&mut metadata, "sys", system);
    (request(call, query.into(), text, payload), metadata)
}

fn request(call: &HttpCall, query: Value, text: Option<String>, payload: Payload) -> Value {
    let params: Map<_, _> = call.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let identities = identities(call.shows_key);
    let (query, identities) = match payload {
        Payload::Current => (query, identities),
        Payload::Old => (query.to_string().into(), identities.to_string().into()),
    };
    let mut request = json!({
        "Url": url(call),
        "Method": call.request.method.as_str(),
        "Query": query,
        "Headers": header_arrays(call),
        "Params": params,
        "Identities": identities,
    });
    if let (Some(body), Some(text)) = (&call.body, text) {
        request["Body"] = if is_binary(call) { STANDARD.encode(body).into() } else { text.into() };
    }
    request
}

fn url(call: &HttpCall) -> String {
    let host = call
        .request
        .headers
        .get(http::header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    format!("http://{host}{}", call.request.uri)
}

fn is_binary(call: &HttpCall) -> bool {
    let kind =
        call.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    kind.starts_with("application/octet-stream") || kind.contains("multipart/")
}

fn header_arrays(call: &HttpCall) -> Value {
    let headers = &call.request.headers;
    let names = headers.keys().map(|name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        (headers::cased(name), json!(values))
    });
    Value::Object(names.collect())
}

fn single_headers(call: &HttpCall) -> Value {
    let headers = &call.request.headers;
    let names = headers.keys().map(|name| (headers::cased(name), headers::joined(headers, name).into()));
    Value::Object(names.collect())
}

/// With a key the caller has a name: the level and the key's name are claims.
fn identities(shows_key: bool) -> Value {
    const LEVEL: &str = "http://schemas.microsoft.com/2017/07/functions/claims/authlevel";
    const KEY_NAME: &str = "http://schemas.microsoft.com/2017/07/functions/claims/keyid";
    let claim = |kind, value| {
        json!({"Issuer": "LOCAL AUTHORITY", "OriginalIssuer": "LOCAL AUTHORITY", "Properties": {}, "Type": kind,
            "Value": value, "ValueType": "http://www.w3.org/2001/XMLSchema#string"})
    };
    let claims =
        if shows_key { vec![claim(LEVEL, "Function"), claim(KEY_NAME, "default")] } else { Vec::new() };
    let kind = shows_key.then_some("WebJobsAuthLevel");
    json!([{
        "AuthenticationType": kind, "IsAuthenticated": shows_key, "Actor": null, "BootstrapContext": null,
        "Claims": claims, "Label": null, "Name": null,
        "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    }])
}

/// Lays the top-level properties of a JSON object over the metadata: arrays and nulls are skipped, objects stay,
/// the rest becomes text first and then JSON in a string.
fn lay_over(metadata: &mut Map<String, Value>, text: &str) {
    let Ok(Node::Object(fields)) = Node::parse(text) else { return };
    for (name, value) in fields {
        match value {
            Node::Null | Node::Array(_) => {}
            Node::Object(_) => {
                put(metadata, &name, serde_json::from_str(&value.to_json(false)).unwrap_or_default())
            }
            scalar => put(metadata, &name, double(&scalar.to_dotnet().into())),
        }
    }
}

/// Names are compared without case; the first spelling stays.
fn put(metadata: &mut Map<String, Value>, name: &str, value: Value) {
    let known = metadata.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    metadata.insert(known.unwrap_or_else(|| name.into()), value);
}

fn put_if_absent(metadata: &mut Map<String, Value>, name: &str, value: Value) {
    if !metadata.keys().any(|known| known.eq_ignore_ascii_case(name)) {
        metadata.insert(name.into(), value);
    }
}

fn remove(metadata: &mut Map<String, Value>, name: &str) {
    metadata.retain(|known, _| !known.eq_ignore_ascii_case(name));
}

/// JSON in a string.
fn double(value: &Value) -> Value {
    Value::String(value.to_string())
}

fn whole_date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

fn exact_date(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S").to_string() + &fraction(moment) + "+00:00"
}

/// Ticks of 100 ns, without trailing zeros.
fn fraction(moment: Timestamp) -> String {
    match moment.subsec_nanosecond() / 100 {
        0 => String::new(),
        ticks => format!(".{ticks:07}").trim_end_matches('0').into(),
    }
}

/// The value as JSON text, the keys of every object in random order.
fn shuffled(value: &Value, dice: &Dice) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            dice.shuffle(&mut fields);
            let fields = fields
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), shuffled(value, dice)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(|item| shuffled(item, dice)).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_json::HostJson;
    use crate::settings::Settings;
    use http::Request;
    use std::path::Path;

    fn function(name: &str, trigger: Value) -> Function {
        let file = json!({"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"},
            "customHandler": {"description": {"defaultExecutablePath": "handler"}}});
        let host = HostJson::read(Path::new("/app"), file, &Settings::of(&[])).unwrap();
        Function::parse(name, json!({"bindings": [trigger]}), &host, &Settings::of(&[])).unwrap()
    }

    fn sent(function: &Function, call: &Call, payload: Payload) -> Value {
        let now = "2025-02-18T03:06:20.7562691Z".parse().unwrap();
        let text = encode(function, call, None, now, payload, &Dice::new(Some(1)));
        let mut value: Value = serde_json::from_str(&text).unwrap();
        assert!(value["Metadata"]["sys"]["RandGuid"].take().is_string());
        value
    }

    fn queue_call(text: &str) -> Call {
        let message = Message {
            id: "52d53c5f-e212-487e-998b-abbe3b9d51e4".parse().unwrap(),
            text: String::new(),
            dequeue_count: 1,
            inserted: "2025-02-18T03:06:19.5Z".parse().unwrap(),
            expires: "2025-02-25T03:06:19.5Z".parse().unwrap(),
            visible: "2025-02-18T03:16:20Z".parse().unwrap(),
            pop_receipt: "MThG".into(),
        };
        Call::Queue(message, text.into())
    }

    fn jobs() -> Function {
        function("queue", json!({"type": "queueTrigger", "name": "queue", "queueName": "jobs"}))
    }

    #[test]
    fn a_queue_message_looks_like_the_one_captured_from_a_real_host() {
        let sent = sent(&jobs(), &queue_call("hello!!"), Payload::Current);
        assert_eq!(
            sent,
            json!({
                "Data": {"queue": "\"hello!!\""},
                "Metadata": {
                    "DequeueCount": "1",
                    "ExpirationTime": "2025-02-25T03:06:19+00:00",
                    "Id": "\"52d53c5f-e212-487e-998b-abbe3b9d51e4\"",
                    "InsertionTime": "2025-02-18T03:06:19+00:00",
                    "NextVisibleTime": "2025-02-18T03:16:20+00:00",
                    "PopReceipt": "\"MThG\"",
                    "sys": {"MethodName": "queue", "RandGuid": null, "UtcNow": "2025-02-18T03:06:20.7562691Z"},
                },
            })
        );
    }

    #[test]
    fn a_json_message_is_laid_over_the_metadata() {
        let text =
            r#"{"a":1,"tag":"x","yes":true,"o":{"k":2},"l":[1],"n":null,"ID":"mine","myTrigger":"gone"}"#;
        let sent = sent(&jobs(), &queue_call(text), Payload::Current);
        assert_eq!(sent["Data"]["queue"], Value::from(Value::from(text).to_string()));
        let metadata = sent["Metadata"].as_object().unwrap();
        assert_eq!(metadata["a"], "\"1\"");
        assert_eq!(metadata["tag"], "\"x\"");
        assert_eq!(metadata["yes"], "\"True\"");
        assert_eq!(metadata["o"], json!({"k": 2}));
        assert_eq!(metadata["Id"], "\"mine\"");
        for absent in ["l", "n", "ID", "myTrigger"] {
            assert!(!metadata.contains_key(absent), "{absent}");
        }
    }

    #[test]
    fn the_old_shape_encodes_once() {
        let sent = sent(&jobs(), &queue_call("hello"), Payload::Old);
        assert_eq!(sent["Data"]["queue"], "hello");
        assert_eq!(sent["Metadata"]["DequeueCount"], 1);
    }

    #[test]
    fn a_timer_is_an_object_with_dates_of_its_own() {
        let timer =
            function("nightly", json!({"type": "timerTrigger", "name": "timer", "schedule": "0 * * * * *"}));
        let next = "2026-09-24T13:09:00Z".parse().unwrap();
        let updated = Some("2026-09-24T13:08:00.0096035Z".parse().unwrap());
        let status = ScheduleStatus { last: None, next, last_updated: updated };
        let info = TimerInfo { status: Some(status), is_past_due: true };
        assert_eq!(
            sent(&timer, &Call::Timer(info), Payload::Current)["Data"],
            json!({"timer": {"Schedule": {"AdjustForDST": true}, "IsPastDue": true, "ScheduleStatus": {
                "Last": "0001-01-01T00:00:00+00:00", "Next": "2026-09-24T13:09:00+00:00",
                "LastUpdated": "2026-09-24T13:08:00.0096035+00:00"}}})
        );
        let unmonitored = Call::Timer(TimerInfo { status: None, is_past_due: false });
        assert_eq!(
            sent(&timer, &unmonitored, Payload::Current)["Data"]["timer"]["ScheduleStatus"],
            Value::Null
        );
    }

    fn http_call() -> Call {
        let request = Request::post("/api/jobs/7?tag=a&tag=b&code=secret")
            .header("host", "localhost:7071")
            .header("content-type", "application/json")
            .header("x-functions-key", "secret")
            .body(())
            .unwrap();
        Call::Http(HttpCall {
            request: request.into_parts().0,
            body: Some(Bytes::from_static(br#"{"id":1005}"#)),
            params: vec![("id".into(), Some("7".into())), ("rest".into(), None)],
            shows_key: true,
        })
    }

    fn hello() -> Function {
        function("hello", json!({"type": "httpTrigger", "name": "req"}))
    }

    #[test]
    fn an_http_request_is_an_object_and_leaks_the_key_three_times() {
        let sent = sent(&hello(), &http_call(), Payload::Current);
        let request = &sent["Data"]["req"];
        assert_eq!(request["Url"], "http://localhost:7071/api/jobs/7?tag=a&tag=b&code=secret");
        assert_eq!(request["Query"], json!({"tag": "a,b", "code": "secret"}));
        assert_eq!(request["Headers"]["x-functions-key"], json!(["secret"]));
        assert_eq!(request["Headers"]["Content-Type"], json!(["application/json"]));
        assert_eq!(request["Params"], json!({"id": "7", "rest": null}));
        assert_eq!(request["Body"], r#"{"id":1005}"#);
        assert_eq!(request["Identities"][0]["Claims"][1]["Value"], "default");
        let metadata = &sent["Metadata"];
        assert_eq!(metadata["id"], "\"7\"", "the route wins over query and body");
        assert_eq!(metadata["tag"], "\"a,b\"");
        assert_eq!(metadata["code"], Value::Null);
        assert_eq!(metadata["Query"]["code"], "secret");
        assert_eq!(metadata["Headers"]["Host"], "localhost:7071");
    }

    #[test]
    fn an_octet_stream_is_sent_as_base64() {
        let Call::Http(mut call) = http_call() else { unreachable!() };
        call.request.headers.insert(CONTENT_TYPE, "application/octet-stream".parse().unwrap());
        call.body = Some(Bytes::from_static(&[0xff, 0x00]));
        let sent = sent(&hello(), &Call::Http(call), Payload::Current);
        assert_eq!(sent["Data"]["req"]["Body"], "/wA=");
    }

    #[test]
    fn the_old_shape_has_query_and_identities_as_text() {
        let sent = sent(&hello(), &http_call(), Payload::Old);
        assert_eq!(sent["Data"]["req"]["Query"], r#"{"code":"secret","tag":"a,b"}"#);
        assert!(sent["Data"]["req"]["Identities"].is_string());
    }

    #[test]
    fn keys_come_in_random_order() {
        let now = "2025-02-18T03:06:20Z".parse().unwrap();
        let text =
            |seed| encode(&jobs(), &queue_call("x"), None, now, Payload::Current, &Dice::new(Some(seed)));
        let first_keys: std::collections::BTreeSet<_> =
            (0..20).map(|seed| text(seed).chars().take(4).collect::<String>()).collect();
        assert_eq!(first_keys.into_iter().collect::<Vec<_>>(), ["{\"Da", "{\"Me"]);
    }

    #[test]
    fn a_retry_policy_shows_in_the_metadata_as_real_numbers() {
        let retry = RetryContext { count: 1, max: 2, exception: Some("boom".into()) };
        let now = "2025-02-18T03:06:20Z".parse().unwrap();
        let text =
            encode(&jobs(), &queue_call("x"), Some(&retry), now, Payload::Current, &Dice::new(Some(1)));
        let value: Value = serde_json::from_str(&text).unwrap();
        let context = &value["Metadata"]["RetryContext"];
        assert_eq!((&context["RetryCount"], &context["MaxRetryCount"]), (&json!(1), &json!(2)));
        assert_eq!(context["Exception"]["Message"], "boom");
    }
}
