//! Both tables, open for a change: plan, check, preview, commit.

use super::error::EditError;
use super::lock::Lock;
use super::preview::{DiffLine, unified};
use super::replace::{Staged, remove};
use super::table::{TableFile, resolve};
use crate::edit::{ApplyError, Edit, apply};
use crate::engine::TableName;
use std::path::{Path, PathBuf};

/// Whether the tables are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They are: they are locked.
    Write,
    /// They are only looked at: nothing is locked and nothing can be committed.
    Preview,
}

/// Both tables, as they were read.
#[derive(Debug)]
pub struct Editor {
    allow: TableFile,
    deny: TableFile,
    /// Allow first, then deny: always in this order, so that two tcpw cannot wait for each other.
    locks: Vec<Lock>,
}

impl Editor {
    /// Locks and reads both tables.
    ///
    /// # Errors
    /// When a table is no file or cannot be read, or when another tcpw holds the lock for longer
    /// than ten seconds.
    pub fn open(allow: &Path, deny: &Path, purpose: Purpose) -> Result<Self, EditError> {
        let (allow_target, deny_target) = (resolve(allow)?, resolve(deny)?);
        if allow_target == deny_target {
            return Err(EditError::SameFile(allow_target));
        }
        let mut locks = Vec::new();
        if purpose == Purpose::Write {
            locks.push(Lock::take(&allow_target)?);
            locks.push(Lock::take(&deny_target)?);
        }
        Ok(Self {
            allow: TableFile::read(allow, allow_target)?,
            deny: TableFile::read(deny, deny_target)?,
            locks,
        })
    }

    /// One of the two tables.
    pub fn table(&self, name: TableName) -> &TableFile {
        match name {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// The tables with `edits` made.
    ///
    /// # Errors
    /// When edits overlap or lie outside of a table.
    pub fn plan(&self, edits: &Edits) -> Result<Plan<'_>, ApplyError> {
        Ok(Plan {
            editor: self,
            allow: apply(self.allow.bytes(), &edits.allow)?,
            deny: apply(self.deny.bytes(), &edits.deny)?,
        })
    }
}

/// What is to be changed in each table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// In the allow table.
    pub allow: Vec<Edit>,
    /// In the deny table.
    pub deny: Vec<Edit>,
}

impl Edits {
    /// Adds an edit to one of the tables.
    pub fn push(&mut self, table: TableName, edit: Edit) {
        match table {
            TableName::Allow => self.allow.push(edit),
            TableName::Deny => self.deny.push(edit),
        }
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.deny.is_empty()
    }
}

/// The planned content of both tables.
#[derive(Debug)]
pub struct Plan<'e> {
    editor: &'e Editor,
    allow: Vec<u8>,
    deny: Vec<u8>,
}

/// What a commit did.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The tables that were written, by the paths they were asked for by.
    pub written: Vec<PathBuf>,
}

impl Plan<'_> {
    /// The planned bytes of a table.
    pub fn bytes(&self, name: TableName) -> &[u8] {
        match name {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// Lets `check` look at the planned bytes of the allow table and the deny table.
    ///
    /// # Errors
    /// What `check` says.
    pub fn check<E>(&self, check: impl FnOnce(&[u8], &[u8]) -> Result<(), E>) -> Result<(), E> {
        check(&self.allow, &self.deny)
    }

    /// What changes, allow table first.
    pub fn preview(&self) -> Vec<DiffLine> {
        let mut lines = Vec::new();
        for name in [TableName::Allow, TableName::Deny] {
            let table = self.editor.table(name);
            lines.extend(unified(table.path(), table.bytes(), self.bytes(name)));
        }
        lines
    }

    /// Writes the tables that change: all content first, then the renames. If the second rename
    /// fails, the first table is put back.
    ///
    /// # Errors
    /// When a step fails or a table is not what was read; the tables are then what they were.
    pub fn commit(self) -> Result<Receipt, EditError> {
        let Some(_) = self.editor.locks.first() else {
            return Ok(Receipt {
                written: Vec::new(),
            });
        };
        let mut staged = Vec::new();
        for name in [TableName::Allow, TableName::Deny] {
            let table = self.editor.table(name);
            if table.bytes() != self.bytes(name) {
                staged.push((table, Staged::write(table, self.bytes(name))?));
            }
        }
        // Both: what was checked was the pair.
        self.editor.allow.check_unchanged()?;
        self.editor.deny.check_unchanged()?;
        let mut done: Vec<&TableFile> = Vec::new();
        for (table, new) in staged {
            if let Err(error) = new.put() {
                return Err(put_back(&done, error));
            }
            done.push(table);
        }
        for table in &done {
            Staged::sync_directory(table)?;
        }
        let written = done.iter().map(|table| table.path().to_owned()).collect();
        Ok(Receipt { written })
    }
}

/// Gives the tables in `done` their old content; the failure, and what failed on the way back.
fn put_back(done: &[&TableFile], error: EditError) -> EditError {
    done.iter().fold(error, |error, table| {
        let undone = if table.exists() {
            Staged::write(table, table.bytes()).and_then(Staged::put)
        } else {
            remove(table)
        };
        match undone {
            Ok(()) => error,
            Err(second) => EditError::HalfDone {
                path: table.path().to_owned(),
                first: Box::new(error),
                second: Box::new(second),
            },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<std::ffi::OsString> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_table_that_changed_meanwhile_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (allow, deny) = (directory.path().join("a"), directory.path().join("d"));
        std::fs::write(&allow, "# old\n").unwrap();
        let mut edits = Edits::default();
        edits.push(TableName::Allow, Edit::insert(0, "ALL: 10.1.2.3\n"));
        edits.push(TableName::Deny, Edit::insert(0, "ALL: ALL\n"));
        {
            let editor = Editor::open(&allow, &deny, Purpose::Write).unwrap();
            std::fs::write(&allow, "# new\n").unwrap();
            let result = editor.plan(&edits).unwrap().commit();
            assert!(
                matches!(&result, Err(EditError::ChangedMeanwhile(path)) if *path == allow),
                "{result:?}"
            );
        }
        assert_eq!(std::fs::read(&allow).unwrap(), b"# new\n");
        assert_eq!(names(directory.path()), ["a"]);
        let editor = Editor::open(&allow, &deny, Purpose::Write).unwrap();
        let receipt = editor.plan(&edits).unwrap().commit().unwrap();
        assert_eq!(receipt.written, [allow.clone(), deny]);
        drop(editor);
        assert_eq!(std::fs::read(&allow).unwrap(), b"ALL: 10.1.2.3\n# new\n");
        assert_eq!(names(directory.path()), ["a", "d"]);
    }

    #[test]
    fn a_preview_locks_nothing_and_writes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (allow, deny) = (directory.path().join("a"), directory.path().join("d"));
        let editor = Editor::open(&allow, &deny, Purpose::Preview).unwrap();
        let mut edits = Edits::default();
        edits.push(TableName::Allow, Edit::insert(0, "x: y\n"));
        let plan = editor.plan(&edits).unwrap();
        assert_eq!(plan.preview().len(), 4);
        assert!(plan.commit().unwrap().written.is_empty());
        assert!(names(directory.path()).is_empty());
    }
}
