//! The two tables that are linted together.

use crate::engine::TableName;
use crate::syntax::Tree;

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
