//! Alerts in the tables of this machine that somebody made by hand.

use crate::cli::base::{Failure, Paths};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFile;
use crate::editor::{Ground, OldAlert, old_alerts};

/// Those of both tables.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn find(paths: &Paths) -> Result<Vec<OldAlert>, Failure> {
    let (allow, deny) = (
        TableFile::read(&paths.allow)?,
        TableFile::read(&paths.deny)?,
    );
    let (allow, deny) = (allow.tree(), deny.tree());
    let world = Machine::new(paths, Aclexec::Ask);
    Ok(old_alerts(&Ground::new(&allow, &deny, &world)))
}
