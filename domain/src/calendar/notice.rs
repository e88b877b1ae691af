//! A year's notice of holidays and make-up workdays: reading it, and taking it into a calendar (domain rules §12.2).

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{MAX_NAME, YEARS};
use super::{SpecialDay, WorkingCalendar};
use crate::problem::{FieldError, text_field};

/// Most days of one notice: a year and the months beside it.
const MAX_DAYS: usize = 430;
/// Most addresses of one notice, and the longest in characters.
const MAX_PAPERS: (usize, usize) = (20, 500);

/// A year's notice of the State Council Office, in the JSON schema of NateScarlet/holiday-cn:
/// `{"year":2026,"papers":["https://…"],"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true}]}`.
///
/// A December day of the year before may stand in it (and a January day of the year after).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearNotice {
    /// The year whose holidays it says.
    pub year: i32,
    /// Addresses of the notice's text.
    #[serde(default)]
    pub papers: Vec<String>,
    /// Its days, those off and those of make-up work.
    pub days: Vec<NoticeDay>,
}

/// A day of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeDay {
    /// The holiday that it belongs to (`国庆节`); a make-up workday bears the name of its holiday too.
    pub name: String,
    /// The date in Asia/Shanghai.
    pub date: NaiveDate,
    /// `true`: a day off; `false`: a make-up workday (调休).
    #[serde(rename = "isOffDay")]
    pub is_off_day: bool,
}

/// What taking a notice does to a calendar, for whoever takes it and for the log.
///
/// An import that does not say what it took hides its mistakes in due times (Zammad #390: a feed's memorial days became
/// days off, and nobody saw why tickets were due late).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NoticeEffect {
    /// Days that were not special before.
    pub added: Vec<NoticeDay>,
    /// Days that were special before and become something else.
    pub changed: Vec<NoticeDay>,
    /// Days that already are what the notice says.
    pub unchanged: Vec<NoticeDay>,
    /// Special days of the notice's year of which it does not speak: they stay as they are. After a corrected notice
    /// they may be left over from the first one, so somebody should look at them.
    pub kept: Vec<NaiveDate>,
}

impl NoticeDay {
    /// What the calendar has on this date afterwards.
    fn special(&self) -> SpecialDay {
        SpecialDay { working: !self.is_off_day, name: self.name.clone(), hours: None }
    }
}

impl WorkingCalendar {
    /// This calendar with a year's notice: its dates are what the notice says, with the make-up hours on make-up days,
    /// and the year is no longer provisional. Other special days and the version stay.
    #[must_use]
    pub fn with_notice(&self, notice: &YearNotice) -> WorkingCalendar {
        let mut calendar = self.clone();
        calendar.days.extend(notice.days.iter().map(|day| (day.date, day.special())));
        calendar.noticed.insert(notice.year);
        calendar
    }

    /// What [`WorkingCalendar::with_notice`] would do, day by day.
    pub fn notice_effect(&self, notice: &YearNotice) -> NoticeEffect {
        let mut effect = NoticeEffect::default();
        for day in &notice.days {
            let list = match self.days.get(&day.date) {
                None => &mut effect.added,
                Some(before) if *before == day.special() => &mut effect.unchanged,
                Some(_) => &mut effect.changed,
            };
            list.push(day.clone());
        }
        let told = |date: &NaiveDate| notice.days.iter().any(|day| day.date == *date);
        effect.kept = self.days.keys().filter(|date| date.year() == notice.year && !told(date)).copied().collect();
        effect
    }
}

impl YearNotice {
    /// Reads a notice; keys that it does not know (`$schema`, `$id`) are passed over.
    ///
    /// # Errors
    /// Every field that is wrong, as a path into the JSON (`days.3.date`); an empty path is the whole text. Codes:
    /// `calendar.notice_json`, `calendar.notice_year`, `calendar.notice_papers`, `calendar.notice_days`,
    /// `calendar.notice_date`, `calendar.notice_date_year`, `calendar.notice_twice`, `calendar.notice_contradiction`,
    /// `calendar.notice_off_day`, and those of [`text_field`] for names.
    pub fn parse(json: &str) -> Result<Self, Vec<FieldError>> {
        // Editors of some systems begin every file with a byte order mark.
        let value: Value = serde_json::from_str(json.trim_start_matches('\u{feff}')).map_err(|error| {
            let place = format!("第 {} 行第 {} 列", error.line(), error.column());
            vec![FieldError::new("", "calendar.notice_json", format!("文件不是有效的 JSON（{place}）"))]
        })?;
        if !value.is_object() {
            let message = "文件内容应是一个 JSON 对象，包含 year、papers 和 days";
            return Err(vec![FieldError::new("", "calendar.notice_json", message)]);
        }
        let mut errors = Vec::new();
        let year = read_year(&value, &mut errors);
        let papers = read_papers(&value, &mut errors);
        let days = read_days(&value, year, &mut errors);
        match year {
            Some(year) if errors.is_empty() => Ok(Self { year, papers, days }),
            _ => Err(errors),
        }
    }
}

/// Reads `year`.
fn read_year(notice: &Value, errors: &mut Vec<FieldError>) -> Option<i32> {
    let year = notice.get("year").and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok());
    let year = year.filter(|year| YEARS.contains(year));
    if year.is_none() {
        let message = format!("年份应是 {} 到 {} 之间的整数", YEARS.start(), YEARS.end());
        errors.push(FieldError::new("year", "calendar.notice_year", message));
    }
    year
}

