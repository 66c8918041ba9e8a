//! The two tables, as far as libwrap gets to read them.

use crate::syntax::Tree;

/// One table, as far as libwrap gets to read it.
#[derive(Debug, Clone, Copy)]
pub enum Table<'t> {
    /// There is no such file, or it is a directory: no rules (F-LINE-21).
    Absent,
    /// It cannot be opened: no rules if it is the allow table, all are denied if it is the deny
    /// table (F-LINE-23).
    Unreadable,
    /// Its tree.
    Read(&'t Tree<'t>),
}

/// The two tables.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'t> {
    /// Searched first; a match grants.
    pub allow: Table<'t>,
    /// Searched second; a match denies.
    pub deny: Table<'t>,
}
