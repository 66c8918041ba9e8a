//! Compiled tables: where they are on this machine, and how they follow the tables.

use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Failure, Paths};
use std::path::{Path, PathBuf};
use tcpw_event::places::COMPILED_DIRECTORY;
use tcpw_gate::compiled::{BuildError, refresh};

/// Where compiled tables are kept.
pub(crate) fn directory(paths: &Paths) -> PathBuf {
    paths.inside(Path::new(COMPILED_DIRECTORY))
}

/// Compiles those tables again that have a compiled form and were changed. What cannot be compiled is
/// remarked on: the change of the tables stays, and the table itself answers.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn follow(context: &mut Context) -> Result<(), Failure> {
    let directory = directory(&context.paths);
    for table in [context.paths.allow.clone(), context.paths.deny.clone()] {
        let progress = Progress::of(format!("compiling {}", table.display()));
        let refreshed = refresh(&directory, &table);
        drop(progress);
        match refreshed {
            // One that is removed has nothing to compile; its form is not used.
            Ok(_) | Err(BuildError::NoTable) => {}
            Err(error) => context.out.note(&format!(
                "{} is changed, but was not compiled again: {error}; until `tcpw compile` succeeds, \
                 decisions read the whole table",
                table.display()
            ))?,
        }
    }
    Ok(())
}
