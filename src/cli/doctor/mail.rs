//! Whether the mail of an alert could leave: every step up to the mail itself, and room for what is
//! recorded until then.

use super::mail_check::{MailCheck, MailFinding};
use super::{mail_clock, mail_domains, mail_places};
use crate::alert::transport::{self, Rehearsal};
use crate::cli::alert::mail_hints::remedy;
use crate::cli::base::{Context, Failure, Output, Style};
use crate::cli::machine::settings::load;
use crate::cli::machine::waiting::drops;
use crate::config::{Config, TransportSettings};
use crate::escape::visible;
use crate::system::{free_space, host_name};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

/// With less room than this an event may be lost: SQLite and its log need some.
const LEAST_ROOM: u64 = 64 << 20;

/// Looks at all.
///
/// # Errors
/// When the configuration cannot be used.
pub(super) fn look(context: &Context) -> Result<Vec<MailCheck>, Failure> {
    let config = load(&context.paths)?;
    let mut checks = servers(&config);
    if !config.mail.has_way {
        checks.push(MailCheck::wrong(
            "mail.transport".to_owned(),
            "is not set, so no mail leaves".to_owned(),
            Some("tcpw setup asks for it"),
        ));
    }
    checks.extend(mail_domains::look(&config, &context.paths));
    checks.extend(mail_places::look(&config, &context.paths));
    checks.extend(mail_clock::look(&config, &context.paths));
    let mut places: BTreeSet<PathBuf> = drops(None, &context.paths, &config).into_iter().collect();
    places.insert(config.journal);
    checks.extend(places.iter().map(|place| room(place)));
    Ok(checks)
}

/// Each mail server, as far as one comes without sending anything.
fn servers(config: &Config) -> Vec<MailCheck> {
    let what = |text: &str| MailCheck::fine("transport".to_owned(), text);
    match &config.mail.transport {
        TransportSettings::File { .. } => {
            return vec![what(
                "mails are kept as files; there is no server to log in to",
            )];
        }
        TransportSettings::Sendmail { program, .. } => {
            let program = program.display();
            let text = format!("{program} takes the mails; only tcpw mail test shows what it does");
            return vec![what(&text)];
        }
        TransportSettings::Smtp(_) => {}
    }
    let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let way = transport::open(&config.mail.transport, &host_name(), credentials.as_deref());
    way.rehearse().into_iter().map(server).collect()
}

fn server(rehearsal: Rehearsal) -> MailCheck {
    let found = match rehearsal.login {
        Some(login) => format!("answers and logs {login} in"),
        None => "answers; no login is configured".to_owned(),
    };
    match rehearsal.failure {
        None => MailCheck::fine(rehearsal.place, &found),
        Some((step, fault)) => {
            let help = Some(remedy(step, &fault));
            MailCheck::wrong(rehearsal.place, format!("{step}: {fault}"), help)
        }
    }
}

/// Whether there is room for what is recorded at a place.
fn room(place: &Path) -> MailCheck {
    let what = place.display().to_string();
    let help = Some("make room on that file system (df -h)");
    match free_space(place) {
        Ok(bytes) => {
            let text = format!("{} MiB free", bytes >> 20);
            if bytes < LEAST_ROOM {
                MailCheck::wrong(what, format!("{text} only: events may be lost"), help)
            } else {
                MailCheck::fine(what, &text)
            }
        }
        Err(cause) => {
            let problem = format!("how much room there is cannot be seen: {cause}");
            MailCheck::wrong(what, problem, help)
        }
    }
}

/// Prints them for people.
pub(super) fn human(checks: &[MailCheck], out: &mut Output) -> Result<(), Failure> {
    for check in checks {
        let what = visible(check.what.as_bytes());
        let (style, word, said) = match &check.found {
            MailFinding::Fine(found) => (Style::Good, "ok", found),
            MailFinding::Wrong(problem) => (Style::Bad, "problem", problem),
            MailFinding::Open(why) | MailFinding::Beside(why) => (Style::Warn, "cannot tell", why),
        };
        let word = out.paint(style, word);
        out.prose(format!("{word}: {what}: {}", visible(said.as_bytes())))?;
        if let Some(help) = check.help {
            out.prose(format!("  help: {help}"))?;
        }
    }
    Ok(())
}

/// One object for programs.
pub(super) fn json(checks: &[MailCheck]) -> String {
    let checks: Vec<Value> = checks
        .iter()
        .map(|check| {
            let (found, problem, open) = match &check.found {
                MailFinding::Fine(found) => (found.as_str(), None, None),
                MailFinding::Wrong(problem) => ("", Some(problem), None),
                MailFinding::Open(why) | MailFinding::Beside(why) => ("", None, Some(why)),
            };
            json!({
                "what": check.what,
                "found": found,
                "problem": problem,
                "cannot_tell": open,
                "help": check.help,
            })
        })
        .collect();
    json!({ "mail": checks }).to_string()
}
