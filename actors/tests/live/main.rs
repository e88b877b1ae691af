//! Actors over a real database, with a clock that is moved by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod courier;
mod digests;
mod escalation;
mod grids;
mod inbox;
mod joined;
mod meetings;
mod nodes;
mod past;
mod random;
mod rules;
mod screens;
mod support;
