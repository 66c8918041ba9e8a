//! Compiling a table: read when it has come to rest, written beside its place, and there as a whole or
//! not at all.

use super::build_error::BuildError;
use super::form_file::open_form;
use super::place::{beside, form_path, lock_path};
use super::table_state::identity_of;
use hosts_access::engine::{CompiledTable, TableIdentity, compile_table};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown,
};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};
use tcpw_event::now::now;
use tcpw_event::regular::open_regular;
use tcpw_event::trust::check_trust;

/// Everybody may look a form up.
const DIRECTORY_MODE: u32 = 0o755;
/// Of a directory above that is not there: others pass through it and see nothing.
const ABOVE_MODE: u32 = 0o711;
/// Nobody else reads a form before it is whole; or at all, if they may not read the table.
const OWN_MODE: u32 = 0o600;
/// Who may read the table may read its form.
const READ_BY_OTHERS: u32 = 0o044;
/// Places in a table have 32 bits.
const MOST_BYTES: u64 = (1 << 32) - 1;
/// How often a table is read that is changed meanwhile.
const ATTEMPTS: u32 = 5;

/// A form that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledSummary {
    /// Where it is.
    pub path: PathBuf,
    /// How many rules the table has that libwrap reads.
    pub rules: usize,
    /// The bytes of the table.
    pub table_bytes: u64,
    /// The bytes of the form.
    pub bytes: usize,
}

/// Compiles the table at `table`, and puts its form into `directory` in the place of the one before.
///
/// # Errors
/// When that cannot be done; what was there stays.
pub fn build(directory: &Path, table: &Path) -> Result<CompiledSummary, BuildError> {
    let path = form_path(directory, table).ok_or(BuildError::TooLarge("its path is too long"))?;
    make_directory(directory)?;
    check_trust(directory)?;
    let _lock = lock(directory)?;
    make(&path, table)
}

/// Compiles the table at `table` if it has a form, and that is of another state of the table; says
/// whether it did.
///
/// # Errors
/// As [`build`].
pub fn refresh(directory: &Path, table: &Path) -> Result<bool, BuildError> {
    let Some(path) = form_path(directory, table) else {
        return Ok(false);
    };
    if path.symlink_metadata().is_err() {
        return Ok(false);
    }
    check_trust(directory)?;
    let _lock = lock(directory)?;
    // Whoever had the lock may have removed it, or compiled this state already.
    let is_gone = path.symlink_metadata().is_err();
    if is_gone || is_current(&path, table) {
        return Ok(false);
    }
    make(&path, table).map(|_| true)
}

/// Whether the form at `path` is of the present state of the table, as its header says.
fn is_current(path: &Path, table: &Path) -> bool {
    let Ok(Some(map)) = open_form(path) else {
        return false;
    };
    CompiledTable::new(map.as_ref()).is_ok_and(|form| {
        let found = fs::metadata(table).map(|found| identity_of(&found));
        found.is_ok_and(|found| found == *form.identity())
    })
}

/// Compiles a table, under the lock.
fn make(path: &Path, table: &Path) -> Result<CompiledSummary, BuildError> {
    let (metadata, bytes) = read(table)?;
    let identity = identity_of(&metadata);
    let form = compiled(&bytes, &identity, fresh_seed())?;
    drop(bytes);
    write(path, &form, &metadata).map_err(failed(path))?;
    let rules = CompiledTable::new(&form).map_or(0, |form| form.rules());
    Ok(CompiledSummary {
        path: path.to_owned(),
        rules,
        table_bytes: identity.size,
        bytes: form.len(),
    })
}

/// The form of a table with these bytes.
pub(super) fn compiled(
    bytes: &[u8],
    identity: &TableIdentity,
    seed: [u64; 2],
) -> Result<Vec<u8>, BuildError> {
    let form = compile_table(bytes, identity, seed);
    form.ok_or(BuildError::TooLarge("it has more than 4294967294 patterns"))
}

