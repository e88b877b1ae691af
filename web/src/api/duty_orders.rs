//! 指令 and 催办 (inventory TASK-13, MEET-20): given by superiors and by cadres who look after a branch, answered by those who
//! manage it, closed by whoever gave them.

use actix_web::{get, post, web};
use lianxin_actors::directory::OrganisationTree;
use lianxin_actors::duty::OrderChange;
use lianxin_domain::access::{Caller, OrganisationRight};
use lianxin_domain::clock::Timestamp;
use lianxin_domain::duty::{ANSWER_WORKDAYS, DutyOrder, OrderKind, OrderState, check_text};
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{OrderId, OrganisationId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::tree::TreePath;
use lianxin_storage::duties::{OrderBox, OrderFilter};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::duties::{DutyRoom, Room, is_superior};
use super::ticket_actions::{Answered, Nothing};
use super::tickets::one_field;
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;
use crate::page::{Page, refused};
use crate::query::Query;
use crate::views::duty::OrderView;

/// Words to a nudge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyNudgeInput {
    /// At most 500 characters.
    #[serde(default)]
    note: Option<String>,
}

/// Nudges a branch because of a warning (催办): its leaders are told, and the next level above when they do not answer.
#[utoipa::path(tag = "duties", operation_id = "nudge_duty", params(("id" = String, Path)),
    request_body = DutyNudgeInput, responses((status = 201, body = OrderView)))]
#[post("/api/v1/duties/{id}/nudge")]
pub async fn nudge(id: web::Path<String>, call: Call<DutyNudgeInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let warning = room.ordered_for(&call.caller, &id).await?;
    let key = &warning.key;
    let note = check_text("note", call.body.note.as_deref().unwrap_or_default(), false)?;
    let title = crate::views::duty::title_of(&room.titles().await?, &key.type_code);
    let text = if note.is_empty() { format!("请尽快召开{}{title}", key.period.title()) } else { note };
    let about = (key.organisation_id, Some((key.id(), key.type_code.clone())));
    room.give(&call, OrderKind::Nudge, about, (text, None), &commits).await
}

/// An order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    /// The branch.
    #[schema(value_type = String)]
    org_id: OrganisationId,
    /// A warning of that branch that it hangs on.
    #[serde(default)]
    duty_id: Option<String>,
    /// 1 to 500 characters.
    text: String,
    /// Until when it should be done.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    due_at: Option<Timestamp>,
}

/// Gives a branch an order (指令); for superiors and cadres who look after it. Its leaders are told, and the next level above
/// when they do not answer.
#[utoipa::path(tag = "duties", operation_id = "give_order", request_body = OrderInput,
    responses((status = 201, body = OrderView)))]
#[post("/api/v1/orders")]
pub async fn give(call: Call<OrderInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let OrderInput { org_id, duty_id, text, due_at } = &call.body;
    {
        let directory = room.desk.directories.current();
        let entry = room.visible(directory.organisations(), &call.caller, *org_id).await?;
        if !entry.organisation.kind.is_branch() {
            return Err(one_field("org_id", "organisation.not_branch", "请选择党支部"));
        }
    }
    room.may_order(&call.caller, *org_id).await?;
    let text = check_text("text", text, true)?;
    if due_at.is_some_and(|due_at| due_at <= room.ids.clock().now()) {
        return Err(one_field("due_at", "field.past", "完成时限应在现在之后"));
    }
    let hung = match duty_id {
        None => None,
        Some(id) => {
            let none = || one_field("duty_id", "duty.not_found", "没有找到这条预警");
            let warning = room.desk.duties.get(&call.caller.scope(), id).await?.ok_or_else(none)?;
            if warning.key.organisation_id != *org_id {
                return Err(none());
            }
            Some((warning.key.id(), warning.key.type_code))
        }
    };
    room.give(&call, OrderKind::Order, (*org_id, hung), (text, *due_at), &commits).await
}

