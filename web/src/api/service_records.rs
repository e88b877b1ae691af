//! 服务日记 (inventory GRID-08): whoever serves a grid writes down what was done there. Its author may change it for a day; those
//! who answer for the grid read it.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use lianxin_domain::access::Caller;
use lianxin_domain::attachment::AttachmentRef;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::{AttachmentId, ClientId, GridId, ServiceRecordId};
use lianxin_domain::person::PersonRef;
use lianxin_domain::problem::Refusal;
use lianxin_domain::service_record::{MAX_PHOTOS, ServiceFacts, ServiceKind, ServiceRecord};
use lianxin_domain::tree::TreePath;
use lianxin_storage::attachments::{Attachment, Attachments};
use lianxin_storage::change::Change;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::attachments::FileDesk;
use super::life_meetings::{is_overtaken, once};
use super::service_room::{ServiceRoom, Services};
use super::ticket_actions::{Answered, Nothing};
use super::tickets::{kept_and_fresh, one_field};
use crate::auth::Authenticated;
use crate::call::{Call, CommitsData, replay_header};
use crate::error::ApiError;
use crate::patch::Patch;
use crate::views::service::ServiceRecordView;

/// What owns the photos.
pub(super) const OWNER: &str = "service_record";

impl ServiceRoom {
    /// The record of a path, if the caller may read it.
    async fn record(&self, caller: &Caller, id: &str) -> Result<ServiceRecord, ApiError> {
        let none = || Refusal::not_found("service_record.not_found", "没有找到这条服务记录");
        let id: ServiceRecordId = id.parse().map_err(|_| none())?;
        self.records.get(&caller.scope(), id).await?.ok_or_else(|| none().into())
    }

    /// A record as the caller sees it now.
    pub(super) fn record_view(&self, caller: &Caller, record: &ServiceRecord) -> ServiceRecordView {
        ServiceRecordView::of(record, &self.directory(), caller.account_id, self.now())
    }

    /// That it was changed meanwhile, on another device, with what it says now.
    async fn record_changed(&self, caller: &Caller, id: &str) -> ApiError {
        let now = match self.record(caller, id).await {
            Ok(now) => now,
            Err(error) => return error,
        };
        let refusal = Refusal::conflict("service_record.changed", "这条记录刚刚在别处修改，请先查看最新内容");
        refusal.with("current", json!(self.record_view(caller, &now))).into()
    }

    /// The grid that was served: the named one, or the first of the caller's own.
    fn served_grid(&self, caller: &Caller, id: Option<GridId>) -> Result<(GridId, TreePath), ApiError> {
        let not_permitted = || Refusal::forbidden("service_record.not_permitted", "只有网格工作人员可以填写服务记录");
        let Some(id) = id else {
            let own = caller.duties.first().ok_or_else(not_permitted)?;
            return Ok((own.grid_id, own.path.clone()));
        };
        let directory = self.directory();
        let entry = directory.get(id).ok_or_else(|| one_field("grid_id", "grid.not_found", "没有找到这个网格"))?;
        if !caller.serves(&entry.grid.path) {
            return Err(not_permitted().into());
        }
        Ok((id, entry.grid.path.clone()))
    }
}

/// Reads a record: its author, and who answers for its grid.
#[utoipa::path(tag = "services", operation_id = "get_service_record", params(("id" = String, Path)),
    responses((status = 200, body = ServiceRecordView)))]
#[get("/api/v1/service-records/{id}")]
pub async fn get(who: Authenticated, id: web::Path<String>, room: Services) -> Result<HttpResponse, ApiError> {
    let record = room.record(who.caller(), &id).await?;
    let view = room.record_view(who.caller(), &record);
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
}

/// A new record.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceRecordInput {
    /// A UUID that the caller's device made: sent again, it makes no second record, however much later.
    #[schema(value_type = String)]
    client_id: ClientId,
    /// A grid that the caller serves; default: the first.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    grid_id: Option<GridId>,
    /// `visit`, `mediation`, `help`, `inspection`, `publicity` or `other`.
    #[schema(value_type = String)]
    kind: ServiceKind,
    /// Not behind now, and at most a year before.
    #[schema(value_type = String)]
    happened_at: Timestamp,
    /// 1 to 2,000 characters.
    text: String,
    /// For whom: at most 50 characters.
    #[serde(default)]
    whom: Option<String>,
    /// Where: at most 100 characters.
    #[serde(default)]
    place: Option<String>,
    /// At most 9 photos that the caller uploaded.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    attachments: Vec<AttachmentId>,
}

