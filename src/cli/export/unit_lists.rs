//! The lists of addresses that a unit of systemd has besides those of an export: systemd joins them.

use crate::cli::base::{Failure, Paths};
use crate::cli::machine::schedule_state::UNIT_PLACES;
use crate::escape::{visible, visible_short};
use crate::export::drop_in;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// As much of a line as is shown.
const SHOWN: usize = 80;
/// The slices that services and sockets of the system are in.
const SLICES: [&str; 2] = ["-.slice", "system.slice"];

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
    let own = drop_in(unit);
    let kind = unit.rsplit('.').next().unwrap_or_default();
    let template = unit
        .split_once('@')
        .map(|(stem, _)| format!("{stem}@.{kind}"));
    let names = [unit, kind].into_iter().chain(template.as_deref());
    let names = names.chain(SLICES);
    let mut files = BTreeSet::new();
    for name in names {
        let places = UNIT_PLACES
            .iter()
            .map(|place| paths.inside(Path::new(place)));
        for place in places.chain(folder.map(Path::to_owned)) {
            files.insert(place.join(name));
            files.extend(parts(&place.join(format!("{name}.d")))?);
        }
    }
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with(&own)) {
        for (at, line) in text(file)?.lines().enumerate() {
            let key = line.split('=').next().unwrap_or_default().trim();
            if matches!(key, "IPAddressAllow" | "IPAddressDeny") {
                let shown = visible_short(line.trim().as_bytes(), SHOWN);
                let file = visible(file.as_os_str().as_encoded_bytes());
                found.push(format!("{file}:{}: `{shown}`", at + 1));
            }
        }
    }
    Ok(found)
}

/// The parts of a unit in a folder.
fn parts(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let is_part = path.extension().is_some_and(|end| end == "conf");
        found.extend(is_part.then_some(path));
    }
    Ok(found)
}

/// What is in a file; nothing if there is none.
fn text(file: &Path) -> Result<String, Failure> {
    if file.is_dir() {
        return Ok(String::new());
    }
    match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if is_missing(&error) => Ok(String::new()),
        Err(error) => Err(failed(file, &error)),
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    Failure::new(format_args!("cannot read {shown}: {error}"))
        .hint("systemd may join lists in it with these: make it readable")
}
