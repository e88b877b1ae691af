//! What people do with meetings. Every action is one command to the meeting's actor.

use std::collections::HashMap;

use actix_web::{get, post, web};
use lianxin_actors::meeting::view;
use lianxin_domain::access::Scope;
use lianxin_domain::ids::{MemberId, OrganisationId};
use lianxin_domain::meeting::{Command, Invited, Invitee, MAX_ATTENDEES, MAX_NAME, Meeting, Standing as PartyStanding};
use lianxin_domain::member::Member;
use lianxin_domain::problem::{Refusal, text_field};
use lianxin_storage::members::MemberFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk, Standing, not_found, not_manager};
use super::ticket_actions::{Answered, Nothing, ReasonInput};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::meeting::MeetingView;

impl MeetingDesk {
    /// Everybody who is invited, each once, in the order of organisations and of their places in them.
    pub(super) async fn invited(&self, meeting: &Meeting) -> Result<Vec<Invitee>, ApiError> {
        let Invited { whole_branch, members, organisations } = &meeting.plan.invited;
        let mut found: HashMap<MemberId, Member> = HashMap::new();
        let own = whole_branch.then_some(meeting.organisation_id);
        for id in own.iter().chain(organisations) {
            for member in self.roster(meeting, *id).await? {
                found.insert(member.id, member);
            }
        }
        for id in members {
            let member = self.members.get(&Scope::system(), *id).await?;
            let member = member.filter(|member| same_tenant(meeting, member));
            let none = || one_field("attendees.members", "member.not_found", "没有找到其中一位党员");
            found.insert(*id, member.ok_or_else(none)?);
        }
        let mut members: Vec<Member> = found.into_values().collect();
        members.sort_unstable_by(|a, b| (&a.organisation_path, a.id).cmp(&(&b.organisation_path, b.id)));
        Ok(members.iter().map(Invitee::from).collect())
    }

    /// The members of an organisation; of a branch those of its groups, too.
    async fn roster(&self, meeting: &Meeting, id: OrganisationId) -> Result<Vec<Member>, ApiError> {
        let directory = self.directories.current();
        let none = || one_field("attendees.orgs", "organisation.not_found", "没有找到其中一个组织");
        let entry = directory.organisations().get(id).ok_or_else(none)?;
        let path = entry.organisation.path.clone();
        if path.tenant() != meeting.organisation_path.tenant() {
            return Err(none());
        }
        let filter =
            MemberFilter { organisation: Some((path, entry.organisation.kind.is_branch())), ..MemberFilter::default() };
        let size = u32::try_from(MAX_ATTENDEES + 1).unwrap_or(u32::MAX);
        Ok(self.members.list(&Scope::system(), &filter, 0, size).await?.0)
    }
}

fn same_tenant(meeting: &Meeting, member: &Member) -> bool {
    member.organisation_path.tenant() == meeting.organisation_path.tenant()
}

/// Launches a meeting (启动): the list is fixed, everybody on it is told.
#[utoipa::path(tag = "meetings", operation_id = "launch_meeting", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/launch")]
pub async fn launch(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    let (meeting_id, standing) = desk.standing(&call.caller, &id).await?;
    if standing != Standing::Manages {
        return Err(not_manager());
    }
    let meeting = desk.actors.read(meeting_id, |hall, _| hall.meeting().clone()).await?;
    let invited = desk.invited(&meeting).await?;
    desk.act(&id, Command::Launch(invited), &call, &commits).await
}

/// Calls a meeting off (取消), before its begin.
#[utoipa::path(tag = "meetings", operation_id = "cancel_meeting", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/cancel")]
pub async fn cancel(id: web::Path<String>, call: Call<ReasonInput>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Cancel { reason: call.body.reason.clone() }, &call, &commits).await
}

/// Begins a meeting (开始).
#[utoipa::path(tag = "meetings", operation_id = "start_meeting", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/start")]
pub async fn start(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Start, &call, &commits).await
}

/// Ends a meeting (结束).
#[utoipa::path(tag = "meetings", operation_id = "end_meeting", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/end")]
pub async fn end(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::End, &call, &commits).await
}

/// Puts an ended meeting away (归档).
#[utoipa::path(tag = "meetings", operation_id = "archive_meeting", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/archive")]
pub async fn archive(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Archive, &call, &commits).await
}

/// Which item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgendaInput {
    /// From 0; null: none.
    index: Option<u32>,
}

/// Goes on to an item of the agenda.
#[utoipa::path(tag = "meetings", operation_id = "move_agenda", params(("id" = String, Path)),
    request_body = AgendaInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/agenda")]
pub async fn move_agenda(id: web::Path<String>, call: Call<AgendaInput>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::MoveAgenda { index: call.body.index }, &call, &commits).await
}

/// Whether the caller comes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyInput {
    attending: bool,
}

/// Answers an invitation (回执).
#[utoipa::path(tag = "meetings", operation_id = "reply_to_meeting", params(("id" = String, Path)),
    request_body = ReplyInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/reply")]
pub async fn reply(id: web::Path<String>, call: Call<ReplyInput>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::Reply { attending: call.body.attending }, &call, &commits).await
}

/// Signs up (报名).
#[utoipa::path(tag = "meetings", operation_id = "sign_up", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/sign-up")]
pub async fn sign_up(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::SignUp, &call, &commits).await
}

/// Asks to be away (请假).
#[utoipa::path(tag = "meetings", operation_id = "ask_leave", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/leave")]
pub async fn ask_leave(id: web::Path<String>, call: Call<ReasonInput>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::AskLeave { reason: call.body.reason.clone() }, &call, &commits).await
}

