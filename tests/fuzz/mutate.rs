//! An input from another one: by accident, by words that mean something, by parts of a third.

use crate::engine::Random;

/// No input is longer.
const LONGEST: usize = 4000;
/// What means something to one target or another.
const WORDS: [&[u8]; 56] = [
    b"\xff",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\t",
    b" ",
    b":",
    b" : ",
    b",",
    b"\\\n",
    b"\"",
    b"'",
    b"[",
    b"]",
    b"#",
    b"=",
    b".",
    b"/",
    b"@",
    b"*",
    b"%h",
    b"ALL",
    b" EXCEPT ",
    b"sshd: ALL\n",
    b"192.0.2.7",
    b"192.0.2.0/24",
    b"[2001:db8::]/32",
    b".example.org",
    b": deny\n",
    b": spawn echo %a\n",
    b"/etc/list",
    b"tcpw: until=2026-01-01T00:00:00Z",
    b"220 ",
    b"250-",
    b"250 ",
    b"334 ",
    b"354 ",
    b"421 ",
    b"550 5.7.1 ",
    b"STARTTLS",
    b"AUTH PLAIN LOGIN",
    b"\r\n.\r\n",
    b"\r\nBcc: x@example.org\r\n",
    b"=?utf-8?b?DQo=?=",
    b"<script>",
    b"&#60;",
    b"{{ 7 * 7 }}",
    b"http://evil.example/",
    b"\x1b[2J",
    "\u{202e}\u{200b}\u{2028}".as_bytes(),
    "\u{85}\u{9b}\u{600}".as_bytes(),
    "접속".as_bytes(),
    b"refused connect from ",
    b"end\n",
    b"99999999999999999999",
];

/// One of `seeds` after some accidents, or nothing but noise.
pub(super) fn input(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    if random.chance(3) {
        let (first, length) = (bytes.first().copied(), random.below(300));
        bytes.clear();
        bytes.extend(first);
        bytes.extend((0..length).map(|_| random.next().to_le_bytes()[0]));
    }
    for _ in 0..random.below(9) {
        accident(random, &mut bytes, seeds);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn accident(random: &mut Random, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = random.below(bytes.len() + 1);
    let to = (at + random.below(24)).min(bytes.len());
    match random.below(8) {
        0 => drop(bytes.splice(at..to, [])),
        1 | 2 => drop(bytes.splice(at..at, random.pick(&WORDS).iter().copied())),
        3 => drop(bytes.splice(at..to, random.pick(&WORDS).iter().copied())),
        4 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next().to_le_bytes()[0];
            }
        }
        5 => {
            let copy = bytes[at..to].to_vec();
            let there = random.below(bytes.len() + 1);
            drop(bytes.splice(there..there, copy));
        }
        6 => {
            let other = &seeds[random.below(seeds.len())];
            let begin = random.below(other.len() + 1);
            let end = (begin + random.below(200)).min(other.len());
            drop(bytes.splice(at..to, other[begin..end].iter().copied()));
        }
        _ => {
            let copy = bytes[at..to].repeat(random.below(40));
            drop(bytes.splice(at..at, copy));
        }
    }
}
