//! The other side of the channels: a server that is posted to, and a browser that reads what was pushed. The black-box tests
//! have them too.

pub mod browser;
pub mod server;