/// Writes a record. What the device sent before is answered as it is now, with 200 and `Idempotent-Replayed: true`.
#[utoipa::path(tag = "services", operation_id = "create_service_record", request_body = NewServiceRecordInput,
    responses((status = 201, body = ServiceRecordView), (status = 200, body = ServiceRecordView)))]
#[post("/api/v1/service-records")]
pub async fn create(
    call: Call<NewServiceRecordInput>,
    room: Services,
    files: web::Data<Attachments>,
    commits: CommitsData,
) -> Answered {
    match once(&call, &commits, created(&call, &room, &files, &commits)).await {
        // The same device may have been faster, with another key or none; its record may still be on its way to the disk, and
        // an empty change comes back after it.
        Err(error) => {
            let _ = commits.commit_plain(Change::new(room.now(), None, None)).await;
            sent_before(&call, &room).await?.ok_or(error)
        }
        answer => answer,
    }
}

async fn created(
    call: &Call<NewServiceRecordInput>,
    room: &ServiceRoom,
    files: &Attachments,
    commits: &CommitsData,
) -> Answered {
    if let Some(answer) = sent_before(call, room).await? {
        return Ok(answer);
    }
    let (caller, now) = (&call.caller, room.now());
    let (grid_id, grid_path) = room.served_grid(caller, call.body.grid_id)?;
    let facts = ServiceFacts {
        kind: call.body.kind,
        happened_at: call.body.happened_at,
        text: call.body.text.clone(),
        whom: call.body.whom.clone(),
        place: call.body.place.clone(),
        photos: photos(files, &call.body.attachments, &[], caller).await?,
    };
    let record = ServiceRecord {
        id: room.ids.next(),
        version: 1,
        client_id: call.body.client_id,
        author: PersonRef { id: caller.account_id, name: caller.name.clone() },
        grid_id,
        grid_path,
        facts: facts.checked(now)?,
        created_at: now,
        updated_at: now,
    };
    let mut change = call.change(now);
    change.write(room.records.write(&record));
    give_photos(&mut change, &record, &[]);
    change.audited("service_record.create", subject(&record), audit_of(None, &record.facts));
    let view = room.record_view(caller, &record);
    let sent = || Refusal::conflict("service_record.sent_before", "这条记录已经提交过").into();
    commits.commit(&call.idempotency, change, 201, &view, sent).await
}

/// The answer to a record that the caller's device sent before.
async fn sent_before(call: &Call<NewServiceRecordInput>, room: &ServiceRoom) -> Result<Option<HttpResponse>, ApiError> {
    let known = room.records.sent_as(call.caller.account_id, call.body.client_id).await?;
    let answer =
        |record| HttpResponse::Ok().insert_header(replay_header()).json(room.record_view(&call.caller, &record));
    Ok(known.map(answer))
}

/// What changes; what is not named stays, and null takes away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceRecordChanges {
    /// The version that was read.
    version: u32,
    /// As of a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    kind: Option<ServiceKind>,
    /// As of a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    happened_at: Option<Timestamp>,
    /// 1 to 2,000 characters.
    #[serde(default)]
    text: Option<String>,
    /// At most 50 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    whom: Patch<String>,
    /// At most 100 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    place: Patch<String>,
    /// All photos that it has afterwards.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    attachments: Option<Vec<AttachmentId>>,
}

/// Changes one's own record within 24 hours; later, 409 `service_record.too_late`. When it was changed meanwhile, 409
/// `service_record.changed` with what it says now as `current`. Photos that are left out are deleted.
#[utoipa::path(tag = "services", operation_id = "change_service_record", params(("id" = String, Path)),
    request_body = ServiceRecordChanges, responses((status = 200, body = ServiceRecordView)))]
#[patch("/api/v1/service-records/{id}")]
pub async fn edit(
    id: web::Path<String>,
    call: Call<ServiceRecordChanges>,
    room: Services,
    files: web::Data<FileDesk>,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, changed(&id, &call, &room, &files, &commits)).await
}

