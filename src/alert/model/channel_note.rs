//! What a channel gets: a letter as plain data, in which everything that a stranger chose is
//! safe to show.

use crate::alert::event::Event;
use crate::alert::model::letter::{Letter, LetterKind};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::texts::Texts;
use crate::escape::{visible, visible_short};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

/// No note lists more events.
const MOST_EVENTS: usize = 50;
/// How much of a value is kept.
const MOST_SHOWN: usize = 1000;
/// How many lines of the text are kept.
const MOST_LINES: usize = 1000;

/// Why there is a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A connection was refused.
    Alarm,
    /// What came in the meantime.
    Digest,
    /// Something about tcpw itself.
    Notice,
    /// tcpw is alive.
    Heartbeat,
    /// Somebody tries whether notes arrive.
    Test,
}

impl Kind {
    fn of(kind: LetterKind) -> Self {
        match kind {
            LetterKind::Alarm => Self::Alarm,
            LetterKind::Digest | LetterKind::Overflow => Self::Digest,
            LetterKind::Notice | LetterKind::Report => Self::Notice,
            LetterKind::Heartbeat => Self::Heartbeat,
            LetterKind::Test => Self::Test,
        }
    }
}

/// What a channel gets. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChannelNote {
    /// Why.
    pub kind: Kind,
    /// The same for each attempt to send this note, and that of the mail about it.
    pub message_id: String,
    /// This machine.
    pub server: String,
    /// All in one line.
    pub subject: String,
    /// The text of the mail: several lines.
    pub text: String,
    /// When the note was made.
    pub time: String,
    /// Who was refused; empty where nobody or several were.
    pub source: Source,
    /// The daemon; empty where there is none or are several.
    pub daemon: String,
    /// The rule that refused, if it is known.
    pub rule: Option<Rule>,
    /// How many connections it stands for.
    pub count: u64,
    /// The first of them.
    pub first: Option<String>,
    /// The last of them.
    pub last: Option<String>,
    /// The user who reported them, if it was one.
    pub uid: Option<u32>,
    /// Whether root reported them: what others report may be invented.
    pub is_privileged: bool,
    /// The last connections, at most 50.
    pub events: Vec<Visit>,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Source {
    /// Its address.
    pub address: String,
    /// Its name, or its address where libwrap did not ask for one.
    pub name: String,
}

/// A rule of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The table.
    pub file: String,
    /// The line it begins at.
    pub line: u64,
    /// The rule itself.
    pub text: String,
}

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// When.
    pub time: String,
    /// From where.
    pub address: String,
    /// The client's name, or its address where libwrap did not ask for one.
    pub name: String,
    /// The daemon.
    pub daemon: String,
    /// The server's end.
    pub server: String,
    /// The daemon's process.
    pub pid: String,
    /// The user who reported it, if it is known who did.
    pub uid: Option<u32>,
    /// Whether that was root.
    pub is_privileged: bool,
}

impl Visit {
    /// The connection of `event`.
    pub fn of(event: &Event) -> Self {
        let shown = |bytes: &[u8]| visible_short(bytes, MOST_SHOWN);
        Self {
            time: stamp(event.time),
            address: shown(event.addr.bytes()),
            name: shown(event.host.bytes()),
            daemon: shown(event.daemon.bytes()),
            server: shown(event.server.bytes()),
            pid: shown(event.pid.bytes()),
            uid: Reporter::of(event.uid).uid(),
            is_privileged: Reporter::of(event.uid).is_root(),
        }
    }
}

