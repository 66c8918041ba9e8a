//! Generated pairs of tables: logical lines first, then the damage that real files have.

use super::case::{Case, LISTS};
use super::mutations;
use super::options;
use super::patterns;
use super::random::Random;
use super::sentences;

/// Queries a case; 5,000 cases make 100,000.
pub(crate) const QUERIES: usize = 20;

/// The case of `seed`. Paths in it lie below `dir`.
pub(crate) fn case(seed: u64, dir: &str) -> Case {
    let mut random = Random::new(seed);
    let random = &mut random;
    let lists: [Vec<u8>; 3] =
        std::array::from_fn(|number| patterns::list(random, dir, number.min(LISTS.len())));
    Case {
        allow: (!random.chance(3)).then(|| table(random, dir, 6, 10)),
        deny: (!random.chance(5)).then(|| table(random, dir, 4, 50)),
        lists,
        queries: (0..QUERIES).map(|_| patterns::query(random)).collect(),
    }
}

/// Where the tables of a case come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// Rules put together here, in all their forms.
    Rules,
    /// Sentences of the written grammar.
    Sentences,
    /// Fixtures after accidents.
    Mutations,
    /// Noise.
    Noise,
}

impl Source {
    /// The source of the cases of `seed` that are no rules of ours.
    pub(crate) fn of(seed: u64) -> Self {
        // Workers take every other seed; each shall have all sources.
        match seed / 2 % 8 {
            0 | 2 | 4 | 6 => Self::Sentences,
            1 => Self::Mutations,
            _ => Self::Noise,
        }
    }
}

/// The case of `seed` from one of the sources; it has no list files unless its rules are ours.
pub(crate) fn case_from(source: Source, seed: u64, dir: &str) -> Case {
    let mut random = Random::new(seed);
    let random = &mut random;
    let table = |random: &mut Random| match source {
        Source::Rules => table(random, dir, 5, 20),
        Source::Sentences => sentences::table(random),
        Source::Mutations => mutations::table(random),
        Source::Noise => mutations::noise(random),
    };
    if source == Source::Rules {
        return case(seed, dir);
    }
    let closed = |random: &mut Random, percent| {
        let mut bytes = table(random);
        if random.chance(percent) {
            bytes.extend_from_slice(b"ALL: ALL\n");
        }
        bytes
    };
    Case {
        allow: Some(closed(random, 8)),
        deny: Some(closed(random, 40)),
        lists: Default::default(),
        queries: (0..QUERIES).map(|_| patterns::query(random)).collect(),
    }
}

/// Up to `most` lines; in `closed` percent of the cases the last one is `ALL: ALL`.
fn table(random: &mut Random, dir: &str, most: usize, closed: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let damaged = random.chance(25);
    if damaged && random.chance(4) {
        bytes.extend_from_slice(b"\xef\xbb\xbf");
    }
    for _ in 0..random.below(most + 1) {
        let mut line = line(random, dir);
        if damaged {
            damage(random, &mut line);
        }
        bytes.extend_from_slice(&line);
        bytes.push(b'\n');
    }
    if random.chance(closed) {
        bytes.extend_from_slice(b"ALL: ALL\n");
    }
    if damaged && random.chance(12) {
        bytes.extend_from_slice(
            random
                .pick(&["# end", "ALL: ALL", " ", "\\", "x\\\n", "\\\n", "a:b\0c\n"])
                .as_bytes(),
        );
    }
    bytes
}

/// One logical line, possibly spread over physical ones; without its newline.
fn line(random: &mut Random, dir: &str) -> Vec<u8> {
    let text = match random.below(100) {
        0..6 => random
            .pick(&["# note", "# sshd: ALL", "#sshd: ALL: deny", "#"])
            .to_owned(),
        6..9 => random.pick(&["", " ", "\t", "\r"]).to_owned(),
        9..12 => format!(" #{}", rule(random, dir)),
        12..15 => random
            .pick(&[
                "garbage",
                ":",
                ": ALL",
                "sshd:",
                "sshd::ALL",
                "sshd::deny",
                "ALL",
                "\x0b",
                "\u{a0}",
            ])
            .to_owned(),
        _ => rule(random, dir),
    };
    let mut line = text.into_bytes();
    while random.chance(18) {
        splice(random, &mut line);
    }
    if random.chance(2) {
        lengthen(random, &mut line);
    }
    line
}

fn rule(random: &mut Random, dir: &str) -> String {
    let daemons = list(random, dir, 3, patterns::daemon);
    let clients = list(random, dir, 5, patterns::client);
    let colon = random.pick(&[":", ": ", " : ", ":\t"]);
    let note = if random.chance(3) { " # ALL staff" } else { "" };
    format!("{daemons}{colon}{clients}{note}{}", options::fields(random))
}

/// One to `most` words with EXCEPT between them in all arrangements, doubled and without a side.
fn list(
    random: &mut Random,
    dir: &str,
    most: usize,
    word: fn(&mut Random, &str) -> String,
) -> String {
    let mut text = String::new();
    for number in 0..=random.below(most) {
        if number > 0 {
            text.push_str(random.pick(&[" ", " ", " ", ", ", ",", ",,", "\t", " , "]));
        }
        if random.chance(14) {
            text.push_str(random.pick(&["EXCEPT", "EXCEPT", "except", "EXCEPT EXCEPT", "!EXCEPT"]));
            text.push(' ');
        }
        if !random.chance(2) {
            text.push_str(&word(random, dir));
        }
    }
    if random.chance(3) {
        text.push_str(" EXCEPT");
    }
    text
}

/// A continuation at any byte, also inside a word.
fn splice(random: &mut Random, line: &mut Vec<u8>) {
    let at = random.below(line.len() + 1);
    let with = random.pick(&["\\\n", "\\\n", "\\\n  ", " \\\n ", "\\\n# "]);
    line.splice(at..at, with.bytes());
}

/// Brings the line to the neighbourhood of libwrap's limit of 2046 bytes, alone or in pieces.
fn lengthen(random: &mut Random, line: &mut Vec<u8>) {
    let goal = 2040 + random.below(14);
    let filler = random.pick(&[" ", "#", ",", "x", "\t"]).as_bytes()[0];
    let missing = goal.saturating_sub(line.len());
    if random.chance(50) {
        line.extend(std::iter::repeat_n(filler, missing));
    } else {
        line.splice(0..0, std::iter::repeat_n(b' ', missing));
    }
    if random.chance(40) {
        splice(random, line);
    }
}

/// What editors, file transfers and accidents do to a line.
fn damage(random: &mut Random, line: &mut Vec<u8>) {
    let at = random.below(line.len() + 1);
    match random.below(14) {
        0 => line.push(b'\r'),
        1 => line.extend_from_slice(b" \\\r\n 1.2.3.4"),
        2 => line.extend_from_slice(b" \\ \n 1.2.3.4"),
        3 => line.push(b'\\'),
        4 => line.extend_from_slice(b" \\\\\n1.2.3.4"),
        5 => drop(line.splice(at..at, *b"\0")),
        6 => drop(line.splice(at..at, *b"\\")),
        7 => drop(line.splice(
            at..at,
            *random.pick(&[b":", b"[", b"]", b"@", b"/", b"*", b".", b"\xe9"]),
        )),
        8 => drop(line.splice(
            at..at,
            *random.pick(&[b" ", b"\t", b"\r", b",", b"\x0b", b"\x0c", b";", b"\""]),
        )),
        9 => line.truncate(at),
        10 if !line.is_empty() => drop(line.remove(at.min(line.len() - 1))),
        _ => (),
    }
}
