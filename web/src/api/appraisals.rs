//! Appraisals (民主评议, inventory APR-01): making, changing and starting them, and lists. Forms are in `appraisal_forms`, what
//! the organisation does in `appraisal_grades`, and how the caller stands to one in `appraisal_room`.

use actix_web::{delete, get, patch, post, web};
use lianxin_actors::appraisal::{APPRAISAL, Step};
use lianxin_domain::access::Caller;
use lianxin_domain::appraisal::{Appraisal, AppraisalPlan, AppraisalState, Participant};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AppraisalId, MemberId, OrganisationId};
use lianxin_domain::meeting::Mark;
use lianxin_domain::member::Member;
use lianxin_domain::person::PersonRef;
use lianxin_domain::tree::TreePath;
use lianxin_storage::appraisals::AppraisalFilter;
use lianxin_storage::members::MemberFilter;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::appraisal_room::{AppraisalRoom, Decided, Room, Seen, not_permitted};
use super::organisations::no_organisation;
use super::ticket_actions::{Answered, Nothing};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::patch::Patch;
use crate::query::Query;
use crate::views::appraisal::{AppraisalPerson, AppraisalView};

/// Who may take part in one appraisal at most; a branch has normally fifty (domain rules §6).
const MAX_PARTICIPANTS: u32 = 1_000;

/// A new appraisal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppraisalInput {
    /// A branch that the caller manages.
    #[schema(value_type = String)]
    org_id: OrganisationId,
    /// 1 to 60 characters.
    topic: String,
    /// 2000 to 2100.
    year: i32,
    /// Until when people rate (自评&互评); within a year.
    #[schema(value_type = String)]
    deadline: Timestamp,
    /// 听取群众意见; default: no.
    #[serde(default)]
    mass: bool,
    /// What participants are told; at most 500 characters.
    #[serde(default)]
    notice: Option<String>,
    /// Those who take part; default: all members of the branch. They stay as they are.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    member_ids: Option<Vec<MemberId>>,
}

/// Makes an appraisal (发起民主评议): a draft, which its participants do not see until it is started. For those who manage the
/// branch.
#[utoipa::path(tag = "appraisals", operation_id = "create_appraisal", request_body = NewAppraisalInput,
    responses((status = 201, body = AppraisalView)))]
#[post("/api/v1/appraisals")]
pub async fn create(call: Call<NewAppraisalInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let (input, now) = (&call.body, room.desk.clock.now());
    let path = room.managed_branch(&call.caller, input.org_id)?;
    let plan = AppraisalPlan {
        topic: input.topic.clone(),
        year: input.year,
        deadline: input.deadline,
        mass: input.mass,
        notice: input.notice.clone(),
    };
    let plan = plan.check(now)?;
    let people = room.people(&call.caller, &path, input.member_ids.as_deref()).await?;
    let appraisal = Appraisal::draft(room.ids.next(), input.org_id, plan, mark(&call.caller, now));
    let mut change = call.change(now);
    room.desk.write(Step::Made, None, &appraisal, (&[], &people), &mut change);
    let fields = json!({ "topic": [null, appraisal.plan.topic], "participants": [null, people.len()] });
    change.audited("appraisal.create", Subject::new(APPRAISAL, appraisal.id), fields);
    let seen = room.made(&call.caller, appraisal, people, now);
    commits.commit(&call.idempotency, change, 201, &seen.view(&room), || ApiError::Internal).await
}

/// That the caller did something now.
pub(super) fn mark(caller: &Caller, at: Timestamp) -> Mark {
    Mark { by: PersonRef { id: caller.account_id, name: caller.name.clone() }, at }
}

impl AppraisalRoom {
    /// The place of a branch, if the caller manages it.
    fn managed_branch(&self, caller: &Caller, id: OrganisationId) -> Result<TreePath, ApiError> {
        let directory = self.desk.directories.current();
        let none = || one_field("org_id", "organisation.not_found", "没有找到这个组织");
        let entry = directory.organisations().get(id).ok_or_else(none)?;
        let path = &entry.organisation.path;
        if !caller.manages_organisation(path) {
            return Err(if caller.scope().sees_organisation(path) { not_permitted().into() } else { none() });
        }
        if !entry.organisation.kind.is_branch() {
            return Err(one_field("org_id", "organisation.not_branch", "请选择党支部"));
        }
        Ok(path.clone())
    }

