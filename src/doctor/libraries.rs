//! Through which libraries a program reaches libwrap: those that it needs, and those that these need.

use crate::doctor::elf::{Linkage, holds_libwrap, linkage};
use crate::doctor::process::Loaded;
use crate::system::open_regular;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What libwrap's file is called, up to its version.
const LIBWRAP: &str = "libwrap.so.";
/// Where the dynamic linker looks by itself (ld.so(8)), and Debian's folders of architectures in them.
const FOLDERS: [&str; 5] = ["lib", "usr/lib", "lib64", "usr/lib64", "usr/local/lib"];
/// The list of further folders.
const LINKER_LIST: &str = "etc/ld.so.conf";
/// More libraries than this no program needs.
const MOST: usize = 2000;

/// How a program asks libwrap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// It calls libwrap itself.
    Itself,
    /// A library that it needs does, or a plugin.
    Through(PathBuf),
    /// It has libwrap inside.
    Inside,
    /// A plugin would, and is not loaded.
    NotLoaded(PathBuf),
    /// It is linked with libwrap, and calls none of its functions that ask.
    Idle,
    /// It does not.
    Not,
    /// It cannot be seen.
    Unseen {
        /// The file that cannot be read.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// The libraries of a system, each read once.
#[derive(Debug)]
pub(super) struct Libraries {
    root: PathBuf,
    folders: Vec<PathBuf>,
    read: BTreeMap<PathBuf, Option<Linkage>>,
}

impl Libraries {
    /// Those of the system below `root`.
    pub(super) fn of(root: &Path) -> Self {
        let mut folders = Vec::new();
        listed(root, &root.join(LINKER_LIST), 0, &mut folders);
        for folder in FOLDERS {
            let folder = root.join(folder);
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            let mut inside: Vec<PathBuf> = entries
                .filter(|entry| entry.file_name().to_string_lossy().contains("-linux-"))
                .map(|entry| entry.path())
                .collect();
            inside.sort();
            folders.extend(inside);
            folders.push(folder);
        }
        Self {
            root: root.to_owned(),
            folders,
            read: BTreeMap::new(),
        }
    }

    /// How the program at `path` asks libwrap, by its file and the libraries that it names. Some of
    /// its `plugins` may do it for it.
    pub(super) fn reach(&mut self, path: &Path, plugins: &[PathBuf]) -> Reach {
        let own = match self.own(path) {
            Ok(own) => own,
            Err(reach) => return reach,
        };
        let mut missing = None;
        if let Some(plugin) = self.asking(plugins, &mut missing) {
            return Reach::Through(plugin);
        }
        match self.through(path, &own, &mut missing) {
            Some(library) => Reach::Through(library),
            None if own.needed.iter().any(|name| name.starts_with(LIBWRAP)) => Reach::Idle,
            None => missing.unwrap_or(Reach::Not),
        }
    }

    /// How a process asks libwrap, whose program is open at `path`: by what it has loaded.
    pub(super) fn reach_of_process(
        &mut self,
        path: &Path,
        loaded: &BTreeSet<Loaded>,
        plugins: &[PathBuf],
    ) -> Reach {
        if let Err(reach) = self.own(path) {
            return reach;
        }
        let is_libwrap = |loaded: &Loaded| {
            let name = loaded.path.file_name().unwrap_or_default();
            name.to_string_lossy().starts_with(LIBWRAP)
        };
        if !loaded.iter().any(is_libwrap) {
            let mut missing = None;
            return match self.asking(plugins, &mut missing) {
                Some(plugin) => Reach::NotLoaded(plugin),
                None => missing.unwrap_or(Reach::Not),
            };
        }
        let mut unseen = None;
        for library in loaded.iter().filter(|library| !is_libwrap(library)) {
            let place = self.place(&library.path);
            if library.is_deleted {
                let why = "it was replaced since it was loaded".to_owned();
                unseen.get_or_insert(Reach::Unseen { path: place, why });
            } else if self.asking([&place], &mut unseen).is_some() {
                return Reach::Through(place);
            }
        }
        unseen.unwrap_or(Reach::Idle)
    }

    /// What a program's file needs, where it does not ask libwrap by itself.
    fn own(&mut self, path: &Path) -> Result<Linkage, Reach> {
        let own = match self.linkage(path) {
            Ok(Some(own)) => own,
            Ok(None) => return Err(Reach::Not),
            Err(cause) => return Err(unseen(path, &cause)),
        };
        if own.calls_libwrap {
            return Err(Reach::Itself);
        }
        match open_regular(path).and_then(|file| holds_libwrap(&file)) {
            Ok(false) => Ok(own),
            Ok(true) => Err(Reach::Inside),
            Err(cause) => Err(unseen(path, &cause)),
        }
    }

    /// The first of some libraries that calls libwrap. In `missing`, the first that could not be read.
    fn asking<'p>(
        &mut self,
        libraries: impl IntoIterator<Item = &'p PathBuf>,
        missing: &mut Option<Reach>,
    ) -> Option<PathBuf> {
        libraries
            .into_iter()
            .find(|path| match self.linkage(path) {
                Ok(linkage) => linkage.is_some_and(|linkage| linkage.calls_libwrap),
                Err(cause) => {
                    missing.get_or_insert_with(|| unseen(path, &cause));
                    false
                }
            })
            .cloned()
    }

    /// Where a file is that a process has loaded: below the root, unless it is only seen from here.
    fn place(&self, path: &Path) -> PathBuf {
        let inside = self.root.join(path.strip_prefix("/").unwrap_or(path));
        if inside.exists() {
            inside
        } else {
            path.to_owned()
        }
    }

    /// The first library, in the order in which the linker loads them, that asks libwrap. In
    /// `missing`, the first that could not be read.
    fn through(
        &mut self,
        program: &Path,
        own: &Linkage,
        missing: &mut Option<Reach>,
    ) -> Option<PathBuf> {
        let mut waiting: VecDeque<(PathBuf, Linkage)> = VecDeque::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        waiting.push_back((program.to_owned(), own.clone()));
        while let Some((user, linkage)) = waiting.pop_front() {
            for name in &linkage.needed {
                if name.starts_with(LIBWRAP) || seen.len() > MOST || !seen.insert(name.clone()) {
                    continue;
                }
                let Some(path) = self.find(name, &user, &linkage) else {
                    let why = format!("no library {name} is found");
                    missing.get_or_insert(Reach::Unseen {
                        path: user.clone(),
                        why,
                    });
                    continue;
                };
                match self.linkage(&path) {
                    Ok(Some(library)) if library.calls_libwrap => return Some(path),
                    Ok(Some(library)) => waiting.push_back((path, library)),
                    Ok(None) => {}
                    Err(cause) => {
                        missing.get_or_insert(unseen(&path, &cause));
                    }
                }
            }
        }
        None
    }

    fn linkage(&mut self, path: &Path) -> io::Result<Option<Linkage>> {
        if let Some(known) = self.read.get(path) {
            return Ok(known.clone());
        }
        let found = linkage(&open_regular(path)?)?;
        self.read.insert(path.to_owned(), found.clone());
        Ok(found)
    }

    /// The file of a library that `user` needs.
    fn find(&self, name: &str, user: &Path, linkage: &Linkage) -> Option<PathBuf> {
        if name.contains('/') {
            return Some(self.below(name)).filter(|path| path.exists());
        }
        let origin = user.parent().unwrap_or(Path::new("/"));
        let wanted = linkage.run_paths.iter().map(|folder| {
            let rest = folder
                .strip_prefix("$ORIGIN")
                .or_else(|| folder.strip_prefix("${ORIGIN}"));
            match rest {
                Some(rest) => origin.join(rest.trim_start_matches('/')),
                None => self.below(folder),
            }
        });
        wanted
            .chain(self.folders.iter().cloned())
            .map(|folder| folder.join(name))
            .find(|path| path.exists())
    }

    fn below(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

fn unseen(path: &Path, cause: &io::Error) -> Reach {
    Reach::Unseen {
        path: path.to_owned(),
        why: cause.to_string(),
    }
}

/// The folders that a list of ld.so(8) names, those of the lists that it includes too.
fn listed(root: &Path, list: &Path, depth: usize, folders: &mut Vec<PathBuf>) {
    let Ok(text) = fs::read_to_string(list) else {
        return;
    };
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(pattern) = line.strip_prefix("include ") {
            if depth < 4 {
                for list in included(root, pattern.trim()) {
                    listed(root, &list, depth + 1, folders);
                }
            }
        } else if line.starts_with('/') {
            folders.push(root.join(line.trim_start_matches('/')));
        }
    }
}

/// The files that an `include` names: a path whose last part may be `*.conf`.
fn included(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let path = root.join(pattern.trim_start_matches('/'));
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
    else {
        return Vec::new();
    };
    let Some(end) = name.strip_prefix('*') else {
        return vec![path];
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(end))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
