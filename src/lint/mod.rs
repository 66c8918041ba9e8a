//! Findings about a policy: each known trap of the two tables, with its place and its remedy.
//!
//! One check a file in `checks`; the table of all codes is [`CHECKS`]. Findings are data: nothing
//! here prints, and nothing here fails.

mod checks;
mod cover;
mod dialects;
pub mod docs;
mod finding;
mod foreign;
mod group;
mod precedence;
mod repair;
mod sink;
mod site;
mod suggest;
mod suppress;
mod table;
mod view;
mod witness;
mod words;
mod work;

pub use crate::policy::{formatted, means_the_same};
pub use repair::{Boldness, DENY_ALL, Difference, Repaired, differences, repair};
pub use sink::{Finding, Report};
pub use site::{FileKind, Files, Look, Site};
pub use table::{CHECKS, Check, Harm};
pub use witness::Witness;

use crate::engine::TableName;
use crate::syntax::Tree;
use work::check;

/// The tables that are linted together. A table that is not given is not judged, and nothing is
/// assumed about it; an absent file is an empty tree.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'t> {
    /// The allow table.
    pub allow: Option<&'t Tree<'t>>,
    /// The deny table.
    pub deny: Option<&'t Tree<'t>>,
}

impl<'t> Policy<'t> {
    /// The tables that are there, in the order in which libwrap reads them.
    pub fn tables(&self) -> impl Iterator<Item = (TableName, &'t Tree<'t>)> + use<'t> {
        let allow = self.allow.map(|tree| (TableName::Allow, tree));
        let deny = self.deny.map(|tree| (TableName::Deny, tree));
        allow.into_iter().chain(deny)
    }

    /// One of the two tables, if it is there.
    pub fn tree(&self, table: TableName) -> Option<&'t Tree<'t>> {
        match table {
            TableName::Allow => self.allow,
            TableName::Deny => self.deny,
        }
    }
}

/// Runs all checks; keeps at most `most_per_code` findings of each code and counts the rest.
///
/// The most dangerous findings come first. `site` is asked for what the tables name: list files,
/// programs and the like. The time is linear in the size of the tables.
pub fn run(policy: &Policy<'_>, site: &Site<'_>, most_per_code: usize) -> Report {
    check(policy, site, most_per_code).finish(policy, Some(site.world))
}
