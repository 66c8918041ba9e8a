//! Where a password or a token comes from: one of four keys.

use super::error::ConfigError;
use super::section::Section;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// The first line of a file that only its owner can read.
    File(PathBuf),
    /// The first line that a program prints; run without a shell.
    Command(Vec<String>),
    /// A systemd credential of this name (systemd.exec(5), `LoadCredential`).
    Credential(String),
    /// Written in the configuration itself.
    Literal(Secret),
}

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The four keys of one secret.
pub(super) struct Keys {
    /// The key of a file.
    pub(super) file: &'static str,
    /// The key of a program with its arguments.
    pub(super) command: &'static str,
    /// The key of a systemd credential.
    pub(super) credential: &'static str,
    /// The key of the secret itself.
    pub(super) literal: &'static str,
    /// What is said when more than one is there.
    pub(super) more_than_one: &'static str,
}

/// The one source that `section` names; nothing when it names none.
pub(super) fn source(
    section: &Section<'_>,
    keys: &Keys,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Option<Password>, ConfigError> {
    let credential = section.text(keys.credential)?;
    if credential.as_ref().is_some_and(|name| name.contains('/')) {
        let problem = "is a name in $CREDENTIALS_DIRECTORY, without a slash";
        return Err(section.bad_value(keys.credential, problem));
    }
    let file = section.path(keys.file)?;
    let literal = section.text(keys.literal)?;
    let mut sources = Vec::new();
    sources.extend(file.map(|path| Password::File(place(&path))));
    sources.extend(section.program(keys.command, place)?.map(Password::Command));
    sources.extend(credential.map(Password::Credential));
    sources.extend(literal.map(|text| Password::Literal(Secret(text))));
    let found = sources.pop();
    if sources.is_empty() {
        return Ok(found);
    }
    Err(section.missing(keys.more_than_one))
}
