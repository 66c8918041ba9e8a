//! Two tables with their repairs.

use crate::engine::TableName;

/// A deny table that refuses everybody who comes so far.
pub const DENY_ALL: &[u8] = b"ALL: ALL\n";

/// Both tables, repaired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The allow table.
    pub allow: Vec<u8>,
    /// The deny table.
    pub deny: Vec<u8>,
    /// What was done, as a code and a title each, in order.
    pub done: Vec<(&'static str, String)>,
}

impl Repaired {
    pub(super) fn table(&self, table: TableName) -> &[u8] {
        match table {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    pub(super) fn pair(&self) -> (&[u8], &[u8]) {
        (&self.allow, &self.deny)
    }
}
