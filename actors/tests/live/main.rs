//! Actors over a real database, with a clock that is moved by hand.
#![expect(clippy::unwrap_used, reason = "tests")]

mod clock;
mod courier;
mod grids;
mod support;
