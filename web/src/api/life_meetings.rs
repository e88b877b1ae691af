//! 组织生活会 (inventory MEET-16): making, reading and changing them. Lists are in `life_lists`,
//! materials in `life_materials`, linked meetings and the report in `life_report`, and who may see what in `life_rights`.

use std::collections::HashSet;

use actix_web::{delete, get, patch, post, web};
use lianxin_actors::organisational_life::LifeDesk;
use lianxin_domain::access::{Caller, Scope};
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, IdSource, LifeMeetingId, MemberId, OrganisationId};
use lianxin_domain::organisational_life::{
    LifeMeeting, LifePlan, LifePlanInput, MAX_PARTICIPANTS, NoticeForm, Participant, PlanChange,
};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_domain::tree::TreePath;
use lianxin_storage::attachments::Attachments;
use lianxin_storage::meeting_minutes::MeetingMinutes;
use lianxin_storage::meetings::Meetings;
use lianxin_storage::members::{MemberFilter, Members};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::life_rights::{LifeRights, no_life_meeting, not_manager, standing};
use super::ticket_actions::{Answered, Nothing};
use super::tickets::{kept_and_fresh, one_field};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::organisational_life::{LifeMeetingView, LifeStanding};

/// Tries of a change that others make as well.
pub(super) const TRIES: usize = 10;

/// What calls of 组织生活会 need.
#[derive(Clone)]
pub struct LifeRoom {
    /// What becomes of them.
    pub desk: LifeDesk,
    /// Who may see what.
    pub rights: LifeRights,
    /// Ordinary meetings, to be linked.
    pub meetings: Meetings,
    /// Their minutes.
    pub minutes: MeetingMinutes,
    /// The member register.
    pub members: Members,
    /// Uploads.
    pub files: Attachments,
    /// New ids and time.
    pub ids: IdSource,
}

pub(super) type Room = web::Data<LifeRoom>;

impl LifeRoom {
    pub(super) fn now(&self) -> Timestamp {
        self.ids.clock().now()
    }

    /// The meeting of a path, and how the caller stands to it.
    pub(super) async fn found(&self, caller: &Caller, id: &str) -> Result<(LifeMeeting, LifeStanding), ApiError> {
        let id: LifeMeetingId = id.parse().map_err(|_| no_life_meeting())?;
        let meeting = self.rights.meeting(caller, id).await?;
        let standing = standing(caller, &meeting);
        Ok((meeting, standing))
    }

    /// The meeting of a path, if the caller manages its branch.
    pub(super) async fn managed(&self, caller: &Caller, id: &str) -> Result<LifeMeeting, ApiError> {
        let (meeting, standing) = self.found(caller, id).await?;
        if standing.manages { Ok(meeting) } else { Err(not_manager()) }
    }

    /// The meetings as the caller sees them now.
    pub(super) async fn views(
        &self,
        caller: &Caller,
        meetings: &[LifeMeeting],
    ) -> Result<Vec<LifeMeetingView>, ApiError> {
        let ids: Vec<LifeMeetingId> = meetings.iter().map(|meeting| meeting.id).collect();
        let tallies = self.desk.lives.tallies(&ids).await?;
        let own = self.desk.lives.of_account(caller.account_id, &ids).await?;
        let (directory, now) = (self.desk.directories.current(), self.now());
        let view = |meeting: &LifeMeeting| {
            let tally = tallies.get(&meeting.id).copied().unwrap_or_default();
            let (standing, own) = (standing(caller, meeting), own.get(&meeting.id));
            LifeMeetingView::of(meeting, directory.organisations(), standing, tally, own, now)
        };
        Ok(meetings.iter().map(view).collect())
    }

    /// One of them.
    pub(super) async fn view(&self, caller: &Caller, meeting: &LifeMeeting) -> Result<LifeMeetingView, ApiError> {
        let views = self.views(caller, std::slice::from_ref(meeting)).await?;
        views.into_iter().next().ok_or(ApiError::Internal)
    }

