//! Minutes of meetings (会议纪要, inventory MEET-08, MEET-09): drafted from the log, written to, signed. What people write is
//! kept beside the facts, never in them.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, put, web};
use lianxin_actors::minutes::hash;
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::meeting::{Meeting, Party, StateName};
use lianxin_domain::minutes::{Minutes, MinutesDraft, MinutesState, MinutesText};
use lianxin_storage::meeting_minutes::MeetingMinutes;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::meetings::{Desk, MeetingDesk, Standing};
use super::ticket_actions::{Answered, ReasonInput};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::views::minutes::{MinutesChanged, MinutesRights, MinutesView};

/// Minutes with their facts, as somebody may read them.
pub(super) struct Opened {
    pub(super) minutes: Minutes,
    /// What the reader may know of them.
    pub(super) facts: MinutesDraft,
    /// SHA-256 of all facts.
    pub(super) sha256: String,
    /// Whether the reader runs the meeting or looks over it.
    pub(super) at_desk: bool,
    may: MinutesRights,
}

/// The meeting of a path as it is, and what the caller is there.
struct Place {
    meeting: Meeting,
    party: Party,
}

impl MeetingDesk {
    async fn place(&self, caller: &Arc<Caller>, id: &str) -> Result<Place, ApiError> {
        let (id, _) = self.standing(caller, id).await?;
        let person = Arc::clone(caller);
        let looked = self.actors.read(id, move |hall, _| (hall.meeting().clone(), hall.party(&person)));
        let (meeting, party) = looked.await?;
        Ok(Place { meeting, party })
    }

    /// The minutes of the meeting of a path, for somebody who may read them.
    pub(super) async fn opened(&self, caller: &Arc<Caller>, id: &str) -> Result<Opened, ApiError> {
        let (id, standing) = self.standing(caller, id).await?;
        let hall = self.actors.read(id, |hall, _| hall.clone()).await?;
        let minutes = self.minutes.get(id).await?;
        let at_desk = standing != Standing::Listed;
        minutes.readable(hall.meeting(), at_desk)?;
        let record = match &minutes.signed {
            Some(signed) => signed.record.clone(),
            None => self.sources.record(&hall).await?,
        };
        let may = rights(&minutes, hall.meeting(), &hall.party(caller), caller);
        let drafted = web::block(move || {
            let draft = MinutesDraft::of(&hall, &record);
            let sha256 = hash(&draft);
            (if at_desk { draft } else { draft.for_the_list() }, sha256)
        });
        let (facts, sha256) = drafted.await.map_err(|_| ApiError::Internal)?;
        Ok(Opened { minutes, facts, sha256, at_desk, may })
    }
}

fn rights(minutes: &Minutes, meeting: &Meeting, party: &Party, caller: &Caller) -> MinutesRights {
    let signed = minutes.state() == MinutesState::Signed;
    let plan = &meeting.plan;
    let signer = plan.host.id == caller.account_id
        || plan.recorder.as_ref().is_some_and(|recorder| recorder.id == caller.account_id);
    MinutesRights {
        edit: party.manages && !signed,
        sign: signer && meeting.counts() && !signed,
        reopen: signed
            && meeting.state != StateName::Archived
            && caller.manages_organisation(&meeting.organisation_path),
    }
}

/// Reads the minutes: those who run the meeting or look over it from its begin, everybody on the list once they are signed.
/// Until they are signed the facts are those of the moment.
#[utoipa::path(tag = "minutes", operation_id = "get_minutes", params(("id" = String, Path)),
    responses((status = 200, body = MinutesView)))]
#[get("/api/v1/meetings/{id}/minutes")]
pub async fn read(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<web::Json<MinutesView>, ApiError> {
    let opened = desk.opened(&Arc::new(who.caller().clone()), &id).await?;
    Ok(web::Json(MinutesView::of(&opened.minutes, opened.facts, opened.sha256, opened.may)))
}

/// What is written to the minutes, all of it anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinutesInput {
    /// The version that it was written over; 0 for the first.
    version: u32,
    /// 会议内容, at most 10,000 characters.
    #[serde(default)]
    content: String,
    /// 讨论情况, in the order of the agenda, each at most 3,000 characters; later ones may be left out.
    #[serde(default)]
    discussions: Vec<String>,
    /// 决议事项, at most 5,000 characters.
    #[serde(default)]
    decisions: String,
    /// 备注, at most 2,000 characters.
    #[serde(default)]
    remarks: String,
}

impl MinutesInput {
    fn text(&self) -> MinutesText {
        MinutesText {
            content: self.content.clone(),
            discussions: self.discussions.clone(),
            decisions: self.decisions.clone(),
            remarks: self.remarks.clone(),
        }
    }
}

