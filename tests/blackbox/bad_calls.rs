//! Sending one call's body with one thing wrong at a time.

use std::collections::BTreeSet;

use awc::http::Method;
use serde_json::{Value, json};

use crate::bad_values::{Takes, wrong_values};
use crate::support::{Person, Reply};

/// One call whose right body is taken, and what its fields take. Nested fields have dots.
pub struct Call {
    pub schema: &'static str,
    pub method: Method,
    pub path: String,
    pub person: Person,
    /// A body with every field.
    pub right: Value,
    /// What the right body answers, unless nobody can know it.
    pub answers: Option<u16>,
    pub fields: Vec<(&'static str, Takes)>,
}

/// The OpenAPI document.
pub struct Document(pub Value);

impl Document {
    fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// Names, nullability and whether it is required of all fields, nested ones too.
    fn fields_of(&self, schema: &str, prefix: &str) -> Vec<(String, bool, bool)> {
        let schema = self.schema(schema);
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        let mut fields = Vec::new();
        for (name, property) in schema["properties"].as_object().unwrap() {
            let maybe = property["oneOf"].as_array().into_iter().flatten().find_map(|one| one["$ref"].as_str());
            let types = property["type"].as_array().into_iter().flatten().any(|kind| kind == "null");
            let needed = required.iter().any(|known| *known == name);
            fields.push((format!("{prefix}{name}"), types || maybe.is_some(), needed));
            if let Some(nested) = maybe.or(property["$ref"].as_str()).and_then(|path| path.rsplit('/').next()) {
                fields.extend(self.fields_of(nested, &format!("{prefix}{name}.")));
            }
        }
        fields
    }

    /// The schemas of all bodies of POST, PUT and PATCH.
    pub fn bodies(&self) -> BTreeSet<String> {
        let methods = self.0["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap());
        let bodies = methods.filter(|(method, _)| ["post", "put", "patch"].contains(&method.as_str()));
        let named = bodies
            .filter_map(|(_, call)| call["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str());
        named.map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
    }
}

/// The body's text with one field's value replaced by `raw`, or given where it has none; nothing: without the field.
fn with(right: &Value, path: &str, raw: Option<&str>) -> String {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let members = right.as_object().unwrap().iter().filter_map(|(name, value)| {
        let value = match (name == head, rest, raw) {
            (false, ..) => value.to_string(),
            (true, Some(rest), raw) => with(value, rest, raw),
            (true, None, raw) => raw?.to_owned(),
        };
        Some(format!("{}:{value}", json!(name)))
    });
    let missing = raw.filter(|_| rest.is_none() && right.get(head).is_none());
    let more = missing.map(|raw| format!("{}:{raw}", json!(head)));
    format!("{{{}}}", members.chain(more).collect::<Vec<_>>().join(","))
}

/// With a member more at the place of `path`'s parent.
fn with_more(right: &Value, parent: &str, more: &str) -> String {
    let object = if parent.is_empty() { right.clone() } else { right[parent].clone() };
    let text = object.to_string();
    let grown = format!("{{{more},{}", &text[1..]).replace(",}", "}");
    if parent.is_empty() { grown } else { with(right, parent, Some(&grown)) }
}

/// A refusal that people and programs understand.
#[track_caller]
pub fn assert_clear_refusal(reply: &Reply, what: &str) {
    let shown: String = what.chars().take(300).collect();
    assert!((400..500).contains(&reply.status), "{shown}: {} {}", reply.status, reply.body);
    assert_eq!(reply.header("Content-Type"), Some("application/problem+json"), "{shown}");
    let code = reply.code();
    let in_words =
        code.split('.').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
    assert!(code.contains('.') && in_words, "{shown}: {}", reply.body);
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(
        detail.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)) && detail.chars().count() < 200,
        "{shown}: {detail}"
    );
    assert_eq!(reply.body["status"].as_u64(), Some(reply.status.into()), "{shown}");
    assert!(reply.body["title"].is_string() && reply.body["type"].is_string(), "{shown}");
    assert!(reply.header("X-Request-Id").is_some_and(|id| reply.body["request_id"] == id), "{shown}");
    for field in reply.body["fields"].as_array().into_iter().flatten() {
        assert!(field["message"].as_str().is_some_and(|message| !message.is_empty()), "{shown}: {}", reply.body);
    }
}

impl Call {
    async fn send(&self, body: String) -> Reply {
        self.person.send(self.method.clone(), &self.path, Some(body.into_bytes()), &[]).await
    }

    /// Sends it; it must be refused, by the name of the field when it could be read at all.
    async fn refuses(&self, body: String, field: &str) {
        let what = format!("{} {field}: {body}", self.schema);
        let reply = self.send(body).await;
        assert_clear_refusal(&reply, &what);
        if matches!(reply.code(), "request.malformed" | "request.fields") {
            let named = reply.fields();
            let near = |name: &str| name.starts_with(field) || field.starts_with(name);
            assert!(named.iter().any(|name| near(name)), "{what}: {}", reply.body);
        }
    }

    /// Every field wrong in every way, then the right body.
    pub async fn check(&self, document: &Document) {
        let described = document.fields_of(self.schema, "");
        let known: BTreeSet<&str> = self.fields.iter().map(|(name, _)| *name).collect();
        // Fields that the document does not describe, such as those of a place, may be here as well.
        for (name, nullable, required) in &described {
            assert!(known.contains(name.as_str()), "{} {name} is not in the table", self.schema);
            if *required {
                self.refuses(with(&self.right, name, None), name).await;
            }
            if *nullable {
                let body = with_more(&self.right, "", "\"zz_unknown\":1");
                let body = with(&serde_json::from_str(&body).unwrap(), name, Some("null"));
                let reply = self.send(body).await;
                assert!(
                    reply.fields().iter().any(|field| field.ends_with("zz_unknown")),
                    "null {name}: {}",
                    reply.body
                );
            }
        }
        for (name, takes) in &self.fields {
            // In a form, null is a field that nobody filled in.
            let empty = name.starts_with("form.") && *name != "form.work_place";
            let nullable = empty || described.iter().any(|(known, nullable, _)| known == name && *nullable);
            for wrong in wrong_values(*takes, nullable) {
                self.refuses(with(&self.right, name, Some(&wrong)), name).await;
            }
            if matches!(takes, Takes::Object) && self.right[name].is_object() {
                self.refuses(with_more(&self.right, name, "\"zz_unknown\":1"), name).await;
                // The values without their names, which serde would take.
                let values: Vec<&Value> = self.right[name].as_object().unwrap().values().collect();
                self.refuses(with(&self.right, name, Some(&json!(values).to_string())), name).await;
            }
        }
        self.refuses(with_more(&self.right, "", "\"zz_unknown\":null"), "zz_unknown").await;
        let first = self.fields[0].0;
        let twice = format!("{}:{}", json!(first), self.right[first]);
        self.refuses(with_more(&self.right, "", &twice), first).await;
        for other in ["[]", "null", "7", "\"x\"", "true", ""] {
            if !other.is_empty() || described.iter().any(|(name, _, required)| *required && !name.contains('.')) {
                let reply = self.send(other.to_owned()).await;
                assert_clear_refusal(&reply, &format!("{} {other}", self.schema));
            }
        }
        if let Some(status) = self.answers {
            let reply = self.send(self.right.to_string()).await;
            assert_eq!(reply.status, status, "the right {} afterwards: {}", self.schema, reply.body);
        }
    }
}
