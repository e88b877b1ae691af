//! HTTP and the live channel: routes, extractors, error mapping, OpenAPI. Uses actor handles and repositories; knows no
//! SQL and no actor.

pub mod address;
pub mod api;
pub mod auth;
pub mod call;
pub mod documents;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod headers;
mod icalendar;
pub mod intake;
pub mod live;
pub mod middleware;
pub mod object;
pub mod openapi;
mod page;
pub mod pages;
pub mod patch;
mod period;
pub mod query;
pub mod rates;
pub mod request_span;
pub mod routes;
pub mod screens;
mod sheet;
pub mod traffic;
pub mod views;
