//! From an answer to what happens in the world: the caller's response and the queue messages.
//!
//! The traps are all here. Text that happens to be base64 is decoded; text that looks like JSON is parsed and
//! printed again, and an array becomes one message per element; `status` counts only in `$return`; no HTTP output
//! at all means 200 and `{}`.

use super::decode::Answer;
use super::node::Node;
use crate::function_json::{Function, Output, Target};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// .NET's decoder: padding required, stray last bits ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

/// The effects of a successful invocation.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Bound {
    /// `None`: 200 without a body.
    pub(crate) http: Option<HttpReply>,
    /// Queue and text of every message, in order.
    pub(crate) messages: Vec<(String, String)>,
}

/// A response made from an HTTP output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpReply {
    pub(crate) status: i64,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// An output as it reaches its binding.
enum Value {
    Bytes(Vec<u8>),
    Json(Node),
    /// An HTTP output by name: a response object, even where it has no body.
    Response(Node),
}

pub(crate) fn bind(function: &Function, answer: &Answer) -> Result<Bound, String> {
    let mut bound = Bound::default();
    for output in &function.outputs {
        let Some(value) = value_of(function, output, answer)? else { continue };
        match &output.target {
            Target::Http => bound.http = Some(reply(value)?),
            Target::Queue(queue) => {
                let texts = messages(value)?;
                bound.messages.extend(texts.into_iter().map(|text| (queue.clone(), text)));
            }
        }
    }
    Ok(bound)
}

/// Without a `$return` binding, the properties of an object in `ReturnValue` are outputs by name, as they are.
fn value_of(function: &Function, output: &Output, answer: &Answer) -> Result<Option<Value>, String> {
    if output.name == "$return" {
        return Ok(answer.return_value.as_ref().map(|value| decoded(output, value)));
    }
    let has_return = function.outputs.iter().any(|output| output.name == "$return");
    let returned =
        answer.return_value.as_ref().filter(|_| !has_return).and_then(|value| value.get(&output.name));
    if let Some(value) = returned {
        return Ok(Some(value).filter(|value| !value.is_null()).cloned().map(Value::Json));
    }
    let Some(outputs) = &answer.outputs else { return Ok(None) };
    match (&output.target, outputs.get(&output.name)) {
        (Target::Http, None) => Ok(Some(Value::Response(Node::Object(Vec::new())))),
        (Target::Http, Some(value)) => response_object(value).map(Value::Response).map(Some),
        (Target::Queue(_), value) => {
            Ok(value.filter(|value| !value.is_null()).map(|value| decoded(output, value)))
        }
    }
}

/// Text is first tried as base64, unless the binding says that it is binary anyway.
fn decoded(output: &Output, value: &Node) -> Value {
    let Node::Text(text) = value else { return Value::Json(value.clone()) };
    let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    match BASE64.decode(packed) {
        Ok(bytes) if !output.binary => Value::Bytes(bytes),
        _ => Value::Json(value.clone()),
    }
}

/// The four known keys of an HTTP output, their values checked as the host's deserialiser does.
fn response_object(value: &Node) -> Result<Node, String> {
    const WRONG: &str =
        "Failed while trying to Deserialize to httpOutputBindingResponse. Output is not in expected format";
    let parsed = match value {
        Node::Text(text) => Node::parse(text).map_err(|_| WRONG)?,
        other => other.clone(),
    };
    let Node::Object(_) = &parsed else { return Err(WRONG.into()) };
    let field = |name| parsed.get_ignoring_case(name).cloned().unwrap_or(Node::Null);
    let (status, headers) = (field("statusCode"), field("headers"));
    let right = !matches!(status, Node::Array(_) | Node::Object(_))
        && matches!(headers, Node::Null | Node::Object(_));
    // `status` is deserialised too, but `statusCode`, even as null, stands before it.
    right
        .then(|| {
            Node::Object(vec![
                ("statusCode".into(), status),
                ("headers".into(), headers),
                ("body".into(), field("body")),
            ])
        })
        .ok_or_else(|| WRONG.into())
}

fn reply(value: Value) -> Result<HttpReply, String> {
    match value {
        Value::Bytes(body) => Ok(HttpReply { status: 200, headers: Vec::new(), content_type: None, body }),
        Value::Response(node) if node.fields().is_empty() => Ok(text_reply("{}".into())),
        Value::Response(node) => sniffed(&node, Node::to_dotnet),
        Value::Json(Node::Text(text)) => match Node::parse(&text) {
            Ok(node) => sniffed(&node, expando_text),
            Err(_) => Ok(text_reply(text)),
        },
        Value::Json(node) => sniffed(&node, expando_text),
    }
}

/// An object with a `body` is a response; anything else is a body.
fn sniffed(node: &Node, body_text: impl Fn(&Node) -> String) -> Result<HttpReply, String> {
    let Some(body) = node.get_ignoring_case("body") else { return Ok(text_reply(node.to_dotnet())) };
    let status = node.get_ignoring_case("statusCode").or_else(|| node.get_ignoring_case("status"));
    let mut reply = text_reply(body_text(body));
    reply.status = status.map_or(200, status_code);
    for (name, value) in node.get_ignoring_case("headers").map(Node::fields).unwrap_or_default() {
        if value.is_null() {
            return Err(format!("the value of header '{name}' is null"));
        }
        if name.eq_ignore_ascii_case("content-type") {
            reply.content_type = Some(value.to_dotnet());
        } else if !reply.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            reply.headers.push((name.clone(), value.to_dotnet()));
        }
    }
    Ok(reply)
}

