//! Every event that enters the journal is written to the system log too, for collectors that read
//! it.

use crate::alert::{Event, FiredRule, Reporter, Verdict};
use crate::cli::base::Paths;
use crate::config::Config;
use crate::escape::visible_short;
use crate::system::{DEV_LOG, JOURNAL_SOCKET, LogSockets, Severity, SystemLog};
use std::path::Path;

/// How much of a value stands in the message; the fields have more.
const SHOWN: usize = 200;

/// The logs of the machine that `paths` belong to.
pub(crate) fn open(paths: &Paths) -> SystemLog {
    SystemLog::new(LogSockets {
        journal: paths.inside(Path::new(JOURNAL_SOCKET)),
        classic: paths.inside(Path::new(DEV_LOG)),
    })
}

/// Tells the log about one event, unless the configuration says no.
pub(crate) fn record(
    log: &SystemLog,
    config: &Config,
    event: &Event,
    rule: Option<&FiredRule>,
    verdict: Verdict,
) {
    if !config.alert.syslog {
        return;
    }
    let place = rule.map(|rule| format!("{}:{}", rule.file, rule.line));
    let uid = Reporter::of(event.uid).uid();
    let uid = uid.map_or_else(|| "unknown".to_owned(), |uid| uid.to_string());
    let fields: [(&str, &[u8]); 8] = [
        ("TCPW_ADDR", event.addr.bytes()),
        ("TCPW_HOST", event.host.bytes()),
        ("TCPW_DAEMON", event.daemon.bytes()),
        ("TCPW_SERVER", event.server.bytes()),
        ("TCPW_PID", event.pid.bytes()),
        ("TCPW_UID", uid.as_bytes()),
        ("TCPW_RULE", place.as_deref().unwrap_or_default().as_bytes()),
        ("TCPW_OUTCOME", verdict.word().as_bytes()),
    ];
    let shown = |bytes: &[u8]| visible_short(bytes, SHOWN);
    let message = format!(
        "{} {} from {} ({}){}",
        match verdict {
            Verdict::Denied => "refused",
            Verdict::Granted => "admitted, with an alert,",
            Verdict::Unknown => "alert about",
        },
        shown(event.daemon.bytes()),
        shown(event.source()),
        shown(event.host.bytes()),
        place
            .as_ref()
            .map_or_else(String::new, |place| format!(" by {place}")),
    );
    // Without a log the journal still has the event.
    drop(log.event(&fields, &message, Severity::Notice));
}
