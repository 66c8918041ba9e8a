//! Both tables, open for a change: plan, check, preview, commit.

use crate::edit::{ApplyError, Edit, apply};
use crate::editor::commit::commit_terms::{Others, Terms};
use crate::editor::commit::entry::HistoryEntry;
use crate::editor::commit::error::EditError;
use crate::editor::commit::exchange::{Expected, Replaced, put};
use crate::editor::commit::lock::{Courtesy, Lock};
use crate::editor::commit::planned_list::WrittenLists;
use crate::editor::commit::preview::{DiffLine, unified_by};
use crate::editor::commit::record::{Content, entry};
use crate::editor::commit::recover::{Repair, recover};
use crate::editor::commit::replace::{Staged, remove, remove_leftover};
use crate::editor::commit::state::State;
use crate::editor::commit::table::{TableFile, resolve};
use crate::editor::trial::edits::Edits;
use crate::engine::TableName;
use crate::span::index;
use crate::system::Moment;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

/// From as many bytes on, two things are done at a time.
const LARGE: usize = 1 << 20;

/// How long those are waited for who hold a lock on a table.
const COURTESY: Duration = Duration::from_secs(2);

/// Whether the tables are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// They are: they are locked.
    Write,
    /// They are, and nobody else is waited for who only holds a lock on a table.
    Rollback,
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
    /// The tables on which somebody else holds a lock.
    overridden: Vec<PathBuf>,
    /// The directory of the history, and the lock on it if it was there.
    state_path: PathBuf,
    pub(super) state: Option<State>,
    repair: Option<Repair>,
}

/// Where the tables are, and the history of their changes.
#[derive(Debug, Clone, Copy)]
pub struct Files<'p> {
    /// The allow table; nothing if it is not at hand, and then it takes no part.
    pub allow: Option<&'p Path>,
    /// The deny table, in the same way.
    pub deny: Option<&'p Path>,
    /// The directory of the history, created by the first commit.
    pub history: &'p Path,
}

impl Editor {
    /// Locks and reads both tables. A commit that had been cut short is finished or forgotten
    /// first.
    ///
    /// # Errors
    /// When a table is not a file or cannot be read, or when another tcpw holds the lock for longer
    /// than half a minute without anybody being served.
    pub fn open(files: Files<'_>, purpose: Purpose) -> Result<Self, EditError> {
        let Files {
            allow,
            deny,
            history,
        } = files;
        let target = |path: Option<&Path>| path.map(resolve).transpose();
        let (allow_target, deny_target) = (target(allow)?, target(deny)?);
        if let (Some(one), Some(other)) = (&allow_target, &deny_target)
            && one == other
        {
            return Err(EditError::SameFile(one.clone()));
        }
        let mut locks = Vec::new();
        let is_writing = purpose != Purpose::Preview;
        let patience = match purpose {
            Purpose::Write => COURTESY,
            Purpose::Rollback | Purpose::Preview => Duration::ZERO,
        };
        let mut overridden = Vec::new();
        if is_writing {
            let targets = || [&allow_target, &deny_target].into_iter().flatten();
            for target in targets() {
                locks.push(Lock::take(target)?);
            }
            // Both tables together are waited for no longer than one would be.
            let until = Instant::now() + patience;
            for target in targets() {
                match Lock::of_table(target, until) {
                    Courtesy::Locked(lock) => locks.push(lock),
                    Courtesy::Overridden => overridden.push(target.clone()),
                    Courtesy::Needless => {}
                }
            }
        }
        // A history that cannot be used is an obstacle only if something is to be written.
        let is_state_wanted = is_writing && history.is_dir();
        let state = is_state_wanted.then(|| State::open(history).ok()).flatten();
        let repair = state.as_ref().map(recover).transpose()?.flatten();
        let read = |path: Option<&Path>, target: Option<PathBuf>| match path.zip(target) {
            Some((path, target)) => TableFile::read(path, target),
            None => Ok(TableFile::nowhere()),
        };
        let editor = Self {
            allow: read(allow, allow_target)?,
            deny: read(deny, deny_target)?,
            locks,
            overridden,
            state_path: history.to_owned(),
            state,
            repair,
        };
        if is_writing {
            remove_leftover(&editor.allow);
            remove_leftover(&editor.deny);
        }
        Ok(editor)
    }

