//! A process: its program, its arguments, what it has loaded, whose rights and which files it has,
//! from proc(5).

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What Linux puts after the path of a file that is gone.
const DELETED: &str = " (deleted)";
/// As much of a map of memory is read; the libraries of a daemon come early.
const MOST_OF_MAP: u64 = 4 * 1024 * 1024;
/// Ticks a second in proc(5): `USER_HZ`, which is 100 on every architecture that Debian has.
const TICKS: u64 = 100;

/// A file that is mapped into a process to be run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loaded {
    pub(super) path: PathBuf,
    /// Whether it was replaced since.
    pub(super) is_deleted: bool,
}

/// A process that was looked into.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) number: u32,
    /// Its directory below `/proc`.
    pub(super) place: PathBuf,
    /// Its program, below `root`.
    pub(super) program: PathBuf,
    /// Whether the program's file was replaced since it was started.
    pub(super) is_replaced: bool,
    /// Its arguments, the name it was started with first; or what it shows instead.
    pub(super) words: Vec<String>,
    /// Where its files are: `/`, or another directory if it was started in a jail or a container.
    pub(super) root: PathBuf,
    /// What it was started with as the current directory, or went to since.
    pub(super) folder: Option<PathBuf>,
    /// What it has loaded; nothing if that may not be seen.
    pub(super) loaded: Option<BTreeSet<Loaded>>,
    /// When it was started.
    pub(super) started: Option<SystemTime>,
    /// Its user and its groups.
    pub(super) uid: u32,
    pub(super) groups: Vec<u32>,
}

impl Process {
    /// The names of the files that it has loaded; nothing if that may not be seen.
    pub(super) fn names_of_loaded(&self) -> Option<Vec<String>> {
        let names = self.loaded.as_ref()?.iter().filter_map(|loaded| {
            let name = loaded.path.file_name()?;
            Some(name.to_string_lossy().into_owned())
        });
        Some(names.collect())
    }
}

/// The numbers of the processes that this user sees.
pub(super) fn numbers(proc: &Path) -> BTreeSet<u32> {
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .collect()
}

/// Looks into a process; nothing if it is gone or hidden.
pub(super) fn process(proc: &Path, number: u32) -> Option<Process> {
    let place = proc.join(number.to_string());
    let exe = fs::read_link(place.join("exe")).ok()?;
    let (exe, is_replaced) = without_mark(&exe);
    let root = root(proc, &place, &exe);
    let program = match exe.strip_prefix(&root) {
        Ok(inside) if root != Path::new("/") => Path::new("/").join(inside),
        Ok(_) | Err(_) => exe,
    };
    let title = fs::read(place.join("cmdline")).unwrap_or_default();
    let words = title
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into_owned());
    let status = fs::read_to_string(place.join("status")).unwrap_or_default();
    let ids = |key: &str| -> Vec<u32> {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let words = line.unwrap_or_default().split_ascii_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    };
    // The last of the four is the one that files are opened with.
    let mut groups = ids("Groups:");
    groups.extend(ids("Gid:").last());
    Some(Process {
        number,
        program,
        is_replaced,
        words: words.collect(),
        folder: fs::read_link(place.join("cwd")).ok(),
        loaded: loaded(&place),
        started: started(proc, &place),
        uid: ids("Uid:").last().copied().unwrap_or(u32::MAX),
        groups,
        root,
        place,
    })
}

/// A path without what Linux says about a file that is gone, and whether it said so.
fn without_mark(path: &Path) -> (PathBuf, bool) {
    match path.to_str().and_then(|text| text.strip_suffix(DELETED)) {
        Some(path) => (PathBuf::from(path), true),
        None => (path.to_owned(), false),
    }
}

/// Where the files of a process are: its own `/` if that is of another mount namespace, or a jail that
/// its program comes from too; else `/`, since a daemon that shuts itself in has read its files before.
fn root(proc: &Path, place: &Path, exe: &Path) -> PathBuf {
    let namespace = |place: &Path| fs::read_link(place.join("ns/mnt")).ok();
    let own = place.join("root");
    let here = namespace(&proc.join("self"));
    if namespace(place).is_some_and(|space| here.is_some_and(|here| here != space)) {
        let is_same = identity(fs::metadata(own.join("etc")).ok())
            == identity(fs::metadata("/etc").ok())
            && identity(fs::metadata(&own).ok()) == identity(fs::metadata("/").ok());
        return if is_same { PathBuf::from("/") } else { own };
    }
    match fs::read_link(&own) {
        Ok(jail) if exe.starts_with(&jail) => jail,
        Ok(_) | Err(_) => PathBuf::from("/"),
    }
}

/// What tells one file from all others, while it is there.
pub(super) fn identity(file: Option<Metadata>) -> Option<(u64, u64)> {
    file.map(|file| (file.dev(), file.ino()))
}

/// The files that are mapped to be run.
fn loaded(place: &Path) -> Option<BTreeSet<Loaded>> {
    let mut text = Vec::new();
    let file = fs::File::open(place.join("maps")).ok()?;
    file.take(MOST_OF_MAP).read_to_end(&mut text).ok()?;
    let text = String::from_utf8_lossy(&text);
    let found: BTreeSet<Loaded> = text.lines().filter_map(mapped).collect();
    // A process of this user's always has its program; of another's nothing is shown.
    (!found.is_empty()).then_some(found)
}

/// `55d0-55d1 r-xp 00000000 fe:01 4711    /usr/lib/libwrap.so.0`.
fn mapped(line: &str) -> Option<Loaded> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_once(' ')?;
        rest = after.trim_start_matches(' ');
        Some(field)
    };
    field()?;
    let rights = field()?;
    for _ in 0..3 {
        field()?;
    }
    let is_program = rights.contains('x') && rest.starts_with('/');
    is_program.then(|| {
        let (path, is_deleted) = without_mark(Path::new(rest));
        Loaded { path, is_deleted }
    })
}

/// When a process was started: ticks since the boot, which is at a time that `/proc/stat` has.
fn started(proc: &Path, place: &Path) -> Option<SystemTime> {
    let text = fs::read_to_string(place.join("stat")).ok()?;
    let ticks: u64 = text.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
    let all = fs::read_to_string(proc.join("stat")).ok()?;
    let boot = all.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot: u64 = boot.trim().parse().ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(boot + ticks / TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read() {
        let line = "7f0000-7f1000 r-xp 00002000 fe:01 4711                       /usr/lib/a b.so.0";
        let found = mapped(line).unwrap();
        assert_eq!(found.path, Path::new("/usr/lib/a b.so.0"));
        assert!(!found.is_deleted);
        let found = mapped(&format!("{line} (deleted)")).unwrap();
        assert_eq!(found.path, Path::new("/usr/lib/a b.so.0"));
        assert!(found.is_deleted);
        for none in [
            "7f0000-7f1000 rw-p 00002000 fe:01 4711 /usr/lib/a.so",
            "7f0000-7f1000 r-xp 00000000 00:00 0 [vdso]",
            "7f0000-7f1000 r-xp 00000000 00:00 0 ",
            "",
        ] {
            assert_eq!(mapped(none), None, "{none}");
        }
    }

    #[test]
    fn this_process_is_seen() {
        let own = process(Path::new("/proc"), std::process::id()).unwrap();
        assert_eq!(own.program, std::env::current_exe().unwrap());
        assert_eq!(own.root, Path::new("/"));
        assert!(!own.is_replaced && own.started.is_some());
        let has_libc = |loaded: &Loaded| loaded.path.to_string_lossy().contains("libc.so");
        assert!(own.loaded.unwrap().iter().any(has_libc));
    }
}
