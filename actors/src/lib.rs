//! The live side: grids at work, the hub, the clock, the follower of the log, the courier. The only crate that knows
//! actix actors.
//!
//! Everything here begins and ends with the log: commands go in through the journal, and what is committed comes back
//! through the [`follower`] to every actor and to the [`hub`].

pub mod appraisal;
pub mod catch_up;
pub mod channel;
pub mod clock;
pub mod command;
pub mod courier;
pub mod directory;
pub mod dispatch;
pub mod duty;
pub mod follower;
pub mod grid;
pub mod health;
pub mod hub;
pub mod lease;
pub mod meeting;
pub mod metrics;
pub mod minutes;
pub mod organisational_life;
pub mod past;
pub mod relay;
pub mod rulebook;
pub mod supervision;
pub mod webhooks;
