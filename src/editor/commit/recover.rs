//! A commit that was cut short is finished, or forgotten if nothing of it was done.

use crate::editor::commit::digest::digest;
use crate::editor::commit::entry::Side;
use crate::editor::commit::error::EditError;
use crate::editor::commit::exchange::{Expected, carry_over, put};
use crate::editor::commit::in_place::is_torn;
use crate::editor::commit::replace::{Staged, leftover, remove_leftover};
use crate::editor::commit::state::State;
use crate::editor::commit::table::TableFile;

/// What was done about a commit that had been cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// It was finished: this is its number in the history.
    Finished(u64),
    /// It had changed nothing, or it is no longer known what it had changed: it is forgotten.
    Forgotten,
}

/// What a table is, compared with the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Old,
    New,
    /// Partly written where it is.
    Torn,
    Foreign,
}

/// Finishes or forgets what is pending. A table somebody else has written since stays as it is.
pub(crate) fn recover(state: &State) -> Result<Option<Repair>, EditError> {
    let Some(entry) = state.pending()? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for side in entry.files().filter(|side| side.is_changed()) {
        let table = TableFile::read(&side.path, side.target.clone())?;
        let is = compare(side, &table, state)?;
        found.push((side, table, is));
    }
    if !found
        .iter()
        .any(|(_, _, is)| matches!(is, Is::New | Is::Torn))
    {
        for (_, file, _) in &found {
            remove_leftover(file);
        }
        state.abandon()?;
        return Ok(Some(Repair::Forgotten));
    }
    for (side, table, is) in &found {
        if matches!(is, Is::Old | Is::Torn) {
            let bytes = state.history().content(side.after.as_deref())?;
            if let Some(replaced) = put(Staged::write(table, &bytes)?, Expected::read(table))? {
                replaced.look_again()?;
            }
        } else {
            carry_over(&side.path, &side.target, &appended(side, table, state)?)?;
        }
        // The renames of the tcpw that was cut short may not have reached the disk either.
        Staged::sync_directory(table)?;
    }
    state.finish(entry.number)?;
    Ok(Some(Repair::Finished(entry.number)))
}

fn compare(side: &Side, table: &TableFile, state: &State) -> Result<Is, EditError> {
    let now = table.exists().then(|| digest(table.bytes()));
    if now == side.before {
        return Ok(Is::Old);
    }
    if now == side.after {
        return Ok(Is::New);
    }
    let content = |name: &Option<String>| state.history().content(name.as_deref());
    let is_torn = is_torn(
        table.bytes(),
        &content(&side.before)?,
        &content(&side.after)?,
    );
    // What is written where it is counts as done: the rest of it is written like an old table.
    Ok(if is_torn { Is::Torn } else { Is::Foreign })
}

/// What others appended to the old file, which was replaced and not looked at any more.
fn appended(side: &Side, table: &TableFile, state: &State) -> Result<Vec<u8>, EditError> {
    let Ok(replaced) = std::fs::read(leftover(table)) else {
        return Ok(Vec::new());
    };
    let old = state.history().content(side.before.as_deref())?;
    let is_new = Some(digest(&replaced)) == side.after;
    let appended = replaced.strip_prefix(&*old).filter(|_| !is_new);
    Ok(appended.unwrap_or_default().to_vec())
}