    /// Those who take part: members on the roster of the branch and of its groups, all or those who are chosen.
    async fn people(
        &self,
        caller: &Caller,
        branch: &TreePath,
        chosen: Option<&[MemberId]>,
    ) -> Result<Vec<Participant>, ApiError> {
        let filter = MemberFilter { organisation: Some((branch.clone(), true)), ..MemberFilter::default() };
        let (roster, total) = self.members.list(&caller.scope(), &filter, 0, MAX_PARTICIPANTS).await?;
        if total > u64::from(MAX_PARTICIPANTS) {
            return Err(one_field("org_id", "appraisal.too_many", "党支部的党员太多，不能一起评议"));
        }
        let wrong = |code, words| Err(one_field("member_ids", code, words));
        let is_chosen = |member: &Member| chosen.is_none_or(|ids| ids.contains(&member.id));
        if chosen.is_some_and(|ids| !ids.iter().all(|id| roster.iter().any(|member| member.id == *id))) {
            return wrong("appraisal.member_not_found", "参加对象应为本支部在册党员");
        }
        let people: Vec<Participant> = roster
            .into_iter()
            .filter(is_chosen)
            .map(|member| Participant::new(member.id, member.account_id, member.facts.name, member.facts.standing))
            .collect();
        if !people.iter().any(Participant::is_graded) {
            return wrong("appraisal.nobody_graded", "至少要有一名正式党员参评");
        }
        Ok(people)
    }
}

/// What is changed; what is left out stays. Participants stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppraisalChanges {
    #[serde(default)]
    topic: Option<String>,
    #[serde(default)]
    year: Option<i32>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    deadline: Option<Timestamp>,
    #[serde(default)]
    mass: Option<bool>,
    /// Null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    notice: Patch<String>,
}

/// Changes an appraisal that was not started yet.
#[utoipa::path(tag = "appraisals", operation_id = "change_appraisal", params(("id" = String, Path)),
    request_body = AppraisalChanges, responses((status = 200, body = AppraisalView)))]
#[patch("/api/v1/appraisals/{id}")]
pub async fn edit(id: web::Path<String>, call: Call<AppraisalChanges>, room: Room, commits: CommitsData) -> Answered {
    let changes = &call.body;
    room.act(&call, &id, &commits, |seen| {
        seen.manages()?;
        let before = &seen.appraisal.plan;
        let mut notice = before.notice.clone();
        changes.notice.apply(&mut notice, Clone::clone);
        let plan = AppraisalPlan {
            topic: changes.topic.clone().unwrap_or_else(|| before.topic.clone()),
            year: changes.year.unwrap_or(before.year),
            deadline: changes.deadline.unwrap_or(before.deadline),
            mass: changes.mass.unwrap_or(before.mass),
            notice,
        };
        let after = seen.appraisal.edited(plan, seen.now)?;
        let fields = json!({
            "topic": [before.topic, after.plan.topic],
            "deadline": [before.deadline, after.plan.deadline],
            "mass": [before.mass, after.plan.mass],
        });
        Ok(Decided::of(seen, after, Step::Edited, "appraisal.edit", fields))
    })
    .await
}

/// Takes an appraisal away that was not started yet.
#[utoipa::path(tag = "appraisals", operation_id = "delete_appraisal", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/appraisals/{id}")]
pub async fn remove(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let seen = room.seen(&call.caller, &id).await?;
    seen.manages()?;
    seen.appraisal.check_draft()?;
    let mut change = call.change(seen.now);
    room.desk.write_deletion(&seen.appraisal, &mut change);
    let fields = json!({ "topic": [seen.appraisal.plan.topic, null] });
    change.audited("appraisal.delete", Subject::new(APPRAISAL, seen.appraisal.id), fields);
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

/// Starts an appraisal (启动): its participants are told, and rate until the deadline.
#[utoipa::path(tag = "appraisals", operation_id = "start_appraisal", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalView)))]
#[post("/api/v1/appraisals/{id}/start")]
pub async fn start(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    room.act(&call, &id, &commits, |seen| {
        seen.manages()?;
        let after = seen.appraisal.started(seen.now)?;
        let fields = json!({ "state": [AppraisalState::Draft, AppraisalState::Rating] });
        Ok(Decided::of(seen, after, Step::Started, "appraisal.start", fields))
    })
    .await
}

/// Shows an appraisal: to those who look over its branch, once it was started to its participants, and while 群众 are asked
/// to whoever is no member and knows its address.
#[utoipa::path(tag = "appraisals", operation_id = "get_appraisal", params(("id" = String, Path)),
    responses((status = 200, body = AppraisalView)))]
