//! What is judged: a program with its arguments, and its process if it runs.

use crate::doctor::catalogue::entry;
use crate::doctor::diagnosis::{Diagnosis, Standing};
use crate::doctor::process::Process;
use crate::doctor::sockets::Port;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What is judged.
#[derive(Debug, Clone)]
pub(super) struct Subject<'a> {
    /// Where its files are.
    pub(super) root: &'a Path,
    /// The program, as it sees itself.
    pub(super) program: &'a Path,
    /// Its arguments, the name it is started with first.
    pub(super) words: &'a [String],
    /// Its process, if it runs.
    pub(super) process: Option<&'a Process>,
    pub(super) ports: BTreeSet<Port>,
}

impl<'a> Subject<'a> {
    /// A program that does not run.
    pub(super) fn of_file(root: &'a Path, program: &'a Path, words: &'a [String]) -> Self {
        Self {
            root,
            program,
            words,
            process: None,
            ports: BTreeSet::new(),
        }
    }

    /// The file that is judged: that of the process, which may be gone from its place.
    pub(super) fn file(&self) -> PathBuf {
        match self.process {
            Some(process) => process.place.join("exe"),
            None => self
                .root
                .join(self.program.strip_prefix("/").unwrap_or(self.program)),
        }
    }

    /// The last part of its path.
    pub(super) fn base_name(&self) -> String {
        let name = self.program.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The name that it was started with: that at the start of a title such as `NAME: idle`, else the
    /// last part of its first argument.
    pub(super) fn own_name(&self) -> String {
        let first = self.words.first().map_or("", String::as_str);
        let (first, _) = first.split_once(": ").unwrap_or((first, ""));
        let name = first.trim_end_matches(':').rsplit('/').next();
        match name.filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => self.base_name(),
        }
    }

    /// An answer about it that says nothing yet.
    pub(super) fn answer(&self) -> Diagnosis {
        Diagnosis {
            daemon: self.base_name(),
            program: self.program.to_owned(),
            process: self.process.map(|process| process.number),
            ports: self.ports.clone(),
            standing: Standing::NotAsked,
            names: Vec::new(),
            known: entry(self.program).map(|entry| entry.known),
            evidence: Vec::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }
}
