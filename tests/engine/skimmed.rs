//! A table read line by line for one request against the whole tree: the same verdict, the same
//! deciding line, the same text, on generated tables.

use super::generate::case;
use super::indexed::{Stage, request};
use std::io::{self, Read};
use tcpw::engine::{Cause, Excerpt, Request, Table, Tables, Verdict, decide, skim};
use tcpw::span::Span;
use tcpw::syntax::{Tree, parse, parse_excerpt};

const CASES: u64 = 4000;

/// Gives few bytes at a time, as pipes do.
struct Drops<'s>(&'s [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(7);
        self.0.read(&mut buffer[..most])
    }
}

/// What is seen of a verdict: access, effects, line number, and the texts that decided.
fn seen(verdict: &Verdict, tree: &Tree<'_>) -> String {
    let text = |line: usize, span: Span| tree.line(line).map(|line| line.text(span).into_owned());
    let cause = match &verdict.cause {
        Cause::Rule { outcome, matched } => format!(
            "{:?} {} {:?} {:?}",
            std::mem::discriminant(outcome),
            matched.number,
            text(matched.line, matched.daemon),
            text(matched.line, matched.client)
        ),
        Cause::BrokenTable { number, .. } => format!("broken {number}"),
        Cause::Undecided(undecided) => undecided.what.clone(),
        Cause::EitherWay(matched) => format!("either way {}", matched.number),
        cause @ (Cause::NoRule | Cause::Unreadable(_)) => format!("{cause:?}"),
    };
    format!("{:?} {cause} {:?}", verdict.access, verdict.effects)
}

/// The verdict on `source` as the allow or the deny table, from `tree`.
fn decided(tree: &Tree<'_>, is_allow: bool, request: &Request, stage: &Stage<'_>) -> String {
    let tables = if is_allow {
        Tables {
            allow: Table::Read(tree),
            deny: Table::Absent,
        }
    } else {
        Tables {
            allow: Table::Absent,
            deny: Table::Read(tree),
        }
    };
    seen(&decide(&tables, request, stage), tree)
}

#[test]
fn an_excerpt_decides_as_the_whole_table_does() {
    let mut settled = 0_u32;
    for seed in 0..CASES {
        let case = case(seed, "/lists");
        let stage = Stage(&case);
        for (table, is_allow) in [(&case.allow, true), (&case.deny, false)] {
            let source = table.as_deref().unwrap_or_default();
            let whole = parse(source);
            for query in case.queries.iter().take(8) {
                let request = request(query);
                let excerpt = skim(&mut &*source, &request, &stage).unwrap();
                let part = parse_excerpt(&excerpt.bytes, excerpt.lines_before);
                assert_eq!(
                    decided(&part, is_allow, &request, &stage),
                    decided(&whole, is_allow, &request, &stage),
                    "seed {seed}, query {}\n{}",
                    query.escape_ascii(),
                    case.show()
                );
                settled += u32::from(!excerpt.bytes.is_empty());
            }
            let request = request(&case.queries[0]);
            let at_once = skim(&mut &*source, &request, &stage).unwrap();
            let in_drops = skim(&mut Drops(source), &request, &stage).unwrap();
            assert_eq!(at_once, in_drops, "seed {seed}");
        }
    }
    assert!(settled > 10_000, "only {settled} tables settled anything");
}

/// Tables larger than what is read at a time, with lines that are none by themselves at the seams.
#[test]
fn seams_between_pieces_do_not_matter() {
    let request = request(b"sshd\t1.2.3.4\t\t");
    let case = case(1, "/lists");
    let stage = Stage(&case);
    let filler = "sshd: 9.9.9.9\n".repeat(9361);
    for shift in 0..60 {
        let source = format!(
            "{}{filler}sshd: 1.2.\\\n3.4 : spawn a\\\nb\n{filler}ALL: ALL\n",
            "#".repeat(shift) + "\n"
        );
        let excerpt = skim(&mut source.as_bytes(), &request, &stage).unwrap();
        let wanted = Excerpt {
            bytes: b"sshd: 1.2.\\\n3.4 : spawn a\\\nb\n".to_vec(),
            lines_before: 9362,
        };
        assert_eq!(excerpt, wanted, "shift {shift}");
    }
}
