//! What libwrap decides: two tables and a request to a verdict, with the rule that decided.
//!
//! The matcher here is linear and follows the library step by step; it is the reference for
//! everything else. What it has to know of the machine it asks through [`Surroundings`].

pub(super) mod clients;
mod compiled;
mod effect;
pub(super) mod index;
pub(super) mod model;
pub(super) mod search;

pub use clients::{Answer, ClientGroup, ClientSet};
pub use compiled::{
    CandidateLine, Candidates, CompiledFault, CompiledTable, ReadAt, TableIdentity, compile_table,
};
pub use effect::{
    Change, Claim, Covered, Daemons, Decider, Differences, Example, NameGroup, NamePhrase, NameSet,
    coverage, deciders, differences, differences_of_user, differences_within, each_difference,
};
pub use model::actor::Actor;
pub use model::assumed::AssumedCommands;
pub use model::request::{Fields, Host, HostName, Open, Request};
pub use model::surroundings::{Account, Admitted, Bare, ListFile, Surroundings};
pub use model::tables::{Table, Tables};
pub use model::verdict::{
    Access, AskedCommand, Cause, Effect, Matched, Outcome, TableName, Undecided, Verdict, Way,
};
pub use search::command::always_succeeds;
pub use search::decide::{Index, act, decide, explain};
pub use search::expand::{FILTER_KEEPS, expand};
pub use search::glob::wildcard_matches;
pub use search::sieve::{Keeps, Sieve};
pub use search::skim::{Excerpt, skim};
pub use search::trace::{Comparison, ListAnswer, Step, Trace, Unreached};
pub use search::what_if::{NameKind, by_name};
