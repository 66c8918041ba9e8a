//! A commit that was cut short is finished, or forgotten if nothing of it was done.

use super::entry::{Side, digest};
use super::error::EditError;
use super::replace::Staged;
use super::state::State;
use super::table::TableFile;

/// What was done about a commit that had been cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// It was finished: this is its number in the history.
    Finished(u64),
    /// It had changed nothing, or it can no longer be told what it had changed: it is forgotten.
    Forgotten,
}

/// What a table is, compared with the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Old,
    New,
    Foreign,
}

/// Finishes or forgets what is pending. A table somebody else has written since stays as it is.
pub(super) fn recover(state: &State) -> Result<Option<Repair>, EditError> {
    let Some(entry) = state.pending()? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for side in entry.sides().into_iter().filter(|side| side.is_changed()) {
        let table = TableFile::read(&side.path, side.target.clone())?;
        let is = compare(side, &table);
        found.push((side, table, is));
    }
    if !found.iter().any(|(_, _, is)| *is == Is::New) {
        state.abandon()?;
        return Ok(Some(Repair::Forgotten));
    }
    for (side, table, is) in &found {
        if *is == Is::Old {
            let bytes = state.history().content(side.after.as_deref())?;
            Staged::write(table, &bytes)?.put()?;
        }
        // The renames of the tcpw that was cut short may not have reached the disk either.
        Staged::sync_directory(table)?;
    }
    state.finish(entry.number)?;
    Ok(Some(Repair::Finished(entry.number)))
}

fn compare(side: &Side, table: &TableFile) -> Is {
    let now = table.exists().then(|| digest(table.bytes()));
    if now == side.before {
        Is::Old
    } else if now == side.after {
        Is::New
    } else {
        Is::Foreign
    }
}
