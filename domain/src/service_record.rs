//! 服务日记: what somebody who serves a grid did for its residents, with photos (inventory GRID-08). Its author may correct it or
//! take it away for a day; then it stays as it is, so that counts of past weeks do not change.

use serde::{Deserialize, Serialize};

use crate::attachment::{AttachmentKind, AttachmentRef};
use crate::clock::Timestamp;
use crate::ids::{AccountId, ClientId, GridId, ServiceRecordId};
use crate::person::PersonRef;
use crate::policy::one_line;
use crate::problem::{FieldError, Refusal, text_field};
use crate::tree::TreePath;

/// Characters of what was done.
pub const MAX_TEXT: usize = 2_000;
/// Characters of whom it was done for.
pub const MAX_WHOM: usize = 50;
/// Characters of where.
pub const MAX_PLACE: usize = 100;
/// Photos of one record, as many as a ticket may have.
pub const MAX_PHOTOS: usize = 9;
/// How long its author may change it.
pub const CHANGEABLE_MS: i64 = 24 * 3_600_000;
/// How far back one may write down what one did: a year, so that last year's papers can be brought in.
pub const MAX_AGE_MS: i64 = 366 * 24 * 3_600_000;
/// How far a phone's clock may be ahead of ours.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

/// What kind of service it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// Visiting a household.
    Visit,
    /// Settling a dispute.
    Mediation,
    /// Helping with something, often for the old or ill.
    Help,
    /// Looking for dangers.
    Inspection,
    /// Explaining policies.
    Publicity,
    /// Anything else.
    Other,
}

impl ServiceKind {
    /// All, as they are offered.
    pub const ALL: [Self; 6] =
        [Self::Visit, Self::Mediation, Self::Help, Self::Inspection, Self::Publicity, Self::Other];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visit => "visit",
            Self::Mediation => "mediation",
            Self::Help => "help",
            Self::Inspection => "inspection",
            Self::Publicity => "publicity",
            Self::Other => "other",
        }
    }

    /// The word people use.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Visit => "走访入户",
            Self::Mediation => "矛盾调解",
            Self::Help => "帮办代办",
            Self::Inspection => "巡查排查",
            Self::Publicity => "政策宣传",
            Self::Other => "其他服务",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What was done, when, where and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceFacts {
    /// What kind it was.
    pub kind: ServiceKind,
    /// When.
    pub happened_at: Timestamp,
    /// 1 to 2,000 characters.
    pub text: String,
    /// For whom: at most 50 characters.
    pub whom: Option<String>,
    /// Where: at most 100 characters.
    pub place: Option<String>,
    /// At most 9 photos.
    pub photos: Vec<AttachmentRef>,
}

impl ServiceFacts {
    /// Checks what was written, and brings texts into their stored form; everything that is wrong at once.
    ///
    /// # Errors
    /// The fields `happened_at`, `text`, `whom`, `place` and `attachments` that are wrong.
    pub fn checked(self, now: Timestamp) -> Result<Self, Refusal> {
        let mut wrong = Vec::new();
        if self.happened_at > now.plus_millis(CLOCK_TOLERANCE_MS) {
            wrong.push(FieldError::new("happened_at", "service_record.not_yet", "服务时间不能晚于现在"));
        } else if self.happened_at < now.plus_millis(-MAX_AGE_MS) {
            wrong.push(FieldError::new("happened_at", "service_record.too_old", "只能补记最近一年的服务"));
        }
        let text = text_field("text", &self.text, true, MAX_TEXT).map_err(|error| wrong.push(error));
        let whom = optional("whom", self.whom.as_deref(), MAX_WHOM).map_err(|error| wrong.push(error));
        let place = optional("place", self.place.as_deref(), MAX_PLACE).map_err(|error| wrong.push(error));
        wrong.extend(photos_problem(&self.photos));
        match (text, whom, place) {
            (Ok(text), Ok(whom), Ok(place)) if wrong.is_empty() => Ok(Self { text, whom, place, ..self }),
            _ => Err(Refusal::fields(wrong)),
        }
    }
}

fn optional(field: &str, text: Option<&str>, max: usize) -> Result<Option<String>, FieldError> {
    let text = one_line(field, text.unwrap_or_default(), false, max)?;
    Ok((!text.is_empty()).then_some(text))
}

fn photos_problem(photos: &[AttachmentRef]) -> Option<FieldError> {
    if photos.len() > MAX_PHOTOS {
        return Some(FieldError::new("attachments", "field.too_many", format!("最多 {MAX_PHOTOS} 张照片")));
    }
    let other = photos.iter().any(|photo| photo.kind != AttachmentKind::Image);
    other.then(|| FieldError::new("attachments", "service_record.not_a_photo", "只能添加照片"))
}

