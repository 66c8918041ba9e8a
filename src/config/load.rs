//! Reading the configuration from its file, and who else may read that.

use super::build::parse;
use super::error::{ConfigError, ConfigProblem};
use super::settings::Config;
use crate::system::{PASSWD, deliverer_account, is_for_group};
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tcpw_event::regular::open_regular;
use tcpw_event::trust::check_for_root;

/// A configuration is a page of text; what is larger is something else.
const MOST_BYTES: u64 = 1024 * 1024;
/// The group, or everybody, may read a file.
const OTHERS_READ: u32 = 0o044;

/// Reads the configuration at `path`. `place` says where a path that is named inside is found on
/// this machine (`--root`). An absent file gives the defaults, unless it `must_exist`.
///
/// # Errors
/// When the file cannot be read, says something wrong (with its line and column), or holds a
/// password and can be read by others; or when root reads it and others can change it.
pub fn load(
    path: &Path,
    must_exist: bool,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Config, ConfigError> {
    let read_error = |cause| ConfigError::new(path, ConfigProblem::Read(cause));
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && !must_exist => {
            return Ok(Config::default_at(place));
        }
        Err(cause) => return Err(read_error(cause)),
    };
    check_for_root(path)
        .map_err(|distrust| ConfigError::new(path, ConfigProblem::Distrusted(distrust)))?;
    let found = file.metadata().map_err(read_error)?;
    let mode = found.permissions().mode();
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(read_error)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(ConfigError::new(path, ConfigProblem::TooLarge));
    }
    let config = parse(&bytes, path, place)?;
    if config.holds_password && mode & OTHERS_READ != 0 && !is_shared(&found, place) {
        return Err(ConfigError::new(
            path,
            ConfigProblem::Exposed {
                mode: mode & 0o7777,
            },
        ));
    }
    Ok(config)
}

/// Whether only root and the deliverer as a user of its own can read the file.
fn is_shared(found: &Metadata, place: &dyn Fn(&Path) -> PathBuf) -> bool {
    let account = deliverer_account(&place(Path::new(PASSWD)));
    account.is_some_and(|account| is_for_group(found, account.gid))
}
