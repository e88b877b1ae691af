//! Errors on the way out: every one is a problem document (RFC 9457) with a stable code and Chinese words.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use lianxin_actors::command::CommandError;
use lianxin_domain::ids::RequestId;
use lianxin_domain::problem::{FieldError, Refusal, RefusalKind};
use lianxin_storage::error::StorageError;
use lianxin_storage::files::FileStoreError;
use lianxin_storage::journal::CommitError;
use serde_json::{Map, Value, json};

/// Seconds after which a caller may try again when the server is busy.
const BUSY_RETRY_S: u32 = 1;

/// Any error of a request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// A rule's no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request cannot be read: 400.
    #[error("{detail}")]
    Malformed {
        /// Stable code.
        code: &'static str,
        /// In Chinese.
        detail: String,
        /// The field at fault.
        fields: Vec<FieldError>,
    },
    /// Nobody is signed in: 401.
    #[error("{detail}")]
    Unauthenticated {
        /// Stable code.
        code: &'static str,
        /// In Chinese.
        detail: String,
    },
    /// Too large: 413.
    #[error("the request is larger than {limit} bytes")]
    TooLarge {
        /// What would have been taken.
        limit: usize,
    },
    /// The request came too slowly: 408.
    #[error("the request came too slowly")]
    TooSlow,
    /// Not the type of content that this call takes: 415.
    #[error("{detail}")]
    UnsupportedMedia {
        /// Stable code.
        code: &'static str,
        /// In Chinese.
        detail: String,
    },
    /// Something that the operator has to provide is missing: 503, also later.
    #[error("{detail}")]
    NotProvided {
        /// Stable code.
        code: &'static str,
        /// In Chinese.
        detail: String,
    },
    /// Too much is waiting, or the database is away: 503.
    #[error("not available now")]
    Unavailable,
    /// A defect of ours, logged where it happened: 500.
    #[error("internal error")]
    Internal,
}

impl ApiError {
    /// A request that cannot be read.
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Malformed { code, detail: detail.into(), fields: Vec::new() }
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self::Unauthenticated { code: "auth.required", detail: "请先登录".to_owned() }
    }

    /// Status, stable code, what people are told, the fields at fault.
    pub(crate) fn parts(&self) -> (StatusCode, &'static str, String, &[FieldError]) {
        match self {
            Self::Refused(refusal) => {
                let status = match refusal.kind {
                    RefusalKind::NotFound => StatusCode::NOT_FOUND,
                    RefusalKind::Forbidden => StatusCode::FORBIDDEN,
                    RefusalKind::Conflict => StatusCode::CONFLICT,
                    RefusalKind::Gone => StatusCode::GONE,
                    RefusalKind::Rule => StatusCode::UNPROCESSABLE_ENTITY,
                    RefusalKind::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
                };
                (status, refusal.code, refusal.detail.clone(), &refusal.fields)
            }
            Self::Malformed { code, detail, fields } => (StatusCode::BAD_REQUEST, code, detail.clone(), fields),
            Self::Unauthenticated { code, detail } => (StatusCode::UNAUTHORIZED, code, detail.clone(), &[]),
            Self::TooLarge { limit } => {
                let detail = format!("内容太大，最多 {} KB", limit / 1024);
                (StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail, &[])
            }
            Self::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "request.too_slow", "网络太慢，内容没有传完，请重试".to_owned(), &[])
            }
            Self::UnsupportedMedia { code, detail } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail.clone(), &[]),
            Self::NotProvided { code, detail } => (StatusCode::SERVICE_UNAVAILABLE, code, detail.clone(), &[]),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "server.busy", "系统繁忙，请稍后再试".to_owned(), &[])
            }
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "server.error", "系统出错了，请稍后再试".to_owned(), &[])
            }
        }
    }

    /// Its stable code and what people are told.
    pub fn words(&self) -> (&'static str, String) {
        let (_, code, detail, fields) = self.parts();
        // What is wrong with the only field says more than that something is.
        match fields {
            [field] => (field.code, field.message.clone()),
            _ => (code, detail),
        }
    }

    /// Seconds after which it is worth another try.
    pub(crate) fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::Refused(Refusal { kind: RefusalKind::TooOften { retry_after_s }, .. }) => Some(*retry_after_s),
            Self::Unavailable => Some(BUSY_RETRY_S),
            _ => None,
        }
    }

    /// The problem document of this error in the request `request_id`.
    pub fn response(&self, request_id: Option<RequestId>) -> HttpResponse {
        let (status, code, detail, fields) = self.parts();
        let mut problem = problem(status, code, &detail, request_id);
        if !fields.is_empty() {
            problem.insert("fields".to_owned(), json!(fields));
        }
        if let Self::Refused(refusal) = self {
            problem.extend(refusal.context.clone());
        }
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = self.retry_after_s() {
            response.insert_header((RETRY_AFTER, seconds));
        }
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        response.body(Value::Object(problem).to_string())
    }
}

/// The members that every problem document has.
pub fn problem(status: StatusCode, code: &str, detail: &str, request_id: Option<RequestId>) -> Map<String, Value> {
    let mut problem = Map::new();
    problem.insert("type".to_owned(), json!("about:blank"));
    problem.insert("title".to_owned(), json!(status.canonical_reason().unwrap_or_default()));
    problem.insert("status".to_owned(), json!(status.as_u16()));
    problem.insert("code".to_owned(), json!(code));
    problem.insert("detail".to_owned(), json!(detail));
    problem.insert("request_id".to_owned(), json!(request_id));
    problem
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.parts().0
    }

    fn error_response(&self) -> HttpResponse {
        self.response(None)
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "storage failed");
        match error {
            StorageError::Unavailable(_) => Self::Unavailable,
            _ => Self::Internal,
        }
    }
}

impl From<FileStoreError> for ApiError {
    fn from(error: FileStoreError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the file store failed");
        Self::Unavailable
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Stale { .. } => Refusal::conflict("record.changed", "内容刚被别人修改，请刷新后再试").into(),
            CommitError::Unavailable => Self::Unavailable,
            CommitError::Exists { .. } | CommitError::Repeated | CommitError::Failed => Self::Internal,
        }
    }
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refusal) => Self::Refused(refusal),
            CommandError::Unavailable => Self::Unavailable,
            CommandError::Repeated | CommandError::Failed => Self::Internal,
        }
    }
}
