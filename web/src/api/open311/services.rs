//! What can be reported: discovery, the list of services, a service's attributes.

use actix_web::{HttpRequest, HttpResponse, web};
use lianxin_domain::kinds::{KindSet, TicketKind};
use lianxin_domain::open311::{Attribute, attributes, is_offered, keywords};

use super::document::{Document, Value};
use super::failure::Failure;
use super::parameters::Parameters;
use super::{Desk, answer};
use crate::api::grids::PublicUrl;

/// When what discovery says, or a form, was last changed.
const CHANGESET: &str = "2026-11-22 00:00";

/// Where which version is.
pub(super) async fn discovery(request: HttpRequest, base: web::Data<PublicUrl>) -> HttpResponse {
    answer(&request, async { Ok(Document { root: "discovery", value: discovered(&base.0) }) }).await
}

fn discovered(base: &str) -> Value {
    let formats = ["text/xml", "application/json"].map(Value::text).to_vec();
    let endpoint = Value::Record(vec![
        ("specification", Value::text("http://wiki.open311.org/GeoReport_v2")),
        ("url", Value::Text(format!("{base}/open311/v2"))),
        ("changeset", Value::text(CHANGESET)),
        ("type", Value::text("production")),
        ("formats", Value::List("format", formats)),
    ]);
    Value::Record(vec![
        ("changeset", Value::text(CHANGESET)),
        ("contact", Value::text("请联系本地平台管理员")),
        (
            "key_service",
            Value::Text(format!("由本地平台管理员在管理后台“开放接口”中发放：{base}/console/integrations")),
        ),
        ("endpoints", Value::List("endpoint", vec![endpoint])),
    ])
}

/// The kinds of requests, but for private ones.
pub(super) async fn list(request: HttpRequest, desk: Desk) -> HttpResponse {
    let work = async {
        desk.reader(&request).await?;
        let services = desk.kinds.iter().filter(|kind| is_offered(kind)).map(service).collect();
        Ok(Document { root: "services", value: Value::List("service", services) })
    };
    answer(&request, work).await
}

fn service(kind: &TicketKind) -> Value {
    Value::Record(vec![
        ("service_code", Value::text(kind.code.as_str())),
        ("service_name", Value::text(kind.title.as_str())),
        ("description", Value::text(kind.hint.as_str())),
        ("metadata", Value::Bool(!kind.fields.is_empty())),
        ("type", Value::text("realtime")),
        ("keywords", Value::text(keywords(kind))),
        ("group", Value::text(kind.title.as_str())),
    ])
}

/// What the form of a kind asks.
pub(super) async fn definition(request: HttpRequest, desk: Desk) -> HttpResponse {
    let work = async {
        desk.reader(&request).await?;
        let kind = offered(&desk.kinds, request.match_info().query("code"))?;
        Ok(Document { root: "service_definition", value: defined(kind) })
    };
    answer(&request, work).await
}

/// The kind of a code; a private one is as unknown as none.
pub(super) fn offered<'a>(kinds: &'a KindSet, code: &str) -> Result<&'a TicketKind, Failure> {
    let kind = kinds.get(code).filter(|kind| is_offered(kind));
    kind.ok_or_else(|| Failure::not_found("service_code", "没有这种诉求类型"))
}

fn defined(kind: &TicketKind) -> Value {
    let all = attributes(kind).iter().zip(1..).map(|(attribute, order)| attribute_of(attribute, order)).collect();
    Value::Record(vec![
        ("service_code", Value::text(kind.code.as_str())),
        ("attributes", Value::List("attribute", all)),
    ])
}

fn attribute_of(attribute: &Attribute, order: u32) -> Value {
    let values = attribute.values.iter().map(|value| {
        Value::Record(vec![("key", Value::text(value.key.as_str())), ("name", Value::text(value.name.as_str()))])
    });
    Value::Record(vec![
        ("variable", Value::Bool(true)),
        ("code", Value::text(attribute.code.as_str())),
        ("datatype", Value::text(attribute.datatype.as_str())),
        ("required", Value::Bool(attribute.required)),
        ("datatype_description", Value::text(attribute.hint.as_str())),
        ("order", Value::Integer(order)),
        ("description", Value::text(attribute.description.as_str())),
        ("values", Value::List("value", values.collect())),
    ])
}

/// The parameters of a query.
pub(super) fn query(request: &HttpRequest) -> Result<Parameters, Failure> {
    Parameters::read(request.query_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_defined_as_the_specifications_example_is() {
        let kinds = KindSet::default();
        let Value::Record(members) = defined(kinds.get("employment").unwrap()) else { unreachable!() };
        assert_eq!(members.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["service_code", "attributes"]);
        let Value::List("attribute", attributes) = &members[1].1 else { unreachable!() };
        let Value::Record(third) = &attributes[2] else { unreachable!() };
        let names: Vec<&str> = third.iter().map(|(name, _)| *name).collect();
        let specified =
            ["variable", "code", "datatype", "required", "datatype_description", "order", "description", "values"];
        assert_eq!(names, specified);
        assert_eq!((&third[2].1, &third[5].1), (&Value::text("singlevaluelist"), &Value::Integer(3)));
    }

    #[test]
    fn private_kinds_are_as_unknown_as_none() {
        let kinds = KindSet::default();
        assert!(offered(&kinds, "suggestion").is_ok());
        let [private, none] = ["dispute", "nothing"].map(|code| offered(&kinds, code).map(|_| ()));
        assert_eq!(private, none);
    }
}
