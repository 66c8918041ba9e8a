//! What changes in effect between two pairs of tables, computed on sets of clients.
//!
//! Only clients that a rule of one pair alone matches can be concerned: the rules of both pairs are
//! merged ([`merge`]), and the rest is worked out for the addresses and names of those rules. The
//! addresses are cut at the ends of all patterns ([`sweep`]), the names into classes ([`names`]);
//! addresses, and names, that the rules treat alike are judged once ([`judge`]). What single clients
//! only can settle is tried both ways, and told as unknown where that makes a difference. Where commands
//! admit very many ranges, all this is done for one slice of the addresses after the other ([`slices`]).

mod alike;
mod budget;
mod claim;
mod collect;
mod compile;
mod coverage;
#[cfg(test)]
mod covered;
mod daemons;
mod deciders;
mod differences;
#[cfg(test)]
mod gated;
mod judge;
mod merge;
mod names;
mod profile;
mod slices;
mod sweep;
mod work;

pub use claim::{Change, Claim, Daemons, Differences, Example, NameGroup, NameSet};
pub use coverage::{Covered, coverage};
pub use deciders::{Decider, deciders};
pub use differences::{differences, differences_of_user, differences_within, each_difference};
pub use names::NamePhrase;
