//! What a caller is told when something is not right: a stable code for machines, Chinese words for people.

use serde::Serialize;

/// One field that is wrong. `field` is the JSON path as the caller wrote it (`form.work_place`, `location.lng`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field.
    pub field: String,
    /// Stable code, such as `field.required`.
    pub code: &'static str,
    /// What is wrong and what to do, in Chinese.
    pub message: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}

/// The kinds of refusal that callers must tell apart; each is one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The thing does not exist, or the caller may not know that it does.
    NotFound,
    /// The caller sees it but may not do this.
    Forbidden,
    /// It is no longer in the state that this needs; the caller should look again.
    Conflict,
    /// It once existed and is dead for good, such as a rotated QR code.
    Gone,
    /// A rule of the field says no.
    Rule,
    /// Too often; try again after the given number of seconds.
    TooOften {
        /// Seconds to wait.
        retry_after_s: u32,
    },
}

/// A decision's "no": nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Which kind of no.
    pub kind: RefusalKind,
    /// Stable, machine-readable (`ticket.already_accepted`).
    pub code: &'static str,
    /// Chinese, for people.
    pub detail: String,
    /// The fields that are wrong, when single ones are.
    pub fields: Vec<FieldError>,
    /// Further members of the problem document, such as who won a race (RFC 9457 §3.2).
    pub context: serde_json::Map<String, serde_json::Value>,
}

impl Refusal {
    /// A refusal without field errors.
    pub fn new(kind: RefusalKind, code: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, code, detail: detail.into(), fields: Vec::new(), context: serde_json::Map::new() }
    }

    /// Not there, or not for this caller.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, code, detail)
    }

    /// Seen, but not allowed.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Forbidden, code, detail)
    }

    /// Not in the state that this needs.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Conflict, code, detail)
    }

    /// A rule says no.
    pub fn rule(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(RefusalKind::Rule, code, detail)
    }

    /// Who wants something done has to say first who he is, and where (inventory GRID-17).
    pub fn profile_incomplete() -> Self {
        let mut refusal = Self::rule("profile.incomplete", "请先完善姓名和地址，工作人员才能找到您");
        refusal.fields.push(FieldError::new("profile", "field.required", "请填写姓名和家庭地址"));
        refusal
    }

    /// Fields are wrong; the first one's message is the summary.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let detail = fields.first().map_or_else(|| "填写有误".to_owned(), |first| first.message.clone());
        Self { fields, ..Self::rule("request.fields", detail) }
    }

    /// Adds a member to the problem document.
    #[must_use]
    pub fn with(mut self, member: &str, value: serde_json::Value) -> Self {
        self.context.insert(member.to_owned(), value);
        self
    }
}

impl From<FieldError> for Refusal {
    fn from(wrong: FieldError) -> Self {
        Self::fields(vec![wrong])
    }
}

/// Checks the length in characters of a free text after trimming, `1..=max` (or `0..=max` when not `required`).
///
/// # Errors
/// The field with `field.required` or `field.too_long`.
pub fn text_field(field: &str, text: &str, required: bool, max: usize) -> Result<String, FieldError> {
    let trimmed = text.trim();
    if required && trimmed.is_empty() {
        return Err(FieldError::new(field, "field.required", "请填写内容"));
    }
    if trimmed.chars().count() > max {
        return Err(FieldError::new(field, "field.too_long", format!("最多 {max} 个字")));
    }
    if trimmed.chars().any(|c| c.is_control() && c != '\n' && c != '\t' && c != '\r') {
        return Err(FieldError::new(field, "field.characters", "含有无法识别的字符"));
    }
    Ok(trimmed.to_owned())
}
