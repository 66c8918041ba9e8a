//! The tables of TCP Wrappers, `hosts.allow` and `hosts.deny`: read as libwrap reads them, and asked
//! what libwrap decides.
//!
//! ```
//! use hosts_access::{Access, AccessTables, Host, HostName, Request};
//!
//! let tables = AccessTables::parse(b"sshd: 192.0.2.0/24\n", b"ALL: ALL\n");
//! let client = Host::new("192.0.2.7", HostName::new("pc.example.org"));
//! let verdict = tables.decide(&Request::new("sshd", client));
//! assert_eq!(verdict.access, Access::Granted);
//!
//! // Who gains and who loses when the deny table is emptied?
//! let open = AccessTables::parse(b"sshd: 192.0.2.0/24\n", b"");
//! assert!(!tables.differences(&open).claims.is_empty());
//! ```
//!
//! [`AccessTables`] is the front door. Below it: [`syntax`] (bytes to tree and back, lossless),
//! [`policy`] (what the tree means) and [`engine`] (verdicts, explanations, an index for many
//! queries, and differences in effect). What a verdict asks of the machine, such as list files, it
//! asks through [`Surroundings`].
//!
//! Every behaviour was observed on the library itself; comments cite the observation (`F-LINE-08`)
//! in `docs/libwrap-facts.md` of the repository.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod access_tables;
pub mod edit;
pub mod engine;
pub mod escape;
pub mod policy;
pub mod span;
pub mod syntax;

pub use access_tables::AccessTables;
pub use engine::{
    Access, Answer, Change, ClientGroup, ClientSet, Differences, Host, HostName, Request,
    Surroundings, Verdict, differences,
};