/// Takes a request to be away back.
#[utoipa::path(tag = "meetings", operation_id = "withdraw_leave", params(("id" = String, Path)),
    responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/leave/withdraw")]
pub async fn withdraw_leave(id: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    desk.act(&id, Command::WithdrawLeave, &call, &commits).await
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveDecisionInput {
    approved: bool,
    /// At most 500 characters; required when it is not approved.
    #[serde(default)]
    note: Option<String>,
}

/// Grants a leave or not (请假审批); never one's own.
#[utoipa::path(tag = "meetings", operation_id = "decide_leave",
    params(("id" = String, Path), ("member_id" = String, Path)),
    request_body = LeaveDecisionInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/leave/{member_id}/decide")]
pub async fn decide_leave(
    path: web::Path<(String, String)>,
    call: Call<LeaveDecisionInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let (id, member_id) = path.into_inner();
    let member_id = member_id.parse().map_err(|_| not_listed())?;
    let LeaveDecisionInput { approved, note } = &call.body;
    let command = Command::DecideLeave { member_id, approved: *approved, note: note.clone() };
    desk.act(&id, command, &call, &commits).await
}

/// Somebody who is not on the list: a member, or a name from outside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestInput {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// 1 to 50 characters.
    #[serde(default)]
    name: Option<String>,
}

impl GuestInput {
    /// The person; `within` is where the body holds it, for the names of its fields.
    async fn invitee(&self, desk: &MeetingDesk, id: &str, within: &str) -> Result<Invitee, ApiError> {
        let field = |name: &str| format!("{within}{name}");
        let none = || one_field(&field("member_id"), "member.not_found", "没有找到这位党员");
        match (self.member_id, &self.name) {
            (Some(member_id), None) => {
                let member = desk.members.get(&Scope::system(), member_id).await?.ok_or_else(none)?;
                let id = id.parse().map_err(|_| not_found())?;
                let meeting = desk.actors.read(id, |hall, _| hall.meeting().clone()).await?;
                if !same_tenant(&meeting, &member) {
                    return Err(none());
                }
                Ok(Invitee::from(&member))
            }
            (None, Some(name)) => Ok(Invitee {
                member_id: desk.ids.next(),
                account_id: None,
                name: text_field(&field("name"), name, true, MAX_NAME).map_err(Refusal::from)?,
                organisation_id: None,
                standing: PartyStanding::None,
                photo: None,
            }),
            _ => Err(one_field(&field("member_id"), "field.required", "请选择一位党员，或者填写姓名")),
        }
    }
}

/// Adds a guest (列席), such as somebody sent from above.
#[utoipa::path(tag = "meetings", operation_id = "add_guest", params(("id" = String, Path)),
    request_body = GuestInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/guests")]
pub async fn add_guest(id: web::Path<String>, call: Call<GuestInput>, desk: Desk, commits: CommitsData) -> Answered {
    let guest = call.body.invitee(&desk, &id, "").await?;
    desk.act(&id, Command::AddGuest(guest), &call, &commits).await
}

/// Who comes in whose place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstituteInput {
    /// In whose place; the caller's own when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    of_member_id: Option<MemberId>,
    #[serde(deserialize_with = "crate::object::needed")]
    by: GuestInput,
}

/// Sends somebody in one's place (替会).
#[utoipa::path(tag = "meetings", operation_id = "send_substitute", params(("id" = String, Path)),
    request_body = SubstituteInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/substitute")]
pub async fn substitute(
    id: web::Path<String>,
    call: Call<SubstituteInput>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    let by = call.body.by.invitee(&desk, &id, "by.").await?;
    desk.act(&id, Command::Substitute { of: call.body.of_member_id, by }, &call, &commits).await
}

/// A hand, up or down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandInput {
    raised: bool,
    /// Whose hand goes down; the caller's own when it is left out. Nobody raises another's.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member_id: Option<MemberId>,
}

/// Raises the caller's hand (举手) or takes it down; the host calls on somebody by taking that hand down.
#[utoipa::path(tag = "meetings", operation_id = "raise_hand", params(("id" = String, Path)),
    request_body = HandInput, responses((status = 200, body = MeetingView)))]
#[post("/api/v1/meetings/{id}/hand")]
pub async fn hand(id: web::Path<String>, call: Call<HandInput>, desk: Desk, commits: CommitsData) -> Answered {
    let command = match (call.body.raised, call.body.member_id) {
        (true, None) => Command::RaiseHand,
        (true, Some(_)) => return Err(one_field("member_id", "field.unexpected", "只能举自己的手")),
        (false, member_id) => Command::LowerHand { member_id },
    };
    desk.act(&id, command, &call, &commits).await
}

/// Everybody on a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RosterView {
    /// 应到, 实到 and so on.
    #[schema(value_type = Object)]
    figures: Value,
    #[schema(value_type = Vec<Object>)]
    items: Vec<Value>,
}

/// Reads the list with everybody's attendance (参会名单); for those who run the meeting or look over it.
#[utoipa::path(tag = "meetings", operation_id = "get_roster", params(("id" = String, Path)),
    responses((status = 200, body = RosterView)))]
#[get("/api/v1/meetings/{id}/roster")]
pub async fn roster(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<RosterView>, ApiError> {
    let caller = std::sync::Arc::new(who.caller().clone());
    let (id, standing) = desk.standing(&caller, &id).await?;
    if standing == Standing::Listed {
        return Err(not_manager());
    }
    let (figures, items) = desk.actors.read(id, |hall, _| (view::figures(hall), view::roster(hall))).await?;
    Ok(web::Json(RosterView { figures, items }))
}

pub(super) fn not_listed() -> ApiError {
    Refusal::not_found("meeting.attendee_not_found", "参会名单上没有这个人").into()
}
