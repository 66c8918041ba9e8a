//! What was looked at, as data.

use super::demand::OpensshRelease;
use crate::syntax::{Reading, Tree, parse_as};

/// What was looked at for an audit.
#[derive(Debug)]
pub struct SeenSystem {
    /// The allow table.
    pub allow: SeenFile,
    /// The deny table.
    pub deny: SeenFile,
    /// dpkg's list of packages, `/var/lib/dpkg/status`.
    pub dpkg: FileContent,
    /// The version of OpenSSH there, if it was said.
    pub openssh: Option<OpensshRelease>,
}

/// A file.
#[derive(Debug)]
pub struct SeenFile {
    /// What its name stands for; a link is not followed.
    pub entry: SeenEntry,
    /// What it is in the end; a link is followed.
    pub target: SeenEntry,
    /// What is in it; a link is followed.
    pub content: FileContent,
}

/// What a name in a directory stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenEntry {
    /// There is no such name.
    Absent,
    /// It could not be looked at, for this reason.
    Unknown(String),
    /// Something is there.
    There {
        /// What.
        kind: EntryKind,
        /// The bits of its mode without the type.
        mode: u32,
        /// Its owner.
        uid: u32,
        /// Its group.
        gid: u32,
        /// In bytes.
        size: u64,
    },
}

/// What is at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Other,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// There is no such file, or a link leads nowhere.
    Absent,
    /// It is a directory.
    Directory,
    /// It was not read, for this reason.
    NotRead(String),
    /// Its bytes.
    Read(Vec<u8>),
}

/// Whether a package is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageState {
    /// It is.
    Installed,
    /// It is not.
    Missing,
    /// It cannot be told, for this reason.
    Unknown(String),
}

impl FileContent {
    /// Its tree, as a build of libwrap reads it; none if there is no such file (F-LINE-21) or it was not read.
    pub(super) fn tree(&self, reading: Reading) -> Option<Tree<'_>> {
        match self {
            Self::Read(text) => Some(parse_as(text, reading)),
            Self::Absent | Self::Directory | Self::NotRead(_) => None,
        }
    }

    /// Whether a package is installed by dpkg's list: its stanza says `install ok installed` or the like.
    pub(super) fn dpkg_state(&self, package: &str) -> PackageState {
        let Self::Read(text) = self else {
            let why = match self {
                Self::NotRead(why) => why.clone(),
                Self::Absent | Self::Directory | Self::Read(_) => {
                    "there is no list of dpkg".to_owned()
                }
            };
            return PackageState::Unknown(why);
        };
        let mut is_it = false;
        for line in text.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                is_it = false;
            } else if let Some(name) = field(line, "Package") {
                is_it = name == package.as_bytes();
            } else if let Some(status) = field(line, "Status").filter(|_| is_it) {
                let state = status.rsplit(|byte| *byte == b' ').next();
                if state == Some(b"installed") {
                    return PackageState::Installed;
                }
            }
        }
        PackageState::Missing
    }
}

/// The value of a line of a stanza, if it is this field's.
fn field<'l>(line: &'l [u8], name: &str) -> Option<&'l [u8]> {
    let (head, value) = line.split_at_checked(name.len())?;
    let value = value.strip_prefix(b":")?;
    head.eq_ignore_ascii_case(name.as_bytes())
        .then_some(value.trim_ascii())
}
