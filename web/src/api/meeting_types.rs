//! Types of meetings: read by everybody, kept by the administrators of the whole tenant (inventory MEET-01).

use actix_web::{delete, get, patch, post, web};
use lianxin_domain::access::Caller;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::RequestId;
use lianxin_domain::meeting::{Family, MeetingType, check_name};
use lianxin_domain::problem::Refusal;
use lianxin_storage::meetings::Meetings;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::meetings::Desk;
use super::ticket_actions::{Answered, Nothing};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData};
use crate::error::ApiError;

/// A type.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingTypeView {
    code: String,
    name: String,
    /// `three_meetings`, `party_day`, `organisation_life` or `activity`.
    #[schema(value_type = String)]
    family: Family,
    built_in: bool,
    enabled: bool,
}

impl From<MeetingType> for MeetingTypeView {
    fn from(kind: MeetingType) -> Self {
        let MeetingType { code, name, family, built_in, enabled, .. } = kind;
        Self { code, name, family, built_in, enabled }
    }
}

/// All types.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingTypeList {
    items: Vec<MeetingTypeView>,
}

/// Lists the types of meetings and activities.
#[utoipa::path(tag = "meetings", operation_id = "list_meeting_types",
    responses((status = 200, body = MeetingTypeList)))]
#[get("/api/v1/meeting-types")]
pub async fn list(_who: Authenticated, desk: Desk) -> Result<web::Json<MeetingTypeList>, ApiError> {
    let items = desk.types().await?.into_iter().map(MeetingTypeView::from).collect();
    Ok(web::Json(MeetingTypeList { items }))
}

/// A new type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeetingType {
    /// 1 to 20 characters, unique.
    name: String,
    /// Default: `activity`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    family: Option<Family>,
}

/// Adds a type.
#[utoipa::path(tag = "meetings", operation_id = "create_meeting_type", request_body = NewMeetingType,
    responses((status = 201, body = MeetingTypeView)))]
#[post("/api/v1/meeting-types")]
pub async fn create(call: Call<NewMeetingType>, desk: Desk, commits: CommitsData) -> Answered {
    administers(&call.caller)?;
    let types = desk.types().await?;
    let kind = MeetingType {
        code: format!("own_{}", desk.ids.next::<RequestId>()),
        name: check_name(&call.body.name, &types)?,
        family: call.body.family.unwrap_or(Family::Activity),
        built_in: false,
        enabled: true,
        version: 1,
    };
    let now = desk.ids.clock().now();
    let mut change = call.change(now);
    change.write(Meetings::put_type(None, &kind, now));
    let subject = Subject::new("meeting_type", &kind.code);
    change.audited("meeting_type.create", subject, json!({ "name": [null, kind.name] }));
    let taken = || Refusal::conflict("meeting_type.name_taken", "已有同名的会议类型").into();
    commits.commit(&call.idempotency, change, 201, &MeetingTypeView::from(kind), taken).await
}

/// What changes of a type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingTypeChanges {
    /// Not of a built-in one.
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    enabled: Option<bool>,
}

/// Renames a type, or switches it on or off.
#[utoipa::path(tag = "meetings", operation_id = "change_meeting_type", params(("code" = String, Path)),
    request_body = MeetingTypeChanges, responses((status = 200, body = MeetingTypeView)))]
#[patch("/api/v1/meeting-types/{code}")]
pub async fn edit(
    code: web::Path<String>,
    call: Call<MeetingTypeChanges>,
    desk: Desk,
    commits: CommitsData,
) -> Answered {
    administers(&call.caller)?;
    let mut types = desk.types().await?;
    let index = types.iter().position(|kind| kind.code == *code).ok_or_else(not_found)?;
    let before = types.swap_remove(index);
    let mut after = MeetingType { version: before.version + 1, ..before.clone() };
    if let Some(name) = &call.body.name {
        if before.built_in {
            return Err(Refusal::rule("meeting_type.built_in", "内置的会议类型不能改名或删除").into());
        }
        after.name = check_name(name, &types)?;
    }
    after.enabled = call.body.enabled.unwrap_or(before.enabled);
    let now = desk.ids.clock().now();
    let mut change = call.change(now);
    let known = (before.version > 0).then_some(before.version);
    change.write(Meetings::put_type(known, &after, now));
    let changes = json!({ "name": [before.name, after.name], "enabled": [before.enabled, after.enabled] });
    change.audited("meeting_type.change", Subject::new("meeting_type", &after.code), changes);
    let taken = || Refusal::conflict("meeting_type.name_taken", "已有同名的会议类型").into();
    commits.commit(&call.idempotency, change, 200, &MeetingTypeView::from(after), taken).await
}

/// Takes a type away that no meeting is of.
#[utoipa::path(tag = "meetings", operation_id = "delete_meeting_type", params(("code" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/meeting-types/{code}")]
pub async fn remove(code: web::Path<String>, call: Call<Nothing>, desk: Desk, commits: CommitsData) -> Answered {
    administers(&call.caller)?;
    let types = desk.types().await?;
    let kind = types.iter().find(|kind| kind.code == *code).ok_or_else(not_found)?;
    if kind.built_in {
        return Err(Refusal::rule("meeting_type.built_in", "内置的会议类型不能改名或删除").into());
    }
    if desk.stored.type_is_used(&kind.code).await? {
        return Err(Refusal::conflict("meeting_type.in_use", "已有会议使用这个类型，可以停用").into());
    }
    let mut change = call.change(desk.ids.clock().now());
    change.write(Meetings::delete_type(&kind.code));
    let subject = Subject::new("meeting_type", &kind.code);
    change.audited("meeting_type.delete", subject, json!({ "name": [kind.name, null] }));
    commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await
}

/// Only administrators of the whole tenant keep the types.
fn administers(caller: &Caller) -> Result<(), ApiError> {
    if caller.administers.iter().any(|path| path.level() == 1) {
        return Ok(());
    }
    Err(Refusal::forbidden("meeting_type.not_administrator", "只有最高级管理员可以维护会议类型").into())
}

fn not_found() -> ApiError {
    Refusal::not_found("meeting_type.not_found", "没有这种会议类型").into()
}
