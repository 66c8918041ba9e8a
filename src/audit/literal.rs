//! What a scanner finds.

use super::check::{AllowedMode, PackageName, ScannerCheck};
use super::line_place::{LinePlace, place_at};
use super::pattern::LinePattern;
use super::ruling::Ruling;
use super::seen::{EntryKind, FileContent, PackageState, SeenEntry, SeenFile, SeenSystem};
use super::trees::Trees;
use crate::engine::TableName;

/// A check, what came of it and what it rests on.
#[derive(Debug)]
pub struct Checked {
    /// The check.
    pub check: ScannerCheck,
    /// Whether it passes.
    pub ruling: Ruling,
    /// What was seen.
    pub sights: Vec<Sight>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// The file is there.
    There(TableName),
    /// There is no such file.
    Missing(TableName),
    /// It could not be looked at or read, for this reason.
    Unseen(TableName, String),
    /// It is a directory.
    Directory(TableName),
    /// How large it is, in bytes.
    Size(TableName, u64),
    /// A line matches.
    Line(LinePlace),
    /// So many more lines match.
    MoreLines(TableName, usize),
    /// No line matches.
    NoLine(TableName),
    /// Mode and owner.
    Mode {
        /// Of which file.
        table: TableName,
        /// The bits of the mode.
        mode: u32,
        /// The owner.
        uid: u32,
        /// The group.
        gid: u32,
        /// Whether they are those of a symbolic link.
        is_link: bool,
    },
    /// A package.
    Package(PackageName, PackageState),
}

/// Does as the scanner does.
pub(super) fn look(check: ScannerCheck, seen: &SeenSystem, trees: &Trees<'_>) -> Checked {
    let (ruling, sights) = match check {
        ScannerCheck::There(table) => there(table, seen),
        ScannerCheck::EitherThere => {
            let found = [TableName::Deny, TableName::Allow].map(|table| there(table, seen));
            either(found)
        }
        ScannerCheck::Shown(table) => shown(table, seen),
        ScannerCheck::Filled(table) => filled(table, seen),
        ScannerCheck::Lists(table, pattern) => lists(table, pattern, seen, trees),
        ScannerCheck::EitherLists(pattern) => {
            let tables = [TableName::Deny, TableName::Allow];
            either(tables.map(|table| lists(table, pattern, seen, trees)))
        }
        ScannerCheck::Mode(table, allowed) => mode(table, allowed, seen),
        ScannerCheck::Installed(package) => installed(package, seen),
    };
    Checked {
        check,
        ruling,
        sights,
    }
}

type Found = (Ruling, Vec<Sight>);

impl SeenSystem {
    fn file(&self, table: TableName) -> &SeenFile {
        match table {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        }
    }
}

/// One of both suffices; that one has none decides nothing as long as the other is not read.
fn either([(one, mut sights), (other, others)]: [Found; 2]) -> Found {
    sights.extend(others);
    let is_any = |ruling| one == ruling || other == ruling;
    let ruling = if is_any(Ruling::Pass) {
        Ruling::Pass
    } else if is_any(Ruling::CannotTell) {
        Ruling::CannotTell
    } else {
        Ruling::Fail
    };
    (ruling, sights)
}

fn there(table: TableName, seen: &SeenSystem) -> Found {
    match &seen.file(table).entry {
        SeenEntry::Absent => (Ruling::Fail, vec![Sight::Missing(table)]),
        SeenEntry::Unknown(why) => cannot_tell(table, why),
        SeenEntry::There { .. } => (Ruling::Pass, vec![Sight::There(table)]),
    }
}

fn cannot_tell(table: TableName, why: &str) -> Found {
    let sight = Sight::Unseen(table, why.to_owned());
    (Ruling::CannotTell, vec![sight])
}

fn shown(table: TableName, seen: &SeenSystem) -> Found {
    match &seen.file(table).content {
        FileContent::Absent => (Ruling::Fail, vec![Sight::Missing(table)]),
        FileContent::Directory => (Ruling::Fail, vec![Sight::Directory(table)]),
        FileContent::NotRead(why) => cannot_tell(table, why),
        FileContent::Read(_) => (Ruling::Pass, vec![Sight::There(table)]),
    }
}

fn filled(table: TableName, seen: &SeenSystem) -> Found {
    match &seen.file(table).entry {
        SeenEntry::Absent => (Ruling::Fail, vec![Sight::Missing(table)]),
        SeenEntry::Unknown(why) => cannot_tell(table, why),
        SeenEntry::There { size, .. } => {
            let ruling = if *size == 0 {
                Ruling::Fail
            } else {
                Ruling::Pass
            };
            (ruling, vec![Sight::Size(table, *size)])
        }
    }
}

fn lists(table: TableName, pattern: LinePattern, seen: &SeenSystem, trees: &Trees<'_>) -> Found {
    let text = match &seen.file(table).content {
        FileContent::Absent => return (Ruling::Fail, vec![Sight::Missing(table)]),
        FileContent::Directory => return (Ruling::Fail, vec![Sight::Directory(table)]),
        FileContent::NotRead(why) => return cannot_tell(table, why),
        FileContent::Read(text) => text,
    };
    if pattern.is_piped() && memchr::memchr(0, text).is_some() {
        return cannot_tell(
            table,
            "it holds a NUL byte, and what a pipe of two greps makes of that differs",
        );
    }
    let found = pattern.matches(text);
    if found.count == 0 {
        return (Ruling::Fail, vec![Sight::NoLine(table)]);
    }
    let mut sights: Vec<Sight> = trees.of(table).map_or_else(Vec::new, |tree| {
        let places = found.first.iter();
        places
            .map(|at| Sight::Line(place_at(table, tree, *at)))
            .collect()
    });
    let more = found.count - found.first.len();
    if more > 0 {
        sights.push(Sight::MoreLines(table, more));
    }
    (Ruling::Pass, sights)
}

fn mode(table: TableName, allowed: AllowedMode, seen: &SeenSystem) -> Found {
    let (kind, mode, uid, gid) = match seen.file(table).entry {
        SeenEntry::Absent => return (Ruling::Fail, vec![Sight::Missing(table)]),
        SeenEntry::Unknown(ref why) => return cannot_tell(table, why),
        SeenEntry::There {
            kind,
            mode,
            uid,
            gid,
            ..
        } => (kind, mode, uid, gid),
    };
    let is_of_root = uid == 0 && gid == 0;
    let passes = match allowed {
        // `ls -l` shows what it is before the mode.
        AllowedMode::Exactly644 => kind == EntryKind::File && mode == 0o644,
        AllowedMode::Exactly644OfRoot => mode == 0o644 && is_of_root,
        AllowedMode::AtMost644OfRoot => mode & !0o644 == 0 && is_of_root,
    };
    let sight = Sight::Mode {
        table,
        mode,
        uid,
        gid,
        is_link: kind == EntryKind::Link,
    };
    let ruling = if passes { Ruling::Pass } else { Ruling::Fail };
    (ruling, vec![sight])
}

fn installed(package: PackageName, seen: &SeenSystem) -> Found {
    let state = match package {
        PackageName::Tcpd => seen.dpkg.dpkg_state(package.as_str()),
        PackageName::TcpWrappers => {
            PackageState::Unknown("the database of rpm is not read".to_owned())
        }
    };
    let ruling = match state {
        PackageState::Installed => Ruling::Pass,
        PackageState::Missing => Ruling::Fail,
        PackageState::Unknown(_) => Ruling::CannotTell,
    };
    (ruling, vec![Sight::Package(package, state)])
}
