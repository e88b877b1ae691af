//! Log lines for programs: one JSON object a line, flat. What the request or the worker is stands beside the line's own
//! fields, so that whoever collects them needs one name for one thing (docs/LOGGING.md has the table).

use std::error::Error;
use std::fmt::{self, Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::named_by;

/// The format of lines, and of the fields of spans, which are kept as the members that they will be.
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let metadata = event.metadata();
        writer.write_str("{\"time\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(writer, "\",\"level\":\"{}\",", metadata.level().as_str().to_lowercase())?;
        write!(writer, "\"module\":{},", text(metadata.target()))?;
        let mut members = Members { line: String::new(), result: Ok(()) };
        event.record(&mut members);
        members.result?;
        writer.write_str(&members.line)?;
        for span in named_by(context) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>().filter(|fields| !fields.is_empty()) {
                write!(writer, ",{}", fields.fields)?;
            }
        }
        writer.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for Json {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members { line: String::new(), result: Ok(()) };
        fields.record(&mut members);
        members.result?;
        writer.write_str(&members.line)
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        if !current.fields.is_empty() {
            current.fields.push(',');
        }
        self.format_fields(current.as_writer(), fields)
    }
}

/// Members of an object, with commas between them.
struct Members {
    line: String,
    result: fmt::Result,
}

impl Members {
    fn member(&mut self, field: &Field, value: &str) {
        if self.result.is_ok() {
            let comma = if self.line.is_empty() { "" } else { "," };
            self.result = write!(self.line, "{comma}{}:{value}", text(field.name()));
        }
    }
}

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.member(field, &text(&format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, &text(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, if value { "true" } else { "false" });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, &serde_json::Value::from(value).to_string());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut words = value.to_string();
        let mut cause = value.source();
        while let Some(inner) = cause {
            let inner_words = inner.to_string();
            // Some repeat their cause.
            if !words.ends_with(&inner_words) {
                words.extend([": ", &inner_words]);
            }
            cause = inner.source();
        }
        self.member(field, &text(&words));
    }
}

fn text(words: &str) -> String {
    serde_json::Value::from(words).to_string()
}

#[cfg(test)]
mod tests {
    use std::io::{Error, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::field::Empty;

    use super::Json;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_what_stands_around_it() {
        let paper = Paper::default();
        let pen = paper.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || pen.clone())
            .event_format(Json)
            .fmt_fields(Json)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::error_span!("worker", worker = "follower", node = Empty);
            span.record("node", "n\"1");
            let error = Error::other("outer\nline");
            span.in_scope(|| {
                tracing::error!(error = &error as &dyn std::error::Error, n = 3, ok = true, part = 0.5, "it 失败");
            });
            tracing::info!("alone");
        });
        let written = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [first, second] = lines.as_slice() else { panic!("{written}") };
        assert!(first["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{written}");
        let mut rest = first.clone();
        rest.as_object_mut().unwrap().remove("time");
        assert_eq!(
            rest,
            json!({ "level": "error", "module": module_path!(), "message": "it 失败", "error": "outer\nline", "n": 3,
                "ok": true, "part": 0.5, "worker": "follower", "node": "n\"1" })
        );
        assert_eq!(second["message"], "alone");
        assert_eq!(second["worker"], Value::Null);
    }
}
