//! One suite, every case on both databases (architecture §6).
//!
//! A case is written once, over a [`support::Fresh`] database, and stamped by `on_both!`. The PostgreSQL half needs a
//! server: `scripts/with-services.sh cargo test -p lianxin-storage --test conformance`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[macro_use]
mod support;

mod appraisals;
mod attachments;
mod attendance;
mod attendance_recount;
mod calendar_links;
mod deadlines;
mod deliveries;
mod duties;
mod inbox;
mod integrations;
mod journal;
mod journal_conflicts;
mod journal_nodes;
mod known_requests;
mod lifecycle;
mod log;
mod meeting_notes;
mod meetings;
mod members;
mod minutes;
mod moving;
mod moving_server;
mod older;
mod organisational_life;
mod organisations;
mod past;
mod people;
mod plans;
mod reachability;
mod replay;
mod retention;
mod roster;
mod rules;
mod schema;
mod scope;
mod screens;
mod services;
mod things;
mod ticket_clocks;
mod ticket_lists;
mod ticket_statistics;
mod tickets;
mod upkeep;
mod village;
mod votes;
mod webhooks;
