//! Whatever an event says, its mail is one message that says the same when it is read again.
//!
//! Input: the kind of the letter (`a`, `d`, `o` or `n`), then what strangers say, cut by bytes 0xff:
//! host, address, daemon, server, process, user, source, machine, rule, thread.

use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use tcpw::alert::{
    Claim, Decision, Entry, Event, FiredRule, Letter, LetterKind, Notice, Preview, Reason,
    Reporter, SourceHistory, SourceTally, Verdict, letter_of_report, preview,
};
use tcpw::config::Config;

/// The headers that a mail may have, each once.
const HEADERS: [&str; 13] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "MIME-Version",
    "Content-Type",
    "In-Reply-To",
    "References",
    "Content-Transfer-Encoding",
];
/// Those that it must have.
const LEAST: usize = 10;

fn entry(field: &dyn Fn(usize) -> Vec<u8>, time: DateTime<Utc>) -> Entry {
    let claim = |at, limit| Claim::cut(&field(at), limit);
    let text = |at| String::from_utf8_lossy(&field(at)).into_owned();
    Entry {
        id: 1,
        event: Event {
            time,
            host: claim(0, 16 * 1024),
            addr: claim(1, 1024),
            daemon: claim(2, 1024),
            server: claim(3, 1024),
            pid: claim(4, 1024),
            user: claim(5, 1024),
            uid: 0,
        },
        collected: time,
        source: text(6),
        machine: text(7),
        rule: Some(FiredRule {
            file: format!("/{}", text(8)),
            line: 3,
            text: text(8),
            digest: String::new(),
        }),
        verdict: Verdict::Denied,
        decision: Decision::Now,
        letter: Some(1),
    }
}

fn letter(kind: LetterKind, field: &dyn Fn(usize) -> Vec<u8>) -> Letter {
    let time = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    let entry = entry(field, time);
    let text = |at| String::from_utf8_lossy(&field(at)).into_owned();
    let notice = Notice::Rejected {
        count: 3,
        examples: vec![text(0), text(6)],
    };
    Letter {
        id: 1,
        kind,
        message_id: "<20260101.0a@web1>".to_owned(),
        thread: Some(text(9)),
        created: time,
        audience: Vec::new(),
        count: 3,
        period: Some((time, time)),
        sources: vec![SourceTally {
            source: entry.source.clone(),
            reporter: Reporter::of(entry.event.uid),
            count: 3,
            first: time,
            last: time,
            daemons: vec![entry.event.daemon.clone()],
            hosts: vec![entry.event.host.clone()],
        }],
        source_count: 1,
        reasons: vec![Reason {
            decision: Decision::Now,
            count: 3,
        }],
        history: Some(SourceHistory {
            count: 3,
            first: time,
            earlier: vec![entry.clone()],
        }),
        events: vec![entry],
        body: letter_of_report(&notice, time)
            .body
            .filter(|_| kind == LetterKind::Notice),
    }
}

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let kind = match first {
        b'a' => LetterKind::Alarm,
        b'd' => LetterKind::Digest,
        b'o' => LetterKind::Overflow,
        b'n' => LetterKind::Notice,
        _ => return,
    };
    let parts: Vec<&[u8]> = rest.split(|&byte| byte == 0xff).collect();
    let field = |at: usize| parts.get(at).copied().unwrap_or_default().to_vec();
    let mut config = Config::default_at(&Path::to_path_buf);
    config.mail.form.reverse_dns = false;
    let made = preview(&config, "web1", &letter(kind, &field)).unwrap();
    check(&made);
}

