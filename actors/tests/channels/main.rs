//! The channels to the outside, against servers that check what they get.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bridge;
mod browser;
mod outbox;
mod push;
mod server;
mod subscription;
mod tls;
mod vector;
