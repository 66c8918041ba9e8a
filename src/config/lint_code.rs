//! Which findings of the linter count (`[lint]`).

use crate::span::Position;

/// Which findings of the linter count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lint {
    /// Only these; all if there are none.
    pub select: Vec<LintCode>,
    /// Not these.
    pub ignore: Vec<LintCode>,
    /// Not these in the tables of a path, in which `*` and `?` are wildcards.
    pub per_path_ignore: Vec<(String, Vec<LintCode>)>,
}

/// A code of the linter, the beginning of one, or a name; not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintCode {
    /// As it is written.
    pub text: String,
    /// Where.
    pub position: Position,
}
