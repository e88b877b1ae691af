//! Errors as the specification has them: 404 for what does not exist, 403 for the key, 400 for all else that is asked wrongly;
//! the body a list of code and description, each naming the field.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use lianxin_domain::problem::FieldError;
use lianxin_storage::error::StorageError;

use super::document::{Document, Format, Value};
use crate::error::ApiError;

/// What an answer says instead of what was asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    status: StatusCode,
    /// What is wrong, one for each field.
    descriptions: Vec<String>,
    retry_after_s: Option<u32>,
}

impl Failure {
    fn one(status: StatusCode, description: String) -> Self {
        Self { status, descriptions: vec![description], retry_after_s: None }
    }

    /// A parameter is wrong or missing: 400.
    pub(super) fn wrong(field: &str, words: &str) -> Self {
        Self::one(StatusCode::BAD_REQUEST, named(field, words))
    }

    /// There is no such thing: 404.
    pub(super) fn not_found(field: &str, words: &str) -> Self {
        Self::one(StatusCode::NOT_FOUND, named(field, words))
    }

    /// The key is missing, or opens nothing: 403.
    pub(super) fn key(words: &str) -> Self {
        Self::one(StatusCode::FORBIDDEN, named("api_key", words))
    }

    /// No such address: 404, or 405 for another way to call it.
    pub(super) fn nowhere(status: StatusCode) -> Self {
        let words =
            if status == StatusCode::METHOD_NOT_ALLOWED { "不支持这种请求方法" } else { "没有这个地址" };
        Self::one(status, words.to_owned())
    }

    /// As an answer.
    pub(super) fn answer(&self, format: Format) -> HttpResponse {
        let code = Value::Integer(self.status.as_u16().into());
        let error = |words: &String| Value::Record(vec![("code", code.clone()), ("description", Value::text(words))]);
        let value = Value::List("error", self.descriptions.iter().map(error).collect());
        let mut answer = Document { root: "errors", value }.answer(format, self.status);
        if let Some(seconds) = self.retry_after_s {
            answer.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        answer
    }
}

fn named(field: &str, words: &str) -> String {
    format!("{field}：{words}")
}

impl From<FieldError> for Failure {
    fn from(wrong: FieldError) -> Self {
        Self::wrong(&parameter(&wrong.field), &wrong.message)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::from(&error)
    }
}

impl From<&ApiError> for Failure {
    fn from(error: &ApiError) -> Self {
        let (status, _, detail, fields) = error.parts();
        let kept = [
            StatusCode::NOT_FOUND,
            StatusCode::FORBIDDEN,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::TOO_MANY_REQUESTS,
        ];
        let status = if status.is_server_error() || kept.contains(&status) { status } else { StatusCode::BAD_REQUEST };
        let each = fields.iter().map(|field| named(&parameter(&field.field), &field.message));
        let descriptions = if fields.is_empty() { vec![detail] } else { each.collect() };
        Self { status, descriptions, retry_after_s: error.retry_after_s() }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        ApiError::from(error).into()
    }
}

/// The parameter that one of our fields was sent as.
fn parameter(field: &str) -> String {
    if let Some(code) = field.strip_prefix("form.") {
        return format!("attribute[{code}]");
    }
    match field {
        "content" => "description",
        "location" => "lat, long",
        "on_behalf.name" => "first_name, last_name",
        "on_behalf.phone" => "phone",
        field => field,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use lianxin_domain::problem::{Refusal, RefusalKind};

    use super::*;

    #[test]
    fn our_refusals_become_the_specifications_errors() {
        let fields = vec![
            FieldError::new("content", "field.required", "请写几句话"),
            FieldError::new("form.work_place", "field.required", "请填写务工地址"),
        ];
        let table: [(ApiError, u16, &[&str]); 6] = [
            (
                Refusal::fields(fields).into(),
                400,
                &["description：请写几句话", "attribute[work_place]：请填写务工地址"],
            ),
            (Refusal::rule("grid.disabled", "该网格已停用").into(), 400, &["该网格已停用"]),
            (Refusal::conflict("x.y", "刚被修改").into(), 400, &["刚被修改"]),
            (Refusal::not_found("x.y", "没有").into(), 404, &["没有"]),
            (Refusal::new(RefusalKind::TooOften { retry_after_s: 5 }, "x.y", "太频繁").into(), 429, &["太频繁"]),
            (ApiError::Unavailable, 503, &["系统繁忙，请稍后再试"]),
        ];
        for (error, status, descriptions) in table {
            let failure = Failure::from(error);
            assert_eq!(failure.status.as_u16(), status);
            assert_eq!(failure.descriptions, descriptions);
        }
        let busy = Failure::from(ApiError::Unavailable).answer(Format::Xml);
        assert!(busy.headers().contains_key(RETRY_AFTER));
    }
}
