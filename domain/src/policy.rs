//! 政策信息: an article that a grid publishes for the residents of its subtree. It is plain text with paragraphs; only what is
//! enabled is shown to them (inventory GRID-21).

use crate::clock::Timestamp;
use crate::ids::{GridId, PolicyId};
use crate::problem::{FieldError, Refusal, text_field};
use crate::tree::TreePath;

/// Characters of a title: two lines on a phone.
pub const MAX_TITLE: usize = 100;
/// Characters of a text: some ten printed pages.
pub const MAX_BODY: usize = 10_000;
/// Characters of the first lines in a list.
const MAX_SUMMARY: usize = 80;
/// How far a phone's clock may be ahead of ours.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

/// What an article says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    /// 1 to 100 characters, one line.
    pub title: String,
    /// 1 to 10,000 characters; lines are paragraphs.
    pub body: String,
    /// Which date it bears.
    pub published_at: Timestamp,
}

impl PolicyText {
    /// Checks what was written; everything that is wrong at once.
    ///
    /// # Errors
    /// The fields `title`, `body` and `published_at` that are wrong.
    pub fn check(title: &str, body: &str, published_at: Timestamp, now: Timestamp) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        let title = one_line("title", title, true, MAX_TITLE).map_err(|error| wrong.push(error));
        let body = text_field("body", body, true, MAX_BODY).map_err(|error| wrong.push(error));
        if published_at > now.plus_millis(CLOCK_TOLERANCE_MS) {
            wrong.push(FieldError::new("published_at", "policy.not_yet", "发布日期不能晚于现在"));
        }
        match (title, body) {
            (Ok(title), Ok(body)) if wrong.is_empty() => Ok(Self { title, body, published_at }),
            _ => Err(Refusal::fields(wrong)),
        }
    }
}

/// An article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// The grid whose residents, and those of all grids below, are to read it.
    pub grid_id: GridId,
    /// Its place in the tree.
    pub grid_path: TreePath,
    /// What it says.
    pub text: PolicyText,
    /// Whether residents see it.
    pub enabled: bool,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Policy {
    /// Its first words, on one line: at most 80 characters, with `…` when there are more.
    pub fn summary(&self) -> String {
        summary(&self.text.body)
    }

    /// Whether a resident of the grid at `path` may read it.
    pub fn is_shown_in(&self, path: &TreePath) -> bool {
        self.enabled && self.grid_path.contains(path)
    }
}

fn summary(body: &str) -> String {
    let words = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(MAX_SUMMARY) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None => words,
    }
}

/// A [`text_field`] without line breaks.
///
/// # Errors
/// As [`text_field`]; `field.characters` when it has several lines.
pub(crate) fn one_line(field: &str, text: &str, required: bool, max: usize) -> Result<String, FieldError> {
    let text = text_field(field, text, required, max)?;
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(field, "field.characters", "只能填写一行文字"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_241_527_000);

    #[test]
    fn a_text_is_taken_or_all_that_is_wrong_is_named() {
        let long = "长".repeat(MAX_TITLE + 1);
        let longer = "长".repeat(MAX_BODY + 1);
        let cases: [(&str, &str, i64, &[&str]); 9] = [
            ("医保缴费", "每人 400 元。\n请于年底前缴纳。", 0, &[]),
            (&long[..300], &longer[..30_000], -1_000_000_000, &[]),
            ("题", "文", CLOCK_TOLERANCE_MS, &[]),
            ("题", "文", CLOCK_TOLERANCE_MS + 1, &["published_at"]),
            (" ", "文", 0, &["title"]),
            ("两\n行", "文", 0, &["title"]),
            ("题", "\n", 0, &["body"]),
            (&long, &longer, 0, &["title", "body"]),
            ("\u{7}", "\u{0}", i64::MAX, &["title", "body", "published_at"]),
        ];
        for (title, body, from_now, wrong) in cases {
            let checked = PolicyText::check(title, body, NOW.plus_millis(from_now), NOW);
            let found: Vec<String> = match &checked {
                Ok(_) => Vec::new(),
                Err(refusal) => refusal.fields.iter().map(|error| error.field.clone()).collect(),
            };
            assert_eq!(found, wrong, "{title:.20}");
        }
    }

    #[test]
    fn the_first_words_are_one_line() {
        let cases = [
            ("一行", "一行".to_owned()),
            ("  一、\n\n  二、\t三", "一、 二、 三".to_owned()),
            (&"长".repeat(MAX_SUMMARY), "长".repeat(MAX_SUMMARY)),
            (&"长".repeat(MAX_SUMMARY + 1), format!("{}…", "长".repeat(MAX_SUMMARY))),
        ];
        for (body, expected) in cases {
            assert_eq!(summary(body), expected);
        }
    }

    #[test]
    fn residents_read_what_their_grid_and_those_above_enabled() {
        use crate::ids::EntityId as _;
        let village = TreePath::root(1).child(2);
        let cases = [
            (village.clone(), true, true),
            (village.child(1), true, true),
            (village.child(1), false, false),
            (TreePath::root(1), true, false),
            (TreePath::root(1).child(3), true, false),
        ];
        for (reader, enabled, shown) in cases {
            let policy = Policy {
                id: PolicyId::from_uuid(uuid::Uuid::nil()),
                version: 1,
                grid_id: GridId::from_uuid(uuid::Uuid::nil()),
                grid_path: village.clone(),
                text: PolicyText { title: "题".to_owned(), body: "文".to_owned(), published_at: NOW },
                enabled,
                updated_at: NOW,
            };
            assert_eq!(policy.is_shown_in(&reader), shown, "{reader} {enabled}");
        }
    }
}
