//! What messages about many servers say: their title, first sentence, facts and advice.

use crate::alert::letter::context::LetterContext;
use crate::alert::letter::show::{both, safe_text, source, span};
use crate::alert::letter::words::choose::{fill, number};
use crate::alert::letter::words::table::{Counted, Words};
use crate::alert::model::fleet_notice::{FleetDelay, FleetNotice, SourceAtServers};
use chrono::{DateTime, Utc};

/// How many names a line has.
const MOST_NAMES: usize = 30;

/// What the subject says after the name of the server.
pub(super) fn title(notice: &FleetNotice, words: &Words) -> String {
    let titles = &words.fleet;
    match notice {
        FleetNotice::Source(found) => {
            let form = if found.is_repeat {
                titles.again
            } else {
                titles.tried
            };
            about_source(form, found, words)
        }
        FleetNotice::Overflow {
            sources,
            servers,
            first,
            last,
            ..
        } => {
            let span = span(time(*first), time(*last), words);
            let (sources, servers) = (number(*sources), number(*servers));
            let values = [
                ("sources", &sources),
                ("servers", &servers),
                ("span", &span),
            ];
            fill(
                titles.overflow,
                &values.map(|(name, text)| (name, text.as_str())),
            )
        }
        FleetNotice::Silent { count, servers } => named(titles.silent, *count, servers),
        FleetNotice::Back { count, servers } => named(titles.back, *count, servers),
        FleetNotice::Muting { count, servers } => named(titles.muting, *count, servers),
    }
}

fn about_source(form: Counted, found: &SourceAtServers, words: &Words) -> String {
    let first = found.names.first().map_or("?", String::as_str);
    let span = span(time(found.first), time(found.last), words);
    fill(
        &form.of(found.servers),
        &[
            ("who", &source(&found.source)),
            ("span", &span),
            ("first", &safe_text(first)),
        ],
    )
}

fn named(form: Counted, count: u64, servers: &[(String, Option<i64>)]) -> String {
    let first = servers.first().map_or("?", |(name, _)| name.as_str());
    fill(&form.of(count), &[("first", &safe_text(first))])
}

/// The first sentence.
pub(super) fn lead(notice: &FleetNotice, words: &Words) -> String {
    let words = &words.fleet;
    match notice {
        FleetNotice::Source(found) if found.is_repeat => words.again_lead.of(found.servers),
        FleetNotice::Source(found) => words.tried_lead.of(found.servers),
        FleetNotice::Overflow { why, sources, .. } => match why {
            FleetDelay::Limit => words.overflow_lead.of(*sources),
            FleetDelay::Late => words.late_lead.of(*sources),
            FleetDelay::Claimed => words.claimed_lead.of(*sources),
        },
        FleetNotice::Silent { count, .. } => words.silent_lead.of(*count),
        FleetNotice::Back { count, .. } => words.back_lead.of(*count),
        FleetNotice::Muting { count, .. } => words.muting_lead.of(*count),
    }
}

/// What to do.
pub(super) fn advice(notice: &FleetNotice, words: &Words) -> &'static str {
    match notice {
        FleetNotice::Source(_) | FleetNotice::Overflow { .. } => words.fleet.advice,
        FleetNotice::Silent { .. } => words.fleet.silent_advice,
        FleetNotice::Back { .. } => words.fleet.back_advice,
        FleetNotice::Muting { .. } => words.fleet.muting_advice,
    }
}

/// What is so, each with what it is about.
pub(super) fn facts(
    notice: &FleetNotice,
    context: &LetterContext<'_>,
) -> Vec<(&'static str, String)> {
    let (words, labels) = (&context.words.fleet, &context.words.labels);
    let clock = |at: i64| both(time(at), context.setting);
    match notice {
        FleetNotice::Source(found) => {
            let names = found.names.iter().map(|name| safe_text(name));
            let daemons = found.daemons.iter().map(|name| safe_text(name));
            vec![
                (labels.source, source(&found.source)),
                (words.servers, number(found.servers)),
                (words.names, listed(names, found.servers, words.more)),
                (
                    labels.daemons,
                    daemons.take(MOST_NAMES).collect::<Vec<_>>().join(", "),
                ),
                (labels.first, clock(found.first)),
                (labels.last, clock(found.last)),
            ]
        }
        FleetNotice::Overflow {
            why: _,
            sources,
            servers,
            first,
            last,
            largest,
        } => {
            let largest = largest
                .iter()
                .map(|(key, servers)| format!("{} ({})", source(key), number(*servers)));
            vec![
                (labels.sources, number(*sources)),
                (words.servers, number(*servers)),
                (words.largest, listed(largest, *sources, words.more)),
                (labels.first, clock(*first)),
                (labels.last, clock(*last)),
            ]
        }
        FleetNotice::Silent { count, servers }
        | FleetNotice::Back { count, servers }
        | FleetNotice::Muting { count, servers } => {
            let names = servers.iter().map(|(name, since)| match since {
                Some(since) => format!("{} ({})", safe_text(name), clock(*since)),
                None => format!("{} ({})", safe_text(name), words.never),
            });
            let label = if matches!(notice, FleetNotice::Muting { .. }) {
                words.muting_since
            } else {
                words.silent_since
            };
            vec![(label, listed(names, *count, words.more))]
        }
    }
}

/// Some names of `all`, and how many more there are.
fn listed(names: impl Iterator<Item = String>, all: u64, more: &'static str) -> String {
    let names: Vec<String> = names.take(MOST_NAMES).collect();
    let shown = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let list = names.join(", ");
    match all.saturating_sub(shown) {
        0 => list,
        left => format!("{list} {}", fill(more, &[("count", &number(left))])),
    }
}

fn time(microseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(microseconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::letter::words::choose::words;
    use crate::values::Language;

    const MINUTE: i64 = 60_000_000;

    fn scan(servers: u64, names: &[&str]) -> FleetNotice {
        FleetNotice::Source(SourceAtServers {
            source: "203.0.113.9/32".to_owned(),
            is_repeat: false,
            servers,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            daemons: vec!["sshd".to_owned()],
            first: 0,
            last: 4 * MINUTE,
        })
    }

    #[test]
    fn a_scan_of_all_servers_is_one_line() {
        let english = words(Language::English);
        assert_eq!(
            title(&scan(1000, &["web17", "web18"]), english),
            "203.0.113.9 tried 1,000 servers in 4 min, first web17"
        );
        assert_eq!(
            title(&scan(1, &["web17"]), english),
            "203.0.113.9 tried one server, web17"
        );
        let korean = title(&scan(1000, &["web17"]), words(Language::Korean));
        assert!(
            korean.contains("서버 1,000대") && korean.contains("web17"),
            "{korean}"
        );
    }

    #[test]
    fn nothing_hostile_gets_into_a_subject() {
        let evil = "\u{1b}[31m\r\nBcc: x <http://evil.example/>";
        let silent = FleetNotice::Silent {
            count: 2,
            servers: vec![(evil.to_owned(), None)],
        };
        for language in [Language::English, Language::Korean] {
            for notice in [&scan(2, &[evil]), &silent] {
                let title = title(notice, words(language));
                assert!(!title.contains(['\u{1b}', '\r', '\n']), "{title:?}");
                assert!(!title.contains("http://"), "{title}");
            }
        }
    }
}
