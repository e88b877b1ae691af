mod delegation;
mod hands;
mod life;
mod oversight;
mod presence;
mod signing_in;
mod statistics;
pub(crate) mod support;
mod voting;
