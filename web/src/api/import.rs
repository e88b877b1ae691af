//! What imports have in common: taking the workbook, the report, and a chain of changes that is safe to repeat. And what
//! exports have: the answer, and the entry in the audit trail.

use actix_multipart::Multipart;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use lianxin_domain::calendar_day::local_time;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::event::Subject;
use lianxin_domain::ids::RequestId;
use lianxin_domain::problem::Refusal;
use lianxin_storage::change::{Change, IdempotencyKey};
use rust_xlsxwriter::XlsxError;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::attachments::{receive, refuse_other_than_multipart};
use super::organisations::PartyDesk;
use crate::auth::Authenticated;
use crate::call::{idempotency, is_replay, request_id};
use crate::error::ApiError;
use crate::sheet::{self, CellProblem, Column, SheetError, SheetRow};

/// Bytes of a workbook.
pub(crate) const MAX_SHEET: usize = 5 * 1024 * 1024;
/// Rows in one change: with their accounts some 400 rows of the database.
const CHUNK: usize = 200;
/// Media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Whether to import.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ImportQuery {
    /// Only checks.
    #[serde(default)]
    dry_run: bool,
}

impl ImportQuery {
    pub(super) const fn new(dry_run: bool) -> Self {
        Self { dry_run }
    }
}

/// Whether to import, and whether to change what is there.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct UpsertQuery {
    /// Only checks.
    #[serde(default)]
    pub(super) dry_run: bool,
    /// Also changes what is there already; without it such a row is wrong.
    #[serde(default)]
    pub(super) update: bool,
}

/// What became of an import. Nothing is imported when any cell is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReport {
    /// Rows that were imported.
    imported: usize,
    /// Every cell that is wrong.
    errors: Vec<CellProblem>,
}

impl ImportReport {
    pub(super) fn refused(errors: Vec<CellProblem>) -> HttpResponse {
        HttpResponse::Ok().json(Self { imported: 0, errors })
    }
}

/// An import that was asked for.
pub(super) struct Import {
    pub(super) who: Authenticated,
    request_id: RequestId,
    idempotency: Option<(IdempotencyKey, String)>,
    dry_run: bool,
    /// What the first sheet holds.
    pub(super) rows: sheet::Rows,
}

impl Import {
    /// Takes the workbook in and reads it beside the worker threads.
    pub(super) async fn receive(
        who: Authenticated,
        request: &HttpRequest,
        payload: Multipart,
        query: &ImportQuery,
        desk: &PartyDesk,
        columns: &'static [Column],
    ) -> Result<Self, ApiError> {
        refuse_other_than_multipart(request)?;
        let (bytes, _) = receive(payload, MAX_SHEET).await?;
        let idempotency = idempotency(request, who.caller(), &bytes)?;
        let _permit = desk.sheets.acquire().await;
        let read = web::block(move || sheet::read(&bytes, columns)).await.map_err(|_| ApiError::Internal)?;
        let rows = read.map_err(unreadable)?;
        Ok(Self { who, request_id: request_id(request), idempotency, dry_run: query.dry_run, rows })
    }

    /// Whether it only checks.
    pub(super) const fn only_checks(&self) -> bool {
        self.dry_run
    }

    /// The change of an import that is committed as a whole.
    pub(super) fn change(&self, now: Timestamp) -> Change {
        Change::new(now, Some(self.who.caller().account_id), Some(self.request_id))
    }

    /// The key of an import that is committed as a whole. With another switch it is another request.
    pub(super) fn whole_key(&self, update: bool) -> Option<(IdempotencyKey, String)> {
        let (key, hash) = self.idempotency.as_ref()?;
        Some((key.clone(), if update { format!("{hash}:update") } else { hash.clone() }))
    }

    /// The key of a chunk, and the request's hash.
    fn key(&self, chunk: usize) -> Option<(IdempotencyKey, String)> {
        self.idempotency.as_ref().map(|(key, hash)| (key.part(chunk), hash.clone()))
    }

    /// How many of these rows the same request imported before: a server that stopped in the middle goes on there.
    pub(super) async fn done_before(&self, desk: &PartyDesk, rows: &[SheetRow]) -> Result<usize, ApiError> {
        if self.dry_run {
            return Ok(0);
        }
        for (number, _) in rows.chunks(CHUNK).enumerate() {
            if desk.commits.answered_before(&self.key(number)).await?.is_none() {
                return Ok(number * CHUNK);
            }
        }
        Ok(rows.len())
    }

