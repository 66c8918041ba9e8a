//! The sentences of a letter: the one it begins with, and what to do.

use crate::alert::letter::context::LetterContext;
use crate::alert::letter::fleet;
use crate::alert::letter::show::safe_text;
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::Counted;
use crate::alert::model::letter::LetterKind;
use crate::alert::model::rule_finder::Verdict;
use crate::alert::model::system_letter::Notice;

/// How many files a notice names.
const MOST_FILES: usize = 20;

/// The first sentence.
pub(super) fn lead(context: &LetterContext<'_>) -> String {
    let leads = &context.words.leads;
    let letter = context.letter;
    let server = [("server", context.setting.server)];
    let counted = |form: Counted, count: u64| fill(&form.of(count), &server);
    match letter.kind {
        LetterKind::Alarm => match context.tally.verdict {
            Some(Verdict::Denied) => counted(leads.refused, letter.count),
            Some(Verdict::Granted) => counted(leads.admitted, letter.count),
            Some(Verdict::Unknown) => counted(leads.reported, letter.count),
            None => {
                let count = number(letter.count);
                let values = [("server", context.setting.server), ("count", &count)];
                fill(leads.mixed, &values)
            }
        },
        LetterKind::Digest => counted(leads.digest, letter.count),
        LetterKind::Overflow => counted(leads.overflow, letter.count),
        LetterKind::Test => fill(leads.test, &server),
        LetterKind::Notice | LetterKind::Heartbeat | LetterKind::Report => match &context.notice {
            Some(Notice::JournalDamaged { .. }) => fill(leads.damaged, &server),
            Some(Notice::GivenUp { letters, .. }) => {
                let count = u64::try_from(letters.len()).unwrap_or(u64::MAX);
                counted(leads.given_up, count)
            }
            Some(Notice::Rejected { count, .. }) => counted(leads.rejected, *count),
            Some(Notice::Heartbeat { .. }) => fill(leads.heartbeat, &server),
            Some(Notice::OthersForgotten { events, .. }) => counted(leads.forgotten, *events),
            Some(Notice::ClockAhead { latest, .. }) => {
                let values = [
                    ("server", context.setting.server),
                    ("latest", &safe_text(latest)),
                ];
                fill(leads.clock_ahead, &values)
            }
            Some(Notice::Fleet(notice)) => fleet::lead(notice, context.words),
            Some(Notice::NamesOverdue { names, .. }) => {
                let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
                counted(leads.names_overdue, count)
            }
            Some(Notice::Report { .. }) => fill(leads.report, &server),
            None => fill(leads.notice, &server),
        },
    }
}

/// What to do, if there is something.
pub(super) fn advice(context: &LetterContext<'_>) -> String {
    let notes = &context.words.notes;
    match &context.notice {
        _ if context.letter.kind == LetterKind::Test => notes.test.to_owned(),
        Some(Notice::JournalDamaged {
            letters: 0,
            events: 0,
            ..
        }) => notes.damaged.to_owned(),
        Some(Notice::JournalDamaged {
            aside: _,
            letters,
            events,
            lost_letters,
            lost_events,
        }) => {
            let numbers = [
                ("letters", number(*letters)),
                ("events", number(*events)),
                ("lost_letters", number(*lost_letters)),
                ("lost_events", number(*lost_events)),
            ];
            let values = numbers
                .each_ref()
                .map(|(name, text)| (*name, text.as_str()));
            fill(notes.salvaged, &values)
        }
        Some(Notice::GivenUp { events, .. }) => {
            fill(notes.given_up, &[("events", &number(*events))])
        }
        Some(Notice::Rejected { .. }) => notes.rejected.to_owned(),
        Some(Notice::Heartbeat {
            waiting: 0,
            failed: 0,
            unread: 0,
            ..
        }) => notes.heartbeat.to_owned(),
        Some(Notice::Heartbeat { unread: 1.., .. }) => notes.heartbeat_unread.to_owned(),
        Some(Notice::Heartbeat { .. }) => notes.heartbeat_queue.to_owned(),
        Some(Notice::OthersForgotten { .. }) => notes.forgotten.to_owned(),
        Some(Notice::ClockAhead { events, .. }) => {
            fill(notes.clock_ahead, &[("events", &number(*events))])
        }
        Some(Notice::Fleet(notice)) => fleet::advice(notice, context.words).to_owned(),
        Some(Notice::NamesOverdue {
            are_removed: true, ..
        }) => notes.names_removed.to_owned(),
        Some(Notice::NamesOverdue {
            are_removed: false, ..
        }) => notes.names_stay.to_owned(),
        Some(Notice::Report { .. }) | None => String::new(),
    }
}

/// The files that a notice names; of a notice that cannot be read, the notice itself.
pub(super) fn files(context: &LetterContext<'_>) -> Vec<String> {
    match (&context.notice, &context.letter.body) {
        (Some(Notice::Rejected { count, examples }), _) => {
            let examples = examples.iter().take(MOST_FILES);
            let mut files: Vec<String> = examples.map(|text| safe_text(text)).collect();
            let listed = u64::try_from(files.len()).unwrap_or(u64::MAX);
            let more = count.saturating_sub(listed);
            if more > 0 {
                files.push(context.words.notes.rejected_more.of(more));
            }
            files
        }
        (None, Some(body)) => vec![safe_text(body)],
        _ => Vec::new(),
    }
}