fn text_reply(text: String) -> HttpReply {
    let content_type = Some("text/plain; charset=utf-8".into());
    HttpReply { status: 200, headers: Vec::new(), content_type, body: text.into_bytes() }
}

/// In `$return` the body has gone through an `ExpandoObject`: objects are printed compactly, and a list shows
/// nothing but its type.
fn expando_text(body: &Node) -> String {
    match body {
        Node::Object(_) => body.to_json(false),
        Node::Array(_) => "System.Collections.Generic.List`1[System.Object]".into(),
        scalar => scalar.to_dotnet(),
    }
}

/// A whole number or text that is one; anything else is 200.
fn status_code(node: &Node) -> i64 {
    let number = match node {
        Node::Number(number) => number.as_i64(),
        Node::Text(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.unwrap_or(200)
}

fn messages(value: Value) -> Result<Vec<String>, String> {
    match value {
        Value::Bytes(bytes) => Ok(vec![String::from_utf8_lossy(&bytes).into_owned()]),
        Value::Json(Node::Text(text)) if looks_like_json(&text) => match Node::parse(&text)? {
            Node::Array(items) => Ok(items.iter().map(Node::to_dotnet).collect()),
            node => Ok(vec![node.to_dotnet()]),
        },
        Value::Json(Node::Array(items)) => Ok(items.iter().map(Node::to_dotnet).collect()),
        Value::Json(node) | Value::Response(node) => Ok(vec![node.to_dotnet()]),
    }
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

#[cfg(test)]
mod tests {
    use super::super::decode::{Reading, read};
    use super::*;
    use crate::host_json::HostJson;
    use crate::settings::Settings;
    use http::{HeaderMap, StatusCode};
    use serde_json::{Value as Json, json};
    use std::path::Path;

    fn function(outputs: &Json) -> Function {
        let file = json!({"version": "2.0", "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle"},
            "customHandler": {"description": {"defaultExecutablePath": "handler"}}});
        let host = HostJson::read(Path::new("/app"), file, &Settings::of(&[])).unwrap();
        let mut bindings = vec![json!({"type": "httpTrigger", "name": "req"})];
        bindings.extend(outputs.as_array().unwrap().iter().cloned());
        Function::parse("hello", json!({"bindings": bindings}), &host, &Settings::of(&[])).unwrap()
    }

    fn bound(outputs: &Json, answer: &Json) -> Result<Bound, String> {
        let headers =
            HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/json".parse().unwrap())]);
        let Reading::Done(answer) = read(StatusCode::OK, &headers, answer.to_string().as_bytes()) else {
            panic!("not read: {answer}");
        };
        bind(&function(outputs), &answer)
    }

    fn http_reply(res: Json) -> Result<(i64, String), String> {
        let outputs = json!([{"type": "http", "direction": "out", "name": "res"}]);
        let reply = bound(&outputs, &json!({"Outputs": {"res": res}}))?.http.unwrap();
        Ok((reply.status, String::from_utf8(reply.body).unwrap()))
    }

    fn queued(value: Json) -> Result<Vec<String>, String> {
        let outputs = json!([{"type": "queue", "direction": "out", "name": "next", "queueName": "jobs"}]);
        let bound = bound(&outputs, &json!({"Outputs": {"next": value}}))?;
        Ok(bound
            .messages
            .into_iter()
            .map(|(queue, text)| if queue == "jobs" { text } else { queue })
            .collect())
    }

    #[test]
    fn an_http_output_by_name_follows_status_code_and_body() {
        let cases = [
            (json!({"statusCode": 202, "body": "x"}), 202, "x"),
            (json!({"statusCode": "404", "body": "x"}), 404, "x"),
            (json!({"StatusCode": 201, "BODY": "x"}), 201, "x"),
            (json!({"status": 404, "body": "x"}), 200, "x"),
            (json!({"statusCode": "soon"}), 200, ""),
            (json!({"statusCode": 200.5, "body": true}), 200, "True"),
            (json!({"body": {"a": [1]}}), 200, "{\n  \"a\": [\n    1\n  ]\n}"),
            (json!({"body": "test"}), 200, "test"),
            (json!({"body": "{\"a\":1}"}), 200, "{\"a\":1}"),
            (json!("{\"statusCode\":418}"), 418, ""),
        ];
        for (res, status, body) in cases {
            assert_eq!(http_reply(res.clone()), Ok((status, body.into())), "{res}");
        }
    }

    #[test]
    fn an_http_output_that_is_no_response_object_fails_the_invocation() {
        for res in [
            json!("text"),
            json!(5),
            json!(null),
            json!([1]),
            json!({"headers": "x"}),
            json!({"statusCode": {}}),
        ] {
            let error = http_reply(res.clone()).unwrap_err();
            assert!(
                error.starts_with("Failed while trying to Deserialize to httpOutputBindingResponse"),
                "{res}"
            );
        }
        let error = http_reply(json!({"headers": {"X-None": null}})).unwrap_err();
        assert_eq!(error, "the value of header 'X-None' is null");
    }

    #[test]
    fn headers_are_text_and_the_content_type_is_plain_unless_said() {
        let outputs = json!([{"type": "http", "direction": "out", "name": "res"}]);
        let headers = json!({"Content-Type": "application/json", "Retry-After": 10, "retry-after": 20});
        let reply =
            bound(&outputs, &json!({"Outputs": {"res": {"headers": headers}}})).unwrap().http.unwrap();
        assert_eq!(reply.content_type.as_deref(), Some("application/json"));
        assert_eq!(reply.headers.len(), 1, "a header that is there already is dropped");
        let plain = bound(&outputs, &json!({"Outputs": {"res": {}}})).unwrap().http.unwrap();
        assert_eq!(plain.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    }

    #[test]
    fn a_missing_http_output_is_braces_and_missing_outputs_are_nothing() {
        let outputs = json!([{"type": "http", "direction": "out", "name": "res"}]);
        let braces = bound(&outputs, &json!({"Outputs": {}})).unwrap().http.unwrap();
        assert_eq!((braces.status, braces.body.as_slice()), (200, b"{}".as_slice()));
        assert_eq!(bound(&outputs, &json!({"Logs": []})).unwrap(), Bound::default());
        assert_eq!(
            bound(&outputs, &json!({"Outputs": {"RES": {"body": "x"}}})).unwrap().http.unwrap().body,
            b"{}"
        );
    }

    #[test]
    fn a_return_value_is_a_response_object_a_body_or_base64() {
        let outputs = json!([{"type": "http", "direction": "out", "name": "$return"}]);
        let cases = [
            (json!({"status": 404, "body": "x"}), 404, "x"),
            (json!({"statusCode": 201, "status": 404, "body": {"a": 1}}), 201, "{\"a\":1}"),
            (json!({"body": [1]}), 200, "System.Collections.Generic.List`1[System.Object]"),
            (json!({"a": 1}), 200, "{\n  \"a\": 1\n}"),
            (json!("plain text"), 200, "plain text"),
            (json!("{\"body\":\"x\",\"status\":\"418\"}"), 418, "x"),
            (json!("aGVsbG8="), 200, "hello"),
            (json!(7), 200, "7"),
        ];
        for (value, status, body) in cases {
            let reply = bound(&outputs, &json!({"ReturnValue": value})).unwrap().http.unwrap();
            let found = (reply.status, String::from_utf8(reply.body).unwrap());
            assert_eq!(found, (status, body.into()), "{value}");
        }
    }

    #[test]
    fn a_queue_output_becomes_messages_as_in_the_real_host() {
        let cases = [
            (json!("hello, you"), vec!["hello, you"]),
            (json!("aGVsbG8="), vec!["hello"]),
            (json!("aGVs\nbG8="), vec!["hello"]),
            (json!(""), vec![""]),
            (json!("{\"b\":1,\"a\":2}"), vec!["{\n  \"b\": 1,\n  \"a\": 2\n}"]),
            (json!("[\"one\",{\"two\":2}]"), vec!["one", "{\n  \"two\": 2\n}"]),
            (json!(["{\"a\":1}"]), vec!["{\"a\":1}"]),
            (json!(["aGVsbG8=", true]), vec!["aGVsbG8=", "True"]),
            (json!({"a": 1}), vec!["{\n  \"a\": 1\n}"]),
            (json!(7), vec!["7"]),
            (json!(null), vec![]),
            (json!("2026-01-01T00:00:00Z"), vec!["01/01/2026 00:00:00"]),
        ];
        for (value, expected) in cases {
            assert_eq!(queued(value.clone()).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn four_plain_letters_are_base64_and_come_out_as_bytes() {
        assert_ne!(queued(json!("test")).unwrap(), ["test"]);
        let outputs = json!([{"type": "queue", "direction": "out", "name": "next", "queueName": "jobs", "dataType": "binary"}]);
        let binary = bound(&outputs, &json!({"Outputs": {"next": "test"}})).unwrap();
        assert_eq!(binary.messages, [("jobs".into(), "test".into())]);
    }

    #[test]
    fn text_that_looks_like_json_but_is_not_fails_the_invocation() {
        assert!(queued(json!("{not json}")).is_err());
    }

    #[test]
    fn the_properties_of_a_return_value_are_outputs_by_name() {
        let outputs = json!([
            {"type": "http", "direction": "out", "name": "res"},
            {"type": "queue", "direction": "out", "name": "next", "queueName": "jobs"},
        ]);
        let answer = json!({"ReturnValue": {"res": {"status": 404, "body": "x"}, "next": "test"}});
        let bound = bound(&outputs, &answer).unwrap();
        assert_eq!(bound.http.unwrap().status, 404, "here `status` counts");
        assert_eq!(bound.messages, [("jobs".into(), "test".into())], "and text is not tried as base64");
    }
}
