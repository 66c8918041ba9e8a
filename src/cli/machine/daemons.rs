//! Which daemons of this machine ask libwrap, for every command that has to know it.

use crate::cli::base::Paths;
use crate::doctor::{Diagnosis, Findings, Machine, Standing, examine, examine_installed};
use std::path::Path;

/// Looks at every program that waits for clients, or below `--root` at those that systemd starts for
/// one.
pub(crate) fn daemons(paths: &Paths) -> Findings {
    let root = paths.root.as_deref();
    examine(&Machine {
        root: root.unwrap_or(Path::new("/")),
        proc: root.is_none().then_some(Path::new("/proc")),
        tables: [&paths.allow, &paths.deny],
    })
}

/// The programs that are installed and would ask as `daemon`, or are called so, judged by their files
/// alone.
pub(crate) fn installed(paths: &Paths, daemon: &str) -> Vec<Diagnosis> {
    examine_installed(paths.root.as_deref().unwrap_or(Path::new("/")), daemon)
}

/// Why nobody asks as `daemon`, as [`why_nobody`] says it: what runs decides, and where nothing of that
/// name does, what is installed. `running` looks at what runs, if that is needed.
pub(crate) fn whom_it_binds(
    paths: &Paths,
    daemon: &str,
    running: impl FnOnce() -> Vec<Diagnosis>,
) -> Option<String> {
    let installed = installed(paths, daemon);
    if installed.iter().any(|one| one.asks_as(daemon)) {
        return None;
    }
    let running = running();
    if running.iter().any(|one| one.is_about(daemon)) {
        return why_nobody(&running, daemon);
    }
    why_nobody(&installed, daemon)
}

/// Why rules for `daemon` bind nobody, if that is so: what is called so asks nobody, or asks under
/// other names. Nothing where one of `answers` asks under it, or where it cannot be told.
fn why_nobody(answers: &[Diagnosis], daemon: &str) -> Option<String> {
    let about: Vec<&Diagnosis> = answers.iter().filter(|one| one.is_about(daemon)).collect();
    let asks = |one: &&Diagnosis| one.asks_as(daemon) || one.standing == Standing::CannotTell;
    if about.iter().any(asks) {
        return None;
    }
    let worst = about.iter().min_by_key(|one| one.standing)?;
    let evidence = worst.evidence.last().map_or("", String::as_str);
    Some(match worst.standing {
        Standing::Asked => {
            let names = worst.names.join(", ");
            format!("{daemon} asks libwrap as {names}, not under this name")
        }
        Standing::SwitchedOff => {
            format!("{daemon} is linked with libwrap and switched off ({evidence})")
        }
        Standing::NotAsked | Standing::CannotTell => {
            format!("{daemon} does not ask libwrap")
        }
    })
}
