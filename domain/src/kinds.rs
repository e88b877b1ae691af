//! Kinds of resident's request (诉求类型): what each is called, what its form asks, who may see its words.
//!
//! A kind is data, so a tenant may add its own beside the four of the manual ([`built_in`]); what a form must
//! hold is checked by [`validate_form`] from the same data that the pages draw the form from.

mod built_in;
mod form;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use built_in::built_in;
pub use form::{NormalizedForm, validate_form};

/// The most characters of a text field that states no limit of its own.
pub const DEFAULT_TEXT_LIMIT: usize = 500;
/// The most fields of one kind: a form on a phone, not a survey.
const MAX_FIELDS: usize = 50;
/// The most options of one field.
const MAX_OPTIONS: usize = 100;
/// The most characters of a code or a field's name.
const MAX_CODE_CHARS: usize = 32;

/// One kind of request. JSON: an item of `GET /ticket-kinds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketKind {
    /// Code, unique in the set, 1–32 of `a-z 0-9 _`, first a letter. It is stored in every ticket: never reuse one.
    #[serde(rename = "kind")]
    pub code: String,
    /// What it is called, in Chinese.
    pub title: String,
    /// A line of examples under the title.
    #[serde(default)]
    pub hint: String,
    /// Its words are never shown on public boards: poverty, disputes and disability are sensitive (domain
    /// rules §8.3).
    pub private: bool,
    /// Whether the free text may be missing.
    #[serde(default)]
    pub content: ContentRule,
    /// The switch 同时发给村委会 is offered (manual S2 §3.4, §3.7).
    #[serde(default)]
    pub also_village: bool,
    /// It may be sent for somebody else, 代人信息填报 (manual S2 §3.6).
    #[serde(default)]
    pub on_behalf: bool,
    /// The form beside the free text, in the order shown.
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// Whether a request of a kind needs the free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentRule {
    /// Words, or a recording or picture in their place.
    #[default]
    Required,
    /// As `Required`, unless something in the form is filled in.
    RequiredUnlessForm,
    /// The form alone says it.
    Optional,
}

/// One field of a form.
///
/// Fields of the type choices may share a name, each with its own `group` and options: one list in the form,
/// `{"risks": ["illness_major", "water_supply"]}`, drawn as several blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Key in the form.
    pub name: String,
    /// What it is called, in Chinese.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// It may not be missing.
    #[serde(default)]
    pub required: bool,
    /// What can be chosen, for choices only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Heading under which the field stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The most characters, for text and place; [`DEFAULT_TEXT_LIMIT`] when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A string.
    Text,
    /// `true` or `false`.
    Bool,
    /// A list of values of the options.
    Choices,
    /// A string, an address; the page offers 选用当前位置 beside it.
    Place,
}

/// One option of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is stored; unique among all fields of the same name.
    pub value: String,
    /// What is shown, in Chinese.
    pub label: String,
}

/// Why a kind cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// Two kinds have one code.
    #[error("ticket kind {0:?} is defined twice")]
    DuplicateKind(String),
    /// A code or a field's name is not 1–32 of `a-z 0-9 _` after a letter.
    #[error("{0:?} is not a code of a ticket kind or field")]
    BadCode(String),
    /// A title, label or option without text.
    #[error("{0:?} has no title or label")]
    NoTitle(String),
    /// More than 50 fields, or more than 100 options.
    #[error("{0:?} has too many fields or options")]
    TooMany(String),
    /// Two fields have one name and are not both choices.
    #[error("field {0:?} is defined twice")]
    DuplicateField(String),
    /// Two options of one name have the same value.
    #[error("option {value:?} of field {field:?} is defined twice")]
    DuplicateOption {
        /// The field's name.
        field: String,
        /// The option's value.
        value: String,
    },
    /// Choices without options, or options without choices, or a limit of no characters.
    #[error("the options or the limit of field {0:?} do not fit its type")]
    Mismatch(String),
}

