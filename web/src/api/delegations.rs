//! 邀请上级派员 (inventory MEET-17): an organisation above is asked to send somebody, and names whom.

use actix_web::{post, web};
use lianxin_domain::access::Scope;
use lianxin_domain::ids::{MemberId, OrganisationId};
use lianxin_domain::meeting::{Command, Invitee, Superior};
use lianxin_domain::problem::Refusal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk};
use super::ticket_actions::Answered;
use super::tickets::one_field;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::meeting::MeetingView;

/// Which organisation is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuperiorInput {
    /// One above the meeting's own; the next above when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    organisation_id: Option<OrganisationId>,
    /// At most 200 characters.
    #[serde(default)]
    note: Option<String>,
}

/// Asks an organisation above to send somebody (邀请上级派员); those who lead it are told.
#[utoipa::path(tag = "meetings", operation_id = "invite_superior", params(("id" = String, Path)),
    request_body = SuperiorInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/superior")]
pub async fn invite(id: web::Path<String>, call: Call<SuperiorInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (meeting_id, _) = desk.standing(&call.caller, &id).await?;
    let own = desk.actors.read(meeting_id, |hall, _| hall.meeting().organisation_id).await?;
    let superior = desk.superior(own, call.body.organisation_id)?;
    let command = Command::InviteSuperior { superior, note: call.body.note.clone() };
    desk.act(&id, command, &call, &commits).await
}

impl MeetingDesk {
    /// The organisation above `own` that is asked.
    fn superior(&self, own: OrganisationId, asked: Option<OrganisationId>) -> Result<Superior, ApiError> {
        let directory = self.directories.current();
        let tree = directory.organisations();
        let none = || one_field("organisation_id", "organisation.not_above", "请选择本组织的上级组织");
        let entry = tree.get(own).ok_or_else(none)?;
        let above = asked.or(entry.parent_id).and_then(|id| tree.get(id)).ok_or_else(none)?;
        let (path, organisation) = (&above.organisation.path, &above.organisation);
        if organisation.id == own || !path.contains(&entry.organisation.path) {
            return Err(none());
        }
        let leaders = above.leaders.iter().map(|leader| leader.account_id).collect();
        Ok(Superior { organisation_id: organisation.id, name: organisation.name.clone(), leaders })
    }
}

/// Whom it sends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegateInput {
    /// A member of the organisation that was asked, or of one below it.
    #[schema(value_type = String)]
    member_id: MemberId,
}

/// Names whom the organisation sends that was asked; for those who manage it. The person becomes a guest and is told.
#[utoipa::path(tag = "meetings", operation_id = "name_delegate", params(("id" = String, Path)),
    request_body = DelegateInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/superior/delegate")]
pub async fn name(id: web::Path<String>, call: Call<DelegateInput>, desk: Desk, commits: CommitsData) -> Answered {
    let (meeting_id, _) = desk.standing(&call.caller, &id).await?;
    let asked = desk.actors.read(meeting_id, |hall, _| hall.meeting().delegation.clone()).await?;
    let not_asked = || Refusal::conflict("meeting.superior_not_invited", "会议没有邀请本组织派员");
    let organisation_id = asked.ok_or_else(not_asked)?.organisation_id;
    let directory = desk.directories.current();
    let path = directory.organisations().get(organisation_id).map(|entry| entry.organisation.path.clone());
    let path = path
        .filter(|path| call.caller.manages_organisation(path))
        .ok_or_else(|| Refusal::forbidden("meeting.not_superior", "只有受邀组织的书记或管理员可以派员"))?;
    let member = desk.members.get(&Scope::system(), call.body.member_id).await?;
    let member = member.filter(|member| path.contains(&member.organisation_path));
    let none = || one_field("member_id", "member.not_found", "请选择本组织的党员");
    let delegate = Invitee::from(&member.ok_or_else(none)?);
    desk.act(&id, Command::NameDelegate { organisation_id, delegate }, &call, &commits).await
}