    /// The files that a record has afterwards: those of `known` that are named again, and fresh ones of the caller's.
    pub(super) async fn files(
        &self,
        ids: &[AttachmentId],
        known: &[AttachmentRef],
        caller: &Caller,
    ) -> Result<Vec<AttachmentRef>, ApiError> {
        kept_and_fresh(&self.files, ids, known, caller).await
    }
}

/// Does what a call asks for once: a repetition, also one that comes while the first is on its way, gets the first's answer.
pub(super) async fn once<T>(call: &Call<T>, commits: &CommitsData, work: impl Future<Output = Answered>) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    match work.await {
        // The files of a call that was done before belong to its record already.
        Err(error) => commits.replay(&call.idempotency, error).await,
        done => done,
    }
}

pub(super) fn person(caller: &Caller) -> PersonRef {
    PersonRef { id: caller.account_id, name: caller.name.clone() }
}

/// A new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLifeMeetingInput {
    /// The branch.
    #[schema(value_type = String)]
    org_id: OrganisationId,
    /// 会议名称, 1 to 100 characters.
    topic: String,
    /// Of which year; this one, the last or the next.
    year: i32,
    /// 议题 and what else is to be known, 1 to 5,000 characters.
    content: String,
    /// 对照检查截止时间, behind now.
    #[schema(value_type = String)]
    materials_due_at: Timestamp,
    /// 党员会截止时间, behind the other.
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// 通知形式: `message` (when it is left out) or `message_and_sms`. Never changed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    notice: Option<NoticeForm>,
    /// Who takes part: members of the branch and its groups; all of them when it is left out. Never changed.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    members: Option<Vec<MemberId>>,
    /// At most 20 files that the caller uploaded.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Makes one and tells its participants; for those who manage the branch.
#[utoipa::path(tag = "organisational life", operation_id = "create_life_meeting", request_body = NewLifeMeetingInput,
    responses((status = 201, body = LifeMeetingView)))]
#[post("/api/v1/organisational-life")]
pub async fn create(call: Call<NewLifeMeetingInput>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, made(&call, &room, &commits)).await
}

async fn made(call: &Call<NewLifeMeetingInput>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    let (input, caller, now) = (&call.body, &call.caller, room.now());
    let path = branch(room, caller, input.org_id)?;
    let plan = LifePlan {
        topic: input.topic.clone(),
        year: input.year,
        content: input.content.clone(),
        files: room.files(&input.attachments, &[], caller).await?,
        materials_due_at: input.materials_due_at,
        ends_at: input.ends_at,
    };
    let meeting = LifeMeeting {
        id: room.ids.next(),
        version: 1,
        organisation_id: input.org_id,
        organisation_path: path.clone(),
        created_by: person(caller),
        created_at: now,
        notice: input.notice.unwrap_or_default(),
        plan: LifePlanInput(plan).check(now).map_err(Refusal::fields)?,
        committee: None,
        members: None,
        reminded_at: None,
        report: None,
    };
    let participants = participants(room, &path, meeting.id, input.members.as_deref()).await?;
    let mut change = call.change(now);
    room.desk.made(&meeting, &participants, &person(caller), &mut change);
    let fields = json!({ "topic": [null, meeting.plan.topic], "participants": [null, participants.len()] });
    change.audited("organisational_life.create", subject(&meeting), fields);
    let own = participants.iter().find(|one| one.account_id == caller.account_id);
    let mut tally = lianxin_domain::organisational_life::MaterialTally::default();
    participants.iter().for_each(|one| tally.add(one.state, 1));
    let directory = room.desk.directories.current();
    let standing = standing(caller, &meeting);
    let view = LifeMeetingView::of(&meeting, directory.organisations(), standing, tally, own, now);
    commits.commit(&call.idempotency, change, 201, &view, || ApiError::Internal).await
}

