//! Meetings: who may see what of them.

use lianxin_actors::hub::Topic;
use lianxin_actors::meeting::MeetingActors;
use lianxin_domain::access::Caller;
use lianxin_domain::ids::MeetingId;
use lianxin_domain::meeting::{Hall, StateName};
use lianxin_domain::problem::Refusal;

use crate::error::ApiError;

/// How somebody stands to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Hosts it, writes its record, or made it: sees everything and decides.
    Manages,
    /// Is on the list.
    Listed,
    /// Has nothing to do with it.
    Stranger,
}

/// Tells how people stand to meetings.
#[derive(Clone)]
pub struct MeetingRights {
    meetings: MeetingActors,
}

impl MeetingRights {
    /// By what `meetings` know.
    pub const fn new(meetings: MeetingActors) -> Self {
        Self { meetings }
    }

    /// How the caller stands to a meeting. Of a draft nobody else knows.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub async fn standing(&self, caller: &Caller, id: MeetingId) -> Result<Standing, ApiError> {
        let person = caller.account_id;
        let look = move |hall: &Hall, _| {
            let plan = &hall.meeting().plan;
            let recorder = plan.recorder.as_ref().map(|recorder| recorder.id);
            if plan.host.id == person || recorder == Some(person) || hall.meeting().created_by.id == person {
                Standing::Manages
            } else if hall.of_account(person).is_some() && hall.meeting().state != StateName::Draft {
                Standing::Listed
            } else {
                Standing::Stranger
            }
        };
        match self.meetings.read(id, look).await {
            Some(standing) if standing != Standing::Stranger => Ok(standing),
            Some(_) | None => Err(not_found()),
        }
    }

    /// The topic that the word `meeting:{id}` means for the caller.
    ///
    /// # Errors
    /// 404 when there is none that the caller may know of.
    pub async fn topic(&self, caller: &Caller, id: MeetingId) -> Result<Topic, ApiError> {
        Ok(match self.standing(caller, id).await? {
            Standing::Manages => Topic::Desk(id),
            Standing::Listed | Standing::Stranger => Topic::Meeting(id),
        })
    }
}

fn not_found() -> ApiError {
    Refusal::not_found("meeting.not_found", "没有找到这个会议").into()
}
