//! Whether a table has a compiled form, and whether that is what it should be.

use super::build::{compiled, read};
use super::build_error::BuildError;
use super::form_file::{FormFault, open_form};
use super::place::form_path;
use super::table_state::identity_of;
use hosts_access::engine::CompiledTable;
use std::path::Path;

/// How it stands with the form of a table.
#[derive(Debug)]
pub enum FormState {
    /// There is none.
    Absent,
    /// It is of the present state of the table, and every byte is as it should be.
    Current {
        /// How many rules the table has that libwrap reads.
        rules: usize,
        /// The bytes of the form.
        bytes: usize,
    },
    /// It is not used.
    Unused(FormFault),
    /// It is of the present state of the table and not what the table is compiled to.
    Wrong,
}

/// Looks at every byte of the form of the table at `table`, and compiles the table to compare.
///
/// # Errors
/// When the table cannot be read.
pub fn look(directory: &Path, table: &Path) -> Result<FormState, BuildError> {
    let Some(path) = form_path(directory, table) else {
        return Ok(FormState::Absent);
    };
    let map = match open_form(&path) {
        Ok(None) => return Ok(FormState::Absent),
        Ok(Some(map)) => map,
        Err(fault) => return Ok(FormState::Unused(fault)),
    };
    let form = match CompiledTable::new(map.as_ref()) {
        Ok(form) => form,
        Err(fault) => return Ok(FormState::Unused(fault.into())),
    };
    let (metadata, bytes) = read(table)?;
    let identity = identity_of(&metadata);
    if identity != *form.identity() {
        return Ok(FormState::Unused(FormFault::Stale));
    }
    if compiled(&bytes, &identity, form.seed())? != map.as_ref() {
        return Ok(FormState::Wrong);
    }
    Ok(FormState::Current {
        rules: form.rules(),
        bytes: map.as_ref().len(),
    })
}
