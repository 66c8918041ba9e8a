//! Starting a command of this program that works unseen.

use super::paths::Paths;
use crate::editor::FAST_NAME;
use crate::system::{start_bare, start_detached, start_unwatched};
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf, absolute};

/// What Linux puts after the path of a program whose file is gone.
const DELETED: &[u8] = b" (deleted)";

/// Starts `tcpw deliver --background` on the same files as this run.
pub(crate) fn start(paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    start_command(&["deliver", "--background"], paths, drop)
}

/// Starts `tcpw deliver --background` as an alert does, with no more than a daemon may have.
pub(crate) fn start_as_alert(paths: &Paths) -> io::Result<()> {
    let args = same_files(&["deliver", "--background"], paths, None)?;
    start_bare(&program()?, &args)
}

/// Starts a command on the same files as this run. Its working directory is another, so all paths
/// are made absolute.
pub(crate) fn start_command(words: &[&str], paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    start_detached(&program()?, &same_files(words, paths, drop)?)
}

/// Like [`start`], for a process of one thread that somebody waits for: it does not wait until the
/// program is loaded.
pub(crate) fn start_unseen(paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    let args = same_files(&["deliver", "--background"], paths, drop)?;
    start_unwatched(&program()?, &args)
}

fn same_files(words: &[&str], paths: &Paths, drop: Option<&Path>) -> io::Result<Vec<OsString>> {
    let mut args: Vec<OsString> = words.iter().map(Into::into).collect();
    let config = paths.config_is_given.then_some(paths.config.as_path());
    for (option, path) in [
        ("--root", paths.root.as_deref()),
        ("--config", config),
        ("--allow-file", Some(paths.allow.as_path())),
        ("--deny-file", Some(paths.deny.as_path())),
        ("--drop", drop),
    ] {
        if let Some(path) = path {
            let mut arg = OsString::from(format!("{option}="));
            arg.push(absolute(path)?);
            args.push(arg);
        }
    }
    Ok(args)
}

/// Where `tcpw` is: this very program, or the one beside it. A program that was replaced since it
/// was started is at its place again.
pub(crate) fn program() -> io::Result<PathBuf> {
    let own = env::current_exe()?;
    let name = own.file_name().unwrap_or_default().as_bytes();
    let name = name.strip_suffix(DELETED).unwrap_or(name);
    let name = if name == FAST_NAME.as_bytes() {
        "tcpw".as_bytes()
    } else {
        name
    };
    Ok(own.with_file_name(OsStr::from_bytes(name)))
}