    /// Commits what is to be made of the rows from `done` on; `total` is the number of all rows. `write` adds the part of
    /// some items to a change.
    pub(super) async fn commit<T>(
        &self,
        desk: &PartyDesk,
        (done, total): (usize, usize),
        items: &[T],
        mut write: impl FnMut(&mut Change, &[T]),
    ) -> Result<HttpResponse, ApiError> {
        if self.dry_run {
            return Ok(HttpResponse::Ok().json(ImportReport { imported: 0, errors: Vec::new() }));
        }
        let report = ImportReport { imported: total, errors: Vec::new() };
        if items.is_empty() {
            // All chunks were committed before.
            let last = total.div_ceil(CHUNK).saturating_sub(1);
            return desk.commits.replay(&self.key(last), ApiError::Internal).await;
        }
        let mut answer = Err(ApiError::Internal);
        for (number, chunk) in items.chunks(CHUNK).enumerate() {
            let mut change =
                Change::new(desk.ids.clock().now(), Some(self.who.caller().account_id), Some(self.request_id));
            write(&mut change, chunk);
            let so_far = done + number * CHUNK;
            let taken = || interrupted(so_far);
            let committed = desk.commits.commit(&self.key(done / CHUNK + number), change, 200, &report, taken).await;
            answer = Ok(committed.map_err(|error| at_row(error, so_far))?);
        }
        answer
    }
}

/// The same request at the same moment is no error; what somebody else changed meanwhile is, and says how far it got.
fn at_row(error: ApiError, imported: usize) -> ApiError {
    match error {
        ApiError::Refused(refusal) if refusal.code == "record.changed" => interrupted(imported),
        other => other,
    }
}

fn interrupted(imported: usize) -> ApiError {
    let words = format!("导入时有人修改了相关数据，已导入前 {imported} 行，请删去已导入的行后重试");
    Refusal::conflict("import.interrupted", words).with("imported", serde_json::json!(imported)).into()
}

/// Whether an answer stands for work that was done now.
pub(super) fn is_new(answer: &Result<HttpResponse, ApiError>) -> bool {
    answer.as_ref().is_ok_and(|answer| !is_replay(answer))
}

fn unreadable(error: SheetError) -> ApiError {
    let (code, detail) = (error.code(), error.message().to_owned());
    match error {
        SheetError::NotXlsx | SheetError::Macros => ApiError::UnsupportedMedia { code, detail },
        SheetError::TooLarge | SheetError::TooManyRows | SheetError::TooManyColumns | SheetError::Empty => {
            Refusal::rule(code, detail).into()
        }
    }
}

/// A workbook that is made beside the worker threads, to be saved as `name`.
pub(super) async fn workbook(
    desk: &PartyDesk,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, XlsxError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let _permit = desk.sheets.acquire().await;
    let made = web::block(make).await.map_err(|_| ApiError::Internal)?;
    let bytes = made.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a workbook cannot be written");
        ApiError::Internal
    })?;
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header(("Cache-Control", "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes))
}

/// Who took what away stands in the audit trail as `action`.
pub(super) async fn record_export(
    who: &Authenticated,
    request: &HttpRequest,
    desk: &PartyDesk,
    action: &'static str,
    subject: Subject,
    facts: serde_json::Value,
) -> Result<(), ApiError> {
    let now = desk.ids.clock().now();
    let mut change = Change::new(now, Some(who.caller().account_id), Some(request_id(request)));
    change.audited(action, subject, facts);
    desk.commits.commit_plain(change).await?;
    Ok(())
}

/// A moment as a cell says it, by China's clocks.
pub(super) fn moment(at: Timestamp) -> String {
    local_time(at).map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

/// The columns that were asked for, in their order; all when none were.
pub(super) fn chosen(asked: Option<&str>, all: &[Column]) -> Result<Vec<Column>, ApiError> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Ok(all.to_vec()) };
    let unknown = || {
        let known: Vec<&str> = all.iter().map(|column| column.code).collect();
        let words = format!("columns 只能是 {}", known.join("、"));
        ApiError::Malformed {
            code: "request.malformed",
            detail: words.clone(),
            fields: vec![lianxin_domain::problem::FieldError::new("columns", "field.option", words)],
        }
    };
    let find = |code: &str| all.iter().find(|column| column.code == code.trim()).copied();
    asked.split(',').map(|code| find(code).ok_or_else(unknown)).collect()
}
