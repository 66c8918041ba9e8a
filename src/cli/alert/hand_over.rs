//! What root makes ready for the deliverer before that becomes a user of its own: its directories belong
//! to it, and what root left in them.

use crate::alert::{Moved, move_journal, request_handover};
use crate::cli::base::Paths;
use crate::config::{Config, TransportSettings};
use crate::system::{DelivererAccount, give_to_directory, open_directory, open_unfollowed};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;
use tcpw_event::places::{DELIVER_DIRECTORY, DELIVER_JOURNAL, default_journal};
use tcpw_event::ways::{Way, make as make_way};

/// How often a deliverer of before is asked to make room, and how long it is waited for each time.
const MOST_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// Its directory: others need not look into it.
const MODE: u32 = 0o750;
/// The directory above it is root's; who knows what is in it finds it.
const PASSABLE: u32 = 0o711;
/// The drop directories as root makes them without that user, and as they are with it: the public one is
/// the deliverer's, and of root's it may take what lies there.
const PUBLIC: u32 = 0o1733;
const PUBLIC_OF_GROUP: u32 = 0o3733;
const ROOTS: u32 = 0o700;
const ROOTS_OF_GROUP: u32 = 0o2770;
/// An event there, and what its name ends in.
const SHARED: u32 = 0o640;
const EVENT: &str = ".event";
const WRITTEN_BY_OTHERS: u32 = 0o022;

/// Makes everything ready. The journal that the configuration does not name is moved into the directory
/// of the deliverer; false when another one is at work on it and does not make room.
///
/// # Errors
/// Words that say what the deliverer cannot have as a user of its own, and what mends it.
pub(super) fn hand_over(
    config: &mut Config,
    drops: &[PathBuf],
    paths: &Paths,
    account: &DelivererAccount,
) -> Result<bool, String> {
    if !config.has_journal {
        let new = paths.inside(Path::new(DELIVER_JOURNAL));
        own_directory(paths, account)?;
        for _ in 0..MOST_TRIES {
            // Another deliverer may have moved it meanwhile.
            config.journal = default_journal(&|path| paths.inside(path));
            if config.journal == new {
                break;
            }
            let moved = move_journal(&config.journal, &new).map_err(|error| error.to_string())?;
            if moved == Moved::Busy {
                drop(request_handover(&config.journal));
                sleep(PAUSE);
            }
        }
        if config.journal != new {
            // Nobody may begin another one where that is which is about to be moved.
            return Ok(false);
        }
    }
    give_journal(&config.journal, account)?;
    if let TransportSettings::File { directory } = &config.mail.transport {
        make(directory)?;
        let is_mail = |name: &str| matches!(name.rsplit_once('.'), Some((_, "eml" | "new")));
        give(directory, account, &is_mail)?;
    }
    for drop in drops {
        let is_roots = *drop == config.root_drop;
        let way = is_roots
            .then_some(Way::Root)
            .or_else(|| Way::of_usual(drop));
        // Later the kernel would not let the deliverer take from it. Where it cannot be made, notify
        // says why.
        make_way(drop, way.unwrap_or(Way::Public)).unwrap_or_default();
        give_drop(drop, account)?;
    }
    Ok(true)
}

/// The directory of the deliverer below root's.
fn own_directory(paths: &Paths, account: &DelivererAccount) -> Result<(), String> {
    let directory = paths.inside(Path::new(DELIVER_DIRECTORY));
    let above = directory.parent().unwrap_or(Path::new("/"));
    for (path, mode) in [(above, PASSABLE), (directory.as_path(), MODE)] {
        // A umask would take bits away.
        let made = DirBuilder::new().mode(mode).create(path);
        match made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode))) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                return Err(told("make", path, &cause));
            }
            _ => {}
        }
    }
    let found = open_directory(above).and_then(|above| Ok((above.metadata()?, above)));
    let (found, opened) = found.map_err(|cause| told("open", above, &cause))?;
    if found.uid() == 0 && found.mode() & PASSABLE != PASSABLE {
        let mode = Permissions::from_mode(found.mode() & 0o7777 | PASSABLE);
        let set = opened.set_permissions(mode);
        set.map_err(|cause| told("open to its user", above, &cause))?;
    }
    give(&directory, account, &|_| true)
}

