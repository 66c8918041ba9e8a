//! The example client of a finding: the first of whom the engine confirms what the finding claims.

mod harm;
mod samples;
mod search;

pub(super) use harm::{harm_of_line, missed_are_granted};
pub(super) use search::Searcher;