/// What a table is and holds, at a moment after which every change of it can be seen.
///
/// The kernel's clock of files moves every few milliseconds, and that of some file systems every second
/// or two: a table that was changed just now may be changed once more without a trace. So it is read only
/// when the time of its change is over.
pub(super) fn read(table: &Path) -> Result<(Metadata, Vec<u8>), BuildError> {
    let failed = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            BuildError::NoTable
        } else {
            BuildError::Table(error)
        }
    };
    for _ in 0..ATTEMPTS {
        let file = open_regular(table).map_err(failed)?;
        let before = file.metadata().map_err(failed)?;
        if before.len() > MOST_BYTES {
            return Err(BuildError::TooLarge(
                "tables of 4 GiB and more are not supported",
            ));
        }
        let wait =
            unsettled(identity_of(&before).changed, now().into()).ok_or(BuildError::Future)?;
        if !wait.is_zero() {
            sleep(wait);
            continue;
        }
        let mut bytes = Vec::new();
        let mut limited = (&file).take(MOST_BYTES);
        limited.read_to_end(&mut bytes).map_err(failed)?;
        let after = file.metadata().map_err(failed)?;
        if identity_of(&before) == identity_of(&after) {
            return Ok((after, bytes));
        }
    }
    Err(BuildError::Restless)
}

/// How long until a change of a table would have another time than the last one, which it had at
/// `changed`, in seconds and nanoseconds; nothing if that is far in the future.
pub(super) fn unsettled(changed: (i64, i64), now: SystemTime) -> Option<Duration> {
    // A file system that knows no nanoseconds may know even seconds only.
    let is_coarse = changed.1 == 0;
    let tick = Duration::from_millis(if is_coarse { 2100 } else { 30 });
    let seconds = Duration::from_secs(u64::try_from(changed.0).unwrap_or(0));
    let nanoseconds = Duration::from_nanos(u64::try_from(changed.1).unwrap_or(0));
    let settled = SystemTime::UNIX_EPOCH.checked_add(seconds + nanoseconds + tick)?;
    let wait = settled.duration_since(now).unwrap_or(Duration::ZERO);
    (wait <= tick * 2).then_some(wait)
}

/// Makes the directory of the forms, if it is not there.
fn make_directory(directory: &Path) -> Result<(), BuildError> {
    if directory.symlink_metadata().is_ok() {
        return Ok(());
    }
    let made = || {
        if let Some(above) = directory.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(ABOVE_MODE)
                .create(above)?;
        }
        match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            made => made?,
        }
        fs::set_permissions(directory, Permissions::from_mode(DIRECTORY_MODE))
    };
    made().map_err(failed(directory))
}

/// Waits until nobody else builds or removes a form in this directory.
pub(super) fn lock(directory: &Path) -> Result<File, BuildError> {
    let path = lock_path(directory);
    let locked = || {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options
            .mode(OWN_MODE)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&path)?;
        file.lock()?;
        Ok(file)
    };
    locked().map_err(failed(&path))
}

/// Writes a form, which whoever may read the table may read, and returns when it lasts.
fn write(path: &Path, form: &[u8], table: &Metadata) -> io::Result<()> {
    let new = beside(path);
    if let Err(error) = fs::remove_file(&new)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(OWN_MODE);
    let mut file = options.open(&new)?;
    let written = file.write_all(form).and_then(|()| {
        if file.metadata()?.gid() != table.gid() {
            fchown(&file, None, Some(table.gid()))?;
        }
        let mode = OWN_MODE | table.mode() & READ_BY_OTHERS;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        put(&new, path)
    });
    if written.is_err() {
        // What is left is removed by the next one, too.
        drop(fs::remove_file(&new));
        return written;
    }
    sync_directory(path)
}

#[cfg_attr(
    not(test),
    expect(
        clippy::disallowed_methods,
        reason = "the last step of a form, which is no table"
    )
)]
fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Makes what happened to the names in the directory of `path` last.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    File::open(directory)?.sync_all()
}

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> BuildError {
    move |cause| BuildError::Write {
        path: path.to_owned(),
        cause,
    }
}

/// A seed that nobody can guess.
fn fresh_seed() -> [u64; 2] {
    [(); 2].map(|()| RandomState::new().build_hasher().finish())
}
