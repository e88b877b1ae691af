//! Warnings of meetings that were not held (未召开预警, inventory MEET-20): lists, figures for leaders (BIG-04), a branch's
//! year, nudges, and that somebody dealt with one.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{get, post, web};
use lianxin_actors::directory::{OrganisationEntry, OrganisationTree};
use lianxin_actors::duty::DutyDesk;
use lianxin_domain::access::Caller;
use lianxin_domain::duty::{ANSWER_WORKDAYS, DutyLevel, DutyWarning, Handled, Period, WarningState, check_text};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{IdSource, OrganisationId};
use lianxin_domain::meeting::all_types;
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::accounts::Accounts;
use lianxin_storage::duties::{Duties, DutyFilter, ListedWarning};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::organisations::no_organisation;
use super::ticket_actions::Answered;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::duty::DutyView;

/// What calls of duties need.
#[derive(Clone)]
pub struct DutyRoom {
    /// Duties at work.
    pub desk: DutyDesk,
    /// Accounts.
    pub accounts: Accounts,
    /// New ids and time.
    pub ids: IdSource,
}

pub(super) type Room = web::Data<DutyRoom>;

impl DutyRoom {
    /// The names of all types.
    pub(super) async fn titles(&self) -> Result<HashMap<String, String>, ApiError> {
        let types = all_types(&self.desk.meetings.types().await?);
        Ok(types.into_iter().map(|kind| (kind.code, kind.name)).collect())
    }

    /// The branches that the caller looks after.
    pub(super) async fn looked_after(&self, caller: &Caller) -> Result<Vec<OrganisationId>, ApiError> {
        Ok(self.desk.duties.looked_after(caller.account_id).await?)
    }

    /// The organisation, if the caller may look at its duties: who looks over it, and cadres who look after it.
    pub(super) async fn visible(
        &self,
        tree: &OrganisationTree,
        caller: &Caller,
        id: OrganisationId,
    ) -> Result<Arc<OrganisationEntry>, ApiError> {
        let entry = tree.get(id).ok_or_else(no_organisation)?;
        let path = &entry.organisation.path;
        if caller.scope().supervises_organisation(path) || self.looked_after(caller).await?.contains(&id) {
            return Ok(Arc::clone(entry));
        }
        if caller.scope().sees_organisation(path) {
            return Err(Refusal::forbidden("duty.not_permitted", "您没有查看这个组织预警的权限").into());
        }
        Err(no_organisation().into())
    }

    /// The warning, if the caller may give orders because of it.
    async fn orderable(&self, caller: &Caller, id: &str) -> Result<DutyWarning, ApiError> {
        // What no text of ours may hold finds nothing.
        let id = if id.contains('\0') { "" } else { id };
        let found = self.desk.duties.get(&caller.scope(), id).await?;
        let warning = found.ok_or_else(|| Refusal::not_found("duty.not_found", "没有找到这条预警"))?;
        self.may_order(caller, warning.key.organisation_id).await?;
        Ok(warning)
    }

    /// Whether the caller may give a branch orders.
    ///
    /// # Errors
    /// `duty.not_superior`.
    pub(super) async fn may_order(&self, caller: &Caller, branch: OrganisationId) -> Result<(), ApiError> {
        let directory = self.desk.directories.current();
        let entry = directory.organisations().get(branch).ok_or_else(no_organisation)?;
        if is_superior(caller, &entry.organisation.path) || self.looked_after(caller).await?.contains(&branch) {
            return Ok(());
        }
        Err(Refusal::forbidden("duty.not_superior", "只有上级组织或联系支部的党员干部可以操作").into())
    }
}

/// Whether the caller looks over what is above the organisation, not only itself.
pub(super) fn is_superior(caller: &Caller, path: &TreePath) -> bool {
    path.parent().is_some_and(|above| caller.supervises_organisation(&above))
}

/// Which warnings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DutyQuery {
    /// Of this organisation.
    #[param(value_type = Option<String>)]
    org: Option<OrganisationId>,
    /// Of those below it, too; default: yes.
    subtree: Option<bool>,
    /// `2026-11`, `2026-Q4` or `2026`.
    period: Option<String>,
    /// Code of a type.
    #[serde(rename = "type")]
    type_code: Option<String>,
    /// `yellow`, `orange` or `red`.
    level: Option<String>,
    /// `warned`, `coming`, `satisfied` or `exempt`, comma separated; default: all.
    state: Option<String>,
    /// Only those that somebody dealt with (已处理), or nobody (未处理).
    handled: Option<bool>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of warnings.
#[derive(Debug, Serialize, ToSchema)]
pub struct DutyPage {
    items: Vec<DutyView>,
    next_cursor: Option<String>,
}

/// Lists warnings of the branches that the caller looks over or after, the last to be raised first.
#[utoipa::path(tag = "duties", operation_id = "list_duties", params(DutyQuery),
    responses((status = 200, body = DutyPage)))]
