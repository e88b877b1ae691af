//! Documents of Open311: one tree, written as XML or as JSON. JSON follows from XML as the specification has it (the Spark
//! convention): a list loses the names of its items, an empty element is null, the root has no name.

use std::io;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

/// How a document is written; the end of the path says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Json,
}

impl Format {
    /// Of the path's `{format}`.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        match request.match_info().get("format") {
            Some("xml") => Some(Self::Xml),
            Some("json") => Some(Self::Json),
            Some(_) | None => None,
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Xml => "text/xml; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }
}

/// What stands in an element.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Nothing,
    Text(String),
    Integer(u32),
    Number(f64),
    Bool(bool),
    /// Elements of their own names, in this order.
    Record(Vec<(&'static str, Value)>),
    /// Elements of one name.
    List(&'static str, Vec<Value>),
}

impl Value {
    /// A text; an empty one is nothing.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// What there may be.
    pub(super) fn maybe<T>(value: Option<T>, some: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Nothing, some)
    }

    fn write(&self, name: &str, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let plain = match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.chars().filter(|c| is_xml(*c)).collect()),
            Self::Integer(number) => Some(number.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bool(yes) => Some(yes.to_string()),
            Self::Record(members) => {
                let inner =
                    |writer: &mut Writer<_>| members.iter().try_for_each(|(name, value)| value.write(name, writer));
                return writer.create_element(name).write_inner_content(inner).map(|_| ());
            }
            Self::List(item, items) => {
                let inner = |writer: &mut Writer<_>| items.iter().try_for_each(|value| value.write(item, writer));
                return writer.create_element(name).write_inner_content(inner).map(|_| ());
            }
        };
        let element = writer.create_element(name);
        match plain {
            Some(text) => element.write_text_content(BytesText::new(&text)).map(|_| ()),
            None => element.write_empty().map(|_| ()),
        }
    }
}

/// Whether XML 1.0 can hold a character at all (its production 2).
const fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_u32(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Record(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Self::List(_, items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
        }
    }
}

/// A document with the name of its root.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub(super) root: &'static str,
    pub(super) value: Value,
}

impl Document {
    /// As the body of an answer.
    pub(super) fn answer(&self, format: Format, status: StatusCode) -> HttpResponse {
        let body = match format {
            Format::Xml => self.xml().map_err(|_| ()),
            Format::Json => serde_json::to_vec(&self.value).map_err(|_| ()),
        };
        // Writing into memory does not fail.
        let (status, body) = body.map_or((StatusCode::INTERNAL_SERVER_ERROR, Vec::new()), |body| (status, body));
        HttpResponse::build(status).content_type(format.media_type()).body(body)
    }

    fn xml(&self) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new(Vec::new());
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        self.value.write(self.root, &mut writer)?;
        Ok(writer.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(value: Value) -> [String; 2] {
        let document = Document { root: "r", value };
        let json = serde_json::to_string(&document.value).unwrap();
        [String::from_utf8(document.xml().unwrap()).unwrap(), json]
    }

    #[test]
    fn xml_and_json_say_the_same() {
        let record = Value::Record(vec![
            ("text", Value::text("<路灯> & \"'")),
            ("none", Value::text("")),
            ("yes", Value::Bool(true)),
            ("order", Value::Integer(1)),
            ("lat", Value::Number(37.762_221_815)),
            ("formats", Value::List("format", vec![Value::text("text/xml")])),
            ("values", Value::List("value", Vec::new())),
        ]);
        let [xml, json] = both(record);
        assert_eq!(
            xml,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><r><text>&lt;路灯&gt; &amp; &quot;&apos;</text><none/><yes>true</yes>\
             <order>1</order><lat>37.762221815</lat><formats><format>text/xml</format></formats><values></values></r>"
        );
        assert_eq!(
            json,
            r#"{"text":"<路灯> & \"'","none":null,"yes":true,"order":1,"lat":37.762221815,"formats":["text/xml"],"values":[]}"#
        );
    }

    #[test]
    fn no_character_breaks_the_xml() {
        let [xml, _] = both(Value::Text("a\u{0}\u{8}\u{B}b\n]]>\u{FFFE}😀</r>".to_owned()));
        assert!(xml.ends_with("<r>ab\n]]&gt;😀&lt;/r&gt;</r>"), "{xml}");
    }
}
