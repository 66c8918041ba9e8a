//! The lines of the status as pieces of text, before they are cut to a width.

use super::ago::{ago, clock};
use super::line::{
    AccessLine, AccessRow, AlertLine, AskedDaemon, AskedLine, Asking, Catches, ClientsLine,
    Delivering, LastClient, Looked, MailLine, MailState, PendingLine, StandardAccess,
};
use super::piece::{Piece, Tone};
use super::view::View;
use super::words::StatusWords;
use crate::values::{fill, grouped};

/// As many exceptions are shown, and as many clients in each.
const ROWS: usize = 6;
const CLIENTS: usize = 8;
/// The words of the data that have a translation.
const EVERYBODY: &str = "everybody";
const NO_ADDRESS: &str = "clients without an address";

/// What is there, or why it could not be looked at.
pub(super) fn looked<T>(line: &Looked<T>, says: impl FnOnce(&T) -> Vec<Piece>) -> Vec<Piece> {
    match line {
        Looked::At(found) => says(found),
        Looked::Not { cannot_read } => vec![Piece::new(Tone::Bad, cannot_read)],
    }
}

/// Who gets in.
pub(super) fn access(line: &AccessLine, words: &StatusWords) -> Vec<Piece> {
    let is_closed = line.state == StandardAccess::Closed;
    let (tone, state) = if is_closed {
        (Tone::Good, words.closed)
    } else {
        (Tone::Warn, words.open)
    };
    let form = if is_closed {
        words.lets_in
    } else {
        words.refuses
    };
    let rows = line.exceptions.iter().take(ROWS);
    let mut parts: Vec<String> = rows.map(|row| exception(row, form, words)).collect();
    let more = line.more + line.exceptions.len().saturating_sub(ROWS);
    if more > 0 {
        parts.push(fill(words.more, &[("count", &more.to_string())]));
    }
    let is_whole = line.not_computed.is_empty();
    let rest = match (is_closed, parts.is_empty() && is_whole) {
        (true, true) => words.nobody_in,
        (true, false) => words.others_refused,
        (false, true) => words.everybody_in,
        (false, false) => words.others_in,
    };
    parts.push(rest.to_owned());
    let mut pieces = vec![
        Piece::new(tone, state),
        Piece::plain(format!(": {}", parts.join("; "))),
    ];
    if !is_whole {
        let what = line.not_computed.join("; ");
        let text = fill(words.not_computed, &[("what", &what)]);
        pieces.push(Piece::plain("; "));
        pieces.push(Piece::new(Tone::Warn, text));
    }
    pieces
}

fn exception(row: &AccessRow, form: &str, words: &StatusWords) -> String {
    let daemons = row.daemons.join(", ");
    let daemons = match (row.all_but, row.daemons.is_empty()) {
        (true, true) => words.every_daemon.to_owned(),
        (true, false) => fill(words.every_daemon_but, &[("daemons", &daemons)]),
        (false, _) => daemons,
    };
    let word = |text: &String| match text.as_str() {
        EVERYBODY => words.everybody.to_owned(),
        NO_ADDRESS => words.no_address.to_owned(),
        other => other.to_owned(),
    };
    let list = |clients: &[String], more: usize| {
        let mut shown: Vec<String> = clients.iter().take(CLIENTS).map(word).collect();
        let more = more + clients.len().saturating_sub(CLIENTS);
        if more > 0 {
            shown.push(fill(words.more, &[("count", &more.to_string())]));
        }
        shown.join(", ")
    };
    let mut clients = list(&row.clients, row.more);
    if !row.except.is_empty() {
        let except = list(&row.except, 0);
        clients = fill(words.except, &[("clients", &clients), ("except", &except)]);
    }
    fill(form, &[("daemons", &daemons), ("clients", &clients)])
}

/// Which programs ask libwrap.
pub(super) fn asked(line: &AskedLine, words: &StatusWords) -> Vec<Piece> {
    let mut said: Vec<(Tone, String)> = Vec::new();
    for daemon in &line.daemons {
        let one = asking(daemon, words);
        if !said.contains(&one) {
            said.push(one);
        }
    }
    let none = match (said.is_empty(), line.has_running) {
        (false, _) => None,
        (true, true) => Some(words.no_program),
        (true, false) => Some(words.none_started),
    };
    let more = said.len().saturating_sub(CLIENTS);
    said.truncate(CLIENTS);
    let more = (more > 0).then(|| fill(words.more, &[("count", &more.to_string())]));
    said.extend(more.map(|more| (Tone::Plain, more)));
    let mut pieces: Vec<Piece> = none.map(Piece::plain).into_iter().collect();
    for (tone, text) in said {
        if !pieces.is_empty() {
            pieces.push(Piece::plain("; "));
        }
        pieces.push(Piece::new(tone, text));
    }
    pieces
}

