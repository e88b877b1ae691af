//! Black-box tests: the real binary on a free port with its own data folder, spoken to over HTTP and WebSocket.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod first_password;
mod journey;
mod live;
mod live_resume;
mod support;
