//! One call that may change something: who, under which request, with which idempotency key, and its body.

use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, web};
use bytes::BytesMut;
use data_encoding::HEXLOWER;
use futures_util::StreamExt as _;
use lianxin_domain::access::Caller;
use lianxin_domain::clock::Timestamp;
use lianxin_domain::ids::RequestId;
use lianxin_domain::problem::{FieldError, Refusal};
use lianxin_storage::change::{Change, IdempotencyClaim, IdempotencyKey};
use lianxin_storage::idempotency::{Answers, StoredAnswer};
use lianxin_storage::journal::{CommitError, Committed, Journal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::auth::authenticate;
use crate::error::ApiError;

/// Bytes of a JSON body.
pub const JSON_LIMIT: usize = 256 * 1024;
/// Characters of an idempotency key.
const KEY_LIMIT: usize = 200;
/// The number of a change's last event.
pub const SEQ_HEADER: &str = "X-Lianxin-Seq";
/// `Idempotent-Replayed: true` (header names have no case).
pub(crate) const REPLAYED_HEADER: &str = "idempotent-replayed";

/// A signed-in call with its JSON body. A call without fields may come without body.
pub struct Call<T> {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// The request.
    pub request_id: RequestId,
    /// The caller's idempotency key and the hash of this request.
    pub idempotency: Option<(IdempotencyKey, String)>,
    /// The body.
    pub body: T,
}

/// A JSON body of somebody who need not be signed in.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, &mut payload).await?;
            parse(&bytes).map(Self)
        })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Call<T> {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let session = authenticate(&request).await?;
            let caller = Arc::new(session.caller.clone());
            let bytes = read(&request, &mut payload).await?;
            let idempotency = idempotency(&request, &caller, &bytes)?;
            Ok(Self { caller, request_id: request_id(&request), idempotency, body: parse(&bytes)? })
        })
    }
}

impl<T> Call<T> {
    /// A change by this caller.
    pub fn change(&self, now: Timestamp) -> Change {
        Change::new(now, Some(self.caller.account_id), Some(self.request_id))
    }
}

/// The id that the outermost middleware gave the request.
pub fn request_id(request: &HttpRequest) -> RequestId {
    use lianxin_domain::ids::EntityId as _;
    request.extensions().get::<RequestId>().copied().unwrap_or_else(|| RequestId::from_uuid(Default::default()))
}

/// The caller's idempotency key with the hash of the request.
pub fn idempotency(
    request: &HttpRequest,
    caller: &Caller,
    body: &[u8],
) -> Result<Option<(IdempotencyKey, String)>, ApiError> {
    let Some(header) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = header.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_LIMIT);
    let key = key.ok_or_else(|| ApiError::malformed("idempotency.key_malformed", "Idempotency-Key 格式不正确"))?;
    let mut hash = Sha256::new();
    hash.update(request.method().as_str());
    hash.update([0]);
    hash.update(request.path());
    hash.update([0]);
    hash.update(body);
    Ok(Some((IdempotencyKey::new(caller.account_id, key), HEXLOWER.encode(&hash.finalize()))))
}

/// The bytes of a body, up to [`JSON_LIMIT`].
///
/// # Errors
/// When it ends too early, or is larger.
pub(crate) async fn read_body(payload: &mut Payload) -> Result<BytesMut, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::malformed("request.interrupted", "请求没有传完"))?;
        if bytes.len() + chunk.len() > JSON_LIMIT {
            return Err(ApiError::TooLarge { limit: JSON_LIMIT });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<BytesMut, ApiError> {
    let bytes = read_body(payload).await?;
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json =
        media_type.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"));
    if !bytes.is_empty() && !is_json {
        let detail = "请以 application/json 发送".to_owned();
        return Err(ApiError::UnsupportedMedia { code: "request.not_json", detail });
    }
    Ok(bytes)
}

/// Parses JSON; an error names the field.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    // Of an array serde would take the elements for the members.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::malformed("request.not_json", "请求内容应为一个 JSON 对象"));
    }
    // No text of ours holds U+0000, and PostgreSQL cannot store it.
    if holds_nul(bytes) {
        return Err(unsaveable());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed: Result<T, _> = serde_path_to_error::deserialize(&mut deserializer);
    let value = parsed.map_err(|error| {
        let inner = error.inner();
        if !inner.is_data() {
            return ApiError::malformed("request.not_json", "请求内容不是有效的 JSON");
        }
        malformed(&error.path().to_string(), &inner.to_string())
    })?;
    deserializer.end().map_err(|_| ApiError::malformed("request.not_json", "请求内容不是有效的 JSON"))?;
    Ok(value)
}

/// Whether some text holds U+0000, which JSON writes `\\u0000`; behind another backslash those are six plain characters.
fn holds_nul(json: &[u8]) -> bool {
    json.windows(6).enumerate().any(|(at, window)| {
        let backslashes = || json.iter().take(at).rev().take_while(|byte| **byte == b'\\').count();
        window == b"\\u0000" && backslashes() % 2 == 0
    })
}