#[get("/api/v1/appraisals/{id}")]
pub async fn get(who: Authenticated, id: web::Path<String>, room: Room) -> Result<web::Json<AppraisalView>, ApiError> {
    let seen = room.seen(who.caller(), &id).await?;
    let shown = |person: &&Participant| seen.oversees || seen.own().is_some() || person.is_graded();
    let people = seen.people.iter().filter(shown).map(AppraisalPerson::from).collect();
    Ok(web::Json(seen.view(&room).with_people(people)))
}

/// Which appraisals to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AppraisalQuery {
    /// Of this organisation.
    #[param(value_type = Option<String>)]
    org: Option<OrganisationId>,
    /// Of those below it, too; default: yes.
    subtree: Option<bool>,
    year: Option<i32>,
    /// `draft`, `rating`, `meeting`, `grading` or `ended`.
    state: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of appraisals.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppraisalPage {
    items: Vec<AppraisalView>,
    next_cursor: Option<String>,
}

/// Lists appraisals of branches that the caller looks over, the newest first.
#[utoipa::path(tag = "appraisals", operation_id = "list_appraisals", params(AppraisalQuery),
    responses((status = 200, body = AppraisalPage)))]
#[get("/api/v1/appraisals")]
pub async fn list(
    who: Authenticated,
    query: Query<AppraisalQuery>,
    room: Room,
) -> Result<web::Json<AppraisalPage>, ApiError> {
    let (caller, now) = (who.caller(), room.desk.clock.now());
    let state =
        query.state.as_deref().map(|word| AppraisalState::parse(word).ok_or_else(|| refused("state", "没有这种状态")));
    let organisation = match query.org {
        None => None,
        Some(id) => {
            let directory = room.desk.directories.current();
            let entry = directory.organisations().get(id).ok_or_else(no_organisation)?;
            if !caller.scope().supervises_organisation(&entry.organisation.path) {
                return Err(no_organisation().into());
            }
            Some((entry.organisation.path.clone(), query.subtree.unwrap_or(true)))
        }
    };
    let filter =
        AppraisalFilter { organisation, year: query.year, state: state.transpose()?.map(|state| (state, now)) };
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let found = room.desk.appraisals.list(&caller.scope(), &filter, page.before, page.ask()).await?;
    room.page(caller, found, &page, now).await
}

/// Which of one's own appraisals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OwnAppraisalQuery {
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the appraisals that the caller takes part in, or sent a form to, the newest first.
#[utoipa::path(tag = "appraisals", operation_id = "list_own_appraisals", params(OwnAppraisalQuery),
    responses((status = 200, body = AppraisalPage)))]
#[get("/api/v1/appraisals/mine")]
pub async fn mine(
    who: Authenticated,
    query: Query<OwnAppraisalQuery>,
    room: Room,
) -> Result<web::Json<AppraisalPage>, ApiError> {
    let (caller, now) = (who.caller(), room.desk.clock.now());
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let found = room.desk.appraisals.of(caller.account_id, page.before, page.ask()).await?;
    room.page(caller, found, &page, now).await
}

impl AppraisalRoom {
    /// A page of what was found, of which there may be one more than fits.
    async fn page(
        &self,
        caller: &Caller,
        mut found: Vec<Appraisal>,
        page: &Page<AppraisalId>,
        now: Timestamp,
    ) -> Result<web::Json<AppraisalPage>, ApiError> {
        let next_cursor = page.cut(&mut found, |last| (last.created.at, last.id));
        let ids: Vec<AppraisalId> = found.iter().map(|appraisal| appraisal.id).collect();
        let mut figures = self.desk.appraisals.figures(&ids).await?;
        let mut own = self.desk.appraisals.own(caller.account_id, &ids).await?;
        let items = found.into_iter().map(|appraisal| {
            let (figures, own) = (figures.remove(&appraisal.id), own.remove(&appraisal.id));
            let people = Vec::new();
            let parts = (figures.unwrap_or_default(), own.unwrap_or_default());
            Seen::of(self, caller, appraisal, people, parts, now).view(self)
        });
        Ok(web::Json(AppraisalPage { items: items.collect(), next_cursor }))
    }
}
