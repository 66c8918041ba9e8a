//! What a scanner looks at.

use super::pattern::LinePattern;
use crate::engine::TableName;

/// What a scanner looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerCheck {
    /// `ls` shows the file: a link to nothing too.
    There(TableName),
    /// `ls` shows one of the two files.
    EitherThere,
    /// `cat` can show the file.
    Shown(TableName),
    /// `ls -l` shows a size other than 0.
    Filled(TableName),
    /// A line of the file matches.
    Lists(TableName, LinePattern),
    /// A line of one of the files matches.
    EitherLists(LinePattern),
    /// The mode and the owner, of the file itself and not of what a link leads to.
    Mode(TableName, AllowedMode),
    /// A package is installed.
    Installed(PackageName),
}

/// Which modes and owners pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedMode {
    /// `-rw-r--r--`, whoever the owner is.
    Exactly644,
    /// `-rw-r--r--`, root and the group root.
    Exactly644OfRoot,
    /// Nobody but the owner writes, nobody executes; root and the group root.
    AtMost644OfRoot,
}

/// A package of libwrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageName {
    /// `tcpd` of Debian.
    Tcpd,
    /// `tcp_wrappers` of Red Hat.
    TcpWrappers,
}

impl PackageName {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcpd => "tcpd",
            Self::TcpWrappers => "tcp_wrappers",
        }
    }
}

/// Where the benchmarks know a table to be.
pub(super) fn usual_path(table: TableName) -> &'static str {
    match table {
        TableName::Allow => "/etc/hosts.allow",
        TableName::Deny => "/etc/hosts.deny",
    }
}

impl ScannerCheck {
    /// The command of the benchmark, on the files as it names them.
    pub fn command(self) -> String {
        let [allow, deny] = [TableName::Allow, TableName::Deny].map(usual_path);
        match self {
            Self::There(table) => format!("ls -la {}", usual_path(table)),
            Self::EitherThere => format!("ls {deny} {allow}"),
            Self::Shown(table) => format!("cat {}", usual_path(table)),
            Self::Filled(table) => format!("ls -al {}", usual_path(table)),
            Self::Lists(table, pattern) => pattern.command(usual_path(table)),
            Self::EitherLists(pattern) => {
                format!("{}; {}", pattern.command(deny), pattern.command(allow))
            }
            Self::Mode(table, AllowedMode::Exactly644) => format!("ls -l {}", usual_path(table)),
            Self::Mode(table, AllowedMode::Exactly644OfRoot | AllowedMode::AtMost644OfRoot) => {
                format!("stat {}", usual_path(table))
            }
            Self::Installed(PackageName::Tcpd) => "dpkg -s tcpd".to_owned(),
            Self::Installed(PackageName::TcpWrappers) => "rpm -q tcp_wrappers".to_owned(),
        }
    }
}