fn check(made: &Preview) {
    assert_eq!(made.problems, Vec::<String>::new());
    for text in [&made.subject, &made.text, &made.html] {
        let is_raw = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(is_raw), "{text:?}");
    }
    assert_eq!(made.subject.lines().count(), 1);
    let mail = str::from_utf8(&made.eml).expect("a mail is ASCII");
    assert!(mail.is_ascii());
    let bare = mail.replace("\r\n", "");
    assert!(
        !bare.contains(|c: char| c.is_control() && c != '\t'),
        "{mail:?}"
    );
    let (heads, _) = part(mail);
    let names: Vec<&str> = heads.iter().map(|(name, _)| name.as_str()).collect();
    for name in &names {
        assert!(HEADERS.contains(name), "{name}: {mail}");
        assert_eq!(
            names.iter().filter(|other| *other == name).count(),
            1,
            "{mail}"
        );
    }
    assert!(
        HEADERS[..LEAST].iter().all(|name| names.contains(name)),
        "{mail}"
    );
    assert_eq!(words(&value(&heads, "Subject")), made.subject, "{mail}");
    let mut leaves = Vec::new();
    read(mail, &mut leaves);
    let kinds: Vec<&str> = leaves.iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(
        kinds.starts_with(&["text/plain", "text/html"]) && kinds.len() <= 3,
        "{kinds:?}"
    );
    for (leaf, text) in leaves.iter().zip([&made.text, &made.html]) {
        let read = String::from_utf8(leaf.1.clone())
            .unwrap()
            .replace("\r\n", "\n");
        assert_eq!(
            read.trim_end_matches('\n'),
            text.trim_end_matches('\n'),
            "{mail}"
        );
    }
}

/// The headers of a message or a part of one, unfolded, and its body.
fn part(text: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = text.split_once("\r\n\r\n").expect("a head has an end");
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let lines = unfolded.split("\r\n").filter(|line| !line.is_empty());
    let heads = lines.map(|line| {
        let (name, value) = line.split_once(':').expect("a header has a colon");
        (name.to_owned(), value.trim().to_owned())
    });
    (heads.collect(), body)
}

fn value(heads: &[(String, String)], name: &str) -> String {
    let found = heads
        .iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Every leaf of a message: its type without parameters, and what it says.
fn read(text: &str, leaves: &mut Vec<(String, Vec<u8>)>) {
    let (heads, body) = part(text);
    let kind = value(&heads, "Content-Type");
    let plain = kind.split(';').next().unwrap().trim().to_ascii_lowercase();
    if !plain.starts_with("multipart/") {
        let bytes = match value(&heads, "Content-Transfer-Encoding").as_str() {
            "base64" => base64(body),
            "quoted-printable" => quoted_printable(body),
            other => {
                assert!(
                    ["7bit", ""].contains(&other),
                    "an encoding that is not known: {other}"
                );
                body.as_bytes().to_vec()
            }
        };
        leaves.push((plain, bytes));
        return;
    }
    let boundary = kind
        .split("boundary=")
        .nth(1)
        .expect("parts have a boundary");
    let boundary = format!("--{}", boundary.trim_matches('"'));
    let mut parts = body.split(boundary.as_str());
    assert_eq!(
        parts.next().unwrap().trim(),
        "",
        "nothing comes before the first part"
    );
    let mut is_over = false;
    for one in parts {
        assert!(!is_over, "nothing comes after the last part: {text}");
        if let Some(end) = one.strip_prefix("--") {
            assert_eq!(end.trim(), "", "nothing comes after the last part");
            is_over = true;
            continue;
        }
        let one = one.strip_prefix("\r\n").expect("a boundary is a line");
        read(one.strip_suffix("\r\n").unwrap_or(one), leaves);
    }
    assert!(is_over, "the parts have no end: {text}");
}

/// A header with encoded words (RFC 2047), of which the white space between two is nothing.
fn words(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut was_encoded = false;
    for (number, word) in text.split(' ').enumerate() {
        let inside = word
            .strip_prefix("=?utf-8?b?")
            .and_then(|word| word.strip_suffix("?="));
        if number > 0 && !(was_encoded && inside.is_some()) {
            bytes.push(b' ');
        }
        was_encoded = inside.is_some();
        match inside {
            Some(inside) => bytes.extend(base64(inside)),
            None => bytes.extend(word.bytes()),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().filter_map(digit).collect();
    let mut out = Vec::new();
    for four in digits.chunks(4) {
        let number = four
            .iter()
            .fold(0_u32, |number, &digit| number << 6 | u32::from(digit));
        let missing = 4 - four.len();
        let bytes = (number << (6 * missing)).to_be_bytes();
        out.extend_from_slice(&bytes[1..4 - missing]);
    }
    out
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, line) in text
        .split("=\r\n")
        .collect::<Vec<_>>()
        .join("")
        .split('=')
        .enumerate()
    {
        let rest = if number == 0 {
            line
        } else {
            let (digits, rest) = line.split_at(2);
            out.push(u8::from_str_radix(digits, 16).expect("two digits follow"));
            rest
        };
        out.extend_from_slice(rest.as_bytes());
    }
    out
}
