//! What a letter says: the facts of its events in the reader's language, as text and as HTML.
//! Every value is shown through [`visible_short`], so that none adds a line, a header, markup, a
//! link or a terminal escape.

use super::event::{Claim, Event};
use super::journal::{Entry, Letter};
use super::words::{Words, words};
use crate::config::Language;
use crate::escape::visible_short;
use chrono::{DateTime, FixedOffset, Utc};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use thiserror::Error;

/// How much of a value is shown; the journal has all of it.
const MOST_SHOWN: usize = 200;
const TEXT: &str = include_str!("letter.txt");
const HTML: &str = include_str!("letter.html");

/// What is needed besides the letter.
pub(super) struct Setting<'a> {
    /// The language of the reader.
    pub language: Language,
    /// This machine's name.
    pub server: &'a str,
    /// In place of the default subject; may hold `{server}`, `{host}`, `{addr}`, `{daemon}` and
    /// `{count}`.
    pub subject: Option<&'a str>,
    /// The local time of an instant.
    pub local: &'a dyn Fn(DateTime<Utc>) -> DateTime<FixedOffset>,
}

/// The three texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A template that cannot be filled in: a mistake in this program.
#[derive(Debug, Error)]
#[error("cannot write the letter: {0}")]
pub(super) struct LetterError(#[from] minijinja::Error);

/// What the templates see.
#[derive(Serialize)]
struct Page<'a> {
    tag: &'a str,
    subject: &'a str,
    lead: &'a str,
    rows: &'a [Row<'a>],
    lines: &'a [Line],
    more: u64,
    events_title: &'a str,
    more_words: &'a str,
    missing_title: &'a str,
    missing: &'a [String],
    footer: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    label: &'a str,
    value: String,
}

#[derive(Serialize)]
struct Line {
    local: String,
    host: String,
    daemon: String,
}

/// Writes the letter; `missing` names the attachments that could not be read.
///
/// # Errors
/// Only when a template is broken.
pub(super) fn write(
    letter: &Letter,
    setting: &Setting<'_>,
    missing: &[String],
) -> Result<Texts, LetterError> {
    let words = words(setting.language);
    let Some(entry) = letter.events.first() else {
        return render(
            words,
            setting,
            words.test_subject,
            words.test_body,
            &Body::default(),
            missing,
        );
    };
    let event = &entry.event;
    let many = letter.count > 1;
    let default = if many {
        words.subject_many
    } else {
        words.subject
    };
    let subject = setting.subject.unwrap_or(default);
    let lead = if many { words.lead_many } else { words.lead };
    let body = Body {
        rows: rows(letter, entry, words, setting),
        lines: letter
            .events
            .iter()
            .filter(|_| many)
            .map(|entry| line(&entry.event, setting))
            .collect(),
        more: letter
            .count
            .saturating_sub(u64::try_from(letter.events.len()).unwrap_or(0)),
        values: Values::of(event, letter.count),
    };
    render(words, setting, subject, lead, &body, missing)
}

#[derive(Default)]
struct Body<'a> {
    rows: Vec<Row<'a>>,
    lines: Vec<Line>,
    more: u64,
    values: Values,
}

#[derive(Default)]
struct Values {
    host: String,
    addr: String,
    daemon: String,
    count: u64,
}

impl Values {
    fn of(event: &Event, count: u64) -> Self {
        Self {
            host: shown(&event.host),
            addr: shown(&event.addr),
            daemon: shown(&event.daemon),
            count,
        }
    }
}

fn render(
    words: &Words,
    setting: &Setting<'_>,
    subject: &str,
    lead: &str,
    body: &Body<'_>,
    missing: &[String],
) -> Result<Texts, LetterError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.add_template("text", TEXT)?;
    environment.add_template("html", HTML)?;
    let subject = fill(subject, setting.server, &body.values);
    let page = Page {
        tag: words.tag,
        subject: &subject,
        lead,
        rows: &body.rows,
        lines: &body.lines,
        more: body.more,
        events_title: words.events,
        more_words: words.more,
        missing_title: words.missing,
        missing,
        footer: words.footer,
    };
    Ok(Texts {
        text: environment.get_template("text")?.render(Serde(&page))?,
        html: environment.get_template("html")?.render(Serde(&page))?,
        subject,
    })
}

fn rows<'a>(
    letter: &Letter,
    entry: &Entry,
    words: &'a Words,
    setting: &Setting<'_>,
) -> Vec<Row<'a>> {
    let event = &entry.event;
    let given = |claim: &Claim| {
        if claim.is_empty() {
            words.unknown.to_owned()
        } else {
            shown(claim)
        }
    };
    let rule = entry.rule.as_ref().map_or_else(
        || words.rule_unknown.to_owned(),
        |rule| {
            let text = format!("{}:{}: {}", rule.file, rule.line, rule.text);
            defuse(&visible_short(text.as_bytes(), 2 * MOST_SHOWN))
        },
    );
    [
        (words.visitor, given(&event.host)),
        (words.address, given(&event.addr)),
        (words.daemon, given(&event.daemon)),
        (words.server_end, given(&event.server)),
        (words.server, setting.server.to_owned()),
        (words.local_time, local_text(event, setting)),
        (
            words.utc_time,
            event.time.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        ),
        (words.rule, rule),
        (words.count, letter.count.to_string()),
        (words.process, given(&event.pid)),
        (words.reporter, event.uid.to_string()),
    ]
    .into_iter()
    .map(|(label, value)| Row { label, value })
    .collect()
}

