//! Members of the Party: their standing, their positions, and what may be written down about them (inventory MEM-01).

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, AttachmentId, MemberId, OrganisationId};
use crate::person_name::PersonName;
use crate::phone::Phone;
use crate::problem::FieldError;
use crate::tree::TreePath;

/// Nobody joined the Party before it was founded.
const FIRST_YEAR: i32 = 1921;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal / $title:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* #[doc = $title] $variant,)*
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stored and transmitted word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The word people use.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Reads the stored word.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }

            /// Reads the word people use.
            pub fn of_title(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.title() == text)
            }
        }
    };
}

words! {
    /// 党员类型. A probationary member has no vote and cannot be elected.
    MemberStanding {
        Full = "full" / "正式党员",
        Probationary = "probationary" / "预备党员",
    }
}

words! {
    /// Whether somebody is on the roster.
    MemberStatus {
        Active = "active" / "在册",
        History = "history" / "历史",
    }
}

words! {
    /// 性别
    Gender {
        Male = "male" / "男",
        Female = "female" / "女",
    }
}

words! {
    /// 党内职务, highest first (inventory ORG-13).
    Position {
        Secretary = "secretary" / "书记",
        DeputySecretary = "deputy_secretary" / "副书记",
        OrganisationCommissioner = "organisation_commissioner" / "组织委员",
        PublicityCommissioner = "publicity_commissioner" / "宣传委员",
        DisciplineCommissioner = "discipline_commissioner" / "纪检委员",
        CommitteeMember = "committee_member" / "委员",
        GroupLeader = "group_leader" / "党小组长",
    }
}

impl Position {
    /// 1 for the head, 2 for the deputy, 3 for the committee, 4 below.
    pub const fn level(self) -> u8 {
        match self {
            Self::Secretary => 1,
            Self::DeputySecretary => 2,
            Self::OrganisationCommissioner
            | Self::PublicityCommissioner
            | Self::DisciplineCommissioner
            | Self::CommitteeMember => 3,
            Self::GroupLeader => 4,
        }
    }

    /// Whether whoever has it manages the organisation.
    pub const fn leads(self) -> bool {
        matches!(self, Self::Secretary | Self::DeputySecretary)
    }
}

/// A member of the Party. Each has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id.
    pub id: MemberId,
    /// Grows with every change.
    pub version: u32,
    /// What the person signs in with.
    pub account_id: AccountId,
    /// Where the person belongs.
    pub organisation_id: OrganisationId,
    /// That organisation's place. Read along with it, never stored beside it: it cannot be old.
    pub organisation_path: TreePath,
    /// What is written down about the person.
    pub facts: MemberFacts,
    /// Whether on the roster.
    pub status: MemberStatus,
    /// Why no longer.
    pub history_reason: Option<String>,
    /// 头像: the picture on walls and lists.
    pub photo: Option<AttachmentId>,
}

impl Member {
    /// Whether the person leads the organisation now.
    pub fn leads(&self) -> bool {
        self.status == MemberStatus::Active && self.facts.positions.iter().any(|position| position.leads())
    }
}

/// What is written down about a member, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFacts {
    /// 姓名
    pub name: String,
    /// 手机号码
    pub phone: Option<Phone>,
    /// 党员类型
    pub standing: MemberStanding,
    /// 职务, highest first, each once.
    pub positions: Vec<Position>,
    /// 入党日期: since when probationary.
    pub joined_on: Option<NaiveDate>,
    /// 转正日期
    pub became_full_on: Option<NaiveDate>,
    /// 性别
    pub gender: Option<Gender>,
    /// Place in the roster.
    pub sort_order: i32,
}

/// What somebody fills in about a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberForm<'a> {
    /// 姓名
    pub name: &'a str,
    /// 手机号码; empty: none.
    pub phone: &'a str,
    /// 党员类型
    pub standing: MemberStanding,
    /// 职务
    pub positions: Vec<Position>,
    /// 入党日期
    pub joined_on: Option<NaiveDate>,
    /// 转正日期
    pub became_full_on: Option<NaiveDate>,
    /// 性别
    pub gender: Option<Gender>,
    /// Place in the roster.
    pub sort_order: i32,
}

