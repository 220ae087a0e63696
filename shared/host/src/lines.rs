//! Events as lines of JSON, flat: what an event says itself, and what the spans around it say.
//!
//! ```text
//! {"elapsed_ms":412,"event":"http.answered","invocation_id":"fa4fcd1a-…","level":"INFO","message":"answered",
//!  "method":"POST","status":200,"target":"host::telemetry","timestamp":"2026-11-21T08:15:00.412345Z"}
//! ```
//!
//! One event is one line, whatever its text holds. `timestamp` (UTC), `level`, `target` and `event` (the event's name, if it
//! has one) cannot be taken by a field; of fields with the same name the innermost wins. The subscriber's own formatter
//! nests the fields of spans, which a query in Log Analytics would have to take apart again.

use std::fmt;
use std::io::Write;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes each event as a line of JSON, in a single write.
#[derive(Clone, Debug)]
pub struct JsonLines<W>(W);

impl<W> JsonLines<W> {
    /// Writes to this.
    pub fn to(writer: W) -> Self {
        Self(writer)
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            line.0
                .extend(span.extensions().get::<Fields>().map(|fields| fields.0.clone()).unwrap_or_default());
        }
        event.record(&mut line);
        let text = format!("{}\n", Value::Object(headed(line.0, event)));
        // There is nowhere to tell that nobody listens.
        let _ = self.0.make_writer_for(event.metadata()).write_all(text.as_bytes());
    }
}

fn headed(mut line: Map<String, Value>, event: &Event<'_>) -> Map<String, Value> {
    let about = event.metadata();
    let mut head = |name: &str, value: String| line.insert(name.to_owned(), value.into());
    head("timestamp", Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
    head("level", about.level().to_string());
    head("target", about.target().to_owned());
    // An event without a name is called after its place in the source.
    if about.name().starts_with("event ") {
        line.remove("event");
    } else {
        head("event", about.name().to_owned());
    }
    line
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::prelude::*;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(work: impl FnOnce()) -> Vec<Map<String, Value>> {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::registry().with(JsonLines::to(move || writer.clone()));
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_is_one_flat_line_with_what_its_spans_say() {
        let lines = logged(|| {
            let outer = tracing::info_span!(
                "outer",
                invocation_id = "i-1",
                run = "none",
                late = tracing::field::Empty
            );
            outer.record("late", 7);
            let _outer = outer.entered();
            let _inner = tracing::info_span!("inner", run = "r-1").entered();
            tracing::info!(name: "it.happened", count = 2, ok = true, share = 0.5, who = %"a\nb", "two\nlines");
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        let expected = [
            ("event", Value::from("it.happened")),
            ("level", "INFO".into()),
            ("target", "host::lines::tests".into()),
            ("message", "two\nlines".into()),
            ("invocation_id", "i-1".into()),
            ("run", "r-1".into()),
            ("late", 7.into()),
            ("count", 2.into()),
            ("ok", true.into()),
            ("share", 0.5.into()),
            ("who", "a\nb".into()),
        ];
        for (name, value) in &expected {
            assert_eq!(&line[*name], value, "{name}");
        }
        let at = line["timestamp"].as_str().unwrap();
        assert!(at.ends_with('Z') && at.len() == 27 && at.parse::<Timestamp>().is_ok(), "{at}");
        assert_eq!(line.len(), expected.len() + 1);
    }

    #[test]
    fn no_field_takes_the_place_of_the_head() {
        let lines = logged(|| tracing::warn!(level = "nice", timestamp = 1, target = 2, event = 3, "hello"));
        let line = &lines[0];
        assert_eq!((&line["level"], &line["target"]), (&"WARN".into(), &"host::lines::tests".into()));
        assert!(line["timestamp"].is_string() && !line.contains_key("event"), "{line:?}");
    }
}
