//! What an alert needs on this machine until its mail leaves: drop directories that take events, something
//! that delivers by the clock, and secrets that nobody else reads.

use super::mail_check::MailCheck;
use crate::alert::drop_misfit;
use crate::cli::base::Paths;
use crate::cli::machine::schedule_problems::schedule_problem;
use crate::cli::machine::schedule_state::{Clockwork, ScheduleState};
use crate::cli::machine::unit_files::CRON_FILE;
use crate::cli::machine::waiting::drops;
use crate::config::{Config, Login, Password, TransportSettings};
use crate::status::{StatusProblem, View, sentence};
use crate::system::{Clock as _, SystemClock, group_number, local_time, own_uid};
use crate::values::Language;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The group that the deliverer is in, beside root's.
const OWN_GROUP: &str = "tcpw";
const READ_BY_GROUP: u32 = 0o040;
const READ_BY_ALL: u32 = 0o004;

/// Looks at them.
pub(super) fn look(config: &Config, paths: &Paths) -> Vec<MailCheck> {
    let drops = drops(None, paths, config);
    let mut checks: Vec<MailCheck> = drops.iter().map(|drop| directory(drop)).collect();
    checks.extend(schedule(&ScheduleState::look(paths)));
    checks.extend(
        secrets(config, paths)
            .iter()
            .map(|path| secret(path, paths)),
    );
    checks
}

/// Whether daemons of every user can leave events in a drop directory, and nobody else's.
fn directory(drop: &Path) -> MailCheck {
    let what = drop.display().to_string();
    let help = "tcpw install-alert mends it";
    match drop_misfit(drop) {
        Ok(None) => MailCheck::fine(what, "takes events"),
        Ok(Some((found, wanted))) => {
            let problem = format!("has {found} and needs {wanted}");
            MailCheck::wrong(what, problem, Some(help))
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            MailCheck::fine(what, "is made by the first alert")
        }
        Err(cause) => MailCheck::wrong(what, format!("cannot be looked at: {cause}"), None),
    }
}

/// Whether what delivers by the clock works.
fn schedule(state: &ScheduleState) -> Vec<MailCheck> {
    let what = || "schedule".to_owned();
    let mut checks: Vec<MailCheck> = state
        .faults
        .iter()
        .map(|fault| MailCheck::wrong(what(), english(&schedule_problem(fault)), None))
        .collect();
    checks.extend(state.unread.iter().map(|why| {
        let problem = format!("cannot be looked at: {why}");
        MailCheck::wrong(what(), problem, None)
    }));
    if checks.is_empty() {
        checks.push(match state.by {
            Some(Clockwork::Systemd) => MailCheck::fine(what(), "the units of systemd are active"),
            Some(Clockwork::Cron) => MailCheck::fine(what(), &format!("{CRON_FILE} delivers")),
            None => MailCheck::fine(
                what(),
                "none: an alert delivers if its daemon runs as root (`tcpw install-alert --systemd` or \
                 --cron is for the others)",
            ),
        });
    }
    checks
}

/// A problem of the status in its words.
pub(super) fn english(problem: &StatusProblem) -> String {
    let view = View {
        language: Language::English,
        width: usize::MAX,
        now: SystemClock.now(),
        local: &local_time,
        is_saved: false,
    };
    sentence(problem, &view)
}

/// The files that hold a secret: those that the configuration names, and itself if one is written in it.
fn secrets(config: &Config, paths: &Paths) -> BTreeSet<PathBuf> {
    let TransportSettings::Smtp(servers) = &config.mail.transport else {
        return BTreeSet::new();
    };
    let logins = servers.iter().filter_map(|server| server.login.as_ref());
    logins
        .filter_map(|Login { password, .. }| match password {
            Password::File(path) => Some(path.clone()),
            Password::Literal(_) => Some(paths.config.clone()),
            Password::Command(_) | Password::Credential(_) => None,
        })
        .collect()
}

/// Who could read the secret in a file.
fn secret(path: &Path, paths: &Paths) -> MailCheck {
    let what = path.display().to_string();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(cause) => return MailCheck::wrong(what, format!("cannot be looked at: {cause}"), None),
    };
    let own = group_number(OWN_GROUP, &paths.inside(Path::new("/etc/group")));
    let is_own = found.gid() == 0 || own == Some(found.gid());
    let help = Some("chmod 600, or root:tcpw and mode 640, keeps it");
    if found.mode() & READ_BY_ALL != 0 {
        let problem = "every user can read the password in it".to_owned();
        MailCheck::wrong(what, problem, help)
    } else if found.mode() & READ_BY_GROUP != 0 && !is_own {
        let problem = format!("group {} can read the password in it", found.gid());
        MailCheck::wrong(what, problem, help)
    } else if found.uid() != 0 && found.uid() != own_uid() {
        let problem = format!("user {} owns the password in it", found.uid());
        MailCheck::wrong(what, problem, help)
    } else {
        MailCheck::fine(what, "nobody else reads the password in it")
    }
}
