//! The tables of TCP Wrappers, `hosts.allow` and `hosts.deny`: read as libwrap reads them, and asked
//! what libwrap decides.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod edit;
pub mod engine;
pub mod escape;
pub mod policy;
pub mod span;
pub mod syntax;
