//! What the journal and the drop directories say: how mail fares, who came today, what waits, and
//! whether the clock has jumped.

use super::reasons::reason;
use crate::alert::{
    EventTotal, Inbox, Journal, JournalError, JournalOverview, Notice, RefusedClient, Reporter,
    Troubles, VerdictCounts, Waiting as Outbox,
};
use crate::cli::base::{Failure, Paths};
use crate::cli::machine::clock_state::ahead_of_journal;
use crate::cli::machine::open_journal;
use crate::cli::machine::waiting::Waiting;
use crate::config::{Config, Smtp, TransportSettings};
use crate::escape::{visible, visible_short};
use crate::status::{
    ClientsLine, EventCount, LastClient, Looked, MailLine, MailState, Measures, StateCount,
    StatusProblem, UtcTime,
};
use crate::system::{local_time, time_of_local};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use std::path::Path;

/// As much of an address, a daemon and an error as is shown.
const SHOWN: usize = 60;
const ERROR: usize = 200;
/// How long alerts may wait in a drop directory until somebody has to see to it.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// What they say.
pub(super) struct JournalLook {
    /// How mail fares.
    pub(super) mail: Looked<MailLine>,
    /// Who came today.
    pub(super) clients: Looked<ClientsLine>,
    /// The numbers, but for those of the linter.
    pub(super) measures: Measures,
    /// What is wrong.
    pub(super) problems: Vec<StatusProblem>,
    /// What else could not be looked at.
    pub(super) cannot_read: Vec<String>,
}

/// What the journal answers.
#[derive(Default)]
struct Answers {
    outbox: Outbox,
    overview: JournalOverview,
    today: VerdictCounts,
    troubles: Troubles,
    ahead: Option<StatusProblem>,
    totals: Vec<EventTotal>,
}

/// Looks at both; counts all events only if somebody `wants_totals`.
pub(super) fn look(
    config: &Config,
    now: DateTime<Utc>,
    wants_totals: bool,
    paths: &Paths,
) -> JournalLook {
    // Before the journal: events go from here to there, so that none is missed.
    let mut outside = Waiting::look(None, paths, config);
    let answers = answers(config, now, wants_totals);
    let mut cannot_read = Vec::new();
    let mut problems = Vec::new();
    if answers.is_ok()
        && let Err(failure) = outside.look_for_deliverer(config)
    {
        cannot_read.push(reason("the lock of the deliverer", &failure));
    }
    problems.extend(waiting(&outside, now));
    let dropped = dropped(&outside.inboxes);
    let found = match &answers {
        Ok(found) => Looked::At(found),
        Err(failure) => Looked::failed(reason("the journal", failure)),
    };
    if let Some(found) = found.at() {
        problems.extend(of_answers(found));
    }
    JournalLook {
        mail: map(&found, |found| mail(config, found, dropped.clone())),
        clients: map(&found, |found| clients(found, now)),
        measures: measures(&found, &outside.inboxes, &dropped),
        problems,
        cannot_read,
    }
}

/// What was asked, or why it could not be.
fn map<T, U>(looked: &Looked<&T>, then: impl FnOnce(&T) -> U) -> Looked<U> {
    match looked {
        Looked::At(found) => Looked::At(then(found)),
        Looked::Not { cannot_read } => Looked::failed(cannot_read),
    }
}

/// Asks the journal; one that is not there yet has nothing to say.
fn answers(config: &Config, now: DateTime<Utc>, wants_totals: bool) -> Result<Answers, Failure> {
    let Some(mut journal) = open_journal::open(&config.journal)? else {
        return Ok(Answers::default());
    };
    ask(&mut journal, config, now, wants_totals).map_err(open_journal::told)
}

fn ask(
    journal: &mut Journal,
    config: &Config,
    now: DateTime<Utc>,
    wants_totals: bool,
) -> Result<Answers, JournalError> {
    let soon = now + TimeDelta::minutes(1);
    Ok(Answers {
        outbox: journal.waiting()?,
        overview: journal.overview()?,
        today: journal.verdicts(midnight(now), soon)?,
        troubles: journal.troubles(Some(now - TimeDelta::days(1)), soon)?,
        ahead: ahead_of_journal(journal, config, now)?,
        totals: if wants_totals {
            journal.event_totals()?
        } else {
            Vec::new()
        },
    })
}

/// When today began, by the clocks here.
fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = local_time(now).date_naive().and_time(NaiveTime::MIN);
    time_of_local(today).unwrap_or(now - TimeDelta::days(1))
}

/// How many alerts wait in the drop directories.
fn dropped(inboxes: &[Inbox]) -> Looked<u64> {
    let unread = inboxes
        .iter()
        .find_map(|inbox| Some((inbox, inbox.problem.as_ref()?)));
    match unread {
        None => Looked::At(inboxes.iter().map(|inbox| inbox.events).sum()),
        Some((inbox, problem)) => {
            let path = shown(&inbox.path);
            Looked::failed(format!("cannot read the drop directory {path}: {problem}"))
        }
    }
}

/// What waits that should not.
fn waiting(outside: &Waiting, now: DateTime<Utc>) -> Vec<StatusProblem> {
    let is_late = |inbox: &&Inbox| {
        let is_old = inbox.oldest.is_some_and(|oldest| now - oldest > PATIENCE);
        inbox.events > 0 && (outside.is_abandoned || is_old)
    };
    let late = outside.inboxes.iter().filter(is_late);
    let mut problems: Vec<StatusProblem> = late
        .map(|inbox| StatusProblem::Uncollected {
            directory: shown(&inbox.path),
            events: inbox.events,
            oldest: inbox.oldest.map(UtcTime),
        })
        .collect();
    if problems.is_empty() && outside.is_abandoned {
        problems.push(StatusProblem::NoDeliverer);
    }
    problems
}

