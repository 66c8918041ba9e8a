//! Many servers that tcpw guards and one PostgreSQL that has their events: its schema, the logins of
//! the hosts, and what a host sends.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod cli;
pub mod database;
pub mod mail;
pub mod push;
pub mod read;
