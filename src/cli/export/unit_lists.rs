//! The lists of addresses that a unit of systemd has besides those of an export: systemd joins them.

use super::unit_files::{entries, text};
use super::unit_names::{UnitFolders, drop_in_names, kind, slice};
use crate::cli::base::{Failure, Paths};
use crate::escape::{visible, visible_short};
use crate::export::drop_in;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// As much of a line as is shown.
const SHOWN: usize = 80;
/// What decides about packets of a unit.
const KEYS: [&str; 4] = [
    "IPAddressAllow",
    "IPAddressDeny",
    "IPIngressFilterPath",
    "IPEgressFilterPath",
];

/// The lines of other files that give a unit, or what it is in, lists of addresses, each with its place.
/// `folder` is where exports are installed besides.
///
/// # Errors
/// If one of the files is there and cannot be read.
pub(super) fn joined(
    unit: &str,
    folder: Option<&Path>,
    paths: &Paths,
) -> Result<Vec<String>, Failure> {
    let folders = UnitFolders::read(folder, paths)?;
    let own = drop_in(unit);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut left = vec![unit.to_owned()];
    while let Some(unit) = left.pop() {
        if !seen.insert(unit.clone()) {
            continue;
        }
        left.extend(slice(&unit));
        let is_slice = kind(&unit) == "slice";
        for file in files(&unit, &folders)? {
            if file.ends_with(&own) {
                continue;
            }
            for (at, line) in text(&file)?.lines().enumerate() {
                let (key, value) = line.split_once('=').unwrap_or((line, ""));
                let (key, value) = (key.trim(), value.trim());
                let is_unclear = key == "Slice" && !is_slice && value.contains('%');
                if key == "Slice" && !is_slice && !is_unclear {
                    left.extend((kind(value) == "slice").then(|| value.to_owned()));
                }
                if KEYS.contains(&key) || is_unclear {
                    let shown = visible_short(line.trim().as_bytes(), SHOWN);
                    let file = visible(file.as_os_str().as_encoded_bytes());
                    found.push(format!("{file}:{}: `{shown}`", at + 1));
                }
            }
        }
    }
    Ok(found)
}

/// The files from which systemd reads a unit, there or not.
fn files(unit: &str, folders: &UnitFolders) -> Result<BTreeSet<PathBuf>, Failure> {
    let names = folders.names(unit);
    let mut of_drop_ins = BTreeSet::new();
    for name in &names {
        drop_in_names(name, &mut of_drop_ins);
    }
    let mut files = BTreeSet::new();
    for place in &folders.places {
        files.extend(names.iter().map(|name| place.join(name)));
        for name in &of_drop_ins {
            let parts = entries(&place.join(format!("{name}.d")))?.into_iter();
            files.extend(parts.filter(|path| path.extension().is_some_and(|end| end == "conf")));
        }
    }
    Ok(files)
}
