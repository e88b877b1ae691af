mod life;
mod presence;
mod signing_in;
mod support;
