//! The HTTP calls, a file per noun. Each handler reads the call, checks the right, lets the layer below decide, answers.

pub mod accounts;
pub mod attachments;
pub mod auth;
pub mod calendar;
pub mod deliveries;
pub mod entry;
pub mod grid_admin;
pub mod grids;
pub mod health;
pub mod inbox;
pub mod login;
pub mod meetings;
pub mod phone_login;
pub mod reachability;
pub mod rule_preview;
pub mod screens;
pub mod service_levels;
pub mod staff_accounts;
pub mod ticket_actions;
pub mod ticket_clock;
pub mod ticket_lists;
pub mod tickets;
