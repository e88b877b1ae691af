//! The channels to the outside, against servers that check what they get.
#![expect(clippy::unwrap_used, reason = "tests")]

mod bridge;
mod message;
mod other_side;
mod outbox;
mod push;
mod subscription;
mod tls;
mod vector;