async fn changed(
    id: &str,
    call: &Call<ServiceRecordChanges>,
    room: &ServiceRoom,
    files: &FileDesk,
    commits: &CommitsData,
) -> Answered {
    let (caller, now) = (&call.caller, room.now());
    let before = room.record(caller, id).await?;
    before.check_change(caller.account_id, now)?;
    if call.body.version != before.version {
        return Err(room.record_changed(caller, id).await);
    }
    let mut facts = before.facts.clone();
    facts.kind = call.body.kind.unwrap_or(facts.kind);
    facts.happened_at = call.body.happened_at.unwrap_or(facts.happened_at);
    facts.text = call.body.text.clone().unwrap_or(facts.text);
    call.body.whom.apply(&mut facts.whom, Clone::clone);
    call.body.place.apply(&mut facts.place, Clone::clone);
    if let Some(ids) = &call.body.attachments {
        facts.photos = photos(&files.attachments, ids, &before.facts.photos, caller).await?;
    }
    let facts = facts.checked(now)?;
    let after = ServiceRecord { version: before.version + 1, facts, updated_at: now, ..before.clone() };
    let stays = |id: AttachmentId| after.facts.photos.iter().any(|photo| photo.id == id);
    let gone: Vec<AttachmentId> = photo_ids(&before.facts).filter(|id| !stays(*id)).collect();
    let stored = files.attachments.get(&gone).await?;
    let mut change = call.change(now);
    change.write(room.records.write(&after));
    give_photos(&mut change, &after, &before.facts.photos.iter().map(|photo| photo.id).collect::<Vec<_>>());
    change.writes.extend(gone.into_iter().map(Attachments::remove));
    change.audited("service_record.change", subject(&after), audit_of(Some(&before.facts), &after.facts));
    let view = room.record_view(caller, &after);
    match commits.commit(&call.idempotency, change, 200, &view, || ApiError::Internal).await {
        Err(error) if is_overtaken(&error) => Err(room.record_changed(caller, id).await),
        Err(error) => Err(error),
        Ok(answer) => {
            forget(files, &stored).await?;
            Ok(answer)
        }
    }
}

/// Deletes one's own record with its photos, within 24 hours; later, 409 `service_record.too_late`.
#[utoipa::path(tag = "services", operation_id = "delete_service_record", params(("id" = String, Path)),
    responses((status = 204)))]
#[delete("/api/v1/service-records/{id}")]
pub async fn remove(
    id: web::Path<String>,
    call: Call<Nothing>,
    room: Services,
    files: web::Data<FileDesk>,
    commits: CommitsData,
) -> Answered {
    once(&call, &commits, removed(&id, &call, &room, &files, &commits)).await
}

async fn removed(
    id: &str,
    call: &Call<Nothing>,
    room: &ServiceRoom,
    files: &FileDesk,
    commits: &CommitsData,
) -> Answered {
    let now = room.now();
    let record = room.record(&call.caller, id).await?;
    record.check_change(call.caller.account_id, now)?;
    let gone: Vec<AttachmentId> = photo_ids(&record.facts).collect();
    let stored = files.attachments.get(&gone).await?;
    let mut change = call.change(now);
    change.writes.extend(room.records.remove(&record));
    change.writes.extend(gone.into_iter().map(Attachments::remove));
    change.audited("service_record.delete", subject(&record), json!({ "kind": [record.facts.kind, null] }));
    let answer = commits.commit(&call.idempotency, change, 204, &(), || ApiError::Internal).await?;
    forget(files, &stored).await?;
    Ok(answer)
}

/// The photos that a record has afterwards; too many are not even looked for.
async fn photos(
    files: &Attachments,
    ids: &[AttachmentId],
    known: &[AttachmentRef],
    caller: &Caller,
) -> Result<Vec<AttachmentRef>, ApiError> {
    if ids.len() > MAX_PHOTOS {
        return Err(one_field("attachments", "field.too_many", &format!("最多 {MAX_PHOTOS} 张照片")));
    }
    kept_and_fresh(files, ids, known, caller).await
}

fn photo_ids(facts: &ServiceFacts) -> impl Iterator<Item = AttachmentId> {
    facts.photos.iter().map(|photo| photo.id)
}

/// Gives the photos to the record that it has not got yet.
fn give_photos(change: &mut Change, record: &ServiceRecord, known: &[AttachmentId]) {
    let owner = subject(record);
    let fresh = photo_ids(&record.facts).filter(|id| !known.contains(id));
    change.writes.extend(fresh.map(|id| Attachments::give(id, &owner)));
}

/// Deletes the bytes of photos that no row speaks of any more.
async fn forget(files: &FileDesk, photos: &[Attachment]) -> Result<(), ApiError> {
    for photo in photos {
        files.store.delete(&photo.object_key.parse().map_err(|_| ApiError::Internal)?).await?;
    }
    Ok(())
}

fn subject(record: &ServiceRecord) -> Subject {
    Subject::new(OWNER, record.id)
}

/// Kinds, times and numbers: nothing that a record says of residents.
fn audit_of(before: Option<&ServiceFacts>, after: &ServiceFacts) -> serde_json::Value {
    json!({
        "kind": [before.map(|facts| facts.kind), after.kind],
        "happened_at": [before.map(|facts| facts.happened_at), after.happened_at],
        "characters": [before.map(|facts| facts.text.chars().count()), after.text.chars().count()],
        "photos": [before.map(|facts| facts.photos.len()), after.photos.len()],
    })
}