/// The error of the field at `path`, or of one that `message` names.
pub(crate) fn malformed(path: &str, message: &str) -> ApiError {
    let (code, words) = field_problem(message);
    let field = quoted(message).filter(|_| code != "field.type").map_or_else(
        || path.to_owned(),
        |name| if path == "." || path.is_empty() { name.clone() } else { join(path, &name) },
    );
    ApiError::Malformed {
        code: "request.malformed",
        detail: format!("字段 {field} 有误：{words}"),
        fields: vec![FieldError::new(field, code, words)],
    }
}

/// The error of a text that no database of ours can store.
pub(crate) fn unsaveable() -> ApiError {
    ApiError::malformed("request.characters", "内容含有无法保存的字符")
}

/// The path of `name` inside the object at `path`; an unknown field's own path already ends with its name.
fn join(path: &str, name: &str) -> String {
    if path == name || path.ends_with(&format!(".{name}")) { path.to_owned() } else { format!("{path}.{name}") }
}

fn field_problem(message: &str) -> (&'static str, &'static str) {
    if message.starts_with("missing field") {
        ("field.required", "缺少这个字段")
    } else if message.starts_with("unknown field") {
        ("field.unknown", "不认识的字段")
    } else if message.starts_with("duplicate field") {
        ("field.duplicate", "这个字段重复了")
    } else {
        ("field.type", "类型或格式不正确")
    }
}

fn quoted(message: &str) -> Option<String> {
    message.split('`').nth(1).map(str::to_owned)
}

/// A change's successful answer.
pub fn answered(status: u16, body: String, seq: u64) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or(actix_web::http::StatusCode::OK);
    let mut response = HttpResponse::build(status);
    response.insert_header((SEQ_HEADER, seq.to_string()));
    if body.is_empty() { response.finish() } else { response.content_type("application/json").body(body) }
}

/// Commits calls' changes with their idempotency keys, and replays answers.
#[derive(Clone)]
pub struct Commits {
    journal: Journal,
    answers: Answers,
}

impl Commits {
    /// Over the journal and the stored answers.
    pub const fn new(journal: Journal, answers: Answers) -> Self {
        Self { journal, answers }
    }

    /// Commits a change, under the call's idempotency key if it has one, that answers `status` with `body`.
    ///
    /// # Errors
    /// [`ApiError`]; a refused unique value is `exists`.
    pub async fn commit(
        &self,
        idempotency: &Option<(IdempotencyKey, String)>,
        mut change: Change,
        status: u16,
        body: &impl Serialize,
        exists: impl FnOnce() -> ApiError,
    ) -> Result<HttpResponse, ApiError> {
        let body = match serde_json::to_value(body).map_err(|_| ApiError::Internal)? {
            serde_json::Value::Null => String::new(),
            value => value.to_string(),
        };
        change.idempotency = idempotency.as_ref().map(|(key, request_hash)| IdempotencyClaim {
            key: key.clone(),
            request_hash: request_hash.clone(),
            status,
            body: body.clone(),
        });
        match self.journal.commit(change).await {
            Ok(Committed { seq, .. }) => Ok(answered(status, body, seq)),
            Err(CommitError::Repeated) => self.replay(idempotency, ApiError::Internal).await,
            Err(CommitError::Exists { .. }) => self.replay(idempotency, exists()).await,
            Err(error) => self.replay(idempotency, error.into()).await,
        }
    }

    /// Commits a change that nobody can repeat by key.
    ///
    /// # Errors
    /// [`CommitError`] when it was not committed.
    pub async fn commit_plain(&self, change: Change) -> Result<Committed, CommitError> {
        self.journal.commit(change).await
    }

    /// The answer of the same request when it was done before; otherwise the error.
    ///
    /// # Errors
    /// `error`, or 422 when the key was used for another request.
    pub async fn replay(
        &self,
        idempotency: &Option<(IdempotencyKey, String)>,
        error: ApiError,
    ) -> Result<HttpResponse, ApiError> {
        if idempotency.is_some() {
            // The first try may still be on its way to the disk; an empty change comes back after it.
            let _ = self.journal.commit(Change::new(Timestamp::default(), None, None)).await;
        }
        self.answered_before(idempotency).await?.ok_or(error)
    }

    /// The answer that the same request got before.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub async fn answered_before(
        &self,
        idempotency: &Option<(IdempotencyKey, String)>,
    ) -> Result<Option<HttpResponse>, ApiError> {
        let Some((key, request_hash)) = idempotency else { return Ok(None) };
        match self.answers.find(key).await? {
            Some(stored) if stored.request_hash == *request_hash => Ok(Some(replayed(stored))),
            Some(_) => Err(Refusal::rule("idempotency.key_reused", "同一个 Idempotency-Key 不能用于不同的请求").into()),
            None => Ok(None),
        }
    }
}

fn replayed(stored: StoredAnswer) -> HttpResponse {
    let mut response = answered(stored.status, stored.body, stored.seq);
    response.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static(REPLAYED_HEADER),
        actix_web::http::header::HeaderValue::from_static("true"),
    );
    response
}

/// The header that says that a request was done before.
pub const fn replay_header() -> (&'static str, &'static str) {
    (REPLAYED_HEADER, "true")
}

/// Whether an answer is that of an earlier request with the same key.
pub fn is_replay(answer: &HttpResponse) -> bool {
    answer.headers().contains_key(REPLAYED_HEADER)
}

/// The journal and answers of the running app.
pub type CommitsData = web::Data<Commits>;
