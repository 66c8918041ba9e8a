//! What the clock of this machine does to mails and rules.

use super::mail_check::{MailCheck, MailFinding};
use super::mail_places::english;
use crate::cli::base::{Failure, Paths};
use crate::cli::machine::clock_state::{ClockSource, ahead_of_journal, behind_files, clock_source};
use crate::cli::machine::open_journal;
use crate::config::Config;
use crate::status::StatusProblem;
use crate::system::{Clock as _, SystemClock};

/// What follows from a clock that is wrong.
const WRONG: &str = "set the clock: until then mails have a wrong Date, TLS certificates may count as \
                     expired or not yet valid, and rules with --for end at the wrong time";
/// What follows from a clock that nothing sets.
const UNSET: &str = "let systemd-timesyncd, chrony or ntpd set it: a wrong clock gives mails a wrong \
                     Date, makes good TLS certificates fail and ends rules with --for at the wrong time";

/// Looks at it.
pub(super) fn look(config: &Config, paths: &Paths) -> Vec<MailCheck> {
    let what = || "clock".to_owned();
    let now = SystemClock.now();
    let (mut problems, mut unread) = behind_files(paths, now);
    match ahead(config) {
        Ok(ahead) => problems.extend(ahead),
        Err(Failure::Told { what, .. }) => unread.push(what),
        Err(Failure::ClosedPipe) => {}
    }
    let mut checks: Vec<MailCheck> = problems
        .iter()
        .map(|problem| MailCheck::wrong(what(), english(problem), Some(WRONG)))
        .collect();
    let beside = |why: String, help| MailCheck {
        what: what(),
        found: MailFinding::Beside(why),
        help,
    };
    match clock_source(paths) {
        ClockSource::Network if checks.is_empty() && unread.is_empty() => {
            let text = "set by the network, and no time that tcpw knows is still to come";
            checks.push(MailCheck::fine(what(), text));
        }
        ClockSource::Network => {}
        ClockSource::Nothing => checks.push(beside(
            "nothing sets it by the network (NTPSynchronized=no)".to_owned(),
            Some(UNSET),
        )),
        ClockSource::Unknown(why) => {
            let why = format!("whether the network sets it: {why}");
            checks.push(beside(why, None));
        }
    }
    checks.extend(unread.into_iter().map(|why| beside(why, None)));
    checks
}

/// What the journal says of it; nothing without one.
fn ahead(config: &Config) -> Result<Option<StatusProblem>, Failure> {
    let Some(mut journal) = open_journal::open(&config.journal)? else {
        return Ok(None);
    };
    let now = SystemClock.now();
    ahead_of_journal(&mut journal, config, now).map_err(open_journal::told)
}
