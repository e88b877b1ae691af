//! Who may see what of a 组织生活会.
//!
//! Who manages the branch decides everything; who only looks over it sees how materials stand, whose they are and the report,
//! but not what a material says: it is written for the own branch. Who takes part sees the notice and the own material.

use lianxin_actors::hub::Topic;
use lianxin_actors::organisational_life::{LIFE, MATERIAL, REPORT};
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{LifeMeetingId, MemberId};
use lianxin_domain::organisational_life::{LifeMeeting, Participant};
use lianxin_domain::problem::Refusal;
use lianxin_storage::organisational_life::LifeMeetings;

use crate::error::ApiError;
use crate::views::organisational_life::LifeStanding;

/// Tells how people stand to 组织生活会 and to what belongs to them.
#[derive(Clone)]
pub struct LifeRights {
    lives: LifeMeetings,
}

/// How the caller stands to one that is in scope.
pub(super) fn standing(caller: &Caller, meeting: &LifeMeeting) -> LifeStanding {
    LifeStanding {
        manages: caller.manages_organisation(&meeting.organisation_path),
        oversees: caller.supervises_organisation(&meeting.organisation_path),
    }
}

impl LifeRights {
    /// By what is stored.
    pub const fn new(lives: LifeMeetings) -> Self {
        Self { lives }
    }

    /// The meeting, if the caller looks over its branch or takes part.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub(super) async fn meeting(&self, caller: &Caller, id: LifeMeetingId) -> Result<LifeMeeting, ApiError> {
        self.lives.get(&caller.scope(), id).await?.ok_or_else(no_life_meeting)
    }

    /// The topic that the word `organisational_life:{id}` means for the caller.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub async fn topic(&self, caller: &Caller, id: LifeMeetingId) -> Result<Topic, ApiError> {
        let meeting = self.meeting(caller, id).await?;
        Ok(if standing(caller, &meeting).oversees { Topic::LifeDesk(id) } else { Topic::Life(id) })
    }

    /// The participant, if the caller may read the material: its author, and who manages the branch.
    ///
    /// # Errors
    /// 404 for everybody else.
    pub(super) async fn readable(
        &self,
        caller: &Caller,
        meeting: &LifeMeeting,
        member: MemberId,
    ) -> Result<Participant, ApiError> {
        let found = self.lives.participant(meeting.id, member).await?;
        let manages = standing(caller, meeting).manages;
        let readable = found.filter(|found| manages || found.account_id == caller.account_id);
        readable.ok_or_else(|| Refusal::not_found("material.not_found", "没有找到这份对照检查材料").into())
    }

    /// Whether the caller may read a file that `owner` has; nothing when the owner is something else.
    ///
    /// # Errors
    /// [`ApiError`] when it cannot be looked up now.
    pub(super) async fn reads_file_of(&self, caller: &Caller, owner: &Subject) -> Result<Option<bool>, ApiError> {
        let (meeting, member) = match owner.kind.as_str() {
            LIFE | REPORT => (owner.id.as_str(), None),
            MATERIAL => match owner.id.split_once(':') {
                Some((meeting, member)) => (meeting, Some(member)),
                None => return Err(ApiError::Internal),
            },
            _ => return Ok(None),
        };
        let id: LifeMeetingId = meeting.parse().map_err(|_| ApiError::Internal)?;
        let Some(meeting) = self.lives.get(&caller.scope(), id).await? else { return Ok(Some(false)) };
        let Some(member) = member else {
            return Ok(Some(owner.kind == LIFE || standing(caller, &meeting).oversees));
        };
        let member: MemberId = member.parse().map_err(|_| ApiError::Internal)?;
        match self.readable(caller, &meeting, member).await {
            Ok(_) => Ok(Some(true)),
            Err(ApiError::Refused(_)) => Ok(Some(false)),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn no_life_meeting() -> ApiError {
    Refusal::not_found("organisational_life.not_found", "没有找到这个组织生活会").into()
}

pub(super) fn not_manager() -> ApiError {
    Refusal::forbidden("organisational_life.not_manager", "只有本支部的书记或管理员可以这样做").into()
}
