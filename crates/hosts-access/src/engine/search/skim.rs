//! One query against a table that nobody keeps: the table is read in pieces, lines that cannot match
//! are passed over without a parse, and every other line is put to the grammar and the linear
//! matcher, until one of them settles the matter.
//!
//! What is passed over is sound to pass over: a physical line that is a logical line by itself, and a
//! comment, or for other daemons, or with clients of which each is another one.

use crate::engine::model::request::Request;
use crate::engine::model::surroundings::Surroundings;
use crate::engine::model::text::unmapped;
use crate::engine::model::verdict::TableName;
use crate::engine::search::calm::Calm;
use crate::engine::search::glance::Glance;
use crate::engine::search::matching::Matcher;
use crate::policy::{DaemonPattern, Process, Rule, TextPattern};
use crate::span::offset;
use crate::syntax::{LINE_LIMIT, is_separator, parse_excerpt};
use memchr::{memchr, memchr_iter, memchr2};
use std::io::{self, Read};

/// Bytes asked from the file at a time.
const PIECE: usize = 32 * 1024;

/// The most lines that are parsed together.
const LONGEST_RUN: usize = 1024;

/// As many bytes from a comment on are looked at line by line.
const COMMENTED: usize = 512;

/// The part of a table that matters to one request: the logical line that matches or that ends the
/// table, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Complete lines in front of it, as libwrap counts them.
    pub lines_before: u32,
}

/// Reads a table up to what settles `request`; [`crate::engine::decide`] on the tree of the excerpt finds
/// what it finds in the whole table.
///
/// # Errors
/// Those of the reader.
pub fn skim(
    source: &mut dyn Read,
    request: &Request,
    world: &dyn Surroundings,
) -> io::Result<Excerpt> {
    let mut skimmer = Skimmer::new(request, world);
    let mut buffer = vec![0; PIECE];
    let (mut at, mut filled) = (0, 0);
    let mut number = 0;
    // Lines that must be parsed rarely come alone: each one doubles how many are parsed together.
    let mut run = 1;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let read = match source.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        filled += read;
        loop {
            let rest = buffer.get(at..filled).unwrap_or_default();
            let (passed, lines) = skimmer.pass_over(rest);
            at += passed;
            number += lines;
            if passed > 0 {
                run = 1;
            }
            let rest = rest.get(passed..).unwrap_or_default();
            let Some(length) = groups(rest, run).or((read == 0).then_some(rest.len())) else {
                break;
            };
            if length == 0 {
                return Ok(Excerpt::default());
            }
            let text = rest.get(..length).unwrap_or_default();
            let (excerpt, last) = settles(&skimmer.matcher, text, number);
            if let Some(excerpt) = excerpt {
                return Ok(excerpt);
            }
            at += length;
            number = last;
            run = (run * 2).min(LONGEST_RUN);
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        at = 0;
        if filled * 2 > buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
    }
}

/// The length of the physical lines at the start of `text` that may be one logical line: up to the
/// first that neither ends in a backslash nor has a NUL, which both may join the next one to it.
pub(crate) fn group(text: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        let rest = text.get(end..)?;
        let length = memchr(b'\n', rest)?;
        let line = rest.get(..length)?;
        end += length + 1;
        if !line.ends_with(b"\\") && memchr(0, line).is_none() {
            return Some(end);
        }
    }
}

/// The length of up to `most` such groups.
fn groups(text: &[u8], most: usize) -> Option<usize> {
    let mut end = 0;
    for _ in 0..most {
        let Some(length) = text.get(end..).and_then(group) else {
            break;
        };
        end += length;
    }
    (end > 0).then_some(end)
}

struct Skimmer<'r> {
    matcher: Matcher<'r>,
    daemon: &'r [u8],
    glance: Glance<'r>,
    calm: Option<Calm>,
    /// Whether a word in brackets may match: only what is or begins like an IPv6 address.
    is_bracket: bool,
    head: Head,
}

/// The daemons of the line before, their colon included: most lines have the same.
#[derive(Default)]
struct Head {
    text: Vec<u8>,
    /// Up to eight bytes of it, as a number, and which bits of eight bytes they are.
    start: u64,
    mask: u64,
    /// Whether one of the daemons may match.
    is_possible: bool,
}

impl<'r> Skimmer<'r> {
    fn new(request: &'r Request, world: &'r dyn Surroundings) -> Self {
        let address = unmapped(request.client().address());
        let name = unmapped(request.client().name().as_bytes());
        let is_bracket = |text: &[u8]| text.starts_with(b"[") || text.contains(&b':');
        let is_open = request.client().name().is_unasked();
        Self {
            matcher: Matcher::new(request, world),
            daemon: unmapped(request.daemon()),
            glance: Glance::new(address, name),
            calm: Calm::in_table(request.client()).filter(|_| !is_open),
            is_bracket: is_open || is_bracket(address) || is_bracket(name),
            head: Head::default(),
        }
    }

