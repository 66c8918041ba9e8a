//! The rows of facts, turned into questions: the files, the query and the answer to expect.

use super::case::Case;
use super::{matches, names, rows};

/// One question. The answer is short: `G` or `D`, then `A2` for line 2 of the allow table, `D1` for
/// line 1 of the deny table, `-` for no line.
pub(super) struct Fact {
    pub(super) id: &'static str,
    pub(super) case: Case,
    pub(super) answer: String,
}

const CLOSED: &[u8] = b"ALL: ALL\n";
const NO_LISTS: [&[u8]; 2] = [b"", b""];

/// Collects facts about files in a directory.
struct Questions<'a> {
    dir: &'a str,
    facts: Vec<Fact>,
}

/// All rows, as questions about files in `dir`.
pub(super) fn all(dir: &str) -> Vec<Fact> {
    let mut questions = Questions {
        dir,
        facts: Vec::new(),
    };
    questions.tables();
    questions.limits();
    questions.options();
    questions.clients();
    questions.daemons();
    questions.facts
}

impl Questions<'_> {
    fn push(&mut self, id: &'static str, tables: [&[u8]; 2], query: &str, answer: &str) {
        self.push_lists(id, tables, NO_LISTS, query, answer);
    }

    fn push_lists(
        &mut self,
        id: &'static str,
        [allow, deny]: [&[u8]; 2],
        [list0, list1]: [&[u8]; 2],
        query: &str,
        answer: &str,
    ) {
        let bytes = |text| replace(text, b"DIR", self.dir.as_bytes());
        let query = if query.is_empty() {
            "sshd\t1.2.3.4"
        } else {
            query
        };
        self.facts.push(Fact {
            id,
            case: Case {
                allow: Some(bytes(allow)),
                deny: Some(bytes(deny)),
                lists: [bytes(list0), bytes(list1), Vec::new()],
                queries: vec![query.as_bytes().to_vec()],
            },
            answer: answer.to_owned(),
        });
    }

    fn tables(&mut self) {
        for (id, allow, answer) in rows::IN_ALLOW {
            self.push(id, [allow, CLOSED], "", answer);
        }
        for (id, deny, answer) in rows::IN_DENY {
            self.push(id, [b"", deny], "", answer);
        }
        for (id, allow, deny, query, answer) in rows::IN_BOTH {
            self.push(id, [allow, deny], query, answer);
        }
        for (id, list0, list1, client, answer) in rows::LISTS {
            let tables: [&[u8]; 2] = [b"sshd: DIR/list0\n", CLOSED];
            self.push_lists(id, tables, [list0, list1], client, answer);
        }
    }

    /// The limit of a logical line: 2046 bytes and its newline, 2045 before the last piece
    /// (F-LINE-14 to 16). Pieces are the lengths of the physical lines that are joined.
    fn limits(&mut self) {
        for (id, pieces, broken) in rows::LIMITS {
            let rule = spread(b"ALL: ALL", pieces);
            let comment = spread(b"# ALL: ALL", pieces);
            let in_allow = match broken {
                None => format!("G A{}", pieces.len()),
                Some(_) => "D D1".to_owned(),
            };
            let in_deny = match broken {
                None => "G -".to_owned(),
                Some(line) => format!("D D{line}"),
            };
            self.push(id, [&rule, CLOSED], "", &in_allow);
            self.push("F-LINE-15", [b"", &comment], "", &in_deny);
        }
    }

    fn options(&mut self) {
        for (id, field, answer) in rows::OPTIONS {
            let allow = format!("sshd: ALL{field}\n");
            self.push(id, [allow.as_bytes(), CLOSED], "", answer);
        }
    }

    fn clients(&mut self) {
        for (id, pattern, matching, others) in matches::ADDRESSES.iter().chain(names::NAMES) {
            let allow = format!("sshd: {pattern}\n");
            for (clients, answer) in [(matching, "G A1"), (others, "D D1")] {
                for client in *clients {
                    let query = format!("sshd\t{}", client.replace(' ', "\t"));
                    self.push(id, [allow.as_bytes(), CLOSED], &query, answer);
                }
            }
        }
    }

    fn daemons(&mut self) {
        for (id, pattern, matching, others) in names::DAEMONS {
            let allow = format!("{pattern}: ALL\n");
            for (daemons, answer) in [(matching, "G A1"), (others, "D D1")] {
                for daemon in *daemons {
                    let (name, server) = daemon.split_once(' ').unwrap_or((daemon, ""));
                    let query = format!("{name}\t1.2.3.4\t\t\t{}", server.replace(' ', "\t"));
                    self.push(id, [allow.as_bytes(), CLOSED], &query, answer);
                }
            }
        }
    }
}

/// `text`, filled with spaces and spread over physical lines of these lengths.
fn spread(text: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = pieces.iter().map(|length| vec![b' '; *length]).collect();
    lines[0][..text.len()].copy_from_slice(text);
    let mut line = lines.join(&b"\\\n"[..]);
    line.push(b'\n');
    line
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match text.windows(from.len()).position(|window| window == from) {
        None => text.to_vec(),
        Some(at) => {
            let rest = replace(&text[at + from.len()..], from, to);
            [&text[..at], to, &rest].concat()
        }
    }
}