/// What the journal says is wrong.
fn of_answers(found: &Answers) -> Vec<StatusProblem> {
    let troubles = &found.troubles;
    let error = |is_given_up: bool| {
        let mut stuck = troubles.stuck.iter();
        let stuck = stuck.find(|stuck| stuck.is_given_up == is_given_up);
        stuck.map_or_else(String::new, |stuck| short(&stuck.error))
    };
    let mut problems = Vec::new();
    if troubles.waiting > 0 {
        problems.push(StatusProblem::MailFailing {
            messages: troubles.waiting,
            error: error(false),
        });
    }
    if troubles.failed > 0 {
        problems.push(StatusProblem::GivenUp {
            messages: troubles.failed,
            error: error(true),
        });
    }
    problems.extend(found.ahead.clone());
    problems.extend(troubles.notices.iter().filter_map(notice));
    problems
}

/// What a notice of the last day says is wrong. What it says of letters and of the clock is asked for
/// as it is now.
fn notice((time, notice): &(DateTime<Utc>, Notice)) -> Option<StatusProblem> {
    let time = UtcTime(*time);
    match notice {
        Notice::JournalDamaged { aside, .. } => Some(StatusProblem::Damaged {
            time,
            aside: visible(aside.as_bytes()),
        }),
        Notice::Rejected { count, .. } => Some(StatusProblem::Rejected {
            time,
            files: *count,
        }),
        Notice::OthersForgotten { events, .. } => Some(StatusProblem::Forgotten {
            time,
            events: *events,
        }),
        Notice::GivenUp { .. }
        | Notice::ClockAhead { .. }
        | Notice::NamesOverdue { .. }
        | Notice::Heartbeat { .. }
        | Notice::Fleet(_)
        | Notice::Report { .. } => None,
    }
}

fn mail(config: &Config, found: &Answers, dropped: Looked<u64>) -> MailLine {
    let Answers {
        outbox, overview, ..
    } = found;
    let is_file = matches!(config.mail.transport, TransportSettings::File { .. });
    let state = if is_file {
        MailState::Kept
    } else if overview.last_failure.is_some() {
        MailState::Failing
    } else if overview.last_sent.is_some() {
        MailState::Ok
    } else {
        MailState::Untried
    };
    MailLine {
        way: way(&config.mail.transport),
        state,
        last_sent: overview.last_sent.map(UtcTime),
        queue: outbox.waiting,
        given_up: outbox.failed,
        gathering: outbox.gathering,
        dropped,
    }
}

/// Where mail goes, without a word about how.
fn way(transport: &TransportSettings) -> String {
    match transport {
        TransportSettings::File { directory } => shown(directory),
        TransportSettings::Sendmail { program, .. } => shown(program),
        TransportSettings::Smtp(servers) => {
            let server = |server: &Smtp| format!("{}:{}", server.host, server.port);
            let servers: Vec<String> = servers.iter().map(server).collect();
            visible(servers.join(", ").as_bytes())
        }
    }
}

fn clients(found: &Answers, now: DateTime<Utc>) -> ClientsLine {
    let today = &found.today;
    ClientsLine {
        since: UtcTime(midnight(now)),
        refused: today.refused,
        admitted: today.admitted,
        unknown: today.unknown,
        not_by_root: today.not_by_root,
        last: found.overview.last_refused.as_ref().map(last),
    }
}

fn last(client: &RefusedClient) -> LastClient {
    let who = if client.addr.is_empty() {
        &client.host
    } else {
        &client.addr
    };
    LastClient {
        time: UtcTime(client.time),
        client: visible_short(who, SHOWN),
        daemon: visible_short(&client.daemon, SHOWN),
        reported_by: match client.reporter {
            Reporter::Root => None,
            Reporter::User(uid) => Some(format!("uid {uid}")),
            Reporter::Unknown => Some("?".to_owned()),
        },
    }
}

/// The numbers for Prometheus.
fn measures(found: &Looked<&Answers>, inboxes: &[Inbox], dropped: &Looked<u64>) -> Measures {
    let total = |total: &EventTotal| EventCount {
        daemon: total.daemon.clone(),
        verdict: total.verdict,
        count: total.count,
    };
    let states = |outbox: &Outbox| {
        let pairs = [
            ("waiting", outbox.waiting),
            ("failed", outbox.failed),
            ("gathering", outbox.gathering),
        ];
        let states = pairs.map(|(state, count)| StateCount { state, count });
        states.to_vec()
    };
    let oldest = |found: &Answers| {
        let in_drops = inboxes.iter().filter_map(|inbox| inbox.oldest);
        in_drops
            .chain(found.overview.oldest_waiting)
            .min()
            .map(UtcTime)
    };
    Measures {
        events: map(found, |found| found.totals.iter().map(total).collect()),
        outbox: map(found, |found| states(&found.outbox)),
        dropped: dropped.clone(),
        last_event: map(found, |found| found.overview.last_event.map(UtcTime)),
        oldest_waiting: match dropped.why_not() {
            Some(why) => Looked::failed(why),
            None => map(found, oldest),
        },
        findings: Looked::At(Vec::new()),
    }
}

/// The beginning of an error.
fn short(text: &str) -> String {
    visible_short(text.as_bytes(), ERROR)
}

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}
