//! What the templates of a letter see: the same variables for every kind of letter, empty where a
//! letter has nothing to say; tcpw.toml(5) describes them.

use crate::alert::event::Claim;
use crate::alert::letter::commands::{Command, commands};
use crate::alert::letter::context::LetterContext;
use crate::alert::letter::facts;
use crate::alert::letter::facts::Fact;
use crate::alert::letter::leads;
use crate::alert::letter::names::Reverse;
use crate::alert::letter::show::{
    both, local, named, safe_text, server_end, shown, source, span, utc, visitor,
};
use crate::alert::letter::subject::title;
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::{Decision, Entry, LetterKind};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::Verdict;
use crate::alert::model::system_letter::Notice;
use serde::Serialize;

/// How many events a table shows.
const MOST_ROWS: usize = 10;

/// Everything a letter says, as it may stand there.
#[derive(Debug, Default, Serialize)]
pub(super) struct Page {
    pub(super) kind: &'static str,
    pub(super) language: &'static str,
    pub(super) server: String,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) lead: String,
    pub(super) host: String,
    pub(super) addr: String,
    pub(super) name: String,
    pub(super) daemon: String,
    pub(super) server_end: String,
    pub(super) pid: String,
    pub(super) uid: String,
    pub(super) verdict: &'static str,
    pub(super) rule_file: String,
    pub(super) rule_line: String,
    pub(super) rule_text: String,
    pub(super) country: String,
    pub(super) owner: String,
    pub(super) source: String,
    pub(super) local_time: String,
    pub(super) utc_time: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) span: String,
    pub(super) count: u64,
    pub(super) source_count: u64,
    pub(super) facts: Vec<Fact>,
    pub(super) reasons: Vec<ReasonLine>,
    pub(super) commands: Vec<Command>,
    pub(super) sources_title: String,
    pub(super) sources: Vec<SourceRow>,
    pub(super) events_title: String,
    pub(super) events: Vec<EventRow>,
    pub(super) earlier: Vec<EventRow>,
    pub(super) files: Vec<String>,
    pub(super) advice: String,
    pub(super) warnings: Vec<String>,
    pub(super) remarks: Vec<String>,
    pub(super) footer: String,
}

/// Why some events were held back.
#[derive(Debug, Serialize)]
pub(super) struct ReasonLine {
    decision: &'static str,
    count: u64,
    text: String,
}

/// One source of a digest.
#[derive(Debug, Serialize)]
pub(super) struct SourceRow {
    source: String,
    name: String,
    country: String,
    owner: String,
    count: String,
    first: String,
    last: String,
    daemons: String,
    hosts: String,
    /// Who reported it, empty for root.
    reporter: String,
}

/// One event in a table.
#[derive(Debug, Serialize)]
pub(super) struct EventRow {
    local_time: String,
    utc_time: String,
    daemon: String,
    visitor: String,
    verdict: &'static str,
    outcome: &'static str,
    rule: String,
    /// Whether root reported it.
    trusted: bool,
    /// Nothing if it is not known who reported it.
    uid: Option<u32>,
}

/// Everything that the letter says, but for its subject.
pub(super) fn page(context: &LetterContext<'_>) -> Page {
    let (letter, setting, words) = (context.letter, context.setting, context.words);
    let tally = &context.tally;
    let address = letter
        .events
        .first()
        .and_then(|entry| entry.event.address());
    let mut page = Page {
        kind: letter.kind.word(),
        language: words.tag,
        server: setting.server.to_owned(),
        title: title(
            letter,
            context.notice.as_ref(),
            tally,
            context.reverse(address),
            words,
        ),
        lead: leads::lead(context),
        facts: facts::facts(context),
        advice: leads::advice(context),
        files: leads::files(context),
        local_time: local(letter.created, setting),
        utc_time: utc(letter.created),
        first: both(tally.first, setting),
        last: both(tally.last, setting),
        span: span(tally.first, tally.last, words),
        count: letter.count,
        source_count: letter.source_count,
        footer: footer(context),
        ..Page::default()
    };
    if let Some(entry) = letter.events.first() {
        tell(&mut page, entry, context);
        tell_all(&mut page, context);
    }
    page
}

/// Who sent it. What many servers have is in the journal of none of them alone.
fn footer(context: &LetterContext<'_>) -> String {
    let words = context.words;
    let form = match &context.notice {
        Some(Notice::Fleet(_)) => words.fleet.footer,
        Some(_) | None => words.footer,
    };
    fill(form, &[("server", context.setting.server)])
}

/// The values of the first event.
fn tell(page: &mut Page, entry: &Entry, context: &LetterContext<'_>) {
    let words = context.words;
    let event = &entry.event;
    page.host = shown(&event.host, words);
    page.addr = shown(&event.addr, words);
    page.daemon = shown(&event.daemon, words);
    page.server_end = server_end(&event.server, words);
    page.pid = shown(&event.pid, words);
    page.uid = Reporter::of(event.uid)
        .uid()
        .map_or_else(String::new, |uid| uid.to_string());
    page.verdict = entry.verdict.word();
    page.local_time = local(event.time, context.setting);
    page.utc_time = utc(event.time);
    page.source = source(&entry.source);
    if let Some(rule) = &entry.rule {
        page.rule_file = safe_text(&rule.file);
        page.rule_line = rule.line.to_string();
        page.rule_text = safe_text(&rule.text);
    }
    if let Reverse::Name(name) = context.reverse(event.address()) {
        page.name = safe_text(name);
    }
    let place = context.place(event.address());
    page.country = safe_text(&place.country.unwrap_or_default());
    page.owner = safe_text(&place.owner.unwrap_or_default());
}