/// The place of the branch, if the caller manages it.
fn branch(room: &LifeRoom, caller: &Caller, id: OrganisationId) -> Result<TreePath, ApiError> {
    let directory = room.desk.directories.current();
    let none = || one_field("org_id", "organisation.not_found", "没有找到这个组织");
    let entry = directory.organisations().get(id).ok_or_else(none)?;
    let path = &entry.organisation.path;
    if !caller.manages_organisation(path) {
        return Err(if caller.scope().sees_organisation(path) { not_manager() } else { none() });
    }
    if !entry.organisation.kind.is_branch() {
        return Err(one_field("org_id", "organisation.not_branch", "请选择党支部"));
    }
    Ok(path.clone())
}

/// Those who take part: all members of the branch and its groups now, or the chosen ones of them.
async fn participants(
    room: &LifeRoom,
    branch: &TreePath,
    meeting: LifeMeetingId,
    chosen: Option<&[MemberId]>,
) -> Result<Vec<Participant>, ApiError> {
    let filter = MemberFilter { organisation: Some((branch.clone(), true)), ..MemberFilter::default() };
    let size = u32::try_from(MAX_PARTICIPANTS).unwrap_or(u32::MAX);
    let (members, total) = room.members.list(&Scope::system(), &filter, 0, size).await?;
    if total > u64::from(size) {
        return Err(one_field("members", "field.too_large", &format!("参加人员最多 {size} 人")));
    }
    let wanted: Option<HashSet<MemberId>> = chosen.map(|chosen| chosen.iter().copied().collect());
    if let Some(chosen) = chosen {
        let known: HashSet<MemberId> = members.iter().map(|member| member.id).collect();
        let wrong: Vec<FieldError> = chosen
            .iter()
            .enumerate()
            .filter(|(_, id)| !known.contains(id))
            .map(|(index, _)| FieldError::new(format!("members[{index}]"), "member.not_found", "请选择本支部的党员"))
            .collect();
        if !wrong.is_empty() {
            return Err(Refusal::fields(wrong).into());
        }
    }
    let taking_part =
        members.into_iter().filter(|member| wanted.as_ref().is_none_or(|wanted| wanted.contains(&member.id)));
    let found: Vec<Participant> = taking_part
        .zip(0..)
        .map(|(member, place)| Participant::new(meeting, (member.id, member.account_id), member.facts.name, place))
        .collect();
    if found.is_empty() {
        return Err(one_field("members", "field.required", "请选择参加人员"));
    }
    Ok(found)
}

/// Reads one.
#[utoipa::path(tag = "organisational life", operation_id = "get_life_meeting", params(("id" = String, Path)),
    responses((status = 200, body = LifeMeetingView)))]
#[get("/api/v1/organisational-life/{id}")]
pub async fn get(
    who: Authenticated,
    id: web::Path<String>,
    room: Room,
) -> Result<web::Json<LifeMeetingView>, ApiError> {
    let (meeting, _) = room.found(who.caller(), &id).await?;
    Ok(web::Json(room.view(who.caller(), &meeting).await?))
}

/// What changes; whatever is left out stays. Who takes part and the form of the notice never change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifeMeetingChanges {
    /// 1 to 100 characters.
    #[serde(default)]
    topic: Option<String>,
    /// Of which year.
    #[serde(default)]
    year: Option<i32>,
    /// 1 to 5,000 characters.
    #[serde(default)]
    content: Option<String>,
    /// Behind now; not while meetings are linked.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    materials_due_at: Option<Timestamp>,
    /// Behind now.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ends_at: Option<Timestamp>,
    /// All that it has afterwards.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    attachments: Option<Vec<AttachmentId>>,
}

