//! What a notifier needs, and nothing else: events, the drop directory that makes them durable, the
//! lock of the deliverer, the system log, and how to work unseen.

#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod account;
pub mod descriptors;
pub mod detach;
pub mod encoding;
pub mod event;
pub mod in_root;
pub mod limits;
pub mod lock;
pub mod now;
pub mod ownership;
pub mod places;
pub mod random;
pub mod regular;
pub mod secrecy;
pub mod signals;
pub mod spool;
mod spool_error;
pub mod syslog;
pub mod trust;
pub mod ways;
pub mod whole;
