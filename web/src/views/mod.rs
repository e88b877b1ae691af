//! What clients see of the domain: the JSON of the contract, made from domain values and nothing else.

pub mod appraisal;
pub mod attachment;
pub mod attendance;
pub mod clock;
pub mod delegation;
pub mod duty;
pub mod grid;
pub mod integration;
pub mod known;
pub mod meeting;
pub mod member;
pub mod minutes;
pub mod organisation;
pub mod organisational_life;
pub mod rules;
pub mod screen;
pub mod service;
pub mod ticket;
pub mod ticket_statistics;
pub mod webhook;