impl ChannelNote {
    /// What `letter` tells, with its subject and text as the mail has them.
    pub(crate) fn of(letter: &Letter, texts: &Texts, server: &str) -> Self {
        let first = letter.events.first();
        let is_single = letter.source_count == 1;
        let only = first.filter(|_| is_single);
        let shown = |bytes: &[u8]| visible_short(bytes, MOST_SHOWN);
        let mut daemons: Vec<&[u8]> = letter
            .events
            .iter()
            .map(|entry| entry.event.daemon.bytes())
            .collect();
        daemons.dedup();
        let of_events = letter
            .events
            .iter()
            .map(|entry| Reporter::of(entry.event.uid));
        let of_sources = letter.sources.iter().map(|tally| tally.reporter);
        let mut reporters: Vec<Reporter> = of_events.chain(of_sources).collect();
        let is_privileged = reporters.iter().all(|reporter| reporter.is_root());
        reporters.sort_unstable();
        reporters.dedup();
        let times = letter.sources.iter();
        Self {
            kind: Kind::of(letter.kind),
            message_id: letter.message_id.clone(),
            server: server.to_owned(),
            subject: texts.subject.clone(),
            text: texts.text.clone(),
            time: stamp(letter.created),
            source: only.map_or_else(Source::default, |entry| Source {
                address: shown(entry.event.addr.bytes()),
                name: shown(entry.event.host.bytes()),
            }),
            daemon: match daemons.as_slice() {
                [daemon] => shown(daemon),
                _ => String::new(),
            },
            rule: only.and_then(|entry| entry.rule.as_ref()).map(|rule| Rule {
                file: rule.file.clone(),
                line: u64::from(rule.line),
                text: rule.text.clone(),
            }),
            count: letter.count,
            first: times.clone().map(|tally| tally.first).min().map(stamp),
            last: times.map(|tally| tally.last).max().map(stamp),
            uid: match reporters.as_slice() {
                [reporter] => reporter.uid(),
                _ => None,
            },
            is_privileged,
            events: letter
                .events
                .iter()
                .map(|entry| Visit::of(&entry.event))
                .collect(),
        }
        .made_safe()
    }

    /// A note that tells nothing but that notes arrive.
    pub fn test(server: &str, message_id: &str, now: DateTime<Utc>) -> Self {
        let server = visible(server.as_bytes());
        Self {
            kind: Kind::Test,
            message_id: message_id.to_owned(),
            subject: format!("[tcpw] {server}: test"),
            text: format!(
                "This is a test of tcpw on {server}. Nobody was refused; notes about refused connections will arrive here."
            ),
            server,
            time: stamp(now),
            source: Source::default(),
            daemon: String::new(),
            rule: None,
            count: 0,
            first: None,
            last: None,
            uid: None,
            is_privileged: true,
            events: Vec::new(),
        }
    }

    /// The same with every text safe to show and nothing too long; what is so already stays as it
    /// is. Every channel sends this.
    #[must_use]
    pub(crate) fn made_safe(mut self) -> Self {
        for text in [
            &mut self.message_id,
            &mut self.server,
            &mut self.subject,
            &mut self.time,
            &mut self.source.address,
            &mut self.source.name,
            &mut self.daemon,
        ] {
            make_safe(text);
        }
        for time in [&mut self.first, &mut self.last].into_iter().flatten() {
            make_safe(time);
        }
        if let Some(rule) = &mut self.rule {
            make_safe(&mut rule.file);
            make_safe(&mut rule.text);
        }
        let lines = self.text.lines().take(MOST_LINES);
        let lines: Vec<String> = lines.map(|line| visible(line.as_bytes())).collect();
        self.text = lines.join("\n");
        self.events.truncate(MOST_EVENTS);
        for visit in &mut self.events {
            for text in [
                &mut visit.time,
                &mut visit.address,
                &mut visit.name,
                &mut visit.daemon,
                &mut visit.server,
                &mut visit.pid,
            ] {
                make_safe(text);
            }
        }
        self
    }
}

fn make_safe(text: &mut String) {
    let is_safe = text.len() <= MOST_SHOWN && visible(text.as_bytes()) == *text;
    if !is_safe {
        *text = visible_short(text.as_bytes(), MOST_SHOWN);
    }
}

/// A time as notes have it.
pub fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_texts_become_safe_once() {
        let now = DateTime::from_timestamp(1_700_000_000, 5_000_000).unwrap();
        let mut note = ChannelNote::test("web1\x1b[2J", "<a@b>", now);
        note.subject = "x\r\nBcc: y\u{202e}".to_owned();
        note.text = "one\n\x1b]0;two\x07\u{200b}".to_owned();
        note.source.name = "a".repeat(5000);
        let safe = note.made_safe();
        assert_eq!(safe.server, "web1\\x1b[2J");
        assert_eq!(safe.subject, "x\\r\\nBcc: y\\u{202e}");
        assert_eq!(safe.text, "one\n\\x1b]0;two\\x07\\u{200b}");
        assert_eq!(safe.time, "2023-11-14T22:13:20.005Z");
        assert!(safe.source.name.ends_with("… (4000 more bytes)"));
        assert_eq!(safe.server, safe.clone().made_safe().server);
        assert_eq!(safe.text, safe.clone().made_safe().text);
    }
}