impl LifeMeetingChanges {
    /// The plan that `before` becomes; its files are looked up by the caller.
    fn over(&self, before: &LifePlan, files: Vec<AttachmentRef>) -> LifePlan {
        LifePlan {
            topic: self.topic.clone().unwrap_or_else(|| before.topic.clone()),
            year: self.year.unwrap_or(before.year),
            content: self.content.clone().unwrap_or_else(|| before.content.clone()),
            files,
            materials_due_at: self.materials_due_at.unwrap_or(before.materials_due_at),
            ends_at: self.ends_at.unwrap_or(before.ends_at),
        }
    }
}

/// Changes what the notice says; participants are told of other instants.
#[utoipa::path(tag = "organisational life", operation_id = "change_life_meeting", params(("id" = String, Path)),
    request_body = LifeMeetingChanges, responses((status = 200, body = LifeMeetingView)))]
#[patch("/api/v1/organisational-life/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<LifeMeetingChanges>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &commits)).await
}

async fn changed(id: &str, call: &Call<LifeMeetingChanges>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    for last in (0..TRIES).rev() {
        let (before, now) = (room.managed(&call.caller, id).await?, room.now());
        let files = match &call.body.attachments {
            Some(ids) => room.files(ids, &before.plan.files, &call.caller).await?,
            None => before.plan.files.clone(),
        };
        let (after, what) = before.with_plan(call.body.over(&before.plan, files), now)?;
        let participants = room.desk.lives.participants(before.id).await?;
        let mut change = call.change(now);
        if what != PlanChange::None {
            room.desk.planned((&before, &after), what, &participants, &person(&call.caller), &mut change);
            change.audited("organisational_life.change", subject(&after), changed_fields(&before.plan, &after.plan));
        }
        let view = room.view(&call.caller, if what == PlanChange::None { &before } else { &after }).await?;
        match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
            // What this call does not name stays as somebody else has just made it.
            Err(error) if last > 0 && is_overtaken(&error) => {}
            answer => return answer,
        }
    }
    Err(ApiError::Unavailable)
}

fn changed_fields(before: &LifePlan, after: &LifePlan) -> serde_json::Value {
    let mut fields = serde_json::Map::new();
    let mut note = |field: &str, before: serde_json::Value, after: serde_json::Value| {
        if before != after {
            fields.insert(field.to_owned(), json!([before, after]));
        }
    };
    note("topic", json!(before.topic), json!(after.topic));
    note("year", json!(before.year), json!(after.year));
    note("content", json!(before.content), json!(after.content));
    note("materials_due_at", json!(before.materials_due_at), json!(after.materials_due_at));
    note("ends_at", json!(before.ends_at), json!(after.ends_at));
    let ids = |plan: &LifePlan| json!(plan.files.iter().map(|file| file.id).collect::<Vec<_>>());
    note("attachments", ids(before), ids(after));
    serde_json::Value::Object(fields)
}

/// Whether somebody else changed the same meanwhile, so that it is to be decided anew.
pub(super) fn is_overtaken(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused(refusal) if refusal.code == "record.changed")
}

/// Takes one away with all its materials, as long as none of its meetings began. Files are their uploaders' again.
#[utoipa::path(tag = "organisational life", operation_id = "delete_life_meeting", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/organisational-life/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    once(&call, &commits, removed(&id, &call, &room, &commits)).await
}

async fn removed(id: &str, call: &Call<Nothing>, room: &LifeRoom, commits: &CommitsData) -> Answered {
    let meeting = room.managed(&call.caller, id).await?;
    meeting.check_delete()?;
    let participants = room.desk.lives.participants(meeting.id).await?;
    let materials = room.desk.lives.all_materials(meeting.id).await?;
    let mut change = call.change(room.now());
    room.desk.removed(&meeting, &participants, &materials, &person(&call.caller), &mut change);
    let fields = json!({ "topic": [meeting.plan.topic, null], "participants": [participants.len(), null] });
    change.audited("organisational_life.delete", subject(&meeting), fields);
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

pub(super) fn subject(meeting: &LifeMeeting) -> Subject {
    Subject::new(lianxin_actors::organisational_life::LIFE, meeting.id)
}