#[get("/api/v1/duties")]
pub async fn list(who: Authenticated, query: Query<DutyQuery>, room: Room) -> Result<web::Json<DutyPage>, ApiError> {
    let (caller, directory) = (who.caller(), room.desk.directories.current());
    let tree = directory.organisations();
    let filter = filter_of(&query, &room, tree, caller).await?;
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let mut found = room.desk.duties.list(&caller.scope(), &filter, page.before.clone(), page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.warning.raised_at, last.warning.key.id()));
    let (titles, linked) = (room.titles().await?, room.looked_after(caller).await?);
    let view = |listed: &ListedWarning| {
        let id = listed.warning.key.organisation_id;
        let above = tree.get(id).is_some_and(|entry| is_superior(caller, &entry.organisation.path));
        DutyView::of(listed, tree, &titles, above || linked.contains(&id))
    };
    Ok(web::Json(DutyPage { items: found.iter().map(view).collect(), next_cursor }))
}

async fn filter_of(
    query: &DutyQuery,
    room: &DutyRoom,
    tree: &OrganisationTree,
    caller: &Caller,
) -> Result<DutyFilter, ApiError> {
    let level =
        query.level.as_deref().map(|level| DutyLevel::parse(level).ok_or_else(|| refused("level", "没有这种级别")));
    let mut states = Vec::new();
    for state in query.state.iter().flat_map(|states| states.split(',')).filter(|state| !state.is_empty()) {
        states.push(WarningState::parse(state).ok_or_else(|| refused("state", "没有这种状态"))?);
    }
    let organisation = match query.org {
        Some(id) => {
            let entry = room.visible(tree, caller, id).await?;
            Some((entry.organisation.path.clone(), query.subtree.unwrap_or(true)))
        }
        None => None,
    };
    Ok(DutyFilter {
        organisation,
        period: period_of(query.period.as_deref())?,
        type_code: query.type_code.clone(),
        level: level.transpose()?,
        states,
        handled: query.handled,
    })
}

pub(super) fn period_of(text: Option<&str>) -> Result<Option<Period>, ApiError> {
    let parsed = text.map(|text| text.parse().map_err(|_| refused("period", "period 应写成 2026-11、2026-Q4 或 2026")));
    parsed.transpose()
}

/// What was done about a warning.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyHandledInput {
    /// 1 to 500 characters.
    note: String,
}

/// Says that a warning was dealt with (已处理); for superiors and for cadres who look after the branch. When it becomes more
/// urgent, it is not any more.
#[utoipa::path(tag = "duties", operation_id = "handle_duty", params(("id" = String, Path)),
    request_body = DutyHandledInput, responses((status = 200, body = DutyView)))]
#[post("/api/v1/duties/{id}/handled")]
pub async fn handle(id: web::Path<String>, call: Call<DutyHandledInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let before = room.orderable(&call.caller, &id).await?;
    let note = check_text("note", &call.body.note, true)?;
    let now = room.ids.clock().now();
    let by = PersonRef { id: call.caller.account_id, name: call.caller.name.clone() };
    let after = DutyWarning {
        version: before.version + 1,
        handled: Some(Handled { at: now, by, note: note.clone() }),
        ..before.clone()
    };
    let mut change = call.change(now);
    let subject = Subject::new("duty", after.key.id());
    change.write(Duties::write(Some(&before), &after));
    let facts = json!({ "organisation_id": after.key.organisation_id, "version": after.version });
    change.event("duty.handled", subject.clone(), facts);
    change.audited("duty.handle", subject, json!({ "note": [before.handled.map(|handled| handled.note), note] }));
    let view = room.view(&after).await?;
    commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
}

impl DutyRoom {
    /// The warning as those see it who may give orders because of it.
    async fn view(&self, warning: &DutyWarning) -> Result<DutyView, ApiError> {
        let directory = self.desk.directories.current();
        let (orders, ordered_at) = self.desk.duties.asked(&warning.key.id()).await?;
        let listed = ListedWarning { warning: warning.clone(), orders, ordered_at };
        Ok(DutyView::of(&listed, directory.organisations(), &self.titles().await?, true))
    }

    /// The warning that an order hangs on, if it stands for the branch and the caller may give orders because of it.
    pub(super) async fn ordered_for(&self, caller: &Caller, id: &str) -> Result<DutyWarning, ApiError> {
        let warning = self.orderable(caller, id).await?;
        if matches!(warning.state, WarningState::Satisfied | WarningState::Exempt) {
            return Err(Refusal::conflict("duty.settled", "已召开或已不再要求，无需催办").into());
        }
        Ok(warning)
    }

    /// How long a branch has to answer about a type: what the rule says.
    pub(super) async fn answer_workdays(&self, branch: &TreePath, type_code: &str) -> Result<u32, ApiError> {
        let rules = self.desk.rules_of(&branch.tenant()).await?;
        let rule = rules.iter().find(|rule| rule.type_code == type_code);
        Ok(rule.map_or(ANSWER_WORKDAYS, |rule| rule.answer_workdays))
    }
}