impl TicketKind {
    /// Whether the definition can be used.
    ///
    /// # Errors
    /// The first [`KindError`] found.
    pub fn check(&self) -> Result<(), KindError> {
        check_code(&self.code)?;
        check_title(&self.code, &self.title)?;
        if self.fields.len() > MAX_FIELDS {
            return Err(KindError::TooMany(self.code.clone()));
        }
        let mut types = BTreeMap::new();
        let mut options = BTreeMap::new();
        for field in &self.fields {
            check_code(&field.name)?;
            check_title(&field.name, &field.label)?;
            let is_choices = field.field_type == FieldType::Choices;
            if field.options.is_empty() == is_choices || field.max_length == Some(0) {
                return Err(KindError::Mismatch(field.name.clone()));
            }
            if field.options.len() > MAX_OPTIONS {
                return Err(KindError::TooMany(field.name.clone()));
            }
            let earlier = types.insert(field.name.as_str(), is_choices);
            if earlier.is_some_and(|earlier_is_choices| !(is_choices && earlier_is_choices)) {
                return Err(KindError::DuplicateField(field.name.clone()));
            }
            for option in &field.options {
                check_code(&option.value)?;
                check_title(&option.value, &option.label)?;
                if options.insert((field.name.as_str(), option.value.as_str()), ()).is_some() {
                    let (field, value) = (field.name.clone(), option.value.clone());
                    return Err(KindError::DuplicateOption { field, value });
                }
            }
        }
        Ok(())
    }

    /// Whether a request says enough: `has_content` that the free text is not blank, `has_attachment` that a
    /// picture, recording or film is with it.
    pub fn says_enough(&self, form: &NormalizedForm, has_content: bool, has_attachment: bool) -> bool {
        match self.content {
            ContentRule::Optional => true,
            ContentRule::Required => has_content || has_attachment,
            ContentRule::RequiredUnlessForm => has_content || has_attachment || !form.is_empty(),
        }
    }
}

fn check_code(code: &str) -> Result<(), KindError> {
    let starts_well = code.starts_with(|c: char| c.is_ascii_lowercase());
    let is_code = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if starts_well && is_code && code.len() <= MAX_CODE_CHARS {
        Ok(())
    } else {
        Err(KindError::BadCode(code.to_owned()))
    }
}

fn check_title(code: &str, title: &str) -> Result<(), KindError> {
    if title.trim().is_empty() { Err(KindError::NoTitle(code.to_owned())) } else { Ok(()) }
}

/// The kinds of a tenant, in the order shown. JSON: a list of kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TicketKind>", into = "Vec<TicketKind>")]
pub struct KindSet(Vec<TicketKind>);

impl Default for KindSet {
    /// The four kinds of the manual.
    fn default() -> Self {
        Self(built_in())
    }
}

impl TryFrom<Vec<TicketKind>> for KindSet {
    type Error = KindError;

    fn try_from(kinds: Vec<TicketKind>) -> Result<Self, KindError> {
        for (index, kind) in kinds.iter().enumerate() {
            kind.check()?;
            if kinds.iter().take(index).any(|earlier| earlier.code == kind.code) {
                return Err(KindError::DuplicateKind(kind.code.clone()));
            }
        }
        Ok(Self(kinds))
    }
}

impl From<KindSet> for Vec<TicketKind> {
    fn from(set: KindSet) -> Self {
        set.0
    }
}

impl KindSet {
    /// The built-in kinds and `own` ones of the tenant after them. A built-in code cannot be taken over: old
    /// tickets would change their meaning.
    ///
    /// # Errors
    /// [`KindError`].
    pub fn with(own: Vec<TicketKind>) -> Result<Self, KindError> {
        Self::try_from([built_in(), own].concat())
    }

    /// The kind with this code.
    pub fn get(&self, code: &str) -> Option<&TicketKind> {
        self.0.iter().find(|kind| kind.code == code)
    }

    /// All kinds in the order shown.
    pub fn iter(&self) -> std::slice::Iter<'_, TicketKind> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a KindSet {
    type Item = &'a TicketKind;
    type IntoIter = std::slice::Iter<'a, TicketKind>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests;