/// Reads `papers`; a file without any is taken, as holiday-cn has such for early years.
fn read_papers(notice: &Value, errors: &mut Vec<FieldError>) -> Vec<String> {
    let empty = Vec::new();
    let (most, longest) = MAX_PAPERS;
    let list = match notice.get("papers") {
        None | Some(Value::Null) => &empty,
        Some(Value::Array(list)) if list.len() <= most => list,
        Some(_) => {
            let message = format!("papers 应是通知网址的列表，最多 {most} 个");
            errors.push(FieldError::new("papers", "calendar.notice_papers", message));
            &empty
        }
    };
    let mut papers = Vec::with_capacity(list.len());
    for (index, paper) in list.iter().enumerate() {
        // Shown as links: nothing but the web's own addresses may become one.
        let address = paper.as_str().map(str::trim).filter(|address| {
            (address.starts_with("https://") || address.starts_with("http://")) && address.chars().count() <= longest
        });
        match address {
            Some(address) => papers.push(address.to_owned()),
            None => {
                let message = format!("应是以 http:// 或 https:// 开头的网址，最多 {longest} 个字");
                errors.push(FieldError::new(format!("papers.{index}"), "calendar.notice_papers", message));
            }
        }
    }
    papers
}

/// Reads `days`, sorted by date.
fn read_days(notice: &Value, year: Option<i32>, errors: &mut Vec<FieldError>) -> Vec<NoticeDay> {
    let list = match notice.get("days") {
        Some(Value::Array(list)) if list.len() <= MAX_DAYS => list,
        _ => {
            let message = format!("days 应是放假和调休日期的列表，最多 {MAX_DAYS} 天");
            errors.push(FieldError::new("days", "calendar.notice_days", message));
            return Vec::new();
        }
    };
    let mut days: BTreeMap<NaiveDate, NoticeDay> = BTreeMap::new();
    for (index, value) in list.iter().enumerate() {
        let field = format!("days.{index}");
        let Some(day) = read_day(&field, value, year, errors) else { continue };
        let date = day.date;
        match days.get(&date) {
            None => {
                days.insert(date, day);
            }
            Some(first) => {
                let (code, message) = if first.is_off_day == day.is_off_day {
                    ("calendar.notice_twice", format!("{date} 重复出现"))
                } else {
                    ("calendar.notice_contradiction", format!("{date} 既是放假又是上班，请核对"))
                };
                errors.push(FieldError::new(format!("{field}.date"), code, message));
            }
        }
    }
    // An empty file is what holiday-cn has before the notice is out: taking it would call the year settled.
    if errors.is_empty() && !days.values().any(|day| day.is_off_day) {
        errors.push(FieldError::new("days", "calendar.notice_days", "没有任何放假日期，通知可能尚未发布"));
    }
    days.into_values().collect()
}

/// Reads one of `days`.
fn read_day(field: &str, value: &Value, year: Option<i32>, errors: &mut Vec<FieldError>) -> Option<NoticeDay> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let name = text_field(&format!("{field}.name"), text("name").unwrap_or_default(), true, MAX_NAME);
    let date = read_date(text("date"), year)
        .map_err(|(code, message)| FieldError::new(format!("{field}.date"), code, message));
    let is_off_day = value.get("isOffDay").and_then(Value::as_bool).ok_or_else(|| {
        let message = "isOffDay 应为 true（放假）或 false（上班）";
        FieldError::new(format!("{field}.isOffDay"), "calendar.notice_off_day", message)
    });
    match (name, date, is_off_day) {
        (Ok(name), Ok(date), Ok(is_off_day)) => Some(NoticeDay { name, date, is_off_day }),
        (name, date, is_off_day) => {
            errors.extend([name.err(), date.err(), is_off_day.err()].into_iter().flatten());
            None
        }
    }
}

/// Reads a date (`2026-10-01`) of a notice for `year`, with the code and message of what is wrong.
fn read_date(text: Option<&str>, year: Option<i32>) -> Result<NaiveDate, (&'static str, String)> {
    let text = text.unwrap_or_default();
    // Ten bytes: chrono alone would also take "2026-1-1" and a year of five digits.
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10);
    let date = date.ok_or_else(|| ("calendar.notice_date", "日期应写作 2026-10-01 的形式，并且真实存在".to_owned()))?;
    let Some(year) = year else { return Ok(date) };
    let near = match date.year() - year {
        0 => true,
        -1 => date.month() == 12,
        1 => date.month() == 1,
        _ => false,
    };
    if near { Ok(date) } else { Err(("calendar.notice_date_year", format!("{date} 不属于 {year} 年的通知"))) }
}

/// The notices that this build knows, oldest first, so that a fresh system starts with them.
///
/// Written from the notices' text: 国办发明电〔2024〕12号 of 12 November 2024 for 2025, 国办发明电〔2025〕7号 of
/// 4 November 2025 for 2026; their addresses are in `papers`.
pub fn known_notices() -> Vec<YearNotice> {
    let files = [include_str!("notices/2025.json"), include_str!("notices/2026.json")];
    files.into_iter().filter_map(|json| YearNotice::parse(json).ok()).collect()
}
