//! The HTTP calls, a file per noun. Each handler reads the call, checks the right, lets the layer below decide, answers.

pub mod accounts;
pub mod attachments;
pub mod auth;
pub mod entry;
pub mod grid_admin;
pub mod grids;
pub mod health;
pub mod login;
pub mod phone_login;
pub mod staff_accounts;
pub mod ticket_actions;
pub mod ticket_lists;
pub mod tickets;
