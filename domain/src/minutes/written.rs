//! Minutes as they are written, signed and reopened.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::record::Record;
use super::text::MinutesText;
use crate::clock::Timestamp;
use crate::ids::MeetingId;
use crate::meeting::{Mark, Meeting, Party, StateName};
use crate::person::PersonRef;
use crate::problem::{Refusal, text_field};

const MAX_REASON: usize = 500;

/// Where minutes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MinutesState {
    /// 未上传: nobody wrote or signed anything.
    #[default]
    None,
    /// 草稿: somebody wrote to them.
    Draft,
    /// 已签发
    Signed,
}

impl MinutesState {
    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Draft => "draft",
            Self::Signed => "signed",
        }
    }

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::None => "未上传",
            Self::Draft => "草稿",
            Self::Signed => "已签发",
        }
    }
}

/// That somebody stands by the minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who, and when.
    pub mark: Mark,
    /// What they were made from then.
    pub record: Record,
}

/// The minutes of a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    /// Of which meeting.
    pub meeting_id: MeetingId,
    /// Grows with every change; 0: nothing was written or signed yet.
    pub version: u32,
    /// What was written.
    pub text: MinutesText,
    /// Who changed them last, and when.
    pub edited: Option<Mark>,
    /// Whether somebody stands by them.
    pub signed: Option<Signature>,
}

impl Minutes {
    /// Before anybody wrote anything.
    pub fn blank(meeting_id: MeetingId) -> Self {
        Self { meeting_id, version: 0, text: MinutesText::default(), edited: None, signed: None }
    }

    /// Where they stand.
    pub const fn state(&self) -> MinutesState {
        match (self.version, &self.signed) {
            (_, Some(_)) => MinutesState::Signed,
            (0, None) => MinutesState::None,
            (_, None) => MinutesState::Draft,
        }
    }

    /// Whether somebody may read them: those who run the meeting or look over it from its begin, everybody on the list
    /// once they are signed.
    ///
    /// # Errors
    /// `minutes.not_begun`, `minutes.not_signed`.
    pub fn readable(&self, meeting: &Meeting, at_desk: bool) -> Result<(), Refusal> {
        begun(meeting)?;
        if at_desk || self.signed.is_some() {
            return Ok(());
        }
        Err(Refusal::forbidden("minutes.not_signed", "会议纪要签发后才能查看"))
    }

    /// With another text, written over version `over`; nothing when it is the same.
    ///
    /// # Errors
    /// `meeting.not_manager`, `minutes.not_begun`, `minutes.signed`, `minutes.changed`, or the fields that are wrong.
    pub fn edit(
        &self,
        text: MinutesText,
        over: u32,
        meeting: &Meeting,
        party: &Party,
        now: Timestamp,
    ) -> Result<Option<Self>, Refusal> {
        managed(party)?;
        begun(meeting)?;
        self.unsigned()?;
        self.over(over)?;
        let text = text.check(meeting.plan.agenda.len())?;
        if text == self.text && self.version > 0 {
            return Ok(None);
        }
        let edited = Some(Mark { by: party.person.clone(), at: now });
        Ok(Some(Self { version: self.version + 1, text, edited, ..self.clone() }))
    }

    /// Signed (签发) by the host or the recorder after the end, as they stood at version `over` with `record`.
    ///
    /// # Errors
    /// `minutes.not_signer`, `minutes.not_ended`, `minutes.signed`, `minutes.changed`.
    pub fn sign(
        &self,
        over: u32,
        record: Record,
        meeting: &Meeting,
        party: &Party,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let plan = &meeting.plan;
        let signers = std::iter::once(&plan.host).chain(&plan.recorder);
        if !signers.into_iter().any(|signer| signer.id == party.person.id) {
            return Err(Refusal::forbidden("minutes.not_signer", "只有主持人或记录人可以签发会议纪要"));
        }
        if !meeting.counts() {
            return Err(Refusal::conflict("minutes.not_ended", "会议结束后才能签发纪要"));
        }
        self.unsigned()?;
        self.over(over)?;
        let mark = Mark { by: party.person.clone(), at: now };
        let edited = self.edited.clone().or_else(|| Some(mark.clone()));
        Ok(Self { version: self.version + 1, edited, signed: Some(Signature { mark, record }), ..self.clone() })
    }

    /// What the event says of an edit: the whole text, so that no version is ever lost.
    pub fn edited_facts(&self, by: &PersonRef) -> serde_json::Value {
        json!({ "minutes_version": self.version, "by": by, "text": self.text })
    }

    /// What the event says of a signature. `sha256`: of the facts that it stands for.
    pub fn signed_facts(&self, by: &PersonRef, sha256: &str) -> serde_json::Value {
        json!({ "minutes_version": self.version, "by": by, "sha256": sha256 })
    }

    /// Open for writing again (退回修改), with the reason as it is kept. `manager`: manages the organisation's meetings.
    ///
    /// # Errors
    /// `minutes.not_manager`, `minutes.archived`, `minutes.not_signed_yet`, or the field `reason`.
    pub fn reopen(&self, reason: &str, meeting: &Meeting, manager: bool) -> Result<(Self, String), Refusal> {
        if !manager {
            return Err(Refusal::forbidden("minutes.not_manager", "只有本组织的管理人员可以退回已签发的纪要"));
        }
        if meeting.state == StateName::Archived {
            return Err(Refusal::conflict("minutes.archived", "会议已归档，纪要不能再修改"));
        }
        if self.signed.is_none() {
            return Err(Refusal::conflict("minutes.not_signed_yet", "会议纪要尚未签发"));
        }
        let reason = text_field("reason", reason, true, MAX_REASON)?;
        Ok((Self { version: self.version + 1, signed: None, ..self.clone() }, reason))
    }

    fn unsigned(&self) -> Result<(), Refusal> {
        if self.signed.is_none() {
            return Ok(());
        }
        Err(Refusal::conflict("minutes.signed", "会议纪要已签发，不能再修改"))
    }

    fn over(&self, over: u32) -> Result<(), Refusal> {
        if over == self.version {
            return Ok(());
        }
        Err(self.changed())
    }

    /// That somebody else has brought them to where they are, to whom did not know it.
    pub fn changed(&self) -> Refusal {
        let refusal = Refusal::conflict("minutes.changed", "会议纪要刚刚被其他人修改，请先查看最新内容");
        refusal.with("version", json!(self.version))
    }
}

fn managed(party: &Party) -> Result<(), Refusal> {
    let refusal = || Refusal::forbidden("meeting.not_manager", "只有主持人、记录人或本组织的管理人员可以这样做");
    if party.manages { Ok(()) } else { Err(refusal()) }
}

fn begun(meeting: &Meeting) -> Result<(), Refusal> {
    let refusal = || Refusal::conflict("minutes.not_begun", "会议开始后才有会议纪要");
    if meeting.started_at.is_some() { Ok(()) } else { Err(refusal()) }
}
