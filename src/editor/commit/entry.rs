//! An entry of the history: who changed what, when and how.

use crate::editor::commit::error::EditError;
use crate::editor::commit::provisional::Provisional;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Seconds since 1970, UTC.
    pub time: i64,
    /// The person, also through sudo.
    pub user: String,
    /// The command line, word by word; bytes that are not text are replaced.
    pub command: Vec<String>,
}

/// What a change does about another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reversal {
    /// It undoes it, because somebody asked for that.
    Undo(u64),
    /// It makes it again, after it was undone.
    Redo(u64),
    /// It undoes it, because nobody confirmed it in time.
    Rollback(u64),
}

/// One commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Counted from 1, never used twice.
    pub number: u64,
    /// Who made it.
    pub author: Author,
    /// What it did to the allow table.
    pub allow: Side,
    /// What it did to the deny table.
    pub deny: Side,
    /// Until when it has to be confirmed; nothing if it is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional: Option<Provisional>,
    /// The change it takes back, if it does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// Whether it does so because nobody confirmed that change in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rollback: bool,
    /// The change it makes again, if it does so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redoes: Option<u64>,
    /// What it did to the file that was written together with the tables, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companion: Option<Side>,
}

/// One table in a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The absolute path it was asked for by.
    pub path: PathBuf,
    /// The file itself, at the end of all links.
    pub(crate) target: PathBuf,
    /// The SHA-256 of its bytes before, in hexadecimal; none if there was no such file.
    pub before: Option<String>,
    /// The SHA-256 of its bytes after; none if there is still no such file.
    pub after: Option<String>,
}

impl HistoryEntry {
    /// The opposite: what makes the change again, once it is undone.
    #[must_use]
    pub fn inverted(mut self) -> Self {
        for side in [&mut self.allow, &mut self.deny] {
            std::mem::swap(&mut side.before, &mut side.after);
        }
        self
    }

    /// Both tables, the allow table first.
    pub fn sides(&self) -> [&Side; 2] {
        [&self.allow, &self.deny]
    }

    /// All files of the commit, in the order in which they are written if need be.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Side> {
        self.sides().into_iter().chain(&self.companion)
    }
}

impl Side {
    /// Whether the commit changed this table.
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }
}

/// The error of something in the history that cannot be right.
pub(crate) fn damaged(
    path: &Path,
    error: impl std::error::Error + Send + Sync + 'static,
) -> EditError {
    EditError::at("read the history in", path)(std::io::Error::other(error))
}
