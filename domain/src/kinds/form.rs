//! Checks what was filled into a kind's form and brings it into one shape.

use serde_json::{Map, Value};

use super::{DEFAULT_TEXT_LIMIT, Field, FieldType, TicketKind};
use crate::problem::{FieldError, text_field};

/// How much of a sender's own words an error repeats, in characters.
const QUOTE_CHARS: usize = 20;

/// A form that fits its kind: only known fields, texts trimmed, empty ones left out, chosen values in the order
/// of the options, each once.
#[derive(Debug, Clone, PartialEq)]
pub struct NormalizedForm(Value);

impl NormalizedForm {
    /// The form as a JSON object.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The JSON object, to be stored.
    pub fn into_value(self) -> Value {
        self.0
    }

    /// Whether nothing is filled in.
    pub fn is_empty(&self) -> bool {
        self.0.as_object().is_none_or(Map::is_empty)
    }
}

/// Checks `form`, a JSON object (or `null`, which is an empty one), against the fields of `kind`.
///
/// # Errors
/// Every field that is wrong, in the order of the form, then the unknown ones: `field.type`, `field.required`,
/// `field.too_long`, `field.characters`, `field.option`, `field.duplicate`, `field.unknown`.
pub fn validate_form(kind: &TicketKind, form: &Value) -> Result<NormalizedForm, Vec<FieldError>> {
    let nothing = Map::new();
    let given = match form {
        Value::Object(given) => given,
        Value::Null => &nothing,
        _ => return Err(vec![FieldError::new("form", "field.type", "表单格式有误")]),
    };
    let mut filled = Map::new();
    let mut errors = Vec::new();
    for (index, field) in kind.fields.iter().enumerate() {
        let value = given.get(&field.name).filter(|value| !value.is_null());
        let result = match field.field_type {
            FieldType::Text | FieldType::Place => value.map_or(Ok(None), |value| text(field, value)),
            FieldType::Bool => value.map_or(Ok(None), |value| boolean(field, value)),
            FieldType::Choices => {
                // Fields of one name share one list, which is looked at once, with the first of them.
                let same_name = || kind.fields.iter().filter(|other| other.name == field.name);
                if kind.fields.iter().take(index).any(|earlier| earlier.name == field.name) {
                    continue;
                }
                value.map_or_else(|| choices(same_name, &[]), |value| chosen(field, value, same_name))
            }
        };
        match result {
            Ok(Some(value)) => {
                filled.insert(field.name.clone(), value);
            }
            Ok(None) if field.required && field.field_type != FieldType::Choices => errors.push(missing(field)),
            Ok(None) => {}
            Err(mut wrong) => errors.append(&mut wrong),
        }
    }
    for name in given.keys() {
        if !kind.fields.iter().any(|field| field.name == *name) {
            let name = quoted(name);
            errors.push(FieldError::new(format!("form.{name}"), "field.unknown", format!("没有“{name}”这一项")));
        }
    }
    if errors.is_empty() { Ok(NormalizedForm(Value::Object(filled))) } else { Err(errors) }
}

/// What one field comes to: a value to keep, nothing, or what is wrong with it.
type FieldResult = Result<Option<Value>, Vec<FieldError>>;

fn text(field: &Field, value: &Value) -> FieldResult {
    let Value::String(text) = value else {
        return Err(vec![wrong_type(field, "应为文字")]);
    };
    let limit = field.max_length.unwrap_or(DEFAULT_TEXT_LIMIT);
    match text_field(&path(field), text, false, limit) {
        Ok(trimmed) => Ok((!trimmed.is_empty()).then_some(Value::String(trimmed))),
        Err(error) => Err(vec![FieldError { message: format!("{}：{}", field.label, error.message), ..error }]),
    }
}

fn boolean(field: &Field, value: &Value) -> FieldResult {
    match value {
        Value::Bool(_) => Ok(Some(value.clone())),
        _ => Err(vec![wrong_type(field, "请选择是或否")]),
    }
}

fn chosen<'a, I: Iterator<Item = &'a Field>>(field: &Field, value: &Value, same_name: impl Fn() -> I) -> FieldResult {
    let texts: Option<Vec<&str>> = value.as_array().and_then(|items| items.iter().map(Value::as_str).collect());
    match texts {
        Some(texts) => choices(same_name, &texts),
        None => Err(vec![wrong_type(field, "应为选项列表")]),
    }
}

/// Checks `given` against the options of all fields of one name.
fn choices<'a, I: Iterator<Item = &'a Field>>(same_name: impl Fn() -> I, given: &[&str]) -> FieldResult {
    let mut errors: Vec<FieldError> = Vec::new();
    let known = |value: &str| same_name().flat_map(|field| &field.options).find(|option| option.value == value);
    if let Some(first) = same_name().next() {
        for (index, value) in given.iter().enumerate() {
            let seen_before = given.iter().take(index).any(|earlier| earlier == value);
            // A wrong value that is repeated is named once.
            let error = match known(value) {
                None if !seen_before => ("field.option", format!("没有“{}”这个选项", quoted(value))),
                Some(option) if seen_before => ("field.duplicate", format!("“{}”选了不止一次", option.label)),
                None | Some(_) => continue,
            };
            errors.push(FieldError::new(path(first), error.0, error.1));
        }
    }
    for field in same_name().filter(|field| field.required) {
        if !field.options.iter().any(|option| given.contains(&option.value.as_str())) {
            errors.push(missing(field));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let in_order = same_name().flat_map(|field| &field.options).filter(|option| given.contains(&option.value.as_str()));
    let values: Vec<Value> = in_order.map(|option| Value::String(option.value.clone())).collect();
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// The field's path in the request.
fn path(field: &Field) -> String {
    format!("form.{}", field.name)
}

fn missing(field: &Field) -> FieldError {
    let verb = match field.field_type {
        FieldType::Text | FieldType::Place => "请填写",
        FieldType::Bool | FieldType::Choices => "请选择",
    };
    FieldError::new(path(field), "field.required", format!("{verb}{}", field.label))
}

fn wrong_type(field: &Field, hint: &str) -> FieldError {
    FieldError::new(path(field), "field.type", format!("{}：{hint}", field.label))
}

/// The beginning of what was sent, so that an answer does not grow with the question.
fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(QUOTE_CHARS).collect()
}