impl MemberForm<'_> {
    /// The facts, as of the day `today`.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(self, today: NaiveDate) -> Result<MemberFacts, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let name = PersonName::parse(self.name).map_err(|error| FieldError::new("name", error.code(), error.message()));
        let phone = match self.phone.trim() {
            "" => Ok(None),
            phone => {
                Phone::parse(phone).map(Some).map_err(|error| FieldError::new("phone", "field.phone", error.message()))
            }
        };
        let mut positions = self.positions;
        positions.sort_unstable();
        positions.dedup();
        if self.standing == MemberStanding::Probationary && !positions.is_empty() {
            let words = "预备党员没有被选举权，不能担任职务";
            wrong.push(FieldError::new("positions", "member.probationary_position", words));
        }
        for (field, day) in [("joined_on", self.joined_on), ("became_full_on", self.became_full_on)] {
            if day.is_some_and(|day| day > today) {
                wrong.push(FieldError::new(field, "member.date_in_future", "日期不能晚于今天"));
            }
            if day.is_some_and(|day| day.year() < FIRST_YEAR) {
                wrong.push(FieldError::new(field, "field.date", "日期不正确"));
            }
        }
        match (self.standing, self.joined_on, self.became_full_on) {
            (MemberStanding::Probationary, _, Some(_)) => {
                let words = "预备党员还没有转正日期";
                wrong.push(FieldError::new("became_full_on", "member.not_full_yet", words));
            }
            (MemberStanding::Full, Some(joined), Some(full)) if full < joined => {
                let words = "转正日期不能早于入党日期";
                wrong.push(FieldError::new("became_full_on", "member.full_before_joined", words));
            }
            (MemberStanding::Full | MemberStanding::Probationary, _, _) => {}
        }
        match (name, phone) {
            (Ok(name), Ok(phone)) if wrong.is_empty() => Ok(MemberFacts {
                name: name.as_str().to_owned(),
                phone,
                standing: self.standing,
                positions,
                joined_on: self.joined_on,
                became_full_on: self.became_full_on,
                gender: self.gender,
                sort_order: self.sort_order,
            }),
            (name, phone) => Err(name.err().into_iter().chain(phone.err()).chain(wrong).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<NaiveDate> {
        Some(text.parse().unwrap())
    }

    fn form() -> MemberForm<'static> {
        MemberForm {
            name: "韦建国",
            phone: "138 0000 1234",
            standing: MemberStanding::Full,
            positions: Vec::new(),
            joined_on: day("2019-07-01"),
            became_full_on: day("2020-07-01"),
            gender: Some(Gender::Male),
            sort_order: 3,
        }
    }

    fn wrong(form: MemberForm<'_>) -> Vec<(String, &'static str)> {
        let today = day("2026-11-21").unwrap();
        form.check(today).err().into_iter().flatten().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for position in Position::ALL {
            assert_eq!(Position::parse(position.as_str()), Some(*position));
            assert_eq!(Position::of_title(position.title()), Some(*position));
            assert_eq!(serde_json::json!(position), position.as_str());
        }
        for standing in MemberStanding::ALL {
            assert_eq!(MemberStanding::parse(standing.as_str()), Some(*standing));
            assert_eq!(serde_json::json!(standing), standing.as_str());
        }
        for status in MemberStatus::ALL {
            assert_eq!(MemberStatus::parse(status.as_str()), Some(*status));
        }
        for gender in Gender::ALL {
            assert_eq!(Gender::of_title(gender.title()), Some(*gender));
        }
        let leading: Vec<_> = Position::ALL.iter().filter(|position| position.leads()).collect();
        assert_eq!(leading, [&Position::Secretary, &Position::DeputySecretary]);
        assert!(Position::ALL.windows(2).all(|pair| pair[0].level() <= pair[1].level()));
    }

    #[test]
    fn facts_are_in_one_form() {
        use Position::{GroupLeader, Secretary};
        let facts = MemberForm { positions: vec![GroupLeader, Secretary, GroupLeader], ..form() };
        let facts = facts.check(day("2026-11-21").unwrap()).unwrap();
        assert_eq!(facts.positions, [Secretary, GroupLeader]);
        assert_eq!(facts.phone.as_ref().map(Phone::as_str), Some("13800001234"));
        assert_eq!(wrong(MemberForm { phone: " ", joined_on: None, ..form() }), []);
    }

    #[test]
    fn what_cannot_be_is_named_field_by_field() {
        use MemberStanding::Probationary;
        let cases = [
            (MemberForm { name: "", ..form() }, vec![("name", "field.required")]),
            (
                MemberForm { name: "123", phone: "110", ..form() },
                vec![("name", "field.characters"), ("phone", "field.phone")],
            ),
            (MemberForm { standing: Probationary, ..form() }, vec![("became_full_on", "member.not_full_yet")]),
            (
                MemberForm {
                    standing: Probationary,
                    became_full_on: None,
                    positions: vec![Position::Secretary],
                    ..form()
                },
                vec![("positions", "member.probationary_position")],
            ),
            (
                MemberForm { became_full_on: day("2019-06-30"), ..form() },
                vec![("became_full_on", "member.full_before_joined")],
            ),
            (
                MemberForm { joined_on: day("2026-11-22"), became_full_on: None, ..form() },
                vec![("joined_on", "member.date_in_future")],
            ),
            (MemberForm { joined_on: None, became_full_on: day("2026-11-21"), ..form() }, vec![]),
            (MemberForm { became_full_on: day("2019-07-01"), ..form() }, vec![]),
        ];
        for (form, expected) in cases {
            let shown = format!("{form:?}");
            let found = wrong(form);
            let found: Vec<(&str, &str)> = found.iter().map(|(field, code)| (field.as_str(), *code)).collect();
            assert_eq!(found, expected, "{shown}");
        }
    }
}