impl DutyRoom {
    /// Commits a new order to a branch, that hangs on a warning of a type.
    async fn give<T>(
        &self,
        call: &Call<T>,
        kind: OrderKind,
        (organisation_id, hung): (OrganisationId, Option<(String, String)>),
        (text, due_at): (String, Option<Timestamp>),
        commits: &CommitsData,
    ) -> Answered {
        let directory = self.desk.directories.current();
        let path = directory.organisations().get(organisation_id).map(|entry| entry.organisation.path.clone());
        let answer_workdays = match (&hung, path) {
            (Some((_, type_code)), Some(path)) => self.answer_workdays(&path, type_code).await?,
            _ => ANSWER_WORKDAYS,
        };
        let now = self.ids.clock().now();
        let from = person(&call.caller);
        let order = DutyOrder {
            id: self.ids.next(),
            version: 1,
            kind,
            organisation_id,
            duty_id: hung.map(|(id, _)| id),
            from: from.clone(),
            text,
            due_at,
            created_at: now,
            answer_workdays,
            state: OrderState::Open,
            answer: None,
            closed_at: None,
            told: Vec::new(),
            escalates_at: None,
        };
        let order = order.given(&self.desk.rulebook.current().calendar);
        let mut change = call.change(now);
        self.desk.ordered(OrderChange::Given, None, &order, &from, &mut change);
        let fields = json!({ "kind": [null, order.kind], "text": [null, order.text] });
        change.audited("duty_order.give", Subject::new("duty_order", order.id), fields);
        let view = view(&order, directory.organisations(), &call.caller);
        commits.commit(&call.idempotency, change, 201, &view, || ApiError::Internal).await
    }

    /// The order, if the caller may see it.
    async fn order(&self, caller: &Caller, id: &str) -> Result<DutyOrder, ApiError> {
        let none = || ApiError::from(Refusal::not_found("order.not_found", "没有找到这条指令"));
        let id: OrderId = id.parse().map_err(|_| none())?;
        self.desk.duties.order(&caller.scope(), id).await?.ok_or_else(none)
    }

    /// Commits what became of an order.
    async fn commit<T>(
        &self,
        call: &Call<T>,
        what: OrderChange,
        (before, after): (&DutyOrder, &DutyOrder),
        commits: &CommitsData,
    ) -> Answered {
        let directory = self.desk.directories.current();
        let mut change = call.change(self.ids.clock().now());
        self.desk.ordered(what, Some(before), after, &person(&call.caller), &mut change);
        let action = if what == OrderChange::Answered { "duty_order.answer" } else { "duty_order.close" };
        let fields = json!({ "state": [before.state, after.state] });
        change.audited(action, Subject::new("duty_order", after.id), fields);
        let view = view(after, directory.organisations(), &call.caller);
        commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await
    }
}

fn person(caller: &Caller) -> PersonRef {
    PersonRef { id: caller.account_id, name: caller.name.clone() }
}

fn view(order: &DutyOrder, tree: &OrganisationTree, caller: &Caller) -> OrderView {
    let path = tree.get(order.organisation_id).map(|entry| &entry.organisation.path);
    let open = order.state != OrderState::Closed;
    OrderView::of(order, tree, open && may_answer(caller, path), open && may_close(caller, order, path))
}

fn may_answer(caller: &Caller, path: Option<&TreePath>) -> bool {
    path.is_some_and(|path| caller.manages_organisation(path))
}

fn may_close(caller: &Caller, order: &DutyOrder, path: Option<&TreePath>) -> bool {
    order.from.id == caller.account_id || path.is_some_and(|path| is_superior(caller, path))
}

/// Which orders to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    /// `received` (of branches that the caller manages), `sent`, or `all` that the caller may see; default: all.
    #[serde(rename = "box")]
    whose: Option<String>,
    /// `open`, `answered` or `closed`.
    state: Option<String>,
    /// Those that hang on this warning.
    duty_id: Option<String>,
    /// 1 to 200.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderPage {
    items: Vec<OrderView>,
    next_cursor: Option<String>,
}

