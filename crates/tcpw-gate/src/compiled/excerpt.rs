//! The line of a table that settles a request: through the compiled form of the table if there is one
//! of its present state, else by reading the table.

use super::form_file::{FormFault, open_form};
use super::place::form_path;
use super::table_state::identity_of;
use hosts_access::engine::{CompiledTable, Excerpt, Request, Surroundings, skim};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// A table of fewer bytes is read faster than its form is opened.
const LEAST: u64 = 64 * 1024;

/// Whether a table is so large that its form, or else no more of it than settles the matter, is read.
pub fn is_worth(table: &Metadata) -> bool {
    table.len() >= LEAST
}

/// What [`skim`] finds in the table at `table`, which is open as `file` and was not read yet. Forms are
/// in `directory`; whatever is wrong with one, the answer is the same, and only slower.
///
/// # Errors
/// When the table cannot be read.
pub fn excerpt(
    directory: &Path,
    table: &Path,
    file: &File,
    request: &Request,
    world: &dyn Surroundings,
) -> io::Result<Excerpt> {
    if is_worth(&file.metadata()?)
        && let Ok(Some(found)) = excerpt_through(directory, table, file, request, world)
    {
        return Ok(found);
    }
    skim(&mut &*file, request, world)
}

/// What [`skim`] would find, through the compiled form alone; nothing if the table has none.
///
/// # Errors
/// When the form is not one of the present state of the table, or cannot tell.
pub fn excerpt_through(
    directory: &Path,
    table: &Path,
    file: &File,
    request: &Request,
    world: &dyn Surroundings,
) -> Result<Option<Excerpt>, FormFault> {
    let Some(path) = form_path(directory, table) else {
        return Ok(None);
    };
    let Some(map) = open_form(&path)? else {
        return Ok(None);
    };
    let form = CompiledTable::new(map.as_ref())?;
    let check = || {
        let is_same = identity_of(&file.metadata()?) == *form.identity();
        is_same.then_some(()).ok_or(FormFault::Stale)
    };
    check()?;
    let mut read = |buffer: &mut [u8], at: u64| file.read_at(buffer, at);
    let excerpt = form.excerpt(&mut read, request, world)?;
    // Whoever changed the table meanwhile may have moved its lines.
    check()?;
    Ok(Some(excerpt))
}
