//! Each answer beside the specification's own document of its kind, in XML and JSON.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use super::*;

/// An element: its name, the elements in it, its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub name: String,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    pub fn read(xml: &[u8]) -> Self {
        let text = std::str::from_utf8(xml).unwrap();
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self { name: String::new(), children: Vec::new(), text: String::new() }];
        let mut declared = None;
        loop {
            match reader.read_event().unwrap() {
                Event::Decl(decl) => declared = decl.encoding().map(|found| found.unwrap().into_owned()),
                Event::Start(start) => open.push(Self::named(start.name().as_ref())),
                Event::Empty(start) => open.last_mut().unwrap().children.push(Self::named(start.name().as_ref())),
                Event::End(_) => {
                    let closed = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(closed);
                }
                Event::Text(text) => open.last_mut().unwrap().text.push_str(text.trim()),
                Event::GeneralRef(_) | Event::CData(_) => open.last_mut().unwrap().text.push('?'),
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(declared.is_some_and(|encoding| encoding.eq_ignore_ascii_case("utf-8")), "{text}");
        let mut whole = open.pop().unwrap().children;
        assert!(open.is_empty() && whole.len() == 1, "{text}");
        whole.remove(0)
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), children: Vec::new(), text: String::new() }
    }

    /// Names, order and nesting; of elements of one name each must be like the first.
    fn shape(&self) -> String {
        let mut shapes: Vec<(&str, String)> = Vec::new();
        for child in &self.children {
            let shape = child.shape();
            match shapes.iter().find(|(name, _)| *name == child.name) {
                Some((_, known)) => assert_eq!(*known, shape),
                None => shapes.push((&child.name, shape)),
            }
        }
        let shapes: Vec<String> = shapes.into_iter().map(|(_, shape)| shape).collect();
        format!("{}({})", self.name, shapes.join(" "))
    }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/open311/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Names and nesting; which of them are lists.
fn json_shape(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let shapes: Vec<String> = items.iter().map(json_shape).collect();
            assert!(shapes.windows(2).all(|two| two[0] == two[1]), "{value}");
            format!("[{}]", shapes.first().map_or("", String::as_str))
        }
        Value::Object(members) => {
            let shapes = members.iter().map(|(name, value)| format!("{name}{}", json_shape(value)));
            format!("{{{}}}", shapes.collect::<Vec<_>>().join(" "))
        }
        _ => String::new(),
    }
}

/// The order in which members first come in a text.
fn order(json: &[u8], names: &[&str]) -> Vec<usize> {
    let text = String::from_utf8(json.to_vec()).unwrap();
    names.iter().map(|name| text.find(&format!("\"{name}\"")).unwrap_or(usize::MAX)).collect()
}

#[track_caller]
fn assert_like(reply: &Reply, name: &str, status: u16) {
    let shown = String::from_utf8_lossy(&reply.bytes).into_owned();
    assert_eq!(reply.status, status, "{name}: {shown}");
    if name.ends_with(".xml") {
        assert_eq!(reply.header("Content-Type"), Some("text/xml; charset=utf-8"), "{name}");
        assert_eq!(Element::read(&reply.bytes).shape(), Element::read(&fixture(name)).shape(), "{name}");
        return;
    }
    assert_eq!(reply.header("Content-Type"), Some("application/json; charset=utf-8"), "{name}");
    let specified: Value = serde_json::from_slice(&fixture(name)).unwrap();
    assert_eq!(json_shape(&reply.body), json_shape(&specified), "{name}: {shown}");
}

#[actix_rt::test]
async fn every_answer_has_the_structure_of_the_specifications_example() {
    let stage = Stage::new().await;
    let id = stage.report("路灯坏了").await;
    let key = format!("api_key={}", stage.key);
    for format in ["xml", "json"] {
        let named = |name: &str| format!("{name}.{format}");
        for path in ["discovery", "v2/discovery"] {
            let reply = stage.nobody.get(&format!("//open311/{path}.{format}")).await;
            assert_like(&reply, &named("discovery"), 200);
        }
        assert_like(&stage.get(&named("services")).await, &named("services"), 200);
        for path in [format!("requests.{format}?{key}"), format!("requests/{id}.{format}?{key}")] {
            assert_like(&stage.get(&path).await, &named("requests"), 200);
        }
        assert_like(&stage.get(&format!("tokens/{id}.{format}?{key}")).await, &named("token"), 200);
        let pairs = [
            ("api_key", stage.key.as_str()),
            ("service_code", "suggestion"),
            ("address_id", &stage.code),
            ("description", "<路灯> & “灯罩”"),
        ];
        assert_like(&stage.send(&named("requests"), &pairs, &[]).await, &named("posted"), 201);
        assert_like(&stage.send(&named("requests"), &pairs[1..], &[]).await, &named("errors"), 403);
        let wrong = [pairs[0], pairs[1], pairs[2]];
        assert_like(&stage.send(&named("requests"), &wrong, &[]).await, &named("errors"), 400);
    }
    // The form of a kind that takes part asks nothing; what one that does looks like is compared where it is made.
    let definition = stage.get("services/suggestion.xml").await;
    assert_eq!(Element::read(&definition.bytes).shape(), "service_definition(service_code() attributes())");
    let definition = stage.get("services/suggestion.json").await;
    assert_eq!(definition.expect(200), &json!({ "service_code": "suggestion", "attributes": [] }));
}

#[actix_rt::test]
async fn what_is_written_comes_back_letter_by_letter_in_both_formats() {
    let stage = Stage::new().await;
    let words = "<b>路灯</b> & \"灯罩\" ]]> 😀";
    let id = stage.report(words).await;
    let read = async |format: &str| stage.get(&format!("requests/{id}.{format}?api_key={}", stage.key)).await;
    assert_eq!(read("json").await.expect(200)[0]["description"], words);
    let xml = String::from_utf8(read("xml").await.bytes).unwrap();
    let escaped = "<description>&lt;b&gt;路灯&lt;/b&gt; &amp; &quot;灯罩&quot; ]]&gt; 😀</description>";
    assert!(xml.contains(escaped), "{xml}");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"), "{xml}");
    // Members of JSON stand in the order of the specification.
    let json = read("json").await.bytes;
    let places =
        order(&json, &["service_request_id", "status", "description", "requested_datetime", "lat", "media_url"]);
    assert!(places.is_sorted() && !places.contains(&usize::MAX), "{places:?}");
}

#[actix_rt::test]
async fn discovery_leads_to_the_endpoint() {
    let stage = Stage::new().await;
    let found = stage.nobody.get("//open311/discovery.json").await.expect(200).clone();
    let endpoint = &found["endpoints"][0];
    let path =
        text(&endpoint["url"]).split_once("//").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    assert_eq!(path.as_deref(), Some("/open311/v2"), "{found}");
    assert_eq!(endpoint["formats"], json!(["text/xml", "application/json"]));
    let services = stage.get("services.json").await.expect(200).clone();
    let codes: Vec<String> =
        services.as_array().unwrap().iter().map(|service| text(&service["service_code"])).collect();
    assert_eq!(codes, ["suggestion"], "private kinds are not listed");
    assert_eq!((&services[0]["metadata"], &services[0]["type"]), (&json!(false), &json!("realtime")));
}