    /// The tables on which another program holds a lock that was not waited for any longer.
    pub fn overridden(&self) -> &[PathBuf] {
        &self.overridden
    }

    /// What was done about a commit that had been cut short.
    pub fn repair(&self) -> Option<Repair> {
        self.repair
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
    pub(in crate::editor) fn plan(&self, edits: &Edits) -> Result<Plan<'_>, ApplyError> {
        Ok(Plan {
            editor: self,
            allow: apply(self.allow.bytes(), &edits.allow)?,
            deny: apply(self.deny.bytes(), &edits.deny)?,
            ends: [
                ends(&self.allow, &edits.allow),
                ends(&self.deny, &edits.deny),
            ],
        })
    }
}

/// The planned content of both tables.
#[derive(Debug)]
pub(in crate::editor) struct Plan<'e> {
    editor: &'e Editor,
    allow: Vec<u8>,
    deny: Vec<u8>,
    /// How many bytes each table keeps at its start and at its end.
    ends: [(usize, usize); 2],
}

/// How many bytes no edit touches at the start and at the end of a table.
fn ends(table: &TableFile, edits: &[Edit]) -> (usize, usize) {
    let length = table.bytes().len();
    let first = edits.iter().map(|edit| index(edit.span.start)).min();
    let last = edits.iter().map(|edit| index(edit.span.end)).max();
    let (first, last) = (first.unwrap_or(length), last.unwrap_or(length));
    (first, length - last.min(length))
}

/// What a commit did.
#[must_use]
#[derive(Debug, Default)]
pub(in crate::editor) struct Receipt {
    /// The number of the commit in the history; 0 if nothing was written.
    pub number: u64,
    /// The tables that were written, by the paths they were asked for by.
    pub written: Vec<PathBuf>,
    replaced: Vec<Replaced>,
}

impl Receipt {
    /// Looks a last time at the files that were replaced, after the locks were given up: what
    /// somebody who had been about to open one has appended to it is carried over.
    ///
    /// # Errors
    /// When it cannot be.
    pub(in crate::editor) fn look_again(&mut self) -> Result<(), EditError> {
        self.replaced.drain(..).try_for_each(Replaced::look_again)
    }
}

