//! The status that root keeps for a group, so that nobody needs more rights to look at it: neither the
//! journal, which names clients and is a database that readers lock, nor the configuration, which may
//! hold passwords, nor the history is opened to the group.

use crate::cli::base::{Failure, Paths};
use crate::config::Config;
use crate::escape::visible;
use crate::status::{MachineStatus, StatusProblem, json, of_json};
use crate::system::{group_number, is_root, read_regular};
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where it is: a restart of the machine removes it.
const SAVED: &str = "/run/tcpw/status.json";
/// It is never larger.
const MOST_BYTES: u64 = 4 << 20;
/// How old it may be.
const FRESH: TimeDelta = TimeDelta::minutes(15);
const WRITE_BY_OTHERS: u32 = 0o022;

/// Keeps the status for the group that the configuration names: mode 0640, root's.
///
/// # Errors
/// When no group is named or known, or the file cannot be written.
pub(super) fn save(status: &MachineStatus, config: &Config, paths: &Paths) -> Result<(), Failure> {
    let path = paths.inside(Path::new(SAVED));
    let Some(name) = &config.status_group else {
        let toml = shown(&paths.config);
        return Err(Failure::new(format_args!(
            "{toml} names no group that may see the status"
        ))
        .hint("add group = \"...\" to its table [status]; nothing was written"));
    };
    let group = group_number(name, &paths.inside(Path::new("/etc/group"))).ok_or_else(|| {
        Failure::new(format_args!(
            "there is no group {}, which [status] names",
            visible(name.as_bytes())
        ))
        .hint("make it with groupadd --system, or name another one; nothing was written")
    })?;
    let text =
        json(status).map_err(|error| Failure::new(error).hint("this is a fault of tcpw itself"))?;
    write(&path, &text, group).map_err(|cause| {
        Failure::new(format_args!("cannot write {}: {cause}", shown(&path))).hint("run it as root")
    })
}

fn write(path: &Path, text: &str, group: u32) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    if !directory.is_dir() {
        DirBuilder::new().mode(0o755).create(directory)?;
        // A umask would have taken bits away.
        fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    }
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    fchown(file.as_file(), None, Some(group))?;
    file.as_file()
        .set_permissions(Permissions::from_mode(0o640))?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The status that root has kept, for whoever is not root and may read it; nothing if there is none.
/// One that is old says so.
pub(super) fn read(paths: &Paths, now: DateTime<Utc>) -> Option<MachineStatus> {
    if is_root() {
        return None;
    }
    let path = paths.inside(Path::new(SAVED));
    if !is_roots(&path, paths) {
        return None;
    }
    let bytes = read_regular(&path, MOST_BYTES).ok()?;
    let mut status = of_json(&bytes).ok()?;
    let age = now - status.time.0;
    if age > FRESH || age < -FRESH {
        status.problems.insert(
            0,
            StatusProblem::Stale {
                file: shown(&path),
                time: status.time,
            },
        );
    }
    Some(status)
}

/// Whether nobody but root can have written it: below `--root`, whoever owns that directory.
fn is_roots(path: &Path, paths: &Paths) -> bool {
    let top = paths.root.as_deref().unwrap_or(Path::new("/"));
    let owner = fs::metadata(top).map_or(0, |top| top.uid());
    let directory = path.parent().map(Path::to_path_buf);
    let all: Vec<PathBuf> = directory.into_iter().chain([path.to_owned()]).collect();
    all.iter().all(|part| {
        fs::symlink_metadata(part).is_ok_and(|found| {
            let is_link = found.file_type().is_symlink();
            !is_link && found.uid() == owner && found.mode() & WRITE_BY_OTHERS == 0
        })
    })
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}