fn line(event: &Event, setting: &Setting<'_>) -> Line {
    Line {
        local: local_text(event, setting),
        host: shown(&event.host),
        daemon: shown(&event.daemon),
    }
}

fn local_text(event: &Event, setting: &Setting<'_>) -> String {
    (setting.local)(event.time)
        .format("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}

/// A value as it may stand in a letter.
fn shown(claim: &Claim) -> String {
    let text = defuse(&visible_short(claim.bytes(), MOST_SHOWN));
    if claim.is_cut() {
        return format!("{text} [{} bytes]", claim.length());
    }
    text
}

/// Keeps mail readers from making a link of a value.
fn defuse(text: &str) -> String {
    text.replace("://", "[:]//").replace("www.", "www[.]")
}

/// Puts the values into `{...}`, in one pass: a value that holds `{...}` stays as it is.
fn fill(template: &str, server: &str, values: &Values) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').unwrap_or((after, ""));
        match name {
            "server" => out.push_str(server),
            "host" => out.push_str(&values.host),
            "addr" => out.push_str(&values.addr),
            "daemon" => out.push_str(&values.daemon),
            "count" => out.push_str(&values.count.to_string()),
            _ => {
                out.push('{');
                rest = after;
                continue;
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::fired::{FiredRule, Verdict};
    use crate::alert::journal::{Decision, LetterKind};

    fn letter(host: &[u8], events: usize) -> Letter {
        let event = Event {
            time: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            host: Claim::cut(host, 16 * 1024),
            addr: Claim::cut(b"192.0.2.7", 99),
            daemon: Claim::cut(b"sshd", 99),
            server: Claim::cut(b"sshd@192.0.2.1", 99),
            pid: Claim::default(),
            user: Claim::default(),
            uid: 0,
        };
        let entry = Entry {
            id: 1,
            collected: event.time,
            source: "192.0.2.7/32".to_owned(),
            machine: "bastion".to_owned(),
            rule: Some(FiredRule {
                file: "/etc/hosts.allow".to_owned(),
                line: 3,
                text: "ALL : UNKNOWN : spawn x : deny".to_owned(),
                digest: String::new(),
            }),
            verdict: Verdict::Denied,
            decision: Decision::Now,
            letter: Some(1),
            event: event.clone(),
        };
        Letter {
            id: 1,
            kind: LetterKind::Alarm,
            events: vec![entry; events],
            count: u64::try_from(events).unwrap(),
            ..Letter::test("<x@y>".to_owned(), event.time)
        }
    }

    fn write_in(letter: &Letter, language: Language, subject: Option<&str>) -> Texts {
        let seoul = FixedOffset::east_opt(9 * 3600).unwrap();
        let setting = Setting {
            language,
            server: "bastion",
            subject,
            local: &|time| time.with_timezone(&seoul),
        };
        write(letter, &setting, &["/x: absent".to_owned()]).unwrap()
    }

    #[test]
    fn a_letter_states_the_facts_in_both_languages() {
        for (language, label) in [
            (Language::English, "Local time"),
            (Language::Korean, "현지 시각"),
        ] {
            let texts = write_in(&letter(b"evil.example", 1), language, None);
            for part in [&texts.text, &texts.html] {
                for fact in [
                    label,
                    "2023-11-15 07:13:20 +09:00",
                    "evil.example",
                    "192.0.2.7",
                    "sshd",
                    "bastion",
                    "/etc/hosts.allow:3: ALL : UNKNOWN",
                    "/x: absent",
                ] {
                    assert!(
                        part.contains(fact) || part.contains(&fact.replace('/', "&#x2f;")),
                        "{fact}: {part}"
                    );
                }
            }
            assert!(texts.subject.contains("evil.example"), "{}", texts.subject);
        }
    }

    #[test]
    fn hostile_values_add_nothing() {
        let host = b"x\r\nBcc: a@b\n\x1b[2J<img src=x>\xff\xe2\x80\xae http://evil/ {daemon}";
        let texts = write_in(
            &letter(host, 2),
            Language::English,
            Some("{host} {daemon} {x}"),
        );
        assert_eq!(texts.subject.lines().count(), 1);
        assert!(
            texts.subject.ends_with("{daemon} sshd {x}"),
            "{}",
            texts.subject
        );
        assert!(!texts.html.contains("<img"));
        assert!(!texts.text.contains("\nBcc"));
        for part in [&texts.subject, &texts.text, &texts.html] {
            assert!(!part.contains('\x1b') && !part.contains('\u{202e}'));
            assert!(!part.contains("http://") && !part.contains("http:&#x2f;&#x2f;"));
        }
    }

    #[test]
    fn long_values_are_shortened_and_many_events_listed() {
        let texts = write_in(&letter(&[b'a'; 10_000], 3), Language::English, None);
        assert!(texts.text.len() < 4_000);
        assert!(texts.text.contains("(9800 more bytes)"));
        assert_eq!(texts.text.matches("07:13:20 +09:00").count(), 4);
    }
}
