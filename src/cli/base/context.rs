//! What every command is given.

use super::output::Output;
use super::paths::Paths;

/// What every command gets: where the files are, and the only way to print.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) paths: Paths,
    pub(crate) out: Output,
    /// Whether this is the demo: nobody can be locked out by its sample tables.
    pub(crate) is_rehearsal: bool,
}
