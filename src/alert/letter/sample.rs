//! A letter of each kind that never was, with addresses of the documentation (RFC 5737, RFC 3849):
//! to see what letters look like.

use crate::alert::event::{Claim, Event};
use crate::alert::letter::names::Reverse;
use crate::alert::model::letter::{
    Decision, Entry, Letter, LetterKind, Reason, SourceHistory, SourceTally,
};
use crate::alert::model::reporter::Reporter;
use crate::alert::model::rule_finder::{FiredRule, Verdict};
use crate::alert::model::system_letter::Notice;
use chrono::{DateTime, TimeDelta, Utc};
use std::net::IpAddr;

/// 2026-03-01 09:30:00 UTC.
const WHEN: i64 = 1_772_357_400;

/// What the name service would say about the sample's addresses.
pub(in crate::alert) fn name(address: IpAddr) -> Reverse {
    match address.to_string().as_str() {
        "203.0.113.7" => Reverse::Nothing,
        "2001:db8::7" => Reverse::NoAnswer,
        _ => Reverse::Name("scanner.example.net".to_owned()),
    }
}

/// A letter of this kind.
pub(in crate::alert) fn letter(kind: LetterKind) -> Letter {
    let mut letter = Letter::test("<20260301093000.0123456789abcdef@web1>".to_owned(), at(0));
    letter.kind = kind;
    match kind {
        LetterKind::Alarm => alarm(&mut letter),
        LetterKind::Digest => digest(&mut letter),
        LetterKind::Overflow => overflow(&mut letter),
        LetterKind::Notice => {
            letter.body = Some(
                Notice::GivenUp {
                    letters: vec![17, 18, 21],
                    events: 40,
                }
                .to_json(),
            );
        }
        LetterKind::Heartbeat => {
            letter.body = Some(
                Notice::Heartbeat {
                    events: 12,
                    waiting: 0,
                    failed: 0,
                    unread: 0,
                }
                .to_json(),
            );
        }
        LetterKind::Report => {
            letter.body = Some(
                Notice::Report {
                    subject: String::new(),
                    text: "12 x 203.0.113.7\n".to_owned(),
                    html: "<!DOCTYPE html>\n<html lang=\"en\"><body>\n<p>12 x 203.0.113.7</p>\n</body></html>\n"
                        .to_owned(),
                }
                .to_json(),
            );
        }
        LetterKind::Test => (),
    }
    letter
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(WHEN, 0).unwrap_or_default() + TimeDelta::seconds(seconds)
}

fn claim(text: &str) -> Claim {
    Claim::cut(text.as_bytes(), usize::MAX)
}

fn entry(id: i64, time: DateTime<Utc>, addr: &str, daemon: &str) -> Entry {
    let bits = if addr.contains(':') { 64 } else { 32 };
    let net = ipnet::IpNet::new(addr.parse().unwrap_or(IpAddr::from([0; 4])), bits);
    Entry {
        id,
        event: Event {
            time,
            host: claim(addr),
            addr: claim(addr),
            daemon: claim(daemon),
            server: claim(&format!("{daemon}@192.0.2.1")),
            pid: claim("4711"),
            user: Claim::default(),
            uid: 0,
        },
        collected: time,
        source: net.map_or_else(|_| String::new(), |net| net.trunc().to_string()),
        machine: "web1".to_owned(),
        rule: Some(FiredRule {
            file: "/etc/hosts.deny".to_owned(),
            line: 3,
            text: "ALL : ALL".to_owned(),
            digest: String::new(),
        }),
        verdict: Verdict::Denied,
        decision: Decision::Now,
        letter: Some(1),
    }
}

fn tally(entries: &[Entry], count: u64) -> Option<SourceTally> {
    let (first, last) = (entries.first()?, entries.last()?);
    Some(SourceTally {
        source: first.source.clone(),
        reporter: Reporter::of(first.event.uid),
        count,
        first: first.event.time,
        last: last.event.time,
        daemons: vec![first.event.daemon.clone()],
        hosts: vec![first.event.host.clone()],
    })
}

fn alarm(letter: &mut Letter) {
    let mut fresh = entry(412, at(-1), "203.0.113.7", "sshd");
    fresh.event.time += TimeDelta::milliseconds(250);
    let earlier = [(411, -86_400, "sshd"), (380, -90_000, "vsftpd")];
    letter.history = Some(SourceHistory {
        count: 3,
        first: at(-90_000),
        earlier: earlier
            .iter()
            .map(|(id, seconds, daemon)| entry(*id, at(*seconds), "203.0.113.7", daemon))
            .collect(),
    });
    letter
        .sources
        .extend(tally(std::slice::from_ref(&fresh), 1));
    letter.events = vec![fresh];
    (letter.count, letter.source_count) = (1, 1);
    letter.reasons = vec![Reason {
        decision: Decision::Now,
        count: 1,
    }];
}

fn digest(letter: &mut Letter) {
    letter.events = (0..50)
        .map(|at_| entry(500 + at_, at(-3600 + at_), "203.0.113.7", "sshd"))
        .collect();
    letter.count = 412;
    letter.source_count = 1;
    letter.sources.extend(tally(&letter.events, letter.count));
    for tally in &mut letter.sources {
        tally.last = at(-2);
        tally.daemons.push(claim("vsftpd"));
    }
    letter.history = Some(SourceHistory {
        count: 413,
        first: at(-7200),
        earlier: vec![entry(499, at(-7200), "203.0.113.7", "sshd")],
    });
    letter.reasons = vec![Reason {
        decision: Decision::Repeat,
        count: 412,
    }];
    letter.thread = Some("<20260301073000.00000000000000ab@web1>".to_owned());
}

fn overflow(letter: &mut Letter) {
    let sources = [
        ("203.0.113.7", "sshd", 800),
        ("198.51.100.23", "sshd", 200),
        ("2001:db8::7", "slapd", 34),
    ];
    for ((addr, daemon, count), id) in sources.into_iter().zip(600..) {
        let mut first = entry(id, at(-3000 + id), addr, daemon);
        if daemon == "slapd" {
            first.event.uid = 105;
            (first.rule, first.verdict) = (None, Verdict::Unknown);
        }
        letter.count += count;
        letter.source_count += 1;
        letter
            .sources
            .extend(tally(std::slice::from_ref(&first), count));
        letter.events.push(first);
    }
    for tally in &mut letter.sources {
        tally.last = at(-30);
    }
    letter.reasons = vec![
        Reason {
            decision: Decision::TooMany,
            count: 1000,
        },
        Reason {
            decision: Decision::Stalled,
            count: 34,
        },
    ];
}
