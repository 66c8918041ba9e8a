//! `tcpw` restricts who may connect to a server with TCP Wrappers (`hosts.allow`, `hosts.deny`)
//! and tells the administrator who was turned away.
//!
//! Two chains meet only in [`cli`]:
//!
//! ```text
//! bytes -> syntax -> policy -> engine -> verdict
//!               \-> lint -> diagnostics -> fixes -> editor -> bytes
//! event -> drop directory -> journal -> outbox -> letter -> mail server
//!                                  \-> report
//! ```
//!
//! No arrow points back; `tests/architecture.rs` holds the table of who may use whom.
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod alert;
pub mod audit;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod doctor;
pub mod editor;
pub mod export;
pub mod import;
pub mod lint;
pub mod metadata;
pub mod report;
pub mod status;
pub mod system;
pub mod values;

pub use hosts_access::{edit, engine, escape, policy, span, syntax};
