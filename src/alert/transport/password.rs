//! Getting a password or another secret, without it ever being an argument or in the
//! environment.

use crate::alert::model::fault::{Cause, Fault};
use crate::alert::transport::program::{Surroundings, run_limited};
use crate::config::{Password, Secret};
use crate::escape::visible;
use crate::system::{check_for_root, deliverer_group, is_for_group, open_regular};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

/// No password is longer.
const MOST_BYTES: u64 = 4096;
/// How long a program may take that prints a password.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first line of what `source` gives; `credentials` is the directory of systemd's.
///
/// # Errors
/// Words that name the file or the program; never the password.
pub fn fetch_secret(source: &Password, credentials: Option<&Path>) -> Result<Secret, String> {
    fetch(source, credentials, PATIENCE).map_err(|fault| fault.text)
}

/// The first line of what `source` gives.
///
/// # Errors
/// Words that name the file or the program; never the password.
pub(super) fn fetch(
    source: &Password,
    credentials: Option<&Path>,
    timeout: Duration,
) -> Result<Secret, Fault> {
    // What this process has not got, another one may have: it must say so, and make room.
    let mine = |text: String| Fault::new(Cause::Surroundings, text);
    let bytes = match source {
        Password::Literal(secret) => return Ok(secret.clone()),
        Password::File(path) => read_private(path)?,
        Password::Credential(name) => {
            let directory = credentials.ok_or_else(|| {
                mine(format!(
                    "no systemd credential {name:?}: this process was not started by a unit that has it (CREDENTIALS_DIRECTORY is not set)"
                ))
            })?;
            let path = directory.join(name);
            read(&path, open_regular(&path)).map_err(mine)?
        }
        Password::Command(argv) => {
            let (program, options) = argv.split_first().ok_or("password_command is empty")?;
            let ended = run_limited(
                Path::new(program),
                options,
                &[],
                timeout,
                Surroundings::Ours,
            )
            .map_err(|cause| mine(format!("cannot run {program}: {cause}")))?;
            if ended.code != Some(0) {
                return Err(mine(format!("{program} failed: {}", ended.said())));
            }
            ended.stdout
        }
    };
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok("") => Err("the password is empty".into()),
        Ok(text) => Ok(Secret(text.to_owned())),
        Err(_) => Err("the password is not UTF-8".into()),
    }
}

fn read_private(path: &Path) -> Result<Vec<u8>, String> {
    let file = open_regular(path);
    if let Ok(metadata) = file
        .as_ref()
        .map_err(drop)
        .and_then(|file| file.metadata().map_err(drop))
    {
        let mode = metadata.permissions().mode() & 0o7777;
        let is_shared = deliverer_group().is_some_and(|group| is_for_group(&metadata, group));
        if mode & 0o044 != 0 && !is_shared {
            let path = path.display();
            return Err(format!(
                "the password file {path} can be read by others (mode {mode:03o}); run chmod 600 {path}"
            ));
        }
        check_for_root(path).map_err(|distrust| {
            let text = format!(
                "root does not obey the password file {}: {distrust}",
                path.display()
            );
            visible(text.as_bytes())
        })?;
    }
    read(path, file)
}

fn read(path: &Path, file: io::Result<File>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|cause| format!("cannot read the password from {}: {cause}", path.display()))?;
    Ok(bytes)
}
