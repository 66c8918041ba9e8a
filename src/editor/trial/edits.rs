//! What is to be changed in each table.

use crate::edit::Edit;
use crate::engine::TableName;

/// What is to be changed in each table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// In the allow table.
    pub allow: Vec<Edit>,
    /// In the deny table.
    pub deny: Vec<Edit>,
}

impl Edits {
    /// Adds an edit to one of the tables.
    pub fn push(&mut self, table: TableName, edit: Edit) {
        match table {
            TableName::Allow => self.allow.push(edit),
            TableName::Deny => self.deny.push(edit),
        }
    }

    /// Those of one table.
    pub(crate) fn of(&self, table: TableName) -> &[Edit] {
        match table {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }
}