    /// Bytes and lines at the start of `text` that cannot settle anything.
    fn pass_over(&mut self, text: &[u8]) -> (usize, u32) {
        let (mut at, mut lines) = (0, 0);
        // The end of the last block in which some line may match.
        let mut seen = 0;
        while let Some(rest) = text.get(at..) {
            if at >= seen
                && !rest.starts_with(b"#")
                && let Some(calm) = &self.calm
                && let Some(block) = Calm::block(rest)
            {
                if let Some(length) = calm.lines(block) {
                    lines += count_lines(rest.get(..length).unwrap_or_default());
                    at += length;
                    continue;
                }
                seen = at + block.len();
            }
            let Some(length) = self.pass_line(rest) else {
                break;
            };
            if rest.starts_with(b"#") {
                // A comment is passed over faster than it is looked at in a block.
                seen = seen.max(at + COMMENTED);
            }
            at += length;
            lines += 1;
        }
        (at, lines)
    }

    /// The length of the first line with its newline, if it is whole and cannot settle anything.
    fn pass_line(&mut self, text: &[u8]) -> Option<usize> {
        if let Some(clients) = self.head.strip(text)
            && self.head.is_possible
            && let Some(length) = self.glance.other_clients(clients)
        {
            // The newline does not count (F-LINE-14).
            let length = self.head.text.len() + length;
            return (length <= LINE_LIMIT + 1).then_some(length);
        }
        let length = memchr2(b'\n', 0, text).filter(|&at| text.get(at) == Some(&b'\n'))?;
        let line = text.get(..length)?;
        if length > LINE_LIMIT || line.ends_with(b"\\") {
            return None;
        }
        (line.starts_with(b"#") || !self.may_match(line)).then_some(length + 1)
    }

    /// Whether a line that stands alone may match; false only if it certainly does not.
    fn may_match(&mut self, line: &[u8]) -> bool {
        if self.head.strip(line).is_none() {
            let Some(colon) = memchr(b':', line) else {
                return false;
            };
            let daemons = line.get(..=colon).unwrap_or(line);
            if memchr2(b'[', b']', daemons).is_some() {
                return true;
            }
            let is_possible = self.daemons_possible(daemons);
            self.head.set(daemons, is_possible);
        }
        if !self.head.is_possible {
            return false;
        }
        let clients = line.get(self.head.text.len()..).unwrap_or(line);
        self.clients_possible(clients)
    }

    /// Whether a daemon list without brackets, its colon included, may match.
    fn daemons_possible(&self, daemons: &[u8]) -> bool {
        let list = daemons.strip_suffix(b":").unwrap_or(daemons);
        list.split(|&byte| is_separator(byte))
            .filter(|word| !word.is_empty())
            .any(|word| {
                let pattern = DaemonPattern::read(word);
                match pattern.process {
                    Process::Name(TextPattern::Exact(name)) => {
                        name.eq_ignore_ascii_case(self.daemon)
                    }
                    Process::Port(_) | Process::Overflow | Process::Name(_) => true,
                }
            })
    }

    /// Whether what stands behind the first colon may have a client that matches.
    fn clients_possible(&self, clients: &[u8]) -> bool {
        let mut has_brackets = false;
        for word in clients.split(|&byte| is_separator(byte)) {
            if word.is_empty() {
                continue;
            }
            if memchr2(b'[', b']', word).is_some() {
                // Where its field ends does not matter to a word that begins with a bracket.
                let is_plain = word.starts_with(b"[")
                    && !word.iter().any(|byte| matches!(byte, b'@' | b'*' | b'?'));
                if self.is_bracket || !is_plain {
                    return true;
                }
                has_brackets = true;
                continue;
            }
            let colon = memchr(b':', word);
            if colon.is_some() && has_brackets {
                return true;
            }
            let client = colon.and_then(|at| word.get(..at)).unwrap_or(word);
            if !client.is_empty() && self.client_possible(client) {
                return true;
            }
            if colon.is_some() {
                break;
            }
        }
        false
    }

    /// What asks the machine is left to the matcher.
    fn client_possible(&self, word: &[u8]) -> bool {
        word.starts_with(b"/")
            || memchr(b'@', word).is_some()
            || self.matcher.client(word).unwrap_or(true)
    }
}

/// The first line of `text` that matches or ends the table; and the number of the last line.
pub(crate) fn settles(matcher: &Matcher<'_>, text: &[u8], number: u32) -> (Option<Excerpt>, u32) {
    let tree = parse_excerpt(text, number);
    let mut lines_before = number;
    for line in tree.lines() {
        let compare = |rule: Rule<'_, '_>| {
            matcher.looking_at(rule.number());
            matcher.rule(TableName::Allow, rule)
        };
        let is_match = |rule| compare(rule).map_or(true, |found| found.matched().is_some());
        if !line.is_read() || Rule::of(line).is_some_and(is_match) {
            let bytes = line.span().of(text).to_vec();
            return (
                Some(Excerpt {
                    bytes,
                    lines_before,
                }),
                number,
            );
        }
        lines_before = line.number();
    }
    (None, lines_before)
}

