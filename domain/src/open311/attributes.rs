//! A kind's form as the attributes of a service definition, and sent attributes as that form.

use serde_json::{Map, Value};

use crate::kinds::{DEFAULT_TEXT_LIMIT, Field, FieldType, TicketKind};

/// How an attribute is filled in (specification, GET Service Definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// One line.
    Text,
    /// One of the values.
    SingleValueList,
    /// Some of the values.
    MultiValueList,
}

impl DataType {
    /// The transmitted word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::SingleValueList => "singlevaluelist",
            Self::MultiValueList => "multivaluelist",
        }
    }
}

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeValue {
    /// What is sent.
    pub key: String,
    /// What people read.
    pub name: String,
}

/// One attribute; its place in the list is its order, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What it is sent as: `attribute[code]`.
    pub code: String,
    /// How it is filled in.
    pub datatype: DataType,
    /// It may not be missing.
    pub required: bool,
    /// What helps to fill it in.
    pub hint: String,
    /// What it asks.
    pub description: String,
    /// What can be chosen.
    pub values: Vec<AttributeValue>,
}

/// The attributes of a kind, each code once: fields that share a name are one list.
pub fn attributes(kind: &TicketKind) -> Vec<Attribute> {
    let mut found: Vec<Attribute> = Vec::new();
    for field in &kind.fields {
        let values = values(field);
        match found.iter_mut().find(|attribute| attribute.code == field.name) {
            Some(same) => {
                same.required |= field.required;
                same.description = format!("{}、{}", same.description, field.label);
                same.values.extend(values);
            }
            None => found.push(Attribute {
                code: field.name.clone(),
                datatype: match field.field_type {
                    FieldType::Text | FieldType::Place => DataType::Text,
                    FieldType::Bool => DataType::SingleValueList,
                    FieldType::Choices => DataType::MultiValueList,
                },
                required: field.required,
                hint: hint(field),
                description: field.label.clone(),
                values,
            }),
        }
    }
    found
}

fn hint(field: &Field) -> String {
    match field.field_type {
        FieldType::Text | FieldType::Place => {
            format!("最多 {} 个字", field.max_length.unwrap_or(DEFAULT_TEXT_LIMIT))
        }
        FieldType::Bool => "选择一项".to_owned(),
        FieldType::Choices => "可以选择多项".to_owned(),
    }
}

fn values(field: &Field) -> Vec<AttributeValue> {
    if field.field_type == FieldType::Bool {
        return [("true", "是"), ("false", "否")]
            .map(|(key, name)| AttributeValue { key: key.to_owned(), name: name.to_owned() })
            .to_vec();
    }
    let shown = |label: &str| match &field.group {
        Some(group) => format!("{group}：{label}"),
        None => label.to_owned(),
    };
    field
        .options
        .iter()
        .map(|choice| AttributeValue { key: choice.value.clone(), name: shown(&choice.label) })
        .collect()
}

/// The form that sent attributes mean, by code with all values of each; whether it fits the kind is for
/// [`validate_form`](crate::kinds::validate_form) to say.
pub fn form_of(kind: &TicketKind, sent: &[(String, Vec<String>)]) -> Value {
    let mut form = Map::new();
    for (code, values) in sent {
        let field = kind.fields.iter().find(|field| field.name == *code);
        let text = || Value::String(values.join("\n"));
        let value = match field.map(|field| field.field_type) {
            Some(FieldType::Choices) => Value::Array(values.iter().cloned().map(Value::String).collect()),
            Some(FieldType::Bool) => match values.as_slice() {
                [value] if value == "true" || value == "false" => Value::Bool(value == "true"),
                _ => text(),
            },
            Some(FieldType::Text | FieldType::Place) | None => text(),
        };
        form.insert(code.clone(), value);
    }
    Value::Object(form)
}

/// Words that a kind is found by, separated by commas.
pub fn keywords(kind: &TicketKind) -> String {
    let words = kind.hint.split(['、', '，', ',']).map(str::trim).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::{built_in, validate_form};

    /// Code, datatype, whether it is required, how many values.
    type Asked = (&'static str, &'static str, bool, usize);

    fn kind(code: &str) -> TicketKind {
        built_in().into_iter().find(|kind| kind.code == code).unwrap()
    }

    #[test]
    fn the_forms_of_the_four_kinds_become_attributes() {
        let table: [(&str, &[Asked]); 4] = [
            ("suggestion", &[]),
            ("dispute", &[]),
            ("revitalization", &[("risks", "multivaluelist", false, 16)]),
            (
                "employment",
                &[
                    ("home_address", "string", false, 0),
                    ("work_place", "string", true, 0),
                    ("lifted_out_of_poverty", "singlevaluelist", false, 2),
                    ("need", "string", false, 0),
                ],
            ),
        ];
        for (code, expected) in table {
            let found = attributes(&kind(code));
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.code.as_str(), one.datatype.as_str(), one.required, one.values.len()))
                .collect();
            assert_eq!(found, expected, "{code}");
        }
        let risks = attributes(&kind("revitalization")).remove(0);
        assert!(risks.description.starts_with("因病返贫致贫风险预警、义务教育保障风险预警"), "{}", risks.description);
        assert_eq!(risks.values[0].name, "因病返贫致贫：家庭成员患大病");
        assert_eq!(attributes(&kind("employment"))[1].hint, "最多 200 个字");
    }

    #[test]
    fn what_an_attribute_offers_is_a_form_that_fits() {
        for kind in built_in() {
            let sent: Vec<(String, Vec<String>)> = attributes(&kind)
                .into_iter()
                .map(|attribute| match attribute.datatype {
                    DataType::Text => (attribute.code, vec!["工业园".to_owned()]),
                    DataType::SingleValueList => (attribute.code, vec![attribute.values[1].key.clone()]),
                    DataType::MultiValueList => {
                        (attribute.code, attribute.values.into_iter().map(|value| value.key).collect())
                    }
                })
                .collect();
            let form = validate_form(&kind, &form_of(&kind, &sent)).unwrap();
            assert_eq!(form.as_value().as_object().unwrap().len(), sent.len(), "{}", kind.code);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_for_the_form_to_refuse() {
        let employment = kind("employment");
        let sent = |code: &str, values: &[&str]| {
            (code.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>())
        };
        let table = [
            (vec![], "form.work_place"),
            (vec![sent("work_place", &["园区"]), sent("colour", &["red"])], "form.colour"),
            (
                vec![sent("work_place", &["园区"]), sent("lifted_out_of_poverty", &["yes"])],
                "form.lifted_out_of_poverty",
            ),
            (
                vec![sent("work_place", &["园区"]), sent("lifted_out_of_poverty", &["true", "false"])],
                "form.lifted_out_of_poverty",
            ),
        ];
        for (sent, wrong) in table {
            let errors = validate_form(&employment, &form_of(&employment, &sent)).unwrap_err();
            assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), [wrong]);
        }
        let risks = kind("revitalization");
        let errors = validate_form(&risks, &form_of(&risks, &[sent("risks", &["water_supply", "fire"])])).unwrap_err();
        assert_eq!(errors[0].code, "field.option");
        assert_eq!(form_of(&risks, &[sent("risks", &["water_supply"])]), json!({ "risks": ["water_supply"] }));
    }

    #[test]
    fn a_kinds_examples_are_its_keywords() {
        assert_eq!(keywords(&kind("suggestion")), "路灯, 道路, 环境, 政策疑问");
        assert_eq!(keywords(&TicketKind { hint: String::new(), ..kind("suggestion") }), "");
    }
}
