//! Generated words: daemon and client patterns of every kind, and the requests they are tried on.
//! Both are drawn from the same small pools, so that a pattern often matches.

use super::case::LISTS;
use super::random::Random;
use std::net::Ipv4Addr;

const DAEMONS: [&str; 7] = ["sshd", "in.ftpd", "vsftpd", "SSHD", "unknown", "22", ".d"];

/// Daemon patterns as written, the ones that never match included (F-DAEMON-01 to 11).
const DAEMON_PATTERNS: [&str; 40] = [
    "sshd",
    "sshd",
    "SSHD",
    "ssh",
    "/usr/sbin/sshd",
    "ALL",
    "all",
    "ALL",
    "KNOWN",
    "UNKNOWN",
    "LOCAL",
    "PARANOID",
    "ssh*",
    "s?hd",
    "????",
    "*",
    "sshd?",
    "ALL*",
    "[a-z]shd",
    "sshd**",
    "ssh**",
    "**",
    "a*?",
    ".d",
    "in.",
    ".ftpd",
    "@sshd",
    "sshd@",
    "root@sshd",
    "22",
    "022",
    "+22",
    "23",
    "0x16",
    "2?",
    "65558",
    "4294967318",
    "-1",
    "in.ftpd",
    "vsftpd",
];

const ADDRESSES: [&str; 22] = [
    "1.2.3.4",
    "1.2.3.4",
    "1.2.3.4",
    "1.2.3.9",
    "1.2.9.9",
    "10.1.2.3",
    "10.0.0.1",
    "8.1.1.1",
    "192.168.8.1",
    "192.168.1.77",
    "2001:db8::1",
    "2001:db8::5",
    "2001:db8:ffff::5",
    "fe80::5",
    "fe80::5%lo",
    "::1",
    "::ffff:1.2.3.4",
    "::FFFF:1.2.3.9",
    "::ffff:102:304",
    "255.255.255.255",
    "unknown",
    "",
];

const NAMES: [&str; 24] = [
    "",
    "",
    "",
    "",
    "unknown",
    "unknown",
    "paranoid",
    "foo.com",
    "a.foo.com",
    "A.B.FOO.COM",
    "xfoo.com",
    "short",
    "localhost",
    "10.evil.com",
    "192.168.1.x",
    "1.2.3.4",
    "2001:db8::1",
    "a.foo.com.evil.org",
    "foo.com.",
    "UNKNOWN",
    "Paranoid",
    "all",
    "-x",
    "h\u{e9}.foo.com",
];

const USERS: [&str; 8] = ["", "", "", "bob", "BOB", "root", "unknown", "a b"];

/// Client patterns as written, the ones that never match included (section 4 of the facts).
const FIXED: [&str; 106] = [
    "ALL",
    "all",
    "ALL",
    "KNOWN",
    "UNKNOWN",
    "LOCAL",
    "PARANOID",
    "known",
    "FAIL",
    "ANY",
    "ALL.",
    "ALL*",
    "*",
    "1.2.3.4",
    "1.2.3.4",
    "1.2.3.9",
    "01.2.3.4",
    "16909060",
    "1.2.",
    "10.",
    "1.2",
    "10",
    "1.2.3.4.",
    ".3.4",
    ".4",
    "1.2.3.0/24",
    "1.2.3.4/24",
    "1.2.3.0/255.255.255.0",
    "1.2.0.4/255.255.0.255",
    "0.0.0.4/0.0.0.255",
    "1.2.3.4/255.255.255.0",
    "1.0.0.0/0.0.0.0",
    "1.2.3.0/0.0.0.255",
    "1.2.3.4/255.255.255.255",
    "1.2.3.4/32",
    "0.0.0.0/0.0.0.0",
    "0.0.0.0/0",
    "0/0",
    "0.0.0.0/1",
    "1.2.3.0/024",
    "1.2.3.0/+24",
    "1.2.3.0/24x",
    "1.2.3.0/0x18",
    "1.2.3.0/",
    "1.2.3.0//24",
    "1.2.3.0/24/24",
    "1.2.3.0/0xff.0xff.0xff.0",
    "1.2.3.0/0377.0377.0377.0",
    "1.2.3.0/255.255.255",
    "1.2.3.0/256.0.0.0",
    "1.2.3.0/4294967320",
    "010.0.0.0/8",
    "10.0.0.0/8",
    "0x0a.0.0.0/8",
    "192.168.010.0/24",
    "08.0.0.0/8",
    "1/8",
    "1.2/16",
    "1./8",
    "ALL/24",
    "*/0",
    "255.255.255.255/32",
    "255.255.255.255",
    "1.2.3.*",
    "1.2.*.4",
    "1.2.3.?",
    "*1",
    "2001*",
    "1.2.3.*/24",
    "1.2.*.",
    "1.2.3.1-9",
    "1.2.3.[1-9]",
    "10.*",
    "192.168.1.?",
    "[2001:DB8::1]",
    "[2001:db8:0::1]",
    "[2001:db8::]/32",
    "[2001:db8:ffff::5]/32",
    "[::]/0",
    "[fe80::]/",
    "[fe80::]/abc",
    "[fe80::]/0x40",
    "[fe80::]/129",
    "[fe80::]/-1",
    "[2001:db8::]/32x",
    "[2001:db8::]/032",
    "[2001:db8::]/32/64",
    "[2001:db8::/32]",
    "[2001:db8::",
    "2001:db8::1]",
    "[[::1]]",
    "[::1]",
    "[::1].",
    "[localhost]",
    "[1.2.3.4]",
    "[2001*]",
    "[::ffff:1.2.3.4]",
    "[::ffff:0:0]/96",
    "[fe80::5]",
    "[fe80::5%lo]",
    "2001:db8::1",
    "::1",
    "![::1]",
    "!1.2.3.4",
    "[",
    "]",
];

