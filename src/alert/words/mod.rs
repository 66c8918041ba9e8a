//! Everything a mail says, each language in a file of its own.

mod english;
mod korean;

use crate::values::Language;
use serde::Serialize;

/// The fixed texts of a letter. `{...}` stands for a value; [`fill`] puts it there.
#[derive(Debug, Serialize)]
pub(super) struct Words {
    /// The language tag of the HTML part (RFC 5646).
    pub(super) tag: &'static str,
    pub(super) titles: Titles,
    pub(super) leads: Leads,
    pub(super) labels: Labels,
    pub(super) values: Values,
    pub(super) headings: Headings,
    pub(super) columns: Columns,
    pub(super) reasons: Reasons,
    pub(super) commands: Commands,
    pub(super) warnings: Warnings,
    pub(super) notes: Notes,
    pub(super) units: Units,
    pub(super) footer: &'static str,
}

/// One form for one, and one for any other number (`{count}`).
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Counted {
    pub(super) one: &'static str,
    pub(super) many: &'static str,
}

/// What a subject says behind the name of the server.
#[derive(Debug, Serialize)]
pub(super) struct Titles {
    pub(super) refused: &'static str,
    pub(super) admitted: &'static str,
    pub(super) reported: &'static str,
    /// Behind one of those when a letter has more than one event.
    pub(super) times: &'static str,
    pub(super) again: Counted,
    pub(super) gathered: Counted,
    pub(super) overflow: &'static str,
    pub(super) no_name: &'static str,
    pub(super) doubtful_name: &'static str,
    pub(super) no_answer: &'static str,
    pub(super) damaged: &'static str,
    pub(super) given_up: Counted,
    pub(super) rejected: Counted,
    pub(super) notice: &'static str,
    pub(super) all_well: Counted,
    pub(super) some_wait: Counted,
    pub(super) some_failed: Counted,
    pub(super) some_unread: Counted,
    pub(super) clock_ahead: &'static str,
    pub(super) report: &'static str,
    pub(super) test: &'static str,
}

/// The first sentence of a letter.
#[derive(Debug, Serialize)]
pub(super) struct Leads {
    pub(super) refused: Counted,
    pub(super) admitted: Counted,
    pub(super) reported: Counted,
    pub(super) mixed: &'static str,
    pub(super) digest: Counted,
    pub(super) overflow: Counted,
    pub(super) damaged: &'static str,
    pub(super) given_up: Counted,
    pub(super) rejected: Counted,
    pub(super) notice: &'static str,
    pub(super) heartbeat: &'static str,
    pub(super) clock_ahead: &'static str,
    pub(super) report: &'static str,
    pub(super) test: &'static str,
}

/// What a fact is about.
#[derive(Debug, Serialize)]
pub(super) struct Labels {
    pub(super) visitor: &'static str,
    pub(super) address: &'static str,
    pub(super) source: &'static str,
    pub(super) sources: &'static str,
    pub(super) name: &'static str,
    pub(super) names: &'static str,
    pub(super) country: &'static str,
    pub(super) owner: &'static str,
    pub(super) daemon: &'static str,
    pub(super) daemons: &'static str,
    pub(super) server_end: &'static str,
    pub(super) server: &'static str,
    pub(super) local_time: &'static str,
    pub(super) utc_time: &'static str,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) first_listed: &'static str,
    pub(super) last_listed: &'static str,
    pub(super) count: &'static str,
    pub(super) outcome: &'static str,
    pub(super) rule: &'static str,
    pub(super) first_rule: &'static str,
    pub(super) before: &'static str,
    pub(super) process: &'static str,
    pub(super) reporter: &'static str,
    pub(super) aside: &'static str,
    pub(super) letters: &'static str,
    pub(super) events_day: &'static str,
    pub(super) waiting: &'static str,
    pub(super) failed: &'static str,
}

/// What a fact may say.
#[derive(Debug, Serialize)]
pub(super) struct Values {
    pub(super) not_given: &'static str,
    pub(super) refused: &'static str,
    pub(super) admitted: &'static str,
    pub(super) not_known: &'static str,
    pub(super) admitted_short: &'static str,
    pub(super) unknown_short: &'static str,
    pub(super) rule_unknown: &'static str,
    pub(super) name_confirmed: &'static str,
    pub(super) name_none: &'static str,
    pub(super) name_no_address: &'static str,
    pub(super) name_other_address: &'static str,
    pub(super) name_alias: &'static str,
    pub(super) name_number: &'static str,
    pub(super) name_no_answer: &'static str,
    pub(super) first_time: &'static str,
    pub(super) seen_before: Counted,
    pub(super) cut: &'static str,
    pub(super) geo_nothing: &'static str,
}