/// Writes to the minutes. When somebody else changed them in between, 409 `minutes.changed` with their `version`: nothing is
/// overwritten.
#[utoipa::path(tag = "minutes", operation_id = "write_minutes", params(("id" = String, Path)),
    request_body = MinutesInput, responses((status = 200, body = MinutesChanged)))]
#[put("/api/v1/meetings/{id}/minutes")]
pub async fn write(id: web::Path<String>, call: Call<MinutesInput>, desk: Desk, commits: CommitsData) -> Answered {
    let place = desk.place(&call.caller, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let (meeting, party) = (&place.meeting, &place.party);
    let minutes = desk.minutes.get(meeting.id).await?;
    let now = desk.ids.clock().now();
    let Some(edited) = minutes.edit(call.body.text(), call.body.version, meeting, party, now)? else {
        return Ok(HttpResponse::Ok().json(MinutesChanged::from(&minutes)));
    };
    let facts = edited.edited_facts(&party.person);
    desk.commit(&call, &commits, &minutes, &edited, ("meeting.minutes_edited", "minutes.edit"), facts).await
}

/// Which minutes are signed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinutesSignInput {
    /// The version that was read.
    version: u32,
}

/// Signs the minutes (签发), after the end, by the host or the recorder. From then on nobody changes them.
#[utoipa::path(tag = "minutes", operation_id = "sign_minutes", params(("id" = String, Path)),
    request_body = MinutesSignInput, responses((status = 200, body = MinutesChanged)))]
#[post("/api/v1/meetings/{id}/minutes/sign")]
pub async fn sign(id: web::Path<String>, call: Call<MinutesSignInput>, desk: Desk, commits: CommitsData) -> Answered {
    let place = desk.place(&call.caller, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let (meeting, party) = (&place.meeting, &place.party);
    let hall = desk.actors.read(meeting.id, |hall, _| hall.clone()).await?;
    let minutes = desk.minutes.get(meeting.id).await?;
    let record = desk.sources.record(&hall).await?;
    let kept = record.clone();
    let sha256 = web::block(move || hash(&MinutesDraft::of(&hall, &kept))).await.map_err(|_| ApiError::Internal)?;
    let signed = minutes.sign(call.body.version, record, meeting, party, desk.ids.clock().now())?;
    let facts = signed.signed_facts(&party.person, &sha256);
    desk.commit(&call, &commits, &minutes, &signed, ("meeting.minutes_signed", "minutes.sign"), facts).await
}

/// Opens signed minutes for writing again (退回修改), by whoever manages the organisation's meetings, until the meeting is
/// archived.
#[utoipa::path(tag = "minutes", operation_id = "reopen_minutes", params(("id" = String, Path)),
    request_body = ReasonInput, responses((status = 200, body = MinutesChanged)))]
#[post("/api/v1/meetings/{id}/minutes/reopen")]
pub async fn reopen(id: web::Path<String>, call: Call<ReasonInput>, desk: Desk, commits: CommitsData) -> Answered {
    let place = desk.place(&call.caller, &id).await?;
    if let Some(answer) = commits.answered_before(&call.idempotency).await? {
        return Ok(answer);
    }
    let minutes = desk.minutes.get(place.meeting.id).await?;
    let manager = call.caller.manages_organisation(&place.meeting.organisation_path);
    let (open, reason) = minutes.reopen(&call.body.reason, &place.meeting, manager)?;
    let facts = json!({ "minutes_version": open.version, "by": place.party.person, "reason": reason });
    desk.commit(&call, &commits, &minutes, &open, ("meeting.minutes_reopened", "minutes.reopen"), facts).await
}

impl MeetingDesk {
    /// Commits the change from `before` to `after` with its event, which is the minutes' own: the hall knows nothing of it.
    async fn commit<T>(
        &self,
        call: &Call<T>,
        commits: &CommitsData,
        before: &Minutes,
        after: &Minutes,
        (kind, action): (&'static str, &'static str),
        facts: serde_json::Value,
    ) -> Answered {
        let subject = Subject::new("meeting", after.meeting_id);
        let mut change = call.change(self.ids.clock().now());
        change.write(MeetingMinutes::write(after));
        let reason = facts.get("reason").cloned();
        change.event(kind, subject.clone(), facts);
        let mut changes = json!({
            "minutes_version": [before.version, after.version],
            "minutes_state": [before.state(), after.state()],
        });
        if let (Some(reason), Some(members)) = (reason, changes.as_object_mut()) {
            members.insert("reason".to_owned(), json!([null, reason]));
        }
        change.audited(action, subject, changes);
        let answer = MinutesChanged::from(after);
        let done = commits.commit(&call.idempotency, change, 200, &answer, || ApiError::Internal).await;
        match done {
            // Somebody was faster in between.
            Err(_) if self.minutes.get(after.meeting_id).await?.version != before.version => {
                Err(self.minutes.get(after.meeting_id).await?.changed().into())
            }
            done => done,
        }
    }
}
