//! Types of meetings and activities, as data (inventory MEET-01): those of the regulations are built in and stay, a tenant
//! adds its own.

use serde::{Deserialize, Serialize};

use crate::problem::{FieldError, Refusal, text_field};

const MAX_NAME: usize = 20;

/// Which family a type belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 三会一课
    ThreeMeetings,
    /// 主题党日
    PartyDay,
    /// 组织生活
    OrganisationLife,
    /// 活动
    Activity,
}

impl Family {
    /// All.
    pub const ALL: [Self; 4] = [Self::ThreeMeetings, Self::PartyDay, Self::OrganisationLife, Self::Activity];

    /// The stored and transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ThreeMeetings => "three_meetings",
            Self::PartyDay => "party_day",
            Self::OrganisationLife => "organisation_life",
            Self::Activity => "activity",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == text)
    }
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingType {
    /// Its word for machines; of a tenant's own a number with `own_` before it.
    pub code: String,
    /// Its name; unique.
    pub name: String,
    /// Where it belongs.
    pub family: Family,
    /// Part of the product: neither renamed nor taken away.
    pub built_in: bool,
    /// May be chosen for new meetings.
    pub enabled: bool,
    /// Grows with every change; 0: as built in.
    pub version: u32,
}

/// Code, name and family of what is built in, in their order (支部工作条例（试行）第十一至十五条; manuals S1 §P4.3, S2 §1.5.1).
const BUILT_IN: [(&str, &str, Family); 13] = [
    ("general_meeting", "党员大会", Family::ThreeMeetings),
    ("committee_meeting", "支委会", Family::ThreeMeetings),
    ("group_meeting", "党小组会", Family::ThreeMeetings),
    ("party_lecture", "党课", Family::ThreeMeetings),
    ("party_day", "主题党日", Family::PartyDay),
    ("organisation_life", "组织生活会", Family::OrganisationLife),
    ("appraisal", "民主评议", Family::OrganisationLife),
    ("branch_appraisal", "支部评议", Family::OrganisationLife),
    ("themed_education", "主题教育", Family::Activity),
    ("party_visit", "党建参观", Family::Activity),
    ("party_training", "党建培训", Family::Activity),
    ("commendation", "党内表彰", Family::Activity),
    ("two_studies", "两学一做", Family::Activity),
];

/// All types of a tenant: those that are built in, as they were switched, and its own.
pub fn all_types(stored: &[MeetingType]) -> Vec<MeetingType> {
    let built_in = BUILT_IN.into_iter().map(|(code, name, family)| {
        let switched = stored.iter().find(|own| own.code == code);
        MeetingType {
            code: code.to_owned(),
            name: name.to_owned(),
            family,
            built_in: true,
            enabled: switched.is_none_or(|own| own.enabled),
            version: switched.map_or(0, |own| own.version),
        }
    });
    let own = stored.iter().filter(|own| BUILT_IN.iter().all(|(code, _, _)| *code != own.code)).cloned();
    built_in.chain(own.map(|own| MeetingType { built_in: false, ..own })).collect()
}

/// The name that a type may have beside `others`.
///
/// # Errors
/// `field.required`, `field.too_long`, or `meeting_type.name_taken`.
pub fn check_name(name: &str, others: &[MeetingType]) -> Result<String, Refusal> {
    let name = text_field("name", name, true, MAX_NAME)?;
    if others.iter().any(|other| other.name == name) {
        let wrong = FieldError::new("name", "meeting_type.name_taken", "已有同名的会议类型");
        return Err(wrong.into());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(code: &str, name: &str, enabled: bool) -> MeetingType {
        let (code, name) = (code.to_owned(), name.to_owned());
        MeetingType { code, name, family: Family::Activity, built_in: false, enabled, version: 3 }
    }

    #[test]
    fn what_is_built_in_is_there_and_can_be_switched_off_not_renamed() {
        let types = all_types(&[own("party_day", "别的名字", false), own("own_1", "田间课堂", true)]);
        assert_eq!(types.len(), BUILT_IN.len() + 1);
        let party_day = types.iter().find(|one| one.code == "party_day").unwrap();
        assert_eq!(
            (party_day.name.as_str(), party_day.enabled, party_day.built_in, party_day.version),
            ("主题党日", false, true, 3)
        );
        assert_eq!(types.last().map(|last| (last.name.as_str(), last.built_in)), Some(("田间课堂", false)));
    }

    #[test]
    fn a_name_is_there_once() {
        let types = all_types(&[]);
        let code = |name: &str| check_name(name, &types).map_or_else(|refusal| refusal.fields[0].code, |_| "ok");
        assert_eq!(code(" 田间课堂 "), "ok");
        assert_eq!(code("党课"), "meeting_type.name_taken");
        assert_eq!(code(""), "field.required");
        assert_eq!(code(&"课".repeat(21)), "field.too_long");
    }
}
