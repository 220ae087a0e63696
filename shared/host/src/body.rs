//! The body of a call, read strictly: an unknown field, a wrong type or an impossible date is an error that names the field.
//!
//! A byte order mark is the one thing that is let pass (RFC 8259, section 8.1): PowerShell and .NET write it. Everything
//! else is told with a JSON pointer; where serde cannot tell the place (flattened fields), its text names the field. A list
//! of values in the place of an object is refused, though serde would take it: what it means would change with the order in
//! which we write down our fields.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use plan::Flaw;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::problem::Problem;

/// The whole body, if it is no larger than this.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Err(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "broken-body",
            "the body broke off before its end; nothing was changed",
        )),
    }
}

fn too_large(most: usize) -> Problem {
    let title = format!("the body is larger than {} KiB; nothing was changed", most / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title)
}

/// The body as a type of ours.
pub(crate) fn parse<T: DeserializeOwned + Serialize>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    strict(required(headers, body)?).map_err(|flaw| Problem::invalid([flaw]))
}

/// The body of a call that has one.
pub(crate) fn required<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], Problem> {
    // Seen in the field: of a caller who sends in chunks, a forwarding Functions host passes on no body at all.
    const RIGHT: &str = "the body is empty: send a JSON object, with Content-Length (one sent in chunks may be lost on the way)";
    given(headers, body)?.ok_or_else(|| Problem::invalid([Flaw::at("", RIGHT)]))
}

/// The body of a call that need not have one.
pub(crate) fn given<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Option<&'a [u8]>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    check_kind(headers)?;
    Ok(Some(body))
}

/// JSON as a type of ours, read strictly.
///
/// # Errors
/// What is wrong, and where: an unknown field, a wrong type, a value that will not do.
pub fn strict<T: DeserializeOwned + Serialize>(body: &[u8]) -> Result<T, Flaw> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| flaw(pointer(error.path()), &what(error.inner())))?;
    json.end().map_err(|error| Flaw::at("", error.to_string()))?;
    check_shape(&read, body)?;
    Ok(read)
}

/// Where the parser stood does not matter to who is told which field is wrong.
fn what(error: &serde_json::Error) -> String {
    let says = error.to_string();
    match says.rsplit_once(" at line ") {
        Some((says, _)) if error.is_data() => says.to_owned(),
        _ => says,
    }
}

/// What serde says, in words of JSON: of a field that is missing the pointer tells where it belongs.
fn flaw(pointer: String, says: &str) -> Flaw {
    let missing = says.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match (missing, says.split_once("expected struct ")) {
        (Some(field), _) => Flaw::at(format!("{pointer}/{}", escaped(field)), "required"),
        (None, Some((before, _))) => Flaw::at(pointer, format!("{before}expected an object")),
        (None, None) => Flaw::at(pointer, says),
    }
}

/// Whether every object of ours was an object in the body.
fn check_shape(read: &impl Serialize, body: &[u8]) -> Result<(), Flaw> {
    let read = serde_json::to_value(read).unwrap_or_default();
    let told = serde_json::from_slice(body).unwrap_or_default();
    match list_for_object(&read, &told, String::new()) {
        Some(pointer) => Err(Flaw::at(pointer, "a list of values, expected an object")),
        None => Ok(()),
    }
}

/// Where the body has a list in the place of an object of ours.
fn list_for_object(read: &Value, told: &Value, pointer: String) -> Option<String> {
    match (read, told) {
        (Value::Object(_), Value::Array(_)) => Some(pointer),
        (Value::Object(read), Value::Object(told)) => read.iter().find_map(|(name, read)| {
            list_for_object(read, told.get(name)?, format!("{pointer}/{}", escaped(name)))
        }),
        (Value::Array(read), Value::Array(told)) => read
            .iter()
            .zip(told)
            .enumerate()
            .find_map(|(at, (read, told))| list_for_object(read, told, format!("{pointer}/{at}"))),
        _ => None,
    }
}

/// JSON by its type, and not compressed. Who names no type means JSON.
fn check_kind(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_ascii_lowercase());
    let is_json = text(header::CONTENT_TYPE).is_none_or(|kind| is_json(&kind));
    let is_plain = text(header::CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    if is_json && is_plain {
        return Ok(());
    }
    let title = "the body must be JSON (Content-Type: application/json), not compressed; nothing was changed";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", title))
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(kind, "application/json" | "text/json") || kind.ends_with("+json")
}

