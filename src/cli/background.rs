//! Starting a command of this program that works unseen.

use super::paths::Paths;
use crate::system::start_detached;
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, absolute};

/// Starts `tcpw deliver --background` on the same files as this run.
pub(super) fn start(paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
    start_command(&["deliver", "--background"], paths, drop)
}

/// Starts a command on the same files as this run. Its working directory is another, so all paths
/// are made absolute.
pub(super) fn start_command(words: &[&str], paths: &Paths, drop: Option<&Path>) -> io::Result<()> {
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
    start_detached(&env::current_exe()?, &args)
}
