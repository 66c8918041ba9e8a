//! The exit codes: three of every command, one of plugins for monitoring, and two of `notify`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, clean or granted: 0.
    Done,
    /// Findings, or denied: 1.
    Negative,
    /// It could not be done: 2.
    Failed,
    /// A plugin for monitoring could not look: 3.
    Unknown,
    /// `notify` could only tell the system log: 75 (sysexits.h, `EX_TEMPFAIL`).
    NotRecorded,
    /// `notify` could tell nobody: 74 (sysexits.h, `EX_IOERR`).
    Lost,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Negative => Self::from(1),
            Exit::Failed => Self::from(2),
            Exit::Unknown => Self::from(3),
            Exit::NotRecorded => Self::from(75),
            Exit::Lost => Self::from(74),
        }
    }
}