/// The directory of the journal, if nothing else is in it.
fn give_journal(journal: &Path, account: &DelivererAccount) -> Result<(), String> {
    let directory = journal.parent().unwrap_or(Path::new("/"));
    let name = journal.file_name().unwrap_or_default().to_string_lossy();
    make(directory)?;
    give(directory, account, &|other| other.starts_with(&*name))
}

fn make(directory: &Path) -> Result<(), String> {
    // Those above it, if they are missing too, are passed through.
    let above = directory.parent().map_or(Ok(()), |above| {
        let mut maker = DirBuilder::new();
        maker.recursive(true).mode(0o755).create(above)
    });
    let made = above.and_then(|()| match DirBuilder::new().mode(MODE).create(directory) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
        _ => Ok(()),
    });
    made.map_err(|cause| told("make", directory, &cause))
}

/// Gives a directory of root's to the deliverer if only such files are in it as `is_its` says, and what
/// root made in one that it has.
fn give(
    directory: &Path,
    account: &DelivererAccount,
    is_its: &dyn Fn(&str) -> bool,
) -> Result<(), String> {
    let failed = |cause: &io::Error| told("hand over", directory, cause);
    let opened = open_directory(directory).map_err(|cause| failed(&cause))?;
    let found = opened.metadata().map_err(|cause| failed(&cause))?;
    let is_given = found.uid() == account.uid;
    if !is_given && (found.uid() != 0 || found.mode() & WRITTEN_BY_OTHERS != 0) {
        let (path, uid) = (directory.display(), account.uid);
        return Err(format!(
            "{path} belongs to neither root nor tcpw, or others can write to it; run chown {uid} {path} && chmod go-w {path}"
        ));
    }
    let entries = fs::read_dir(directory).map_err(|cause| failed(&cause))?;
    let mut own = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| failed(&cause))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_its(&entry.file_name().to_string_lossy()) {
            own.push(entry.path());
        } else if !is_given {
            let path = directory.display();
            return Err(format!(
                "{path} holds more than tcpw's own files: name a directory of its own in the configuration"
            ));
        }
    }
    if !is_given {
        let given = fchown(&opened, Some(account.uid), Some(account.gid));
        given.map_err(|cause| failed(&cause))?;
    }
    for path in own {
        // What is not root's stays, and so does what is gone meanwhile.
        if let Ok(file) = open_unfollowed(&path) {
            give_to_directory(&file, &path).map_err(|cause| failed(&cause))?;
        }
    }
    Ok(())
}

/// A drop directory of root's, as notify makes it, and what lies in it already. Any other one is left alone:
/// it was made ready by whoever set the machine up.
fn give_drop(drop: &Path, account: &DelivererAccount) -> Result<(), String> {
    let failed = |cause: &io::Error| told("hand over", drop, cause);
    let opened = match open_directory(drop) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(|cause| failed(&cause))?,
    };
    let found = opened.metadata().map_err(|cause| failed(&cause))?;
    let (owner, bits) = match (found.uid(), found.mode() & 0o7777) {
        (0, PUBLIC) => (account.uid, PUBLIC_OF_GROUP),
        (0, ROOTS) => (0, ROOTS_OF_GROUP),
        _ => return Ok(()),
    };
    fchown(&opened, Some(owner), Some(account.gid)).map_err(|cause| failed(&cause))?;
    let mode = opened.set_permissions(Permissions::from_mode(bits));
    mode.map_err(|cause| failed(&cause))?;
    let entries = fs::read_dir(drop).map_err(|cause| failed(&cause))?;
    for entry in entries {
        let entry = entry.map_err(|cause| failed(&cause))?;
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && entry.file_name().to_string_lossy().ends_with(EVENT) {
            share(&entry.path(), account);
        }
    }
    Ok(())
}

/// Lets the deliverer read an event. One that cannot be opened, or has a second name somewhere else,
/// stays what it is: the deliverer says that it cannot read it.
fn share(event: &Path, account: &DelivererAccount) {
    let Ok(file) = open_unfollowed(event) else {
        return;
    };
    if file
        .metadata()
        .is_ok_and(|found| found.is_file() && found.nlink() == 1)
    {
        let shared = fchown(&file, None, Some(account.gid))
            .and_then(|()| file.set_permissions(Permissions::from_mode(SHARED)));
        shared.unwrap_or_default();
    }
}

fn told(step: &str, path: &Path, cause: &io::Error) -> String {
    format!("cannot {step} {}: {cause}", path.display())
}
