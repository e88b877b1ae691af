//! What the organisation does in an appraisal (inventory APR-04 … APR-07): the meeting, grades, telling them to their owners,
//! and results.

use actix_web::{HttpResponse, get, post, put, web};
use lianxin_actors::appraisal::Step;
use lianxin_domain::appraisal::{AppraisalState, Grade, GradeInput, Participant};
use lianxin_domain::ids::{MeetingId, MemberId};
use lianxin_domain::problem::Refusal;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::appraisal_room::{Decided, Room, Seen};
use super::appraisals::mark;
use super::ticket_actions::{Answered, Nothing};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::appraisal::{
    AppraisalMemberResult, AppraisalProgress, AppraisalResults, AppraisalTurnout, AppraisalView,
};

/// The meeting that the opinion is found in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppraisalMeetingInput {
    /// One of the branch that was launched: 民主评议, 支部评议, 组织生活会, 党员大会 or 支委会, not before the deadline.
    #[schema(value_type = String)]
    meeting_id: MeetingId,
}

/// Says in which meeting the opinion is found (通知开会); for those who manage the branch. From the begin of that meeting on the
/// organisation grades.
#[utoipa::path(tag = "appraisals", operation_id = "link_appraisal_meeting", params(("id" = String, Path)),
    request_body = AppraisalMeetingInput, responses((status = 200, body = AppraisalView)))]
#[put("/api/v1/appraisals/{id}/meeting")]
pub async fn link_meeting(
    id: web::Path<String>,
    call: Call<AppraisalMeetingInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    let meeting = room.meetings.get(&call.caller.scope(), call.body.meeting_id).await?;
    room.act(&call, &id, &commits, |seen| {
        seen.manages()?;
        let none = || one_field("meeting_id", "meeting.not_found", "没有找到这个会议");
        let after = seen.appraisal.linked(meeting.as_ref().ok_or_else(none)?, seen.now)?;
        let fields = json!({ "meeting_id": [seen.appraisal.meeting.map(|before| before.id), call.body.meeting_id] });
        Ok(Decided::of(seen, after, Step::Linked, "appraisal.link_meeting", fields))
    })
    .await
}

/// What the organisation finds of a member (组织评定).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppraisalGradeInput {
    /// `excellent`, `qualified`, `basically_qualified` or `unqualified`; at most a third are `excellent`.
    #[schema(value_type = String)]
    grade: Grade,
    /// 鉴定意见, 1 to 2,000 characters.
    opinion: String,
    /// What follows (教育、限期改正 …), at most 500 characters.
    #[serde(default)]
    follow_up: Option<String>,
}

/// Grades a member, or grades anew, from the begin of the meeting until the end; for those who manage the branch.
#[utoipa::path(tag = "appraisals", operation_id = "grade_member",
    params(("id" = String, Path), ("member_id" = String, Path)),
    request_body = AppraisalGradeInput, responses((status = 200, body = AppraisalMemberResult)))]
#[put("/api/v1/appraisals/{id}/grades/{member_id}")]
pub async fn grade(
    path: web::Path<(String, String)>,
    call: Call<AppraisalGradeInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    let (id, member_id) = path.into_inner();
    let member: MemberId = member_id.parse().map_err(|_| no_member())?;
    let AppraisalGradeInput { grade, opinion, follow_up } = &call.body;
    let input = GradeInput { grade: *grade, opinion, follow_up: follow_up.as_deref() };
    let decide = |seen: &Seen| {
        seen.manages()?;
        let (after, person) = seen.appraisal.graded(&seen.people, member, &input, mark(&call.caller, seen.now))?;
        let before = of(seen, member).and_then(Participant::given);
        let fields = json!({ "member_id": member, "grade": [before, grade] });
        Ok(Decided::of(seen, after, Step::Graded, "appraisal.grade", fields).with(person))
    };
    let answer =
        |seen: &Seen| of(seen, member).map(|person| AppraisalMemberResult::of(person, seen.appraisal.plan.mass, true));
    room.act_answering(&call, &id, &commits, decide, answer).await
}

fn of(seen: &Seen, member: MemberId) -> Option<&Participant> {
    seen.people.iter().find(|person| person.member_id == member)
}

fn no_member() -> Refusal {
    Refusal::not_found("appraisal.member_not_found", "没有找到这名参评党员")
}

