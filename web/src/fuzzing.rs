//! What takes bytes from outside, as functions of bytes: for the fuzzing programs in `fuzz/`, and for the tests below, which
//! do the same for a moment with every run.
//!
//! Each panics when something is wrong: it must neither fail for any bytes, nor take what it would not give.

use std::str::FromStr;

use bytes::Bytes;
use lianxin_actors::hub::{Owner, Topic};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::Period as DutyPeriod;
use lianxin_domain::grid_code::GridCode;
use lianxin_domain::ids::{MeetingId, ScreenId, TicketId};
use lianxin_domain::meeting::SignInCode;
use lianxin_domain::phone::Phone;
use lianxin_domain::screen::ScreenTarget;
use lianxin_domain::vote::Receipt;
use lianxin_storage::files::{Declared, MediaError, MediaKind, PreparedFile, prepare, prepare_portrait};
use lianxin_storage::trace::TraceParent;
use serde::Deserialize;
use serde_json::Value;

use crate::api::attachments::byte_range;
use crate::api::screens::six_digits;
use crate::icalendar::Calendar;
use crate::live::protocol::ClientMessage;
use crate::live::socket::{Heard, Reader};
use crate::page::Page;
use crate::period::Period;
use crate::sheet::{self, Column, choice, column};
use crate::{call, query};

/// Any key will do; nobody can guess a code of this one either.
const KEY: [u8; 32] = *b"the key of the fuzzing, nobody's";
const NOON: Timestamp = Timestamp::from_millis(1_795_233_600_000);
/// Bytes of a line of a calendar (RFC 5545 §3.1).
const CALENDAR_LINE: usize = 75;
static COLUMNS: [Column; 4] = [
    column("name", "姓名", true, "", 10),
    choice(column("sex", "性别", false, "", 10), &["男", "女"]),
    column("joined_on", "入党日期", false, "", 10),
    column("phone", "手机号", false, "", 10),
];

/// The live channel: what a client's connection brings, in pieces whose size the first byte says.
pub fn live_frames(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let mut reader = Reader::new();
    let owner = Owner::Screen(id::<ScreenId>());
    for piece in bytes.chunks(usize::from(*size) + 1) {
        reader.take(piece);
        loop {
            match reader.next() {
                Ok(None) => break,
                Ok(Some(Heard::Message(ClientMessage::Subscribe { topics, .. }))) => {
                    for topic in topics.iter().filter_map(|topic| Topic::parse(topic, owner)) {
                        assert_eq!(Topic::parse(&topic.name(), owner), Some(topic), "a topic has one name");
                    }
                }
                Ok(Some(_)) => {}
                // The connection ends.
                Err(_) => return,
            }
        }
    }
}

/// Codes that people type or scan: of grids, of meetings, of screens, of votes; phone numbers and ids.
pub fn codes(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    if let Ok((serial, generation)) = GridCode::verify(&KEY, text) {
        let again = GridCode::issue(&KEY, serial, generation);
        assert_eq!(GridCode::verify(&KEY, again.as_str()), Ok((serial, generation)));
    }
    if let Ok((serial, _)) = SignInCode::verify(&KEY, text, NOON) {
        let again = SignInCode::at(&KEY, serial, NOON);
        assert_eq!(SignInCode::verify(&KEY, again.as_str(), NOON).map(|(serial, _)| serial), Ok(serial));
    }
    if let Ok(code) = six_digits(text) {
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    }
    read_again::<Receipt>(text);
    read_again::<TicketId>(text);
    read_again::<MeetingId>(text);
    if let Ok(phone) = Phone::parse(text) {
        assert!(Phone::parse(phone.as_str()).is_ok_and(|again| again.as_str() == phone.as_str()));
        assert!(!phone.masked().contains(phone.as_str()), "a masked number is not the number");
    }
    let _ = text.parse::<ScreenTarget>();
}

/// What stands in an address or a header: cursors, periods, moments, ranges, traces.
pub fn queries(bytes: &[u8]) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        cursor: Option<String>,
        limit: Option<u32>,
        from: Option<chrono::NaiveDate>,
        until: Option<chrono::NaiveDate>,
        at: Option<Timestamp>,
        open: Option<bool>,
    }
    let text = &*String::from_utf8_lossy(bytes);
    if let Ok(asked) = query::parse::<Asked>(text) {
        let _ = Page::<TicketId>::of(asked.limit, asked.cursor.as_deref());
        let _ = Period::bounds(asked.from, asked.until);
        if let Ok(period) = Period::of(asked.from, asked.until, crate::period::year_start, NOON) {
            assert!(period.first <= period.last && period.from < period.until);
        }
        let _ = (asked.at, asked.open);
    }
    if let Ok(page) = Page::<TicketId>::of(None, Some(text)) {
        assert!(page.before.is_some());
    }
    read_again::<DutyPeriod>(text);
    let _ = text.parse::<Timestamp>();
    let _ = TraceParent::read(text);
    for size in [0, 1, 1_000, u64::MAX] {
        if let Some(range) = byte_range(text, size) {
            assert!(range.start < range.end && range.end <= size, "{range:?} of {size}");
        }
    }
}

/// Bodies in JSON.
pub fn bodies(bytes: &[u8]) {
    if let Ok(Value::Object(_)) = call::parse::<Value>(bytes) {
        assert!(!bytes.contains(&0), "no text with U+0000 is taken");
    }
    let _ = call::parse::<crate::api::meeting_plans::NewMeetingInput>(bytes);
    let _ = call::parse::<crate::views::rules::CalendarBody>(bytes);
    let _ = call::parse::<crate::views::rules::ServiceLevelsBody>(bytes);
}

