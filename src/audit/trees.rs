//! Both tables as trees.

use super::seen::{FileContent, SeenFile};
use crate::engine::{Table, TableName, Tables};
use crate::syntax::Tree;

/// Both tables as trees, as far as they were read.
pub(super) struct Trees<'t> {
    allow: Option<&'t Tree<'t>>,
    deny: Option<&'t Tree<'t>>,
    /// Those that were not read, and why.
    pub(super) unread: Vec<(TableName, String)>,
}

impl<'t> Trees<'t> {
    pub(super) fn new(
        allow: (&SeenFile, Option<&'t Tree<'t>>),
        deny: (&SeenFile, Option<&'t Tree<'t>>),
    ) -> Self {
        let sides = [(TableName::Allow, allow.0), (TableName::Deny, deny.0)];
        let unread = sides.into_iter().filter_map(|(table, file)| {
            if let FileContent::NotRead(why) = &file.content {
                Some((table, why.clone()))
            } else {
                None
            }
        });
        Self {
            unread: unread.collect(),
            allow: allow.1,
            deny: deny.1,
        }
    }

    /// The same with this deny table.
    pub(super) fn with_deny<'d>(&self, deny: &'d Tree<'d>) -> Trees<'d>
    where
        't: 'd,
    {
        Trees {
            allow: self.allow,
            deny: Some(deny),
            unread: self.unread.clone(),
        }
    }

    /// The tree of a table; none if there is no such file or it was not read.
    pub(super) fn of(&self, table: TableName) -> Option<&'t Tree<'t>> {
        match table {
            TableName::Allow => self.allow,
            TableName::Deny => self.deny,
        }
    }

    /// Both as the engine takes them.
    pub(super) fn tables(&self) -> Tables<'t> {
        let table = |tree: Option<&'t Tree<'t>>| tree.map_or(Table::Absent, Table::Read);
        Tables {
            allow: table(self.allow),
            deny: table(self.deny),
        }
    }
}
