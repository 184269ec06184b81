//! An event as a line of JSON: `timestamp`, `level`, `fields`, `target`, written straight into the line.

use std::fmt::{self, Write};

use royaume_server::{Clock as _, SystemClock};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The format.
pub(crate) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (now, metadata) = (SystemClock.now(), event.metadata());
        write!(line, r#"{{"timestamp":"{now:.6}","level":"{}","fields":{{"#, metadata.level())?;
        let mut fields = Fields { line: &mut line, first: true, written: Ok(()) };
        event.record(&mut fields);
        fields.written?;
        line.write_str(r#"},"target":""#)?;
        Escaped(&mut line).write_str(metadata.target())?;
        line.write_str("\"}\n")
    }
}

/// The members of `fields`.
struct Fields<'a, 'w> {
    line: &'a mut Writer<'w>,
    first: bool,
    written: fmt::Result,
}

impl Fields<'_, '_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        self.written = self
            .written
            .and_then(|()| write!(self.line, "{comma}\"{}\":", field.name()))
            .and_then(|()| value(self.line));
    }

    fn text(&mut self, field: &Field, text: impl FnOnce(&mut Escaped<'_, '_>) -> fmt::Result) {
        self.member(field, |line| {
            line.write_char('"')?;
            text(&mut Escaped(line))?;
            line.write_char('"')
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, |escaped| escaped.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, |escaped| write!(escaped, "{value:?}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |line| write!(line, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |line| write!(line, "{value}"));
    }
}

/// The inside of a JSON string (RFC 8259 §7).
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
            self.0.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                control => write!(self.0, "\\u{control:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_json_whatever_the_fields_hold() {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).event_format(JsonLine).finish();
        tracing::subscriber::with_default(subscriber, || {
            let nobody: Option<&str> = None;
            tracing::warn!(
                target: "royaume::audit",
                text = "a\"b\\c\n\u{1}é",
                shown = %"x\ty",
                number = -3,
                large = u64::MAX,
                yes = true,
                nobody,
                "said so"
            );
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.ends_with("}\n") && text.matches('\n').count() == 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        let fields = json!({
            "message": "said so", "text": "a\"b\\c\n\u{1}é", "shown": "x\ty", "number": -3, "large": u64::MAX, "yes": true,
        });
        assert_eq!((&line["fields"], &line["level"]), (&fields, &json!("WARN")));
        assert_eq!(line["target"], "royaume::audit");
        assert!(line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }
}
