//! The binary: command line, configuration, composition root, shutdown. Nothing depends on it.

pub mod cli;
pub mod config;
pub mod core;
pub mod demo;
pub mod found;
pub mod keeping;
mod listen;
mod metrics;
mod nodes;
mod outside;
mod rooms;
pub mod server;
pub mod system;
pub mod telemetry;
mod tls;
pub mod upkeep;
