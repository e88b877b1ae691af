//! A seeded simulation of the pure core: nodes over one database, people who call and clients who follow, with crashes,
//! lost answers, late relays and wrong clocks; every play is the same whenever its seed is (docs/TESTING.md, "Simulation").

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod calls;
mod cast;
mod checks;
mod database;
mod deciding;
mod dice;
mod fold;
mod following;
mod grids;
mod hub;
mod live;
mod loading;
mod mutation;
mod node;
mod polls;
mod record;
mod rest;
mod room;
mod seeds;
mod trouble;
mod watch;
mod world;
