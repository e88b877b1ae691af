//! What black-box tests stand on: a server of their own, and people who use it.

mod bucket;
mod cluster;
mod databases;
mod dice;
mod faked_clock;
mod lives;
pub mod media;
mod own_postgres;
mod past;
mod people;
mod proxy;
mod server;
pub mod sheets;
mod socket;
mod world;

pub use bucket::Bucket;
pub use cluster::{Cluster, redis_url};
pub use databases::throw_away_database;
pub use dice::Dice;
pub use faked_clock::FakedClock;
pub use lives::{Seen, events_of, recount, same_counters, steps_of};
pub use own_postgres::OwnPostgres;
pub use past::{now, time};
pub use people::{Person, Reply, STAFF_PASSWORD};
pub use proxy::{Fault, FaultProxy};
pub use server::{LOG_FILE, STORAGE_URL, TestServer, WITHIN};
pub use socket::{Incoming, Live};
pub use world::{eventually, eventually_within, text};
