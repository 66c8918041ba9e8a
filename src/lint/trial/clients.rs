//! Clients that the words of a table are about, also where libwrap does not read them so.

use crate::syntax::Line;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The daemon of rules about all of them.
pub(in crate::lint) const SOME_DAEMON: &[u8] = b"sshd";
/// Further daemons, for what is said about all of them and is not true of that one.
pub(in crate::lint) const OTHER_DAEMONS: [&[u8]; 3] = [b"vsftpd", b"in.ftpd", b"slapd"];
/// Addresses nobody lists (RFC 5737, RFC 3849) and a name nobody owns (RFC 2606).
const STRANGER: &str = "203.0.113.7";
pub(in crate::lint) const STRANGER6: &str = "2001:db8:fe::7";
const STRANGER_NAME: &str = "host.example.net";

/// One end of a connection that is tried.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::lint) struct Client {
    pub(in crate::lint) address: String,
    pub(in crate::lint) name: Option<String>,
}

impl Client {
    pub(in crate::lint) fn at(address: &dyn ToString) -> Self {
        Self {
            address: address.to_string(),
            name: None,
        }
    }

    /// Clients that nobody names.
    pub(in crate::lint) fn strangers() -> Vec<Self> {
        vec![
            Self::at(&STRANGER),
            Self::at(&STRANGER6),
            Self::named(STRANGER_NAME),
        ]
    }

    pub(in crate::lint) fn named(name: impl Into<String>) -> Self {
        Self {
            address: STRANGER.to_owned(),
            name: Some(name.into()),
        }
    }
}

/// The daemons of a line; several, if it is about all of them.
pub(in crate::lint) fn daemons_of(line: Line<'_, '_>) -> Vec<Vec<u8>> {
    let text = line.text(line.span());
    let list = fields(&text).0;
    let own = words(list).filter_map(daemon);
    own.chain(others_of(list)).collect()
}

/// Further daemons, if a list has a word for many.
pub(in crate::lint) fn others_of(list: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let is_wide = words(list).any(|word| {
        word.eq_ignore_ascii_case(b"ALL") || word.iter().any(|byte| b"*?".contains(byte))
    });
    let others = OTHER_DAEMONS.into_iter().filter(move |_| is_wide);
    others.map(<[u8]>::to_vec)
}

/// The clients that all words of a line are about.
pub(in crate::lint) fn meant_by(line: Line<'_, '_>) -> Vec<Client> {
    let text = line.text(line.span());
    words(&text)
        .flat_map(|word| word.split(|&byte| byte == b'@'))
        .flat_map(meant)
        .chain(words(fields(&text).1).flat_map(meant))
        .collect()
}

/// The texts before and after the first colon outside of brackets; options are left out.
pub(in crate::lint) fn fields(text: &[u8]) -> (&[u8], &[u8]) {
    let Some((daemons, rest)) = cut(text) else {
        return (b"", text);
    };
    // A bare IPv6 address has its own colons.
    let is_address = words(rest)
        .next()
        .is_some_and(|word| str::from_utf8(word).is_ok_and(|w| w.parse::<Ipv6Addr>().is_ok()));
    let clients = if is_address {
        rest
    } else {
        cut(rest).map_or(rest, |(clients, _)| clients)
    };
    (daemons, clients)
}

fn cut(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut depth = 0_i32;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b':' if depth <= 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

pub(in crate::lint) fn words(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| byte.is_ascii_whitespace() || *byte == b',')
        .filter(|word| !word.is_empty())
}