/// What one program does.
fn asking(daemon: &AskedDaemon, words: &StatusWords) -> (Tone, String) {
    let name = daemon.daemon.as_str();
    let names = daemon.names.join(", ");
    let why = daemon.evidence.last().map_or("", String::as_str);
    let (tone, form) = match daemon.state {
        Asking::Asked if names == name || names.is_empty() => (Tone::Good, words.asks),
        Asking::Asked => (Tone::Good, words.asks_as),
        Asking::SwitchedOff => (Tone::Warn, words.switched_off),
        Asking::NotAsked => (Tone::Dim, words.never_asks),
        Asking::CannotTell => (Tone::Warn, words.cannot_tell),
    };
    let values = [("daemon", name), ("names", &names), ("why", why)];
    (tone, fill(form, &values))
}

/// Whose refusal raises an alert.
pub(super) fn alert(line: &AlertLine, words: &StatusWords) -> Vec<Piece> {
    let whom = match line.catches {
        Catches::Nobody => {
            return vec![
                Piece::new(Tone::Warn, words.off),
                Piece::plain(format!(": {}", words.nobody_told)),
            ];
        }
        Catches::Unlisted => words.unlisted,
        Catches::Nameless => words.nameless,
        Catches::Some => words.some,
    };
    let by = match line.delivery {
        Delivering::Systemd => words.by_systemd,
        Delivering::Cron => words.by_cron,
        Delivering::Alert => words.by_alert,
    };
    let mut whom = fill(words.for_whom, &[("whom", whom)]);
    if line.catches == Catches::Some && !line.silent.is_empty() {
        let mut rules = line.silent.clone();
        if line.more_silent > 0 {
            let count = line.more_silent.to_string();
            rules.push(fill(words.more, &[("count", &count)]));
        }
        let rules = rules.join(", ");
        whom.push_str(&fill(words.not_those, &[("rules", &rules)]));
    }
    vec![
        Piece::new(Tone::Good, words.on),
        Piece::plain(format!(", {whom}; {by}")),
    ]
}

/// How mail fares.
pub(super) fn mail(line: &MailLine, words: &StatusWords, view: &View<'_>) -> Vec<Piece> {
    let (tone, state) = match line.state {
        MailState::Ok => (Tone::Good, words.mail_ok),
        MailState::Failing => (Tone::Bad, words.mail_failing),
        MailState::Untried => (Tone::Warn, words.mail_untried),
        MailState::Kept => (Tone::Warn, words.mail_kept),
    };
    let mut text = String::new();
    if let Some(time) = line.last_sent.filter(|_| line.state != MailState::Kept) {
        let when = ago(time.0, view.now, words);
        text = format!(", {}", fill(words.last_sent, &[("ago", &when)]));
    }
    let counted = |form: &str, count: u64| fill(form, &[("count", &grouped(count))]);
    let mut counts = vec![counted(words.queue, line.queue)];
    for (form, count) in [
        (words.given_up, line.given_up),
        (words.gathering, line.gathering),
    ] {
        if count > 0 {
            counts.push(counted(form, count));
        }
    }
    counts.extend(
        line.dropped
            .at()
            .map(|count| counted(words.dropped, *count)),
    );
    let mut pieces = vec![
        Piece::plain(format!("{} ", line.way)),
        Piece::new(tone, state),
        Piece::plain(format!("{text}; {}", counts.join(", "))),
    ];
    if let Some(why) = line.dropped.why_not() {
        pieces.push(Piece::plain("; "));
        pieces.push(Piece::new(Tone::Bad, why));
    }
    pieces
}

/// Who came today.
pub(super) fn clients(line: &ClientsLine, words: &StatusWords, view: &View<'_>) -> Vec<Piece> {
    let counted = |form: &str, count: u64| fill(form, &[("count", &grouped(count))]);
    let mut parts = vec![if line.refused > 0 {
        counted(words.refused_today, line.refused)
    } else {
        words.none_refused.to_owned()
    }];
    for (form, count) in [
        (words.admitted, line.admitted),
        (words.outcome_unknown, line.unknown),
        (words.not_by_root, line.not_by_root),
    ] {
        if count > 0 {
            parts.push(counted(form, count));
        }
    }
    if let Some(last) = &line.last {
        parts.push(last_client(last, words, view));
    }
    vec![Piece::plain(parts.join(", "))]
}

fn last_client(last: &LastClient, words: &StatusWords, view: &View<'_>) -> String {
    let LastClient {
        time,
        client,
        daemon,
        reported_by,
    } = last;
    let time = clock(time.0, view.now, view.local);
    let values = [
        ("client", client.as_str()),
        ("daemon", daemon),
        ("time", &time),
    ];
    let text = fill(words.last, &values);
    match reported_by {
        None => text,
        Some(who) => format!("{text} {}", fill(words.reported_by, &[("who", who)])),
    }
}

/// What waits to be confirmed.
pub(super) fn pending(line: &PendingLine, words: &StatusWords, view: &View<'_>) -> Vec<Piece> {
    if line.changes.is_empty() {
        return vec![Piece::plain(words.none)];
    }
    let changes = line.changes.iter().map(|change| {
        let time = clock(change.due.0, view.now, view.local);
        let number = change.number.to_string();
        fill(words.rolled_back, &[("number", &number), ("time", &time)])
    });
    let text: Vec<String> = changes.collect();
    vec![Piece::new(Tone::Warn, text.join("; "))]
}