/// Words in a calendar that others' programs read: whatever they are, they stay within their property.
pub fn calendars(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let mut calendar = Calendar::default();
    calendar.text("SUMMARY", text).organizer(text).word("UID", text);
    let written = calendar.into_text();
    assert!(written.split("\r\n").all(|line| line.len() <= CALENDAR_LINE), "lines are folded");
    let unfolded = written.replace("\r\n ", "");
    let names: Vec<_> = unfolded.lines().map(|line| line.split([':', ';']).next().unwrap_or_default()).collect();
    assert_eq!(names, ["SUMMARY", "ORGANIZER", "UID"]);
}

/// Files that people send: pictures, recordings, papers.
pub fn media(bytes: &[u8]) {
    let whole = Bytes::copy_from_slice(bytes);
    if let Ok(file) = prepare(whole.clone(), Declared::default()) {
        sound(&file);
        if file.kind == MediaKind::Image {
            // What is kept is a picture itself.
            match prepare(file.bytes, Declared::default()) {
                Ok(again) => sound(&again),
                Err(error) => assert!(matches!(error, MediaError::TooLarge { .. }), "{error:?}"),
            }
        }
    }
    if let Ok(portrait) = prepare_portrait(whole, Declared::default()) {
        sound(&portrait);
    }
}

fn sound(file: &PreparedFile) {
    assert_eq!(usize::try_from(file.size), Ok(file.bytes.len()));
    assert!(file.kind != MediaKind::Image || file.width.zip(file.height).is_some_and(|(w, h)| w > 0 && h > 0));
}

/// Workbooks that people import.
pub fn sheets(bytes: &[u8]) {
    if let Ok(Ok(rows)) = sheet::read(bytes, &COLUMNS) {
        assert!(rows.len() <= sheet::MAX_ROWS);
        for row in &rows {
            let _ = sheet::day(row.text("joined_on"));
            let _ = sheet::words(row.text("name")).count();
        }
    }
}

/// What is read is written as something that reads the same.
fn read_again<T: FromStr + ToString + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert!(value.to_string().parse::<T>().is_ok_and(|again| again == value), "{text:?}");
    }
}

fn id<T: lianxin_domain::ids::EntityId>() -> T {
    T::from_uuid(Default::default())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use lianxin_domain::ids::AccountId;

    use super::*;

    /// Bytes out of nothing: enough for headers and a little more.
    const LONGEST: usize = 2_048;

    /// So many times as long, for whoever has no nightly compiler.
    const TIMES: &str = "LIANXIN_FUZZ_TIMES";

    /// Honest ones, changed a little; else anything.
    fn bytes(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<Index>(), any::<u8>());
        let changed = (select(seeds), prop::collection::vec(change, 0..8), any::<Option<Index>>()).prop_map(
            |(mut bytes, changes, end)| {
                let changes = if bytes.is_empty() { Vec::new() } else { changes };
                for (place, byte) in changes {
                    let place = place.index(bytes.len());
                    bytes[place] = byte;
                }
                if let Some(end) = end {
                    bytes.truncate(end.index(bytes.len() + 1));
                }
                bytes
            },
        );
        prop_oneof![3 => changed, 1 => prop::collection::vec(any::<u8>(), 0..LONGEST)]
    }

    /// What lies in a folder of the repository; large ones take too long for a test.
    fn files(folder: &str) -> Vec<Vec<u8>> {
        const LARGEST: usize = 64 * 1024;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
        files.sort();
        let read = files.into_iter().map(|path| fs::read(path).unwrap());
        read.filter(|bytes| bytes.len() <= LARGEST).collect()
    }

    fn throw(cases: u32, seeds: Vec<Vec<u8>>, at: fn(&[u8])) {
        assert!(!seeds.is_empty());
        seeds.iter().for_each(|seed| at(seed));
        let longer = std::env::var(TIMES).map_or(1, |times| times.parse().unwrap());
        let config = ProptestConfig { cases: cases * longer, failure_persistence: None, ..ProptestConfig::default() };
        let thrown = proptest::test_runner::TestRunner::new(config).run(&bytes(seeds), |bytes| {
            at(&bytes);
            Ok(())
        });
        if let Err(error) = thrown {
            panic!("{error}");
        }
    }

    #[test]
    fn no_bytes_bring_a_live_connection_out_of_step() {
        throw(4_000, files("fuzz/seeds/live_frames"), live_frames);
    }

    #[test]
    fn no_text_is_taken_for_a_code_that_it_is_not() {
        let ticket = id::<TicketId>().to_string();
        let own = [
            GridCode::issue(&KEY, 7, 1).grouped(),
            SignInCode::at(&KEY, 7, NOON).as_str().to_owned(),
            "12-34 56".to_owned(),
            "7K3M-0Q2W-9XAB-CD1F".to_owned(),
            "+86 199-0000-1234".to_owned(),
            format!("grid:{}", id::<AccountId>()),
            ticket,
        ];
        throw(20_000, own.map(String::into_bytes).to_vec(), codes);
    }

    #[test]
    fn no_address_is_read_wrongly() {
        throw(10_000, files("fuzz/seeds/queries"), queries);
    }

    #[test]
    fn no_body_is_read_wrongly() {
        throw(4_000, files("fuzz/seeds/bodies"), bodies);
    }

    #[test]
    fn no_words_break_out_of_a_calendar() {
        throw(10_000, files("fuzz/seeds/calendars"), calendars);
    }

    #[test]
    fn no_file_breaks_its_reader() {
        let seeds = [files("storage/tests/fixtures"), files("fuzz/seeds/media")].concat();
        throw(300, seeds, media);
    }

    #[test]
    fn no_workbook_breaks_its_reader() {
        throw(300, files("fuzz/seeds/sheets"), sheets);
    }
}
