//! Minutes to print and put away: Word, PDF and Excel. The same log always gives the same bytes.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get, web};
use tracing::Span;

use super::meetings::{Desk, MeetingDesk};
use super::minutes::Opened;
use crate::auth::Authenticated;
use crate::documents::{self, Readers};
use crate::error::ApiError;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Pdf,
    Excel,
}

impl Kind {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Word => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
            Self::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Word => "minutes.docx",
            Self::Pdf => "minutes.pdf",
            Self::Excel => "minutes.xlsx",
        }
    }
}

/// The minutes as a Word file, for those who may read them.
#[utoipa::path(tag = "minutes", operation_id = "minutes_as_docx", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document")))]
#[get("/api/v1/meetings/{id}/archive.docx")]
pub async fn docx(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<HttpResponse, ApiError> {
    answer(&who, &id, &desk, Kind::Word).await
}

/// The minutes as PDF, for those who may read them; 503 `document.no_font` when the server has no font for it.
#[utoipa::path(tag = "minutes", operation_id = "minutes_as_pdf", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf")))]
#[get("/api/v1/meetings/{id}/archive.pdf")]
pub async fn pdf(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<HttpResponse, ApiError> {
    answer(&who, &id, &desk, Kind::Pdf).await
}

/// The minutes as a workbook, for those who may read them.
#[utoipa::path(tag = "minutes", operation_id = "minutes_as_xlsx", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
#[get("/api/v1/meetings/{id}/archive.xlsx")]
pub async fn xlsx(who: Authenticated, id: web::Path<String>, desk: Desk) -> Result<HttpResponse, ApiError> {
    answer(&who, &id, &desk, Kind::Excel).await
}

async fn answer(who: &Authenticated, id: &str, desk: &MeetingDesk, kind: Kind) -> Result<HttpResponse, ApiError> {
    let opened = desk.opened(&Arc::new(who.caller().clone()), id).await?;
    let fonts = Arc::clone(&desk.fonts);
    let span = Span::current();
    let made = web::block(move || span.in_scope(|| make(&opened, kind, &fonts)));
    let bytes = made.await.map_err(|_| ApiError::Internal)??;
    Ok(HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", kind.name())))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(bytes))
}

/// Takes up to a second for thousands of people, so it runs beside the threads that answer.
fn make(opened: &Opened, kind: Kind, fonts: &documents::Fonts) -> Result<Vec<u8>, ApiError> {
    let readers = if opened.at_desk { Readers::Desk } else { Readers::List };
    let (facts, minutes, sha256) = (&opened.facts, &opened.minutes, opened.sha256.as_str());
    let paper = documents::paper_of_minutes(facts, minutes, sha256, readers);
    match kind {
        Kind::Word => documents::docx(&paper).map_err(|error| failed(&error)),
        Kind::Pdf => documents::pdf(&paper, fonts.get().ok_or_else(no_font)?).map_err(|error| failed(&error)),
        Kind::Excel => {
            let sheets = documents::sheets_of_minutes(facts, minutes, sha256, readers);
            documents::xlsx(&sheets, &paper.title, paper.made_at).map_err(|error| failed(&error))
        }
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "a document cannot be made");
    ApiError::Internal
}

fn no_font() -> ApiError {
    let detail = "服务器没有可用的中文字体，暂时不能生成 PDF；请联系管理员设置字体，或下载 Word、Excel 文件".to_owned();
    ApiError::NotProvided { code: "document.no_font", detail }
}
