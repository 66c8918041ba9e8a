//! `tcpw metrics`: what the status sees, as numbers in a file that is there as a whole or not at all.

use super::args::MetricsArgs;
use super::look::{exit, look};
use crate::cli::base::{Context, Exit, Failure};
use crate::status::prometheus;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::NamedTempFile;

/// Whoever collects the file is neither root nor of one of its groups.
const MODE: u32 = 0o644;

/// Runs the command.
pub(crate) fn run(args: &MetricsArgs, context: &mut Context) -> Result<Exit, Failure> {
    let seen = look(true, context);
    let text = prometheus(&seen.status, &seen.measures);
    match &args.output {
        None => context.out.bytes(text.as_bytes())?,
        Some(path) => write(path, text.as_bytes()).map_err(|cause| {
            Failure::new(format_args!("cannot write {}: {cause}", path.display()))
                .hint("name a file in a directory that you may write to")
        })?,
    }
    for why in seen.status.unread() {
        context.out.note(why)?;
    }
    Ok(match exit(&seen.status) {
        Exit::Failed | Exit::Unknown => Exit::Failed,
        Exit::Done | Exit::Negative | Exit::NotRecorded | Exit::Lost => Exit::Done,
    })
}

/// Puts a new file in the place of what is there when it is whole. What is neither file nor link
/// stays.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_special = fs::symlink_metadata(path)
        .is_ok_and(|found| !found.is_file() && !found.file_type().is_symlink());
    if is_special {
        return Err(io::Error::other("it is not a regular file"));
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file()
        .set_permissions(Permissions::from_mode(MODE))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
