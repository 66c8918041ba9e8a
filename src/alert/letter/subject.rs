//! The line that is read first: what happened, to whom, how often.

use crate::alert::letter::fleet;
use crate::alert::letter::names::Reverse;
use crate::alert::letter::show::{safe_text, shown, source, span};
use crate::alert::letter::tally::{Tally, who};
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::{Decision, Letter, LetterKind};
use crate::alert::model::rule_finder::Verdict;
use crate::alert::model::system_letter::Notice;

/// What a subject says after the name of the server.
pub(super) fn title(
    letter: &Letter,
    notice: Option<&Notice>,
    tally: &Tally,
    reverse: &Reverse,
    words: &Words,
) -> String {
    match letter.kind {
        LetterKind::Alarm => alarm(letter, tally, reverse, words),
        LetterKind::Digest => digest(letter, tally, words),
        LetterKind::Overflow => {
            let span = span(tally.first, tally.last, words);
            let values = [
                ("count", number(letter.count)),
                ("sources", number(letter.source_count)),
                ("span", span),
            ];
            let values: Vec<_> = values
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            fill(words.titles.overflow, &values)
        }
        LetterKind::Test => words.titles.test.to_owned(),
        LetterKind::Notice | LetterKind::Heartbeat | LetterKind::Report => {
            about_alarms(notice, words)
        }
    }
}

fn alarm(letter: &Letter, tally: &Tally, reverse: &Reverse, words: &Words) -> String {
    let Some(entry) = letter.events.first() else {
        return words.titles.notice.to_owned();
    };
    let form = match tally.verdict {
        Some(Verdict::Denied) => words.titles.refused,
        Some(Verdict::Granted) => words.titles.admitted,
        Some(Verdict::Unknown) | None => words.titles.reported,
    };
    let event = &entry.event;
    let whom = who(letter, words);
    let host = shown(&event.host, words);
    let is_named = event.address().is_some() && !event.host.is_empty() && host != whom;
    let beside = match reverse {
        Reverse::Name(name) => Some(safe_text(name)),
        // A name that libwrap asked for is one that leads back, if it was libwrap.
        _ if event.uid == 0
            && is_named
            && !event.addr.is_empty()
            && event.host.bytes() != event.addr.bytes() =>
        {
            Some(host)
        }
        Reverse::NotAsked => None,
        Reverse::Nothing => Some(words.titles.no_name.to_owned()),
        Reverse::NoAnswer => Some(words.titles.no_answer.to_owned()),
        Reverse::Doubtful(..) => Some(words.titles.doubtful_name.to_owned()),
    };
    let beside = beside.map_or_else(String::new, |beside| format!(" ({beside})"));
    let daemon = shown(&event.daemon, words);
    let daemon = if daemon.is_empty() { "tcpw" } else { &daemon };
    let values = [("daemon", daemon), ("who", &whom), ("beside", &beside)];
    let title = fill(form, &values);
    match letter.count {
        0 | 1 => title,
        count => fill(
            words.titles.times,
            &[("title", &title), ("count", &number(count))],
        ),
    }
}

fn digest(letter: &Letter, tally: &Tally, words: &Words) -> String {
    let is_known = letter
        .history
        .as_ref()
        .is_some_and(|history| history.count > letter.count);
    let is_repeat = letter
        .reasons
        .iter()
        .any(|reason| reason.decision == Decision::Repeat);
    let forms = if is_known || is_repeat {
        words.titles.again
    } else {
        words.titles.gathered
    };
    let form = if letter.count == 1 {
        forms.one
    } else {
        forms.many
    };
    let whom = match letter.sources.first() {
        Some(tally) if letter.source_count == 1 => source(&tally.source),
        _ => who(letter, words),
    };
    let span = span(tally.first, tally.last, words);
    fill(
        form,
        &[
            ("who", &whom),
            ("count", &number(letter.count)),
            ("span", &span),
        ],
    )
}

fn about_alarms(notice: Option<&Notice>, words: &Words) -> String {
    let titles = &words.titles;
    match notice {
        Some(Notice::JournalDamaged { .. }) => titles.damaged.to_owned(),
        Some(Notice::GivenUp { letters, .. }) => titles
            .given_up
            .of(u64::try_from(letters.len()).unwrap_or(0)),
        Some(Notice::Rejected { count, .. }) => titles.rejected.of(*count),
        Some(Notice::Heartbeat {
            events,
            waiting,
            failed,
            unread,
        }) => match (*waiting, *failed, *unread) {
            (0, 0, 0) => titles.all_well.of(*events),
            (waiting, 0, 0) => titles.some_wait.of(waiting),
            (_, 0, unread) => titles.some_unread.of(unread),
            (_, failed, _) => titles.some_failed.of(failed),
        },
        Some(Notice::OthersForgotten { events, .. }) => titles.forgotten.of(*events),
        Some(Notice::ClockAhead { .. }) => titles.clock_ahead.to_owned(),
        Some(Notice::Fleet(notice)) => fleet::title(notice, words),
        Some(Notice::NamesOverdue { names, .. }) => titles
            .names_overdue
            .of(u64::try_from(names.len()).unwrap_or(u64::MAX)),
        Some(Notice::Report { subject, .. }) if subject.is_empty() => titles.report.to_owned(),
        Some(Notice::Report { subject, .. }) => {
            // It may have what stands in front in every mail already.
            let head = subject.strip_prefix("[tcpw] ");
            let own = head.and_then(|rest| rest.split_once(": "));
            safe_text(own.map_or(subject, |(_, own)| own))
        }
        None => titles.notice.to_owned(),
    }
}
