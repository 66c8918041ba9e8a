//! Programs that systemd starts when a client comes: its socket units, from systemd.socket(5).

use crate::doctor::setting::yes_or_no;
use crate::doctor::unread::Unread;
use std::collections::BTreeSet;
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

/// The enabled socket units of the system below `root` that listen at a port. What cannot be
/// read of them is added to `unread`.
pub(super) fn socket_units(root: &Path, unread: &mut Unread) -> Vec<SocketUnit> {
    let names = enabled(root, unread);
    names
        .into_iter()
        .filter_map(|name| unit(root, name, unread))
        .collect()
}

/// The names of the socket units that some target or unit wants.
fn enabled(root: &Path, unread: &mut Unread) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for path in unread.entries(&folder) {
            let wants = path
                .extension()
                .is_some_and(|end| end == "wants" || end == "requires");
            if !wants {
                continue;
            }
            let links = unread.entries(&path);
            found.extend(links.iter().filter_map(|link| {
                let name = link.file_name()?.to_str()?;
                name.ends_with(".socket").then(|| name.to_owned())
            }));
        }
    }
    found
}

fn unit(root: &Path, name: String, unread: &mut Unread) -> Option<SocketUnit> {
    let socket = read(root, &name, unread)?;
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
    let service = read(root, &service, unread)?;
    let line = values(&service, "ExecStart").last()?;
    // Characters before the path say how it is run, not what.
    let line = line.trim_start_matches(['-', '@', ':', '+', '!', '|']);
    let words = line.split_whitespace().map(str::to_owned).collect();
    Some(SocketUnit { name, ports, words })
}

/// A unit with what is added to it.
fn read(root: &Path, name: &str, unread: &mut Unread) -> Option<String> {
    let mut places = FOLDERS.iter().map(|folder| root.join(folder).join(name));
    // The first one counts, also where it is a link to /dev/null, which masks the unit.
    let first = places.find(|place| place.symlink_metadata().is_ok())?;
    if !first.is_file() {
        return None;
    }
    let mut whole = unread.text(&first)?;
    for folder in FOLDERS.iter().rev() {
        let folder = root.join(folder).join(format!("{name}.d"));
        let parts = unread.entries(&folder);
        let is_part = |path: &&PathBuf| path.extension().is_some_and(|end| end == "conf");
        for part in parts.iter().filter(is_part) {
            whole.push('\n');
            whole.push_str(&unread.text(part).unwrap_or_default());
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
