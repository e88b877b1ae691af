//! iCalendar (RFC 5545) as text: lines of at most 75 bytes, words escaped, nothing taken from a clock or from chance.
//!
//! Written here because the usual crates bring both with them (identifiers and stamps by themselves); what a calendar of
//! meetings needs of the format is these few rules.

use chrono::DateTime;
use lianxin_domain::clock::Timestamp;

/// Bytes of a line without its end (RFC 5545 §3.1).
const MAX_LINE: usize = 75;

/// A calendar that is being written.
#[derive(Debug, Default)]
pub struct Calendar(String);

impl Calendar {
    /// A property whose value is written as it is: a word of the format, a number, an address.
    pub fn word(&mut self, name: &str, value: &str) -> &mut Self {
        self.line(&format!("{name}:{}", printable(value)))
    }

    /// A property of words for people.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.line(&format!("{name}:{}", escaped(value)))
    }

    /// A moment, in UTC; one beyond the calendar is left out.
    pub fn moment(&mut self, name: &str, at: Timestamp) -> &mut Self {
        match DateTime::from_timestamp_millis(at.millis()) {
            Some(time) => self.line(&format!("{name}:{}", time.format("%Y%m%dT%H%M%SZ"))),
            None => self,
        }
    }

    /// Who invites, by name alone: `ORGANIZER` wants an address, and people here have none.
    pub fn organizer(&mut self, name: &str) -> &mut Self {
        // A quoted parameter cannot hold a quote (RFC 5545 §3.2).
        self.line(&format!("ORGANIZER;CN=\"{}\":invalid:nomail", printable(name).replace('"', "”")))
    }

    /// The text so far.
    pub fn into_text(self) -> String {
        self.0
    }

    /// Folds between characters, as the bytes of one must not be torn apart for readers that unfold late.
    fn line(&mut self, line: &str) -> &mut Self {
        let mut room = MAX_LINE;
        for character in line.chars() {
            if character.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = MAX_LINE - 1;
            }
            room -= character.len_utf8();
            self.0.push(character);
        }
        self.0.push_str("\r\n");
        self
    }
}

/// Without what no line may hold.
fn printable(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// Words as §3.3.11 wants them.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(write: impl FnOnce(&mut Calendar)) -> String {
        let mut calendar = Calendar::default();
        write(&mut calendar);
        calendar.into_text()
    }

    #[test]
    fn words_are_escaped_and_cannot_begin_a_line() {
        let text = "一，二; 三, 四\\五\r\nATTENDEE:x\nEND:VEVENT\r\u{7}😀";
        let written = of(|calendar| {
            calendar.text("SUMMARY", text);
        });
        assert_eq!(written, "SUMMARY:一，二\\; 三\\, 四\\\\五\\nATTENDEE:x\\nEND:VEVENT😀\r\n");
        let organizer = of(|calendar| {
            calendar.organizer("韦\"建国\r\nX:1");
        });
        assert_eq!(organizer, "ORGANIZER;CN=\"韦”建国X:1\":invalid:nomail\r\n");
        assert_eq!(
            of(|calendar| {
                calendar.word("URL", "http://x/\r\nX:1");
            }),
            "URL:http://x/X:1\r\n"
        );
    }

    #[test]
    fn lines_are_folded_between_characters() {
        for text in ["x".repeat(500), "党".repeat(200), "😀a党".repeat(60), "é".repeat(34), String::new()] {
            let written = of(|calendar| {
                calendar.text("SUMMARY", &text);
            });
            for line in written.strip_suffix("\r\n").unwrap().split("\r\n") {
                assert!(line.len() <= MAX_LINE, "{line}");
            }
            assert_eq!(written.replace("\r\n ", ""), format!("SUMMARY:{text}\r\n"));
        }
    }

    #[test]
    fn moments_are_in_utc() -> Result<(), chrono::ParseError> {
        let at = "2026-11-21T06:12:07.999Z".parse()?;
        assert_eq!(
            of(|calendar| {
                calendar.moment("DTSTART", at);
            }),
            "DTSTART:20261121T061207Z\r\n"
        );
        assert_eq!(
            of(|calendar| {
                calendar.moment("DTSTART", Timestamp::from_millis(i64::MAX));
            }),
            ""
        );
        Ok(())
    }
}
