//! Why a configuration cannot be used, with the place.

use super::mailbox::MailboxError;
use crate::span::Position;
use std::io;
use std::path::{Path, PathBuf};
use tcpw_event::trust::Distrust;
use thiserror::Error;

/// A configuration that cannot be used.
#[derive(Debug, Error)]
#[error("{}: {reason}", place(.file, *.position))]
pub struct ConfigError {
    /// The configuration file.
    pub file: PathBuf,
    /// Where in the file, if it is about a place in it.
    pub position: Option<Position>,
    /// What is wrong.
    pub reason: ConfigProblem,
}

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub enum ConfigProblem {
    /// The file cannot be opened or read.
    #[error("cannot read the configuration: {0}")]
    Read(io::Error),
    /// The file is larger than any configuration.
    #[error("the configuration is larger than 1 MiB")]
    TooLarge,
    /// Root would obey it, and others can change it.
    #[error("root does not obey it: {0}")]
    Distrusted(Distrust),
    /// It holds a password and others may read it.
    #[error(
        "holds a password and others than its owner may read it (mode {mode:03o}); run chmod 600 on it"
    )]
    Exposed {
        /// The permission bits.
        mode: u32,
    },
    /// The text is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that means nothing here.
    #[error("unknown key `{key}` in {table}; known keys: {known}")]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The table, as a person calls it.
        table: String,
        /// The keys that mean something.
        known: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` must be {wanted}, this is {found}")]
    Type {
        /// The key.
        key: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value of the right type that cannot be.
    #[error("`{key}` {problem}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong, to be read after the key.
        problem: String,
    },
    /// A mail address that is none.
    #[error("`{key}`: {cause}")]
    Address {
        /// The key.
        key: String,
        /// What is wrong with it.
        cause: MailboxError,
    },
    /// A key that is needed here.
    #[error("{0}")]
    Missing(&'static str),
}

impl ConfigError {
    /// A problem of the whole file.
    pub(super) fn new(file: &Path, reason: ConfigProblem) -> Self {
        Self {
            file: file.to_owned(),
            position: None,
            reason,
        }
    }

    /// Whether the file is there but this user may not read it.
    pub fn is_permission(&self) -> bool {
        matches!(&self.reason, ConfigProblem::Read(cause) if cause.kind() == io::ErrorKind::PermissionDenied)
    }
}

fn place(file: &Path, position: Option<Position>) -> String {
    match position {
        None => file.display().to_string(),
        Some(at) => format!("{}:{}:{}", file.display(), at.line, at.column),
    }
}