/// Above the parts of a letter.
#[derive(Debug, Serialize)]
pub(super) struct Headings {
    pub(super) commands: &'static str,
    pub(super) reasons: &'static str,
    pub(super) sources: &'static str,
    pub(super) some_sources: &'static str,
    pub(super) events: &'static str,
    pub(super) first_events: &'static str,
    pub(super) last_events: &'static str,
    pub(super) earlier: &'static str,
    pub(super) files: &'static str,
    pub(super) advice: &'static str,
    pub(super) mind: &'static str,
}

/// Above the columns of a table.
#[derive(Debug, Serialize)]
pub(super) struct Columns {
    pub(super) time: &'static str,
    pub(super) daemon: &'static str,
    pub(super) visitor: &'static str,
    pub(super) outcome: &'static str,
    pub(super) source: &'static str,
    pub(super) count: &'static str,
    pub(super) span: &'static str,
}

/// Why events were held back.
#[derive(Debug, Serialize)]
pub(super) struct Reasons {
    pub(super) now: Counted,
    pub(super) repeat: Counted,
    pub(super) too_many: Counted,
    pub(super) by_rule: Counted,
    pub(super) never: Counted,
    pub(super) stalled: Counted,
}

/// What a command is for.
#[derive(Debug, Serialize)]
pub(super) struct Commands {
    pub(super) allow: &'static str,
    pub(super) allow_daemon: &'static str,
    pub(super) allow_day: &'static str,
    pub(super) mute: &'static str,
}

/// What the reader must not overlook.
#[derive(Debug, Serialize)]
pub(super) struct Warnings {
    pub(super) one_reporter: &'static str,
    pub(super) some_reporters: &'static str,
    pub(super) mark: &'static str,
    pub(super) template: &'static str,
    pub(super) attachment: &'static str,
    pub(super) geo: &'static str,
    pub(super) csv_part: &'static str,
}

/// What to do.
#[derive(Debug, Serialize)]
pub(super) struct Notes {
    pub(super) damaged: &'static str,
    pub(super) given_up: &'static str,
    pub(super) rejected: &'static str,
    pub(super) rejected_more: Counted,
    pub(super) heartbeat: &'static str,
    pub(super) heartbeat_queue: &'static str,
    pub(super) heartbeat_unread: &'static str,
    pub(super) clock_ahead: &'static str,
    pub(super) test: &'static str,
}

/// Lengths of time.
#[derive(Debug, Serialize)]
pub(super) struct Units {
    pub(super) seconds: &'static str,
    pub(super) minutes: &'static str,
    pub(super) hours: &'static str,
    pub(super) days: &'static str,
}

impl Counted {
    /// The form for `count`, with the number in it.
    pub(super) fn of(self, count: u64) -> String {
        let form = if count == 1 { self.one } else { self.many };
        fill(form, &[("count", &number(count))])
    }
}

/// The words of `language`.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &english::WORDS,
        Language::Korean => &korean::WORDS,
    }
}

/// Puts the values into `{...}`, in one pass: a value that holds `{...}` stays as it is.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
            rest = behind;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// A number with a comma between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Every text of a language with its place.
    fn texts(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::String(text) => found.push((place.to_owned(), text.clone())),
            Value::Object(fields) => {
                for (name, value) in fields {
                    texts(value, &format!("{place}.{name}"), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                panic!("{place} is no text: {value}")
            }
        }
    }

    fn all(language: Language) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let value = serde_json::to_value(words(language)).unwrap();
        texts(&value, "", &mut found);
        found
    }

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names
    }

    /// Hangul syllables.
    fn is_korean(text: &str) -> bool {
        text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c))
    }

    #[test]
    fn every_text_is_there_in_both_languages() {
        let (english, korean) = (all(Language::English), all(Language::Korean));
        assert!(english.len() > 120, "{}", english.len());
        for ((place, english), (other, korean)) in english.iter().zip(&korean) {
            assert_eq!(place, other);
            assert!(!english.trim().is_empty() && english.is_ascii(), "{place}");
            if place == ".tag" {
                continue;
            }
            assert!(is_korean(korean), "{place} is not translated: {korean}");
            // What counts one may leave the number out.
            let values = |text| -> Vec<String> {
                let names = places(text).into_iter().map(str::to_owned);
                names
                    .filter(|name| name != "count" || !place.ends_with("one"))
                    .collect()
            };
            assert_eq!(values(english), values(korean), "{place}");
        }
    }

    #[test]
    fn numbers_and_values_go_where_they_belong() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        let values = [("a", "{b}"), ("b", "x")];
        assert_eq!(fill("{a} {b} {c} {", &values), "{b} x {c} {");
    }
}
