//! Asking systemd to run a program later, whatever becomes of who asked.

use super::program::{Ended, read_program};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

/// There while systemd runs the machine (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";
/// Where it is on Debian: `PATH` may lead elsewhere.
const SYSTEMD_RUN: &str = "/usr/bin/systemd-run";
/// How long systemd may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether systemd runs this machine.
pub fn is_run_by_systemd() -> bool {
    Path::new(BOOTED).is_dir()
}

/// Has systemd run `program` once, in `delay`, under the name `unit` and outside of every session. A
/// restart of the machine ends the timer.
///
/// # Errors
/// When systemd cannot be asked, or refuses; with its words.
pub fn start_timer(
    unit: &str,
    delay: Duration,
    program: &Path,
    args: &[OsString],
) -> io::Result<()> {
    let mut words: Vec<OsString> = [
        "--quiet",
        "--collect",
        "--no-ask-password",
        "--timer-property=AccuracySec=100ms",
        "--description=Roll back a change of hosts.allow and hosts.deny unless it is confirmed",
    ]
    .map(OsString::from)
    .into();
    words.push(format!("--unit={unit}").into());
    words.push(format!("--on-active={}ms", delay.as_millis()).into());
    words.extend(["--".into(), program.into()]);
    words.extend(args.iter().cloned());
    match read_program(SYSTEMD_RUN, &words, PATIENCE, &mut |_| {})? {
        Ended::Exited(status, _) if status.success() => Ok(()),
        Ended::Exited(_, complaint) => Err(io::Error::other(complaint)),
        Ended::TooLong => Err(io::ErrorKind::TimedOut.into()),
    }
}
