//! What the two tables say: who gets in, which rules raise an alert, what the linter finds, which
//! rules should be gone, and who else writes there.

use super::list_files::WatchedMachine;
use super::reasons::{reason, reason_of_file};
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::change::admitted::{Admission, Admitted, admitted};
use crate::cli::lint::overall;
use crate::cli::machine::tables::{TableFile, TableFiles};
use crate::editor::{FoundAlerts, Ground, Listed, Place, found_alerts, listed};
use crate::engine::{Surroundings as _, TableName};
use crate::escape::visible;
use crate::status::{
    AccessLine, AccessRow, AlertLine, Catches, Delivering, Looked, StandardAccess, StatusProblem,
    UtcTime,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// How long a rule may stay after its time is over: schedules come each minute.
const GRACE: TimeDelta = TimeDelta::seconds(150);
/// What is in a table that has something to tell of rules: tables of a million lines are not listed
/// for nothing.
const MARKS: [&[u8]; 5] = [
    b"until=",
    b"follow=",
    b"by=fail2ban",
    b"DenyHosts",
    b"sshguard",
];

/// What the tables say.
pub(super) struct TablesLook {
    /// Who gets in.
    pub(super) access: Looked<AccessLine>,
    /// Whose refusal raises an alert, and the rules; whoever looks at the schedules says who delivers it.
    pub(super) alert: Looked<AlertLine>,
    /// How many findings the linter has of each severity.
    pub(super) findings: Looked<Vec<(&'static str, u64)>>,
    /// Whether a rule has an end.
    pub(super) has_ends: bool,
    /// The names that rules follow.
    pub(super) follows: BTreeSet<String>,
    /// What is wrong.
    pub(super) problems: Vec<StatusProblem>,
    /// What else could not be looked at.
    pub(super) cannot_read: Vec<String>,
}

/// Looks at the tables.
pub(super) fn look(now: DateTime<Utc>, context: &mut Context) -> TablesLook {
    let paths = context.paths.clone();
    let mut found = match read(&paths) {
        Ok(files) => of_files(&files, now, &paths),
        Err(failure) => {
            let why = reason("the tables", &failure);
            TablesLook {
                access: Looked::failed(&why),
                alert: Looked::failed(&why),
                findings: Looked::failed(&why),
                has_ends: false,
                follows: BTreeSet::new(),
                problems: Vec::new(),
                cannot_read: Vec::new(),
            }
        }
    };
    lint(&mut found, context);
    found
}

fn read(paths: &Paths) -> Result<TableFiles, Failure> {
    Ok(TableFiles {
        allow: TableFile::read(&paths.allow)?,
        deny: TableFile::read(&paths.deny)?,
    })
}

fn of_files(files: &TableFiles, now: DateTime<Utc>, paths: &Paths) -> TablesLook {
    let world = WatchedMachine::new(paths);
    let reading = world.dialect().reading;
    let (allow, deny) = (
        crate::syntax::parse_as(files.allow.source(), reading),
        crate::syntax::parse_as(files.deny.source(), reading),
    );
    let line = access(admitted(&files.tables(&allow, &deny), &world));
    let unread = world.take_unread();
    let access = match unread.iter().next() {
        None => Looked::At(line),
        Some((path, cause)) => Looked::failed(reason_of_file(path, cause)),
    };
    let ground = Ground::new(&allow, &deny, &world);
    let alerts = found_alerts(&ground);
    let mut look = TablesLook {
        access,
        alert: Looked::At(alert_line(&alerts, paths)),
        findings: Looked::At(Vec::new()),
        has_ends: false,
        follows: BTreeSet::new(),
        problems: Vec::new(),
        cannot_read: Vec::new(),
    };
    programs(&alerts, paths, &mut look);
    let has_mark = |table: &TableFile| {
        let is_there = |mark: &&[u8]| memchr::memmem::find(table.source(), mark).is_some();
        MARKS.iter().any(is_there)
    };
    if has_mark(&files.allow) || has_mark(&files.deny) {
        rules(&listed(&ground), now, paths, &mut look);
    }
    look
}

/// The line of the status.
fn access(found: Admitted) -> AccessLine {
    let row = |row: Admission| AccessRow {
        daemons: row.daemons,
        all_but: row.all_but,
        clients: row.clients,
        more: row.more,
        except: row.except,
    };
    AccessLine {
        state: if found.is_open {
            StandardAccess::Open
        } else {
            StandardAccess::Closed
        },
        exceptions: found.exceptions.into_iter().map(row).collect(),
        more: found.more,
        not_computed: found.not_computed,
    }
}

/// A rule as people find it.
fn at(place: &Place, paths: &Paths) -> String {
    let path = match place.table {
        TableName::Allow => &paths.allow,
        TableName::Deny => &paths.deny,
    };
    let path = visible(path.as_os_str().as_encoded_bytes());
    format!("{path}:{}", place.number)
}

/// Whose refusal raises an alert, and by which rules.
fn alert_line(alerts: &FoundAlerts, paths: &Paths) -> AlertLine {
    let rules: Vec<String> = alerts
        .rules
        .iter()
        .map(|alert| at(&alert.place, paths))
        .collect();
    let all = alerts.silent.is_empty();
    let catches = match (rules.is_empty(), alerts.nameless, alerts.named) {
        (true, _, _) => Catches::Nobody,
        (false, true, true) if all => Catches::Unlisted,
        (false, true, false) => Catches::Nameless,
        (false, true, true) | (false, false, _) => Catches::Some,
    };
    AlertLine {
        catches,
        rules,
        silent: (alerts.silent.shown.iter())
            .map(|place| at(place, paths))
            .collect(),
        more_silent: alerts.silent.more,
        delivery: Delivering::Alert,
    }
}

/// The programs of alert rules must be there, and must be programs.
fn programs(alerts: &FoundAlerts, paths: &Paths, look: &mut TablesLook) {
    for alert in &alerts.rules {
        let Some(program) = &alert.program else {
            continue;
        };
        let real = paths.inside(program);
        let is_gone = match fs::metadata(&real) {
            Ok(found) => !found.is_file() || found.permissions().mode() & 0o111 == 0,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => true,
            Err(cause) => {
                look.cannot_read.push(reason_of_file(&real, &cause));
                false
            }
        };
        if is_gone {
            look.problems.push(StatusProblem::ProgramGone {
                rule: at(&alert.place, paths),
                program: shown(program),
            });
        }
    }
}

/// Rules whose time is over, and the programs that write rules.
fn rules(rules: &[Listed], now: DateTime<Utc>, paths: &Paths, look: &mut TablesLook) {
    let limit = stamp(now - GRACE);
    let mut writers = BTreeSet::new();
    for rule in rules {
        writers.extend(rule.writer.filter(|writer| *writer != "tcpw"));
        let follow = rule.label.as_ref().and_then(|label| label.follow.clone());
        look.follows.extend(follow);
        let until = rule.label.as_ref().and_then(|label| label.until.as_ref());
        let Some(until) = until else { continue };
        look.has_ends = true;
        // Both are in the one form that compares as text.
        if *until < limit
            && let Ok(time) = DateTime::parse_from_rfc3339(until)
        {
            look.problems.push(StatusProblem::RanOut {
                rule: at(&rule.place, paths),
                until: UtcTime(time.with_timezone(&Utc)),
            });
        }
    }
    if writers.len() > 1 {
        let programs = writers.into_iter().map(str::to_owned).collect();
        look.problems.push(StatusProblem::Writers { programs });
    }
}

/// What the linter finds; what is said of the programs of alerts already is left out.
fn lint(look: &mut TablesLook, context: &mut Context) {
    if look.findings.at().is_none() {
        return;
    }
    match overall(context) {
        Ok(found) => {
            if found.errors > 0 {
                look.problems.insert(
                    0,
                    StatusProblem::LintErrors {
                        errors: found.errors,
                        first: found.first,
                    },
                );
            }
            look.findings = Looked::At(found.counts.to_vec());
        }
        Err(failure) => {
            let why = reason("the tables for the linter", &failure);
            look.cannot_read.push(why.clone());
            look.findings = Looked::failed(why);
        }
    }
}

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}