impl Plan<'_> {
    /// The planned bytes of a table.
    pub(in crate::editor) fn bytes(&self, name: TableName) -> &[u8] {
        match name {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }

    /// What `edits`, of which this is the plan, change, allow table first; of each table no more than
    /// `most` lines.
    pub(in crate::editor) fn preview(&self, edits: &Edits, most: usize) -> Vec<DiffLine> {
        let names = [TableName::Allow, TableName::Deny].into_iter();
        let of = |(name, ends): (TableName, (usize, usize))| {
            let table = self.editor.table(name);
            let both = [table.bytes(), self.bytes(name)];
            unified_by(table.path(), both, ends, edits.of(name), most)
        };
        names.zip(self.ends).flat_map(of).collect()
    }

    /// Writes the tables that change, `first` first: all content, then what is about to happen
    /// into the history, then the renames. If the second rename fails, the first table is put
    /// back; if this process is cut short, the next [`Editor::open`] finishes it. Lines that others
    /// append at the last moment are carried over.
    ///
    /// # Errors
    /// When a step fails or a table is not what was read; the tables are then what they were.
    pub(in crate::editor) fn commit(
        self,
        first: TableName,
        terms: &Terms,
    ) -> Result<Receipt, EditError> {
        let mut receipt = Receipt::default();
        if self.editor.locks.is_empty() {
            return Ok(receipt);
        }
        let order = match first {
            TableName::Allow => [TableName::Allow, TableName::Deny],
            TableName::Deny => [TableName::Deny, TableName::Allow],
        };
        let changed = |name: &TableName| self.editor.table(*name).bytes() != self.bytes(*name);
        let names: Vec<TableName> = order.into_iter().filter(changed).collect();
        let companion = terms.open_companion()?;
        if names.is_empty() && companion.is_none() {
            return Ok(receipt);
        }
        let opened = OnceLock::new();
        let record = || {
            let state = self.state(&opened)?;
            Ok((
                state,
                entry(state, self.contents(), companion.as_ref(), terms)?,
            ))
        };
        let (mut staged, (state, entry)) = self.stage(&names, record)?;
        state.begin(&entry)?;
        if let Some((file, content)) = &companion {
            // Only now, so that what may be left of it is known; and first, since without the
            // tables it changes nothing.
            let new = Staged::write(file, &content.after);
            staged.insert(0, new.inspect_err(|_| drop(state.abandon()))?);
        }
        let lists = WrittenLists::write(&terms.lists).inspect_err(|_| drop(state.abandon()))?;
        (receipt.written, receipt.replaced) =
            lists.kept_for(self.put(staged, state, terms.others))?;
        receipt.number = entry.number;
        if let Some(provisional) = entry.provisional.clone() {
            // Only now can a login pass the new tables.
            let now = Moment::at(entry.author.time);
            let provisional = Some(provisional.made(&now));
            drop(state.begin(&HistoryEntry {
                provisional,
                ..entry
            }));
        }
        // The tables are written. An entry that cannot be closed now is closed by the next command.
        drop(state.finish(receipt.number));
        Ok(receipt)
    }

    /// The state directory, locked; it is `opened` if the tables were read without it.
    fn state<'s>(&'s self, opened: &'s OnceLock<State>) -> Result<&'s State, EditError> {
        if let Some(state) = &self.editor.state {
            return Ok(state);
        }
        let state = State::open(&self.editor.state_path)?;
        if state.pending()?.is_some() {
            // Left by a tcpw that is gone, to be seen to by the next attempt.
            return Err(EditError::ChangedMeanwhile(self.editor.allow.path().into()));
        }
        Ok(opened.get_or_init(|| state))
    }

    /// Writes the new tables beside their places, and lets `record` write the history: told of last.
    fn stage<T: Send>(
        &self,
        names: &[TableName],
        record: impl Fn() -> Result<T, EditError> + Sync,
    ) -> Result<(Vec<Staged<'_>>, T), EditError> {
        let write_all = || -> Result<Vec<_>, EditError> {
            let write = |&name| Staged::write(self.editor.table(name), self.bytes(name));
            names.iter().map(write).collect()
        };
        if self.allow.len() + self.deny.len() < LARGE {
            return Ok((write_all()?, record()?));
        }
        // The history is written while the disk is busy with the tables; without a thread, after that.
        let (staged, recorded) = thread::scope(|scope| {
            let started = Builder::new().spawn_scoped(scope, &record);
            let staged = write_all();
            let recorded = started.map(|run| run.join().unwrap_or_else(|p| resume_unwind(p)));
            (staged, recorded.unwrap_or_else(|_| record()))
        });
        Ok((staged?, recorded?))
    }

    /// Both tables, before and after.
    fn contents(&self) -> [Content<'_>; 2] {
        let [allow, deny] = self.ends;
        [(TableName::Allow, allow), (TableName::Deny, deny)].map(|(name, ends)| Content {
            table: self.editor.table(name),
            new: self.bytes(name),
            ends,
        })
    }

    /// The renames.
    fn put(
        &self,
        staged: Vec<Staged<'_>>,
        state: &State,
        others: Others,
    ) -> Result<(Vec<PathBuf>, Vec<Replaced>), EditError> {
        let mut done: Vec<(&TableFile, &[u8])> = Vec::new();
        let only = match &*staged {
            [only] => Some(only.table()),
            _ => None,
        };
        let mut replaced = Vec::new();
        let put_all = || -> Result<(), EditError> {
            // Both: what was checked was the pair.
            for table in [&self.editor.allow, &self.editor.deny] {
                // The only table that is replaced is compared when it has been.
                if only.is_some_and(|only| std::ptr::eq(only, table)) && table.seems_unchanged() {
                    continue;
                }
                match others {
                    Others::Obstruct => table.check_unchanged()?,
                    Others::MayAppend => table.check_appended()?,
                }
            }
            for new in staged {
                let (table, bytes) = (new.table(), new.bytes());
                replaced.extend(put(new, Expected::read(table))?);
                done.push((table, bytes));
                Staged::sync_directory(table)?;
            }
            Ok(())
        };
        match put_all() {
            Ok(()) => {
                let written = done.iter().map(|(table, _)| table.path().to_owned());
                Ok((written.collect(), replaced))
            }
            Err(error) => {
                let error = put_back(&done, error);
                if !matches!(error, EditError::HalfDone { .. }) {
                    // What cannot be struck out now is found to be undone by the next command.
                    drop(state.abandon());
                }
                Err(error)
            }
        }
    }
}