/// What all events say together.
fn tell_all(page: &mut Page, context: &LetterContext<'_>) {
    let (letter, words, tally) = (context.letter, context.words, &context.tally);
    if letter.kind != LetterKind::Alarm {
        page.reasons = letter
            .reasons
            .iter()
            .map(|reason| ReasonLine {
                decision: reason.decision.word(),
                count: reason.count,
                text: why(reason.decision, words).of(reason.count),
            })
            .collect();
    }
    page.commands = commands(letter, words, (context.setting.local)(letter.created));
    if letter.source_count > 1 {
        let shown = letter.sources.len();
        page.sources_title = match u64::try_from(shown) {
            Ok(shown) if shown < letter.source_count => fill(
                if tally.strangers.is_empty() {
                    words.headings.some_sources
                } else {
                    words.headings.shared_sources
                },
                &[
                    ("shown", &number(shown)),
                    ("all", &number(letter.source_count)),
                ],
            ),
            _ => words.headings.sources.to_owned(),
        };
        page.sources = sources(context);
    }
    if letter.count > 1 || letter.kind != LetterKind::Alarm {
        (page.events_title, page.events) = events(context);
    }
    if let Some(history) = &letter.history {
        let earlier = history.earlier.iter().take(MOST_ROWS);
        page.earlier = earlier.map(|entry| row(entry, context)).collect();
    }
    page.warnings.extend(warnings(context));
    for problem in &context.places.problems {
        page.remarks.push(fill(
            words.warnings.geo,
            &[("problem", &safe_text(problem))],
        ));
    }
}

/// That somebody who is not root reported events.
fn warnings(context: &LetterContext<'_>) -> Vec<String> {
    let (tally, words) = (&context.tally, &context.words.warnings);
    let uids: Vec<String> = tally
        .strangers
        .iter()
        .filter_map(|reporter| reporter.uid())
        .map(|uid| uid.to_string())
        .collect();
    let form = if tally.is_strange {
        words.one_reporter
    } else {
        words.some_reporters
    };
    let known = (!uids.is_empty()).then(|| fill(form, &[("uid", &uids.join(", "))]));
    let is_unknown = uids.len() < tally.strangers.len();
    let unknown = is_unknown.then(|| words.unknown_reporter.to_owned());
    known.into_iter().chain(unknown).collect()
}

fn why(decision: Decision, words: &Words) -> crate::alert::letter::words::table::Counted {
    match decision {
        Decision::Now => words.reasons.now,
        Decision::Repeat => words.reasons.repeat,
        Decision::TooMany => words.reasons.too_many,
        Decision::ByRule => words.reasons.by_rule,
        Decision::Never => words.reasons.never,
        Decision::Stalled => words.reasons.stalled,
    }
}

fn sources(context: &LetterContext<'_>) -> Vec<SourceRow> {
    let words = context.words;
    let all = |claims: &[Claim]| {
        let claims: Vec<String> = claims.iter().map(|claim| shown(claim, words)).collect();
        claims.join(", ")
    };
    let rows = context.letter.sources.iter().map(|tally| {
        let address = tally.source.split('/').next();
        let address = address.and_then(|text| text.parse().ok());
        let place = context.place(address);
        let name = match context.reverse(address) {
            Reverse::Name(name) => safe_text(name),
            Reverse::NotAsked | Reverse::NoAnswer | Reverse::Nothing | Reverse::Doubtful(..) => {
                String::new()
            }
        };
        SourceRow {
            source: source(&tally.source),
            name,
            country: safe_text(&place.country.unwrap_or_default()),
            owner: safe_text(&place.owner.unwrap_or_default()),
            count: number(tally.count),
            first: local(tally.first, context.setting),
            last: local(tally.last, context.setting),
            daemons: all(&tally.daemons),
            hosts: all(&tally.hosts),
            reporter: match tally.reporter {
                Reporter::Root => String::new(),
                Reporter::User(_) | Reporter::Unknown => named(tally.reporter, words),
            },
        }
    });
    rows.collect()
}

/// The last events of the letter where it has all of them, else the first, with a title.
fn events(context: &LetterContext<'_>) -> (String, Vec<EventRow>) {
    let letter = context.letter;
    let headings = &context.words.headings;
    let listed = letter.events.len();
    let has_all = context.tally.has_all;
    let rows = |entries: &[Entry]| entries.iter().map(|entry| row(entry, context)).collect();
    if has_all && listed <= MOST_ROWS {
        return (headings.events.to_owned(), rows(&letter.events));
    }
    let (form, part) = if has_all {
        let from = listed.saturating_sub(MOST_ROWS);
        (headings.last_events, letter.events.get(from..))
    } else {
        let until = listed.min(MOST_ROWS);
        (headings.first_events, letter.events.get(..until))
    };
    let part = part.unwrap_or_default();
    let shown = number(u64::try_from(part.len()).unwrap_or(0));
    let values = [("shown", shown.as_str()), ("all", &number(letter.count))];
    (fill(form, &values), rows(part))
}

fn row(entry: &Entry, context: &LetterContext<'_>) -> EventRow {
    let words = context.words;
    let event = &entry.event;
    EventRow {
        local_time: local(event.time, context.setting),
        utc_time: utc(event.time),
        daemon: shown(&event.daemon, words),
        visitor: visitor(event, words),
        verdict: entry.verdict.word(),
        outcome: match entry.verdict {
            Verdict::Denied => words.values.refused,
            Verdict::Granted => words.values.admitted_short,
            Verdict::Unknown => words.values.unknown_short,
        },
        rule: entry.rule.as_ref().map_or_else(String::new, facts::rule),
        trusted: Reporter::of(event.uid).is_root(),
        uid: Reporter::of(event.uid).uid(),
    }
}
