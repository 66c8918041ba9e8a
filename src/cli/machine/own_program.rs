//! Whether the programs that alerts and timers run, mostly as root, can be changed by others.

use crate::cli::base::Failure;
use crate::system::own_uid;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where a program may be installed by hand, the first that only root can write to.
const PLACES: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];
/// The sticky bit: others cannot replace files in the directory.
const STICKY: u32 = 0o1000;
const WRITE_BY_OTHERS: u32 = 0o022;

/// Refuses a program that somebody else than root, or than whoever runs this, can write to or
/// replace. `programs` are all that have to be installed.
pub(crate) fn check(programs: &[PathBuf]) -> Result<(), Failure> {
    let weak = programs.iter().find_map(|program| {
        let real = program.canonicalize().ok();
        let paths = [Some(program.clone()), real];
        paths
            .into_iter()
            .flatten()
            .find_map(|path| weak_part(&path))
    });
    let Some(weak) = weak else { return Ok(()) };
    let what = format!(
        "others than root can change {}, and alerts would run it as root",
        weak.display()
    );
    let names: Vec<String> = programs
        .iter()
        .map(|program| program.display().to_string())
        .collect();
    let place = PLACES
        .into_iter()
        .find(|place| Path::new(place).is_dir() && weak_part(Path::new(place)).is_none());
    let place = place.unwrap_or("/usr/local/sbin");
    Err(Failure::new(what).hint(format_args!(
        "first run `sudo install -o root -g root -m 755 {} {place}/`, then repeat this as \
         `sudo {place}/tcpw ...`; nothing was written",
        names.join(" ")
    )))
}

/// The first part of a path, from the top, that others can change.
fn weak_part(path: &Path) -> Option<PathBuf> {
    let mut parts: Vec<&Path> = path.ancestors().collect();
    parts.reverse();
    let is_weak = |part: &&Path| {
        let is_last = *part == path;
        std::fs::metadata(part).is_ok_and(|found| can_others_change(&found, is_last))
    };
    parts.into_iter().find(is_weak).map(Path::to_path_buf)
}

fn can_others_change(found: &Metadata, is_last: bool) -> bool {
    let is_guarded = found.is_dir() && !is_last && found.mode() & STICKY != 0;
    let is_open = found.mode() & WRITE_BY_OTHERS != 0 && !is_guarded;
    let owner = found.uid();
    is_open || (owner != 0 && owner != own_uid())
}
