//! Messages of the queue in words: rows, reasons, and everything about one.

use crate::alert::{
    Ahead, Attempt, Decision, Entry, FleetNotice, Letter, LetterKind, Notice, Queued, Reason, State,
};
use crate::config::Alert;
use crate::escape::{visible, visible_short};
use crate::system::local_time;
use crate::values::{counted, exact_duration};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

/// As much of an error or a source as a row shows.
const SHOWN: usize = 60;

/// The head of the table.
pub(crate) fn head() -> String {
    format!(
        "{:>6}  {:<9}  {:<9}  {:>7}  {:<24}  {:<12}  {:>5}  {:<19}  LAST ERROR",
        "NUMBER", "STATE", "KIND", "EVENTS", "ABOUT", "WAY", "TRIES", "DUE"
    )
}

/// One letter on one way.
pub(crate) fn row(letter: &Queued) -> String {
    let due = match letter.state {
        State::Gathering | State::Waiting => clock(letter.due),
        State::Delivered | State::Failed | State::Dropped | State::Merged | State::Left => {
            "-".to_owned()
        }
    };
    format!(
        "{:>6}  {:<9}  {:<9}  {:>7}  {:<24}  {:<12}  {:>5}  {:<19}  {}",
        letter.letter,
        letter.state.word(),
        letter.kind.word(),
        letter.count,
        about(letter),
        letter
            .channel
            .as_deref()
            .map_or_else(|| "-".to_owned(), shown),
        letter.attempts,
        due,
        letter
            .last_error
            .as_deref()
            .map_or_else(|| "-".to_owned(), shown),
    )
}

fn about(letter: &Queued) -> String {
    if let Some(Notice::Fleet(notice)) = &letter.notice {
        return about_servers(notice);
    }
    match letter.kind {
        LetterKind::Overflow => "many sources".to_owned(),
        LetterKind::Notice | LetterKind::Heartbeat | LetterKind::Report | LetterKind::Test => {
            "the alerts themselves".to_owned()
        }
        LetterKind::Alarm | LetterKind::Digest => letter
            .source
            .as_deref()
            .map_or_else(|| "-".to_owned(), shown),
    }
}

fn about_servers(notice: &FleetNotice) -> String {
    match notice {
        FleetNotice::Source(found) => shown(&found.source),
        FleetNotice::Overflow { sources, .. } => counted(*sources, "source"),
        FleetNotice::Silent { count, .. }
        | FleetNotice::Back { count, .. }
        | FleetNotice::Muting { count, .. } => counted(*count, "server"),
    }
}

fn is_of_fleet(letter: &Queued) -> bool {
    matches!(letter.notice, Some(Notice::Fleet(_)))
}

fn shown(text: &str) -> String {
    visible_short(text.as_bytes(), SHOWN)
}

/// A letter as an object for programs.
pub(crate) fn object(letter: &Queued) -> String {
    let reasons: serde_json::Map<String, serde_json::Value> = letter
        .reasons
        .iter()
        .map(|reason| (reason.decision.word().to_owned(), json!(reason.count)))
        .collect();
    let due = DateTime::from_timestamp(letter.due, 0).unwrap_or_default();
    json!({
        "letter": letter.letter,
        "state": letter.state.word(),
        "kind": letter.kind.word(),
        "source": letter.source,
        "way": letter.channel,
        "to": letter.audience,
        "message_id": letter.message_id,
        "created": letter.created.to_rfc3339_opts(SecondsFormat::Millis, true),
        "due": due.to_rfc3339_opts(SecondsFormat::Secs, true),
        "events": letter.count,
        "attempts": letter.attempts,
        "last_error": letter.last_error,
        "reasons": reasons,
    })
    .to_string()
}

/// That the journal has times which are still to come.
pub(crate) fn ahead_line(ahead: &Ahead) -> String {
    let latest = local_time(ahead.latest).format("%Y-%m-%d %H:%M:%S %:z");
    format!(
        "the journal has times up to {latest}: the clock was ahead, or is slow now; times in the \
         future count as now"
    )
}

/// The same for programs.
pub(crate) fn ahead_object(ahead: &Ahead) -> String {
    let latest = ahead.latest.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({"clock": "ahead", "latest": latest, "events": ahead.events}).to_string()
}

/// The heading of an explanation.
pub(crate) fn describe(letter: &Queued) -> String {
    let way = letter
        .channel
        .as_deref()
        .map_or_else(String::new, |way| format!(", by {}", shown(way)));
    let events = if is_of_fleet(letter) {
        String::new()
    } else {
        format!(" {}", counted(letter.count, "event"))
    };
    format!(
        "message {} ({}) about {}: {}{events}{way}",
        letter.letter,
        letter.kind.word(),
        about(letter),
        letter.state.word(),
    )
}

