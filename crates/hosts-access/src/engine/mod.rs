//! What libwrap decides: two tables and a request to a verdict, with the rule that decided.
//!
//! The matcher here is linear and follows the library step by step; it is the reference for
//! everything else. What it has to know of the machine it asks through [`Surroundings`].

mod buckets;
mod command;
mod effect;
mod expand;
mod glance;
mod glob;
mod index;
mod key;
mod list;
mod list_index;
mod matching;
mod options;
mod request;
mod search;
mod sieve;
mod skim;
mod surroundings;
mod tables;
mod text;
mod trace;
mod verdict;
mod ways;
mod what_if;

pub use command::always_succeeds;
pub use effect::{
    Change, Claim, Daemons, Decider, Differences, Example, NameGroup, NameSet, deciders,
    differences, differences_of_user,
};
pub use expand::FILTER_KEEPS;
pub use glob::wildcard_matches;
pub use request::{Fields, Host, HostName, Request};
pub use search::{Index, decide, explain};
pub use sieve::{Keeps, Sieve};
pub use skim::{Excerpt, skim};
pub use surroundings::{Account, Bare, ListFile, Surroundings};
pub use tables::{Table, Tables};
pub use trace::{Comparison, ListAnswer, Step, Trace, Unreached};
pub use verdict::{Access, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict, Way};
pub use what_if::{NameKind, by_name};
