//! What holds for every call and is therefore said once: how errors look, and that what is put together of several parts
//! has the members of all of them.

use std::collections::BTreeSet;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{Components, Schema};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};

const SCHEMAS: &str = "#/components/schemas/";

/// Finishes the document.
pub struct Contract;

impl Modify for Contract {
    fn modify(&self, document: &mut OpenApi) {
        for (path, item) in &mut document.paths.paths {
            if path.starts_with("/api/v1/") {
                operations(item).for_each(explain_errors);
            }
        }
        if let Some(components) = &mut document.components {
            open_parts(components);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Whatever is not said of a call is a problem document.
fn explain_errors(operation: &mut Operation) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let mut response = Response::new("The problem document of every error.");
    response.content.insert("application/problem+json".to_owned(), problem.into());
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(response));
}

/// Nothing else may be in a body that is sent (`deny_unknown_fields`); but what is part of something larger stands beside
/// the members of that.
fn open_parts(components: &mut Components) {
    let mut parts = BTreeSet::new();
    for schema in components.schemas.values() {
        let RefOr::T(Schema::AllOf(whole)) = schema else { continue };
        let names = whole.items.iter().filter_map(|item| match item {
            RefOr::Ref(part) => part.ref_location.strip_prefix(SCHEMAS),
            RefOr::T(_) => None,
        });
        parts.extend(names.map(str::to_owned));
    }
    for name in parts {
        if let Some(RefOr::T(Schema::Object(part))) = components.schemas.get_mut(&name) {
            part.additional_properties = None;
        }
    }
}
