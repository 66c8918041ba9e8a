//! Programs that systemd starts when a client comes: its socket units, from systemd.socket(5).

use crate::doctor::setting::{text, yes_or_no};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where units are, the one that counts first (systemd.unit(5)).
const FOLDERS: [&str; 6] = [
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

/// A socket unit that is enabled, and the program behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SocketUnit {
    /// The unit's name.
    pub(super) name: String,
    /// The ports it listens at.
    pub(super) ports: BTreeSet<u16>,
    /// The program and its arguments.
    pub(super) words: Vec<String>,
}

/// The enabled socket units of the system below `root` that listen at a port.
pub(super) fn socket_units(root: &Path) -> Vec<SocketUnit> {
    let names = enabled(root);
    names
        .into_iter()
        .filter_map(|name| unit(root, name))
        .collect()
}

/// The names of the socket units that some target or unit wants.
fn enabled(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let wants = path
                .extension()
                .is_some_and(|end| end == "wants" || end == "requires");
            let links = wants.then(|| fs::read_dir(path)).into_iter().flatten();
            let names = links.flatten().flatten().map(|link| link.file_name());
            found.extend(names.filter_map(|name| {
                let name = name.to_str()?;
                name.ends_with(".socket").then(|| name.to_owned())
            }));
        }
    }
    found
}

fn unit(root: &Path, name: String) -> Option<SocketUnit> {
    let socket = read(root, &name)?;
    let ports = values(&socket, "ListenStream")
        .chain(values(&socket, "ListenDatagram"))
        .filter_map(|place| place.rsplit(':').next()?.parse().ok())
        .collect::<BTreeSet<u16>>();
    if ports.is_empty() {
        return None;
    }
    let stem = name.strip_suffix(".socket")?;
    let is_accepting = values(&socket, "Accept")
        .last()
        .is_some_and(|value| yes_or_no(&value) == Some(true));
    let service = match values(&socket, "Service").last() {
        Some(service) => service,
        None if is_accepting => format!("{stem}@.service"),
        None => format!("{stem}.service"),
    };
    let service = read(root, &service)?;
    let line = values(&service, "ExecStart").last()?;
    // Characters before the path say how it is run, not what.
    let line = line.trim_start_matches(['-', '@', ':', '+', '!', '|']);
    let words = line.split_whitespace().map(str::to_owned).collect();
    Some(SocketUnit { name, ports, words })
}

/// A unit with what is added to it.
fn read(root: &Path, name: &str) -> Option<String> {
    let mut places = FOLDERS.iter().map(|folder| root.join(folder).join(name));
    // The first one counts, also where it is a link to /dev/null, which masks the unit.
    let first = places.find(|place| place.symlink_metadata().is_ok())?;
    let mut whole = text(&first).ok().flatten()?;
    for folder in FOLDERS.iter().rev() {
        let folder = root.join(folder).join(format!("{name}.d"));
        let mut parts: Vec<PathBuf> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "conf"))
            .collect();
        parts.sort();
        for part in parts {
            whole.push('\n');
            whole.push_str(&text(&part).ok().flatten().unwrap_or_default());
        }
    }
    Some(whole)
}

/// The values of a key, in their order; an empty one forgets those before it.
fn values(unit: &str, key: &str) -> impl DoubleEndedIterator<Item = String> {
    let mut found = Vec::new();
    let unit = unit.replace("\\\n", " ");
    for line in unit.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        if name.trim() == key {
            if value.trim().is_empty() {
                found.clear();
            } else {
                found.push(value.trim().to_owned());
            }
        }
    }
    found.into_iter()
}