fn count_lines(text: &[u8]) -> u32 {
    offset(memchr_iter(b'\n', text).count())
}

impl Head {
    fn set(&mut self, text: &[u8], is_possible: bool) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.is_possible = is_possible;
        let mut start = [0; 8];
        let mut mask = [0; 8];
        for ((start, mask), byte) in start.iter_mut().zip(&mut mask).zip(text) {
            (*start, *mask) = (*byte, u8::MAX);
        }
        (self.start, self.mask) = (u64::from_le_bytes(start), u64::from_le_bytes(mask));
    }

    /// What stands behind it, if `line` begins with it.
    fn strip<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        if self.text.is_empty() {
            return None;
        }
        let eight = line.first_chunk::<8>();
        if eight.is_some_and(|eight| u64::from_le_bytes(*eight) & self.mask != self.start) {
            return None;
        }
        if eight.is_some() && self.text.len() <= 8 {
            return line.get(self.text.len()..);
        }
        line.strip_prefix(self.text.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        Access, Account, Host, HostName, ListFile, Open, Table, Tables, Verdict, decide,
    };
    use proptest::prelude::*;
    use std::cell::Cell;

    /// A machine that finds a name out, or is not asked to; it counts who asks.
    struct Names {
        name: Option<&'static str>,
        asked: Cell<usize>,
    }

    impl Surroundings for Names {
        fn list_file(&self, path: &[u8]) -> ListFile {
            if path == b"/list" {
                ListFile::Read(b"9.9.9.9 pc.example.org\n".to_vec().into())
            } else {
                ListFile::Absent
            }
        }
        fn in_netgroup(&self, _group: &[u8], name: &[u8]) -> bool {
            name == b"pc.example.org"
        }
        fn has_interface(&self, _name: &[u8]) -> bool {
            false
        }
        fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
            false
        }
        fn aclexec(&self, _command: &[u8]) -> Option<bool> {
            None
        }
        fn find_out(&self, open: Open) -> Option<Vec<u8>> {
            self.asked.set(self.asked.get() + 1);
            match open {
                Open::ClientName => self.name.map(|name| name.as_bytes().to_vec()),
                Open::ServerName | Open::User => Some(Vec::new()),
            }
        }
    }

    fn names(name: Option<&'static str>) -> Names {
        Names {
            name,
            asked: Cell::new(0),
        }
    }

    fn verdict(source: &[u8], request: &Request, world: &Names) -> Verdict {
        let tree = parse_excerpt(source, 0);
        let tables = Tables {
            allow: Table::Read(&tree),
            deny: Table::Absent,
        };
        decide(&tables, request, world)
    }

    const WORDS: [&str; 24] = [
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.0/24",
        "10.1.0.0/16",
        "10.",
        "11.",
        "ALL",
        "KNOWN",
        "UNKNOWN",
        "LOCAL",
        "PARANOID",
        "EXCEPT",
        ".example.org",
        ".example.net",
        "pc.example.org",
        "3com.example",
        "1234abc",
        "[::1]",
        "[2001:db8::]/32",
        "@net",
        "/list",
        "/absent",
        "*.org",
        "11.*",
    ];

    fn tables() -> impl Strategy<Value = String> {
        let word = prop::sample::select(WORDS.to_vec());
        let other = (0..250_u8).prop_map(|d| format!("sshd: 10.7.0.{d}\n"));
        let rule = prop::collection::vec(word, 1..4)
            .prop_map(|list| format!("sshd: {}\n", list.join(" ")));
        let line = prop_oneof![8 => other, 3 => rule];
        prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        /// A name that is looked up when a rule asks for it decides as one that was known before, in the
        /// whole table and in the excerpt; and where nobody asks, it does not matter.
        #[test]
        fn an_open_name_decides_as_a_known_one(source in tables(), address in prop::sample::select(
            vec!["10.0.0.1", "10.0.9.9", "2001:db8::7", "192.0.2.1"]), name in prop::sample::select(
            vec!["pc.example.org", "unknown", "paranoid", "short", "3com.example", "11.22"])) {
            let (known, open) = [HostName::new(name), HostName::unasked()]
                .map(|name| Request::new("sshd", Host::new(address, name)))
                .into();
            let world = names(Some(name));
            let expected = verdict(source.as_bytes(), &known, &world);
            prop_assert_eq!(world.asked.get(), 0);
            let found = verdict(source.as_bytes(), &open, &world);
            prop_assert_eq!(&found.cause, &expected.cause);
            let was_asked = world.asked.get() > 0;

            let silent = names(None);
            let excerpt = skim(&mut source.as_bytes(), &open, &silent).unwrap();
            let in_excerpt = verdict(&excerpt.bytes, &open, &silent);
            prop_assert_eq!(in_excerpt.access == Access::Undecided, was_asked);
            if !was_asked {
                prop_assert_eq!(in_excerpt.access, expected.access);
                let other = Request::new("sshd", Host::new(address, HostName::unknown()));
                prop_assert_eq!(verdict(source.as_bytes(), &other, &world).cause, expected.cause);
            }
        }
    }
}