/// Gives the files in `done`, which hold these bytes now, their old content; the failure, and what
/// failed on the way back.
fn put_back(done: &[(&TableFile, &[u8])], error: EditError) -> EditError {
    done.iter().fold(error, |error, &(table, bytes)| {
        let expected = Expected {
            bytes,
            identity: None,
        };
        let undone = if table.exists() {
            Staged::write(table, table.bytes())
                .and_then(|staged| put(staged, expected))
                .and_then(|replaced| replaced.map_or(Ok(()), Replaced::look_again))
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
    use crate::editor::Author;

    fn open(directory: &Path, purpose: Purpose) -> Editor {
        let files = Files {
            allow: Some(&directory.join("a")),
            deny: Some(&directory.join("d")),
            history: &directory.join("history"),
        };
        Editor::open(files, purpose).unwrap()
    }

    fn terms() -> Terms {
        Terms {
            author: Author {
                time: 0,
                user: "somebody".to_owned(),
                command: Vec::new(),
            },
            others: Others::Obstruct,
            provisional: None,
            reversal: None,
            companion: None,
            lists: Vec::new(),
        }
    }

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
            let editor = open(directory.path(), Purpose::Write);
            std::fs::write(&allow, "# new\n").unwrap();
            let result = editor
                .plan(&edits)
                .unwrap()
                .commit(TableName::Allow, &terms());
            assert!(
                matches!(&result, Err(EditError::ChangedMeanwhile(path)) if *path == allow),
                "{result:?}"
            );
        }
        assert_eq!(std::fs::read(&allow).unwrap(), b"# new\n");
        assert_eq!(names(directory.path()), ["a", "history"]);
        let editor = open(directory.path(), Purpose::Write);
        let receipt = editor
            .plan(&edits)
            .unwrap()
            .commit(TableName::Allow, &terms())
            .unwrap();
        assert_eq!(receipt.written, [allow.clone(), deny]);
        drop(editor);
        assert_eq!(std::fs::read(&allow).unwrap(), b"ALL: 10.1.2.3\n# new\n");
        assert_eq!(names(directory.path()), ["a", "d", "history"]);
    }

    #[test]
    fn a_preview_locks_nothing_and_writes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let editor = open(directory.path(), Purpose::Preview);
        let mut edits = Edits::default();
        edits.push(TableName::Allow, Edit::insert(0, "x: y\n"));
        let plan = editor.plan(&edits).unwrap();
        assert_eq!(plan.preview(&edits, 100).len(), 4);
        assert!(
            plan.commit(TableName::Allow, &terms())
                .unwrap()
                .written
                .is_empty()
        );
        assert!(names(directory.path()).is_empty());
    }
}