/// Why a letter exists, and what it waits for.
pub(crate) fn explain(letter: &Queued, alert: &Alert) -> Vec<String> {
    let mut lines: Vec<String> = letter
        .reasons
        .iter()
        .map(|reason| because(reason, alert))
        .collect();
    if is_of_fleet(letter) {
        lines.push(
            "tcpw-fleet mail put it here, for all servers; it is sent immediately".to_owned(),
        );
    } else if letter.reasons.is_empty() {
        lines.push("it is not about an event and is sent immediately".to_owned());
    }
    lines.push(match letter.state {
        State::Gathering => format!(
            "it collects more of them until {}, or later if {} messages were sent within the hour",
            clock(letter.due),
            alert.max_mails_per_hour
        ),
        State::Waiting if letter.attempts == 0 && letter.last_error.is_none() => {
            "it was not tried yet".to_owned()
        }
        State::Waiting => format!(
            "it was tried {} and will be tried again at {}: {}",
            times(letter.attempts),
            clock(letter.due),
            letter.last_error.as_deref().map_or_else(String::new, shown)
        ),
        State::Failed => format!(
            "it was given up after {}: {}; `tcpw queue retry {}` tries it again",
            times(letter.attempts),
            letter.last_error.as_deref().map_or_else(String::new, shown),
            letter.letter
        ),
        State::Merged => {
            "the hourly limit was reached: it became part of the digest of everything".to_owned()
        }
        State::Left => {
            "its events were pushed: tcpw-fleet mail tells of them ([fleet] mail)".to_owned()
        }
        State::Delivered => "every recipient has it".to_owned(),
        State::Dropped => "an operator removed it from the queue".to_owned(),
    });
    lines
}

fn times(attempts: u32) -> String {
    match attempts {
        1 => "once".to_owned(),
        attempts => format!("{attempts} times"),
    }
}

/// Why events are reported by this message and not by one of their own.
fn because(reason: &Reason, alert: &Alert) -> String {
    let count = counted(reason.count, "event");
    match reason.decision {
        Decision::Now => format!(
            "{count}: first alert for this source within the quiet time ({}), so it is sent \
             immediately",
            exact_duration(alert.quiet.as_secs())
        ),
        Decision::Repeat => format!(
            "{count}: repeats within the quiet time ({}) after the last message about the source",
            exact_duration(alert.quiet.as_secs())
        ),
        Decision::TooMany => format!(
            "{count}: {} messages had been sent within the hour (max_mails_per_hour)",
            alert.max_mails_per_hour
        ),
        Decision::Stalled => format!(
            "{count}: {} messages were waiting for a mail server that did not accept them",
            alert.max_mails_per_hour
        ),
        Decision::ByRule => format!("{count}: an [[alert.rule]] with mail = \"digest\" applies"),
        Decision::Never => format!("{count}: an [[alert.rule]] with mail = \"never\" applies"),
    }
}

/// Everything about one letter.
pub(crate) fn full(
    letter: &Letter,
    ways: &[Queued],
    attempts: &[Attempt],
    alert: &Alert,
) -> Vec<String> {
    let mut lines = vec![
        format!("message {} ({})", letter.id, letter.kind.word()),
        format!("  Message-ID: {}", visible(letter.message_id.as_bytes())),
        format!("  begun: {}", clock(letter.created.timestamp())),
        format!("  to: {}", whom(&letter.audience)),
    ];
    for way in ways {
        lines.push(describe(way));
        lines.extend(
            explain(way, alert)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
    }
    for attempt in attempts {
        lines.push(format!(
            "{}  {}  {}  {}: {}",
            clock(attempt.time.timestamp()),
            shown(&attempt.channel),
            attempt
                .recipient
                .as_deref()
                .map_or_else(|| "all recipients".to_owned(), shown),
            attempt.outcome,
            visible(format!("{}: {}", attempt.step, attempt.text).as_bytes()),
        ));
    }
    lines.extend(letter.events.iter().map(event));
    let listed = u64::try_from(letter.events.len()).unwrap_or(u64::MAX);
    if letter.count > listed {
        lines.push(format!("and {} more events", letter.count - listed));
    }
    lines
}

fn whom(audience: &[String]) -> String {
    if audience.is_empty() {
        return "the recipients of [mail]".to_owned();
    }
    visible(audience.join(", ").as_bytes())
}

fn event(entry: &Entry) -> String {
    let event = &entry.event;
    let rule = entry.rule.as_ref().map_or_else(String::new, |rule| {
        format!("  {}", shown(&format!("{}:{}", rule.file, rule.line)))
    });
    format!(
        "{}  {}  {}  {}  {}{rule}",
        time(event.time),
        visible_short(event.addr.bytes(), SHOWN),
        visible_short(event.host.bytes(), SHOWN),
        visible_short(event.daemon.bytes(), SHOWN),
        entry.decision.word(),
    )
}

fn clock(seconds: i64) -> String {
    time(DateTime::from_timestamp(seconds, 0).unwrap_or_default())
}

fn time(time: DateTime<Utc>) -> String {
    local_time(time).format("%Y-%m-%d %H:%M:%S").to_string()
}