/// A record of the diary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// Its id.
    pub id: ServiceRecordId,
    /// Grows with every change, from 1.
    pub version: u32,
    /// What its author's device called it before it was sent: the same one never makes two records.
    pub client_id: ClientId,
    /// Who did it.
    pub author: PersonRef,
    /// The grid that it was done for.
    pub grid_id: GridId,
    /// Its place in the tree.
    pub grid_path: TreePath,
    /// What was done.
    pub facts: ServiceFacts,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl ServiceRecord {
    /// Until when its author may change it.
    pub const fn changeable_until(&self) -> Timestamp {
        self.created_at.plus_millis(CHANGEABLE_MS)
    }

    /// Whether `who` may change or delete it at `now`.
    ///
    /// # Errors
    /// 403 for everybody but its author, and 409 when the day is over.
    pub fn check_change(&self, who: AccountId, now: Timestamp) -> Result<(), Refusal> {
        if who != self.author.id {
            return Err(Refusal::forbidden("service_record.not_author", "只有本人可以修改或删除服务记录"));
        }
        if now >= self.changeable_until() {
            let words = "提交已超过 24 小时，不能再修改或删除；如需更正，请另写一条记录说明";
            return Err(Refusal::conflict("service_record.too_late", words));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;

    const NOW: Timestamp = Timestamp::from_millis(1_795_241_527_000);

    fn id<I: EntityId>(number: u128) -> I {
        I::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn photo(kind: AttachmentKind) -> AttachmentRef {
        AttachmentRef {
            id: id(1),
            kind,
            media_type: "image/jpeg".to_owned(),
            size: 1,
            name: None,
            duration_ms: None,
            width: None,
            height: None,
        }
    }

    fn facts() -> ServiceFacts {
        ServiceFacts {
            kind: ServiceKind::Visit,
            happened_at: NOW,
            text: "上门看望".to_owned(),
            whom: None,
            place: None,
            photos: Vec::new(),
        }
    }

    #[test]
    fn facts_are_taken_or_all_that_is_wrong_is_named() {
        let texts = |whom: &str, place: &str| (Some(whom.to_owned()), Some(place.to_owned()));
        let (whom, place) = texts(&"人".repeat(50), &"路".repeat(100));
        let (long_whom, long_place) = texts(&"人".repeat(51), &"路".repeat(101));
        let nine = vec![photo(AttachmentKind::Image); 9];
        let cases: [(ServiceFacts, &[&str]); 12] = [
            (facts(), &[]),
            (ServiceFacts { text: "长".repeat(2_000), whom, place, photos: nine, ..facts() }, &[]),
            (ServiceFacts { happened_at: NOW.plus_millis(CLOCK_TOLERANCE_MS), ..facts() }, &[]),
            (ServiceFacts { happened_at: NOW.plus_millis(CLOCK_TOLERANCE_MS + 1), ..facts() }, &["happened_at"]),
            (ServiceFacts { happened_at: NOW.plus_millis(-MAX_AGE_MS), ..facts() }, &[]),
            (ServiceFacts { happened_at: NOW.plus_millis(-MAX_AGE_MS - 1), ..facts() }, &["happened_at"]),
            (ServiceFacts { text: " \n".to_owned(), ..facts() }, &["text"]),
            (ServiceFacts { text: "长".repeat(2_001), ..facts() }, &["text"]),
            (ServiceFacts { whom: Some("两\n行".to_owned()), ..facts() }, &["whom"]),
            (ServiceFacts { photos: vec![photo(AttachmentKind::Image); 10], ..facts() }, &["attachments"]),
            (ServiceFacts { photos: vec![photo(AttachmentKind::Voice)], ..facts() }, &["attachments"]),
            (
                ServiceFacts {
                    happened_at: NOW.plus_millis(i64::MAX),
                    text: String::new(),
                    whom: long_whom,
                    place: long_place,
                    photos: vec![photo(AttachmentKind::Document)],
                    ..facts()
                },
                &["happened_at", "text", "whom", "place", "attachments"],
            ),
        ];
        for (facts, wrong) in cases {
            let found: Vec<String> = match facts.clone().checked(NOW) {
                Ok(_) => Vec::new(),
                Err(refusal) => refusal.fields.iter().map(|error| error.field.clone()).collect(),
            };
            assert_eq!(found, wrong, "{facts:.60?}");
        }
    }

    #[test]
    fn texts_are_trimmed_and_empty_ones_are_none() {
        let written = ServiceFacts {
            text: " 看望\n老人 ".to_owned(),
            whom: Some("  ".to_owned()),
            place: Some(" 三组 ".to_owned()),
            ..facts()
        };
        let stored = ServiceFacts { text: "看望\n老人".to_owned(), place: Some("三组".to_owned()), ..facts() };
        assert_eq!(written.checked(NOW), Ok(stored));
    }

    #[test]
    fn its_author_may_change_it_for_a_day() {
        let record = ServiceRecord {
            id: id(1),
            version: 1,
            client_id: id(2),
            author: PersonRef { id: id(3), name: "韦师傅".to_owned() },
            grid_id: id(4),
            grid_path: TreePath::root(1),
            facts: facts(),
            created_at: NOW,
            updated_at: NOW,
        };
        let cases = [
            (3, 0, None),
            (3, CHANGEABLE_MS - 1, None),
            (3, CHANGEABLE_MS, Some("service_record.too_late")),
            (4, 0, Some("service_record.not_author")),
            (4, CHANGEABLE_MS, Some("service_record.not_author")),
        ];
        for (who, after, refused) in cases {
            let checked = record.check_change(id(who), NOW.plus_millis(after));
            assert_eq!(checked.err().map(|refusal| refusal.code), refused, "{who} after {after}");
        }
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in ServiceKind::ALL {
            assert_eq!(ServiceKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.as_str().into()));
        }
        assert_eq!(ServiceKind::parse("Visit"), None);
    }
}