const HOSTS: [&str; 24] = [
    "foo.com",
    "FOO.com",
    ".foo.com",
    ".com",
    "a.foo.com.",
    "a.foo.com",
    "*.foo.com",
    "*foo.com",
    "foo*",
    "?oo.com",
    "foo.com.",
    ".*.foo.com",
    "*.foo.",
    "short",
    "localhost",
    "h\u{e9}.foo.com",
    "10.evil.com",
    "192.168.1.x",
    "unknown",
    "paranoid",
    "-x",
    "#",
    "EXCEPTional",
    ".evil.org",
];

/// A client address pattern, name, word, list file, netgroup or `user@host`.
pub(crate) fn client(random: &mut Random, dir: &str) -> String {
    match random.below(100) {
        0..44 => random.pick(&FIXED).to_owned(),
        44..64 => random.pick(&HOSTS).to_owned(),
        64..76 => random_net(random),
        76..84 => random.pick(&ADDRESSES).to_owned(),
        84..90 => list_file(random, dir),
        90..93 => random
            .pick(&["@nosuch", "@", "@ALL", "bob@@nosuch", "@@nosuch"])
            .to_owned(),
        _ => {
            let user = random.pick(&[
                "bob", "BOB", "b*", "ALL", "KNOWN", "UNKNOWN", "LOCAL", "ro?t", ".b", "bo.", "a",
                "bob@x", "[bob]", "",
            ]);
            format!("{user}@{}", client(random, dir))
        }
    }
}

/// A net of random length around the addresses in use, sometimes with host bits.
fn random_net(random: &mut Random) -> String {
    let length = random.below(36);
    if random.chance(35) {
        let net = random.pick(&[
            "2001:db8::",
            "2001:db8:ffff::5",
            "fe80::",
            "::",
            "::ffff:0:0",
        ]);
        return format!("[{net}]/{}", length * 4);
    }
    let (kept, bits) = (length.min(32), random.chance(15));
    let address: u32 = random
        .pick(&[&0x0102_0304_u32, &0x0a00_0001, &0xc0a8_0801, &0x0102_0909])
        .to_owned();
    let mask = u32::MAX
        .checked_shl(u32::try_from(32 - kept).unwrap())
        .unwrap_or(0);
    let net = Ipv4Addr::from(if bits { address } else { address & mask });
    if random.chance(30) {
        return format!("{net}/{}", Ipv4Addr::from(mask));
    }
    format!("{net}/{length}")
}

fn list_file(random: &mut Random, dir: &str) -> String {
    match random.below(10) {
        0 => format!("{dir}/absent"),
        1 => dir.to_owned(),
        2 => format!("{dir}/list*"),
        3 => format!("{dir}/list0/24"),
        4 => "./list0".to_owned(),
        _ => format!("{dir}/{}", random.pick(&LISTS)),
    }
}

/// The name of a list file that does not exist, or that is none.
pub(crate) fn absent_list(random: &mut Random) -> Vec<u8> {
    let names = ["/nonexistent/list", "/", "/usr", "/nonexistent/*"];
    random.pick(&names).as_bytes().to_vec()
}

/// The contents of a list file: words and white space; it may name the lists after it in order.
pub(crate) fn list(random: &mut Random, dir: &str, number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.below(6) {
        let word = match random.below(12) {
            0 => random
                .pick(&["#", "EXCEPT", "8.8.8.8,", "bob@1.2.3.4"])
                .to_owned(),
            1 if number + 1 < LISTS.len() => format!("{dir}/{}", LISTS[number + 1]),
            _ => client(random, &format!("{dir}/deeper")),
        };
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(
            random
                .pick(&["\n", "\n", " ", "\t", "\r\n", "\x0b", "\x0c", "  "])
                .as_bytes(),
        );
    }
    if random.chance(10) {
        bytes.pop();
    }
    bytes
}

/// A daemon pattern, one in six with a server end.
pub(crate) fn daemon(random: &mut Random, dir: &str) -> String {
    let name = random.pick(&DAEMON_PATTERNS);
    if random.chance(16) {
        return format!("{name}@{}", client(random, dir));
    }
    name.to_owned()
}

/// A line for `tcpw match --batch`.
pub(crate) fn query(random: &mut Random) -> Vec<u8> {
    let daemon = if random.chance(60) {
        "sshd"
    } else {
        random.pick(&DAEMONS)
    };
    let mut address = random.pick(&ADDRESSES).to_owned();
    if random.chance(15) {
        address = format!("1.2.{}.{}", random.below(16), random.below(256));
    }
    let name = if random.chance(1) {
        "l.".repeat(99)
    } else {
        random.pick(&NAMES).to_owned()
    };
    let mut query = format!("{daemon}\t{address}\t{name}\t{}", random.pick(&USERS));
    if random.chance(40) {
        let server = random.pick(&["", "10.0.0.1", "10.0.0.2", "2001:db8::1", "1.2.3.4"]);
        let host = random.pick(&["", "srv.foo.com", "short", "unknown", "a.foo.com"]);
        let port = random.pick(&["", "", "22", "23"]);
        query = [query.as_str(), server, host, port].join("\t");
    }
    query.into_bytes()
}