/// The daemon that a word of a daemon list is about.
pub(in crate::lint) fn daemon(word: &[u8]) -> Option<Vec<u8>> {
    let word = word.rsplit(|&byte| byte == b'/').next()?;
    let word = word.strip_prefix("\u{feff}".as_bytes()).unwrap_or(word);
    if word.eq_ignore_ascii_case(b"ALL") || word.contains(&b'*') || word.contains(&b'?') {
        return Some(SOME_DAEMON.to_vec());
    }
    if word.eq_ignore_ascii_case(b"EXCEPT") {
        return None;
    }
    let reserved: [&[u8]; 3] = [b"LOCAL", b"UNKNOWN", b"PARANOID"];
    if reserved
        .iter()
        .any(|other| word.eq_ignore_ascii_case(other))
    {
        return Some(SOME_DAEMON.to_vec());
    }
    if word.eq_ignore_ascii_case(b"ssh") || word.eq_ignore_ascii_case(b"sshd-session") {
        return Some(SOME_DAEMON.to_vec());
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let is_number = word.iter().all(u8::is_ascii_digit);
    let is_plain = word.iter().all(is_plain) && !word.starts_with(b".") && !word.ends_with(b".");
    if is_number {
        return Some(SOME_DAEMON.to_vec());
    }
    is_plain.then(|| word.to_vec())
}

/// The clients whom the author of a pattern had in mind.
pub(in crate::lint) fn meant(word: &[u8]) -> Vec<Client> {
    let text = String::from_utf8_lossy(word);
    let text = text.trim_end_matches('\\').trim_start_matches('!');
    let upper = text.to_ascii_uppercase();
    match upper.as_str() {
        "EXCEPT" | "#" | "" | "ALLOW" | "DENY" => return Vec::new(),
        "ALL" | "*" | "ANY" | "UNKNOWN" => return vec![Client::at(&STRANGER)],
        "KNOWN" => return vec![Client::named(STRANGER_NAME)],
        "LOCAL" => return vec![Client::named("localname")],
        "PARANOID" => return vec![Client::named("paranoid")],
        _ => {}
    }
    if text.starts_with(['/', '@', '%']) || text.contains('@') {
        return Vec::new();
    }
    if let Some(address) = address(text) {
        return vec![Client::at(&address)];
    }
    if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return tail(text)
            .into_iter()
            .map(|address| Client::at(&address))
            .collect();
    }
    let name: String = text.replace(['*', '?'], "x");
    let name = match name.strip_prefix('.') {
        Some(domain) => format!("host.{domain}"),
        None => name,
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_name = name.bytes().all(is_name) && !name.is_empty();
    is_name.then(|| Client::named(name)).into_iter().collect()
}

/// The address in `text`: bare, in brackets, with a mask, cut short, as a range or with leading
/// zeros.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[');
    let bare = bare.split(['/', ']', '%']).next()?;
    if let Ok(address) = bare.parse::<Ipv6Addr>() {
        if let Some(mapped) = address.to_ipv4_mapped() {
            return Some(mapped.into());
        }
        let bits = address.to_bits();
        let is_net = bits.trailing_zeros() >= 16 && bits != 0;
        let is_any = bits == 0 && text.contains('/');
        return Some(Ipv6Addr::from_bits(bits | u128::from(is_net || is_any)).into());
    }
    let bare = bare.split('-').next()?;
    let mut parts = [0_u8; 4];
    let mut given = 0;
    for part in bare.trim_end_matches('.').split('.') {
        let part = if part == "*" || part == "?" {
            "1"
        } else {
            part
        };
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        *parts.get_mut(given).filter(|_| is_number)? = part.parse().ok()?;
        given += 1;
    }
    if given == 1 && !text.contains(['.', '/']) {
        return None;
    }
    let [a, b, c, d] = parts;
    let d = if d == 0 && (text.contains('/') || given < 4) {
        1
    } else {
        d
    };
    Some(Ipv4Addr::new(a, b, c, d).into())
}

/// An address that ends in `text`, such as `.0.4`.
fn tail(text: &str) -> Option<Ipv4Addr> {
    let dots = text.bytes().filter(|&byte| byte == b'.').count();
    let head = ["203.0.113.7", "203.0.113", "203.0", "203"].get(dots)?;
    format!("{head}{text}").parse().ok()
}