/// A path of serde as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.map(|segment| format!("/{segment}")).collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Thing {
        name: String,
        #[serde(default)]
        parts: Vec<Part>,
        #[serde(default)]
        rest: serde_json::Value,
    }

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Part {
        on: jiff::civil::Date,
    }

    #[derive(Debug, Deserialize, Serialize)]
    struct Flat {
        #[serde(flatten)]
        part: Part,
    }

    fn refused<T: DeserializeOwned + Serialize>(body: &[u8]) -> (u16, String, String) {
        let problem = parse::<T>(&HeaderMap::new(), body).err().unwrap();
        let json = serde_json::to_value(&problem).unwrap();
        let (error, status) = (&json["errors"][0], json["status"].as_u64().unwrap());
        let text = |name: &str| error[name].as_str().unwrap().to_owned();
        (status.try_into().unwrap(), text("pointer"), text("detail"))
    }

    #[test]
    fn nonsense_is_told_with_the_field_and_what_would_be_right() {
        let deep = format!(r#"{{"name": "x", "rest": {}}}"#, "[".repeat(200));
        let table: [(&[u8], &str, &str); 20] = [
            (b"", "", "the body is empty: send a JSON object, with Content-Length"),
            (b" \r\n\t", "", "the body is empty"),
            (b"{", "", "EOF while parsing"),
            (b"[]", "", "expected an object"),
            (b"null", "", "invalid type: null, expected an object"),
            (b"{}", "/name", "required"),
            (br#"{"name": 7}"#, "/name", "expected a string"),
            (
                br#"{"name": "x", "nmae": "y"}"#,
                "/nmae",
                "unknown field `nmae`, expected one of `name`, `parts`",
            ),
            (br#"{"name": "x", "a/b~c": 1}"#, "/a~1b~0c", "unknown field"),
            (br#"{"name": "x", "parts": [{"on": "2026-02-30"}]}"#, "/parts/0/on", "parsed date is not valid"),
            (
                br#"{"name": "x", "parts": [{"on": "2026-02-01", "off": 1}]}"#,
                "/parts/0/off",
                "unknown field `off`",
            ),
            (br#"{"name": "x", "parts": [{}]}"#, "/parts/0/on", "required"),
            (br#"{"name": "x", "parts": [7]}"#, "/parts/0", "expected an object"),
            (br#"{"name": "x", "parts": [["2026-02-01"]]}"#, "/parts/0", "expected an object"),
            (br#"["x", [], null]"#, "", "expected an object"),
            (br#"{"name": "x", "parts": {}}"#, "/parts", "expected a sequence"),
            (br#"{"name": "x"} {"#, "", "trailing characters"),
            (br#"{"name": "x", "name": "y"}"#, "", "duplicate field `name`"),
            (b"{\"name\": \"\xff\"}", "/name", "invalid unicode code point"),
            (b"{\"name\": \"x\"}\0", "", "trailing characters"),
        ];
        for (body, field, says) in table {
            let (status, pointer, detail) = refused::<Thing>(body);
            let told = String::from_utf8_lossy(body);
            assert_eq!((status, pointer.as_str()), (400, field), "{told}: {detail}");
            assert!(detail.contains(says), "{told}: {detail}");
        }
        assert!(refused::<Thing>(deep.as_bytes()).2.contains("recursion limit"));
    }

    #[test]
    fn a_flattened_field_is_named_where_it_belongs() {
        let (_, pointer, detail) = refused::<Flat>(b"{}");
        assert_eq!((pointer.as_str(), detail.as_str()), ("/on", "required"));
    }

    #[test]
    fn a_byte_order_mark_is_let_pass() {
        assert!(parse::<Thing>(&HeaderMap::new(), b"\xef\xbb\xbf{\"name\": \"x\"}").is_ok());
        assert!(parse::<Thing>(&HeaderMap::new(), b"\xff\xfe{\0}\0").is_err());
    }

    #[test]
    fn a_body_is_json_by_its_type_and_not_compressed() {
        let kind = |name: header::HeaderName, value: &str| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            parse::<Thing>(&HeaderMap::from_iter([(name, value)]), br#"{"name": "x"}"#).is_ok()
        };
        let table = [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/json", true),
            ("application/problem+json", true),
            ("text/plain", false),
            ("application/octet-stream", false),
            ("application/x-www-form-urlencoded", false),
            ("application/x-notjson", false),
            ("multipart/form-data; boundary=json", false),
            ("\u{e9}", false),
        ];
        for (value, is_json) in table {
            assert_eq!(kind(header::CONTENT_TYPE, value), is_json, "{value}");
        }
        assert!(!kind(header::CONTENT_ENCODING, "gzip"));
        assert!(kind(header::CONTENT_ENCODING, "identity"));
    }
}
