mod life;
mod presence;
mod signing_in;
mod statistics;
mod support;
