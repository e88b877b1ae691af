//! The only crate that knows SQL: the journal, the event log, the repositories, the file store and the secrets.
//!
//! Reading goes through repositories ([`tickets::Tickets`] …), each list and lookup with a
//! [`Scope`](lianxin_domain::access::Scope); writing goes through the [`journal::Journal`] as one
//! [`change::Change`] per decision.

pub mod accounts;
pub mod appraisals;
pub mod attachments;
pub mod attendance;
pub mod backup;
pub mod calendar_links;
pub mod change;
pub mod check;
pub mod checkpoints;
pub mod database;
pub mod deadlines;
pub mod deliveries;
pub mod dialect;
pub mod duties;
pub mod error;
pub mod files;
pub mod grids;
pub mod idempotency;
pub mod installation;
pub mod integrations;
pub mod journal;
pub mod leases;
pub mod log;
pub mod maintenance;
pub mod meeting_media;
pub mod meeting_minutes;
pub mod meeting_notes;
pub mod meeting_ratings;
pub mod meetings;
pub mod members;
pub mod notifications;
pub mod organisational_life;
pub mod organisations;
pub mod policies;
pub mod reachability;
pub mod readers;
pub mod replay;
pub mod rules;
pub mod screens;
pub mod sealed;
pub mod secrets;
pub mod service_links;
pub mod service_records;
pub mod sessions;
pub mod table;
pub mod tickets;
pub mod trace;
pub mod votes;
pub mod waves;
pub mod webhook_deliveries;
pub mod webhooks;

mod batch;
mod core_tables;
mod migrate;
mod query;
