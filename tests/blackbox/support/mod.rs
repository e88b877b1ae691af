//! What black-box tests stand on: a server of their own, and people who use it.

mod people;
mod server;
mod socket;

pub use people::{Person, Reply};
pub use server::TestServer;
pub use socket::Live;
