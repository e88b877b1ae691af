//! Black-box tests: the real binary on a free port with its own data folder, spoken to over HTTP and WebSocket.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod appraisals;
mod attachments;
mod backups;
mod bad_calls;
mod bad_input;
mod bad_requests;
mod bad_values;
mod clock_jumps;
mod cluster;
mod complaints;
mod configuration;
mod contract;
mod crash;
mod disk_full;
mod durability;
mod duties;
mod first_password;
mod founding;
mod grids;
mod idempotency;
mod inbox;
mod journey;
mod lists;
mod live;
mod live_load;
mod live_protocol;
mod live_resume;
mod live_rights;
mod meetings;
mod organisational_life;
#[path = "../../actors/tests/channels/other_side/mod.rs"]
mod other_side;
mod party;
mod past;
mod races;
mod rights;
mod rules;
mod screens;
mod sending;
mod slow_clients;
mod support;
mod tickets;
mod time;
mod upgrade;