/// Lists orders and nudges, the newest first.
#[utoipa::path(tag = "duties", operation_id = "list_orders", params(OrderQuery),
    responses((status = 200, body = OrderPage)))]
#[get("/api/v1/orders")]
pub async fn list(who: Authenticated, query: Query<OrderQuery>, room: Room) -> Result<web::Json<OrderPage>, ApiError> {
    let caller = who.caller();
    let whose = match query.whose.as_deref() {
        None | Some("all") => OrderBox::All,
        Some("sent") => OrderBox::Sent,
        Some("received") => OrderBox::Received(managed(caller)),
        Some(_) => return Err(refused("box", "box 应为 received、sent 或 all")),
    };
    let state =
        query.state.as_deref().map(|state| OrderState::parse(state).ok_or_else(|| refused("state", "没有这种状态")));
    let filter = OrderFilter { whose, state: state.transpose()?, duty_id: query.duty_id.clone() };
    let page = Page::of(query.limit, query.cursor.as_deref())?;
    let mut found = room.desk.duties.orders(&caller.scope(), &filter, page.before, page.ask()).await?;
    let next_cursor = page.cut(&mut found, |last| (last.created_at, last.id));
    let directory = room.desk.directories.current();
    let items = found.iter().map(|order| view(order, directory.organisations(), caller)).collect();
    Ok(web::Json(OrderPage { items, next_cursor }))
}

/// The organisations that the caller manages, with those below where that is so.
fn managed(caller: &Caller) -> Vec<(TreePath, bool)> {
    let places = caller.all_organisation_roles().into_iter().filter_map(|own| match own.role {
        OrganisationRight::Administrator => Some((own.path, true)),
        OrganisationRight::Secretary => Some((own.path, false)),
        OrganisationRight::Supervisor => None,
    });
    places.collect()
}

/// An answer to an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderAnswerInput {
    /// 1 to 500 characters.
    text: String,
}

/// Answers an order or a nudge; for those who manage the branch. Whoever gave it is told, and it goes up no further.
#[utoipa::path(tag = "duties", operation_id = "answer_order", params(("id" = String, Path)),
    request_body = OrderAnswerInput, responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/answer")]
pub async fn answer(id: web::Path<String>, call: Call<OrderAnswerInput>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let before = room.order(&call.caller, &id).await?;
    let directory = room.desk.directories.current();
    let entry = directory.organisations().get(before.organisation_id);
    if !may_answer(&call.caller, entry.map(|entry| &entry.organisation.path)) {
        return Err(Refusal::forbidden("order.not_addressee", "只有本支部的书记或管理员可以答复").into());
    }
    let after = before.answered(person(&call.caller), &call.body.text, room.ids.clock().now())?;
    room.commit(&call, OrderChange::Answered, (&before, &after), &commits).await
}

/// Closes an order or a nudge (办结), or takes it back; for whoever gave it, and for superiors.
#[utoipa::path(tag = "duties", operation_id = "close_order", params(("id" = String, Path)),
    responses((status = 200, body = OrderView)))]
#[post("/api/v1/orders/{id}/close")]
pub async fn close(id: web::Path<String>, call: Call<Nothing>, room: Room, commits: CommitsData) -> Answered {
    if let Some(done) = commits.answered_before(&call.idempotency).await? {
        return Ok(done);
    }
    let before = room.order(&call.caller, &id).await?;
    let directory = room.desk.directories.current();
    let entry = directory.organisations().get(before.organisation_id);
    if !may_close(&call.caller, &before, entry.map(|entry| &entry.organisation.path)) {
        return Err(Refusal::forbidden("order.not_sender", "只有下达者或上级组织可以办结").into());
    }
    let after = before.closed(room.ids.clock().now())?;
    room.commit(&call, OrderChange::Closed, (&before, &after), &commits).await
}
