//! The answer about one daemon: whether it asks libwrap, as what, and what shows it.

use crate::doctor::catalogue::Known;
use crate::doctor::sockets::Port;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whether a program asks libwrap about its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It asks.
    Asked,
    /// It could, and its configuration says no.
    SwitchedOff,
    /// It does not.
    NotAsked,
    /// What was found does not decide it.
    CannotTell,
}

/// What was found out about a program that waits for clients, or about one service of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What it is called here: the name of its program, with its service or with what starts it.
    pub daemon: String,
    /// The program, as its own process sees it.
    pub program: PathBuf,
    /// One of its processes; none where it is started for a client.
    pub process: Option<u32>,
    /// Where it waits.
    pub ports: BTreeSet<Port>,
    /// Whether it asks.
    pub standing: Standing,
    /// Under which names it asks, or would; empty where that is not known.
    pub names: Vec<String>,
    /// How that is known; none for a program that is judged by its file alone.
    pub known: Option<Known>,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What keeps it from doing as these tables say.
    pub problems: Vec<String>,
    /// What an administrator should know besides.
    pub notes: Vec<String>,
}

impl Diagnosis {
    /// That nothing can be told of `daemon`, and why.
    pub(super) fn open(daemon: &str, program: &Path, why: String) -> Self {
        Self {
            daemon: daemon.to_owned(),
            program: program.to_owned(),
            process: None,
            ports: BTreeSet::new(),
            standing: Standing::CannotTell,
            names: Vec::new(),
            known: None,
            evidence: vec![why],
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The answer in a few words: `asked as sshd`, `linked, switched off`, `not asked` or `cannot
    /// tell`.
    pub fn state(&self) -> String {
        match self.standing {
            Standing::Asked => format!("asked as {}", self.names.join(", ")),
            Standing::SwitchedOff => "linked, switched off".to_owned(),
            Standing::NotAsked => "not asked".to_owned(),
            Standing::CannotTell => "cannot tell".to_owned(),
        }
    }

    /// Whether it is about the daemon of this name: one that asks under it, or is called so.
    pub fn is_about(&self, daemon: &str) -> bool {
        let program = self.program.file_name().and_then(|name| name.to_str());
        let mut names = self
            .names
            .iter()
            .map(String::as_str)
            .chain(program)
            .chain([self.daemon.as_str()]);
        names.any(|name| name.eq_ignore_ascii_case(daemon))
    }

    /// Whether it asks under this name, whatever its case (F-DAEMON-01).
    pub fn asks_as(&self, daemon: &str) -> bool {
        let has_name = |name: &String| name.eq_ignore_ascii_case(daemon);
        self.standing == Standing::Asked && self.names.iter().any(has_name)
    }
}