/// Tells the grades to their owners (鉴定与本人见面) and ends the appraisal: from then on nothing of it is changed. For those who
/// manage the branch; ask `meet_confirm` first.
#[utoipa::path(tag = "appraisals", operation_id = "end_appraisal", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalView)))]
#[post("/api/v1/appraisals/{id}/meet")]
pub async fn meet(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    room.act(&call, &id, &commits, |seen| {
        seen.manages()?;
        let after = seen.appraisal.met(&seen.people, mark(&call.caller, seen.now))?;
        let fields = json!({ "state": [AppraisalState::Grading, AppraisalState::Ended] });
        Ok(Decided::of(seen, after, Step::Ended, "appraisal.meet", fields))
    })
    .await
}

/// Why it is opened again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenAppraisalInput {
    /// 1 to 200 characters.
    reason: String,
}

/// Opens an appraisal again that has ended; for administrators of an organisation above the branch, never for the branch.
#[utoipa::path(tag = "appraisals", operation_id = "reopen_appraisal", params(("id" = String, Path)),
    request_body = ReopenAppraisalInput, responses((status = 200, body = AppraisalView)))]
#[post("/api/v1/appraisals/{id}/reopen")]
pub async fn reopen(
    id: web::Path<String>,
    call: Call<ReopenAppraisalInput>,
    room: Room,
    commits: CommitsData,
) -> Answered {
    room.act(&call, &id, &commits, |seen| {
        seen.is_superior()?;
        let by = mark(&call.caller, seen.now).by;
        let after = seen.appraisal.reopened(by, &call.body.reason, seen.now)?;
        let fields = json!({ "state": [AppraisalState::Ended, after.state(seen.now)],
            "reason": [null, after.reopened.as_ref().map(|reopened| &reopened.reason)] });
        Ok(Decided::of(seen, after, Step::Reopened, "appraisal.reopen", fields))
    })
    .await
}

/// Takes note of one's own grade (本人已阅); once it was told.
#[utoipa::path(tag = "appraisals", operation_id = "acknowledge_grade", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalView)))]
#[post("/api/v1/appraisals/{id}/acknowledge")]
pub async fn acknowledge(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let seen = room.seen(&call.caller, &id).await?;
    if seen.appraisal.acknowledged(seen.participates()?, seen.now)?.is_none() {
        return Ok(HttpResponse::Ok().json(seen.view(&room)));
    }
    room.act(&call, &id, &commits, |seen| {
        let own = seen.participates()?;
        let (after, person) = match seen.appraisal.acknowledged(own, seen.now)? {
            Some(done) => done,
            // Said twice at the same moment.
            None => return Err(Refusal::conflict("record.changed", "内容刚被别人修改，请刷新后再试").into()),
        };
        let fields = json!({ "member_id": own.member_id, "acknowledged_at": [null, seen.now] });
        Ok(Decided::of(seen, after, Step::Acknowledged, "appraisal.acknowledge", fields).with(person))
    })
    .await
}

/// What came of it, once the deadline is over and the forms are counted: all full members for those who look over the branch,
/// else the caller's own part, with the grade once it was told.
#[utoipa::path(tag = "appraisals", operation_id = "appraisal_results", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalResults)))]
#[get("/api/v1/appraisals/{id}/results")]
pub async fn results(who: Authenticated, id: web::Path<String>, room: Room) -> Result<HttpResponse, ApiError> {
    let seen = room.seen(who.caller(), &id).await?;
    if !seen.oversees {
        seen.participates()?;
    }
    seen.appraisal.check_counted(seen.now)?;
    let (state, own) = (seen.appraisal.state(seen.now), seen.own().map(|own| own.member_id));
    let is_shown = |person: &&Participant| person.is_graded() && (seen.oversees || Some(person.member_id) == own);
    let shows_grade = seen.oversees || state == AppraisalState::Ended;
    let items = seen.people.iter().filter(is_shown);
    let view = AppraisalResults {
        appraisal_id: seen.appraisal.id,
        state: state.as_str().to_owned(),
        state_title: state.title().to_owned(),
        turnout: AppraisalTurnout::from(&seen.figures),
        progress: seen.oversees.then(|| AppraisalProgress::from(&seen.figures)),
        items: items.map(|person| AppraisalMemberResult::of(person, seen.appraisal.plan.mass, shows_grade)).collect(),
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
}
