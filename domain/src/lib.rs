//! The field's rules as pure functions: identifiers, time, trees, rights, aggregates and their state machines.
//!
//! Nothing here reads a clock, a random source, a file or a socket: whoever calls passes what is needed
//! (`docs/ARCHITECTURE.md`, "domain"). Every other crate may depend on this one; it depends on none of them.

pub mod access;
pub mod appraisal;
pub mod attachment;
pub mod board;
pub mod calendar;
pub mod calendar_day;
pub mod clock;
mod crockford;
pub mod duty;
pub mod emergency;
pub mod event;
pub mod geo;
pub mod grid;
pub mod grid_code;
pub mod ids;
pub mod integration;
pub mod kinds;
pub mod login;
mod mac;
pub mod meeting;
pub mod member;
pub mod minutes;
pub mod notification;
pub mod open311;
pub mod organisation;
pub mod organisational_life;
pub mod password;
pub mod person;
pub mod person_name;
pub mod phone;
pub mod policy;
pub mod problem;
pub mod screen;
pub mod service_level;
pub mod service_link;
pub mod service_record;
pub mod ticket;
pub mod tree;
pub mod vote;
mod web_address;
pub mod webhook;
