//! One list element to what it matches: the forms of daemon and client patterns.

use crate::policy::address::{Zoned6, any_quad, dotted_quad, ipv6};
use crate::policy::dialect::{DEBIAN_12, Dialect, Ipv6, Masks};
use crate::policy::number::{c_decimal, c_decimal_prefix};
use crate::syntax::Brackets;

/// How one string is compared: a daemon, user or host name, or an address as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPattern<'a> {
    /// Contains `*` or `?`, and is then nothing else (F-DAEMON-04).
    Wildcard(&'a [u8]),
    /// `.suffix`, dot included: a proper tail (F-NAME-02, F-V4-04).
    Suffix(&'a [u8]),
    /// `prefix.`, dot included (F-V4-02, F-NAME-03).
    Prefix(&'a [u8]),
    /// `ALL`.
    All,
    /// `KNOWN` for daemons and users: anything but `unknown`.
    Known,
    /// `[address]`: compared as a number (F-V6-01).
    Ipv6(Zoned6<'a>),
    /// `[...]` that is not an address: never matches (F-V6-07).
    BadIpv6(&'a [u8]),
    /// Anything else: equal but for ASCII case.
    Exact(&'a [u8]),
}

impl<'a> TextPattern<'a> {
    /// Its text, where it is compared as one: empty for words and numbers.
    pub fn text(self) -> &'a [u8] {
        match self {
            Self::Wildcard(text) | Self::Suffix(text) | Self::Prefix(text) | Self::Exact(text) => {
                text
            }
            Self::All | Self::Known | Self::Ipv6(_) | Self::BadIpv6(_) => b"",
        }
    }

    /// A text that it matches; none for words and for addresses in brackets.
    pub fn example(self) -> Option<Vec<u8>> {
        match self {
            Self::Wildcard(text) => {
                let letter = |byte: &u8| if b"*?".contains(byte) { b'x' } else { *byte };
                Some(text.iter().map(letter).collect())
            }
            Self::Suffix(text) => Some([b"x", text].concat()),
            Self::Prefix(text) => Some([text, b"x"].concat()),
            Self::Exact(text) => Some(text.to_vec()),
            Self::All | Self::Known | Self::Ipv6(_) | Self::BadIpv6(_) => None,
        }
    }

    /// Reads a pattern.
    pub fn read(text: &'a [u8], dialect: &Dialect) -> Self {
        if dialect.wildcards && memchr::memchr2(b'*', b'?', text).is_some() {
            Self::Wildcard(text)
        } else if text.first() == Some(&b'.') {
            Self::Suffix(text)
        } else if text.eq_ignore_ascii_case(b"ALL") {
            Self::All
        } else if text.eq_ignore_ascii_case(b"KNOWN") {
            Self::Known
        } else if text.last() == Some(&b'.') {
            Self::Prefix(text)
        } else if let [b'[', inner @ .., b']'] = text
            && dialect.ipv6 == Ipv6::Numbers
        {
            ipv6(inner).map_or(Self::BadIpv6(text), Self::Ipv6)
        } else {
            Self::Exact(text)
        }
    }
}

/// One element of a daemon list: `daemon`, `daemon@host`, a port, or `port@host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaemonPattern<'a> {
    /// The process or port.
    pub process: Process<'a>,
    /// The server's end, if the pattern names one (F-DAEMON-09).
    pub host: Option<HostPattern<'a>>,
}

/// What a daemon pattern compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process<'a> {
    /// The server's port: a decimal number up to 65535 (F-DAEMON-10).
    Port(u16),
    /// A number beyond 64 bits: never matches.
    Overflow,
    /// The name of the daemon.
    Name(TextPattern<'a>),
}

impl<'a> DaemonPattern<'a> {
    /// Reads an element of a daemon list, as the tested library does.
    pub fn read(text: &'a [u8]) -> Self {
        Self::read_in(text, &DEBIAN_12)
    }

    /// Reads an element of a daemon list.
    pub fn read_in(text: &'a [u8], dialect: &Dialect) -> Self {
        let (process, host) = split_at_sign(text, dialect);
        Self {
            process: Process::read(process, dialect),
            host: host.map(|host| HostPattern::read_in(host, dialect)),
        }
    }
}

impl<'a> Process<'a> {
    fn read(text: &'a [u8], dialect: &Dialect) -> Self {
        let number = c_decimal(text).filter(|_| dialect.ports);
        match number.map(|(number, is_over)| (u16::try_from(number), is_over)) {
            Some((_, true)) => Self::Overflow,
            Some((Ok(port), false)) => Self::Port(port),
            _ => Self::Name(TextPattern::read(text, dialect)),
        }
    }
}

/// One element of a client list: `host` or `user@host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientPattern<'a> {
    /// The user, if the pattern names one: it costs an ident look-up (F-USER-02).
    pub user: Option<TextPattern<'a>>,
    /// The host.
    pub host: HostPattern<'a>,
}

impl<'a> ClientPattern<'a> {
    /// Reads an element of a client list, as the tested library does.
    pub fn read(text: &'a [u8]) -> Self {
        Self::read_in(text, &DEBIAN_12)
    }

    /// Reads an element of a client list.
    pub fn read_in(text: &'a [u8], dialect: &Dialect) -> Self {
        match split_at_sign(text, dialect) {
            (user, Some(host)) => Self {
                user: Some(TextPattern::read(user, dialect)),
                host: HostPattern::read_in(host, dialect),
            },
            (host, None) => Self {
                user: None,
                host: HostPattern::read_in(host, dialect),
            },
        }
    }
}

/// How the end of a connection is compared, client or server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPattern<'a> {
    /// `@group`: the name, against a netgroup (F-NETGR-02).
    Netgroup(&'a [u8]),
    /// `/path`: the patterns in a list file (F-FILE-01).
    ListFile(&'a [u8]),
    /// `KNOWN`: name and address known (F-MAGIC-01).
    Known,
    /// `LOCAL`: a known name without a dot (F-MAGIC-01).
    Local,
    /// `net/mask`: the address only.
    Ipv4Net {
        /// The network, all bits of which are compared (F-V4-06).
        net: u32,
        /// The bits of the address that count.
        mask: u32,
    },
    /// `[net]/length`: the address only; host bits of the net are ignored (F-V6-02).
    Ipv6Net {
        /// The network.
        net: Zoned6<'a>,
        /// Bits that count, 0 to 128.
        length: u8,
    },
    /// A slash, but no network: never matches.
    BadNet(NetworkProblem),
    /// Anything else: the address as text, and the name too unless the pattern is made of digits,
    /// dots and slashes only.
    Text {
        /// The pattern.
        pattern: TextPattern<'a>,
        /// Whether it is compared with the name as well.
        also_name: bool,
    },
}

/// Why `net/mask` matches nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkProblem {
    /// The part before the slash is neither four numbers nor an address in brackets.
    Net,
    /// The part after the slash is neither a mask nor a length in range.
    Mask,
}

impl<'a> HostPattern<'a> {
    /// Reads a host pattern, as the tested library does.
    pub fn read(text: &'a [u8]) -> Self {
        Self::read_in(text, &DEBIAN_12)
    }

    /// Reads a host pattern; the order of the tests is the library's.
    pub fn read_in(text: &'a [u8], dialect: &Dialect) -> Self {
        match text {
            [b'@', group @ ..] => Self::Netgroup(group),
            [b'/', ..] if dialect.list_files => Self::ListFile(text),
            _ if text.eq_ignore_ascii_case(b"KNOWN") => Self::Known,
            _ if text.eq_ignore_ascii_case(b"LOCAL") => Self::Local,
            [b'[', inner @ ..] if dialect.ipv6 == Ipv6::NumbersAndNets => Self::leading(inner),
            [b'[', inner @ .., b']'] if dialect.ipv6 == Ipv6::TextAndNets => {
                Self::plain(inner, dialect)
            }
            _ => Self::plain(text, dialect),
        }
    }

    /// A network, or else a text.
    fn plain(text: &'a [u8], dialect: &Dialect) -> Self {
        if let Some((net, mask)) = split(text, 0, b'/', dialect) {
            return Self::net(net, mask, dialect);
        }
        let is_number = text.iter().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'/'));
        let is_name = dialect.colons_in_names || !text.contains(&b':');
        Self::Text {
            pattern: TextPattern::read(text, dialect),
            also_name: !is_number && is_name,
        }
    }

    /// What stands between a bracket and the first that closes one ([`Ipv6::NumbersAndNets`]).
    fn leading(text: &'a [u8]) -> Self {
        let inner = memchr::memchr(b']', text).and_then(|close| text.get(..close));
        let Some(inner) = inner else {
            return Self::BadNet(NetworkProblem::Net);
        };
        let (net, length) = match memchr::memchr(b'/', inner) {
            Some(slash) => (
                inner.get(..slash).unwrap_or_default(),
                c_decimal_prefix(inner.get(slash + 1..).unwrap_or_default()),
            ),
            None => (inner, 128),
        };
        Self::ipv6_net(ipv6(net).filter(|net| net.zone.is_none()), length)
    }

    fn ipv6_net(net: Option<Zoned6<'a>>, length: i32) -> Self {
        match (net, u8::try_from(length)) {
            (Some(net), Ok(length @ 0..=128)) => Self::Ipv6Net { net, length },
            (None, _) => Self::BadNet(NetworkProblem::Net),
            (Some(_), _) => Self::BadNet(NetworkProblem::Mask),
        }
    }

    /// Whether there is no client that it matches: it is not a network, a network with host bits
    /// set (F-V4-06), or brackets around something that is not an address (F-V6-07).
    pub fn matches_nobody(&self) -> bool {
        match self {
            Self::BadNet(_)
            | Self::Text {
                pattern: TextPattern::BadIpv6(_),
                ..
            } => true,
            Self::Ipv4Net { net, mask } => net & !mask != 0,
            Self::Netgroup(_)
            | Self::ListFile(_)
            | Self::Known
            | Self::Local
            | Self::Ipv6Net { .. }
            | Self::Text { .. } => false,
        }
    }

    fn net(net: &'a [u8], mask: &[u8], dialect: &Dialect) -> Self {
        if let [b'[', inner @ .., b']'] = net
            && dialect.ipv6 == Ipv6::Numbers
        {
            return Self::ipv6_net(ipv6(inner), c_decimal_prefix(mask));
        }
        if dialect.ipv6 == Ipv6::TextAndNets && net.contains(&b':') {
            return Self::ipv6_net(ipv6(net), c_decimal_prefix(mask));
        }
        let quad = match dialect.masks {
            Masks::QuadsAndLengths | Masks::Quads => dotted_quad,
            Masks::AnyNumbers => any_quad,
        };
        let Some(net) = quad(net) else {
            return Self::BadNet(NetworkProblem::Net);
        };
        let has_lengths = dialect.masks == Masks::QuadsAndLengths;
        let length = || ipv4_mask(c_decimal_prefix(mask)).filter(|_| has_lengths);
        let mask = quad(mask).map(u32::from).or_else(length);
        mask.map_or(Self::BadNet(NetworkProblem::Mask), |mask| Self::Ipv4Net {
            net: u32::from(net),
            mask,
        })
    }
}

/// The mask of a prefix length from 1 to 32; 0 is an error to the library (F-V4-08, F-V4-09).
fn ipv4_mask(length: i32) -> Option<u32> {
    let length = u32::try_from(length)
        .ok()
        .filter(|length| (1..=32).contains(length))?;
    Some(u32::MAX << (32 - length))
}

/// `user@host` and `daemon@host`: the first `@` after the first byte (F-DAEMON-07, F-USER-01).
fn split_at_sign<'t>(text: &'t [u8], dialect: &Dialect) -> (&'t [u8], Option<&'t [u8]>) {
    split(text, 1, b'@', dialect).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// Splits at the first `delimiter` outside of brackets, looking from byte `from` on only.
fn split<'t>(
    text: &'t [u8],
    from: usize,
    delimiter: u8,
    dialect: &Dialect,
) -> Option<(&'t [u8], &'t [u8])> {
    let counts = dialect.reading.brackets == Brackets::Counted;
    let mut depth = 0_i32;
    for (at, &byte) in text.iter().enumerate().skip(from) {
        match byte {
            b'[' if counts => depth += 1,
            b']' if counts => depth -= 1,
            _ if byte == delimiter && depth == 0 => {
                return Some((text.get(..at)?, text.get(at + 1..)?));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Option<(String, String)> {
        let HostPattern::Ipv4Net { net, mask } = HostPattern::read(text.as_bytes()) else {
            return None;
        };
        let show = |bits| std::net::Ipv4Addr::from_bits(bits).to_string();
        Some((show(net), show(mask)))
    }

    #[test]
    fn f_v4_masks_and_lengths() {
        let expect = |net: &str, mask: &str| Some((net.to_owned(), mask.to_owned()));
        assert_eq!(net("1.2.3.0/24"), expect("1.2.3.0", "255.255.255.0"));
        assert_eq!(net("010.0.0.0/8"), expect("8.0.0.0", "255.0.0.0"));
        assert_eq!(net("0.0.0.0/0.0.0.0"), expect("0.0.0.0", "0.0.0.0"));
        for bad in [
            "0.0.0.0/0",
            "1.2.3.4/255.255.255.255",
            "1.2.3/24",
            "ALL/24",
            "1.2.3.0/33",
        ] {
            assert!(
                matches!(HostPattern::read(bad.as_bytes()), HostPattern::BadNet(_)),
                "{bad}"
            );
        }
    }

    #[test]
    fn f_v6_lengths_without_digits_are_zero() {
        for (text, bits) in [("[fe80::]/x", 0), ("[fe80::]/", 0), ("[fe80::]/32x", 32)] {
            let pattern = HostPattern::read(text.as_bytes());
            assert!(
                matches!(pattern, HostPattern::Ipv6Net { length, .. } if length == bits),
                "{text}"
            );
        }
        assert_eq!(
            HostPattern::read(b"[::]/129"),
            HostPattern::BadNet(NetworkProblem::Mask)
        );
    }

    #[test]
    fn f_user_01_the_first_at_sign_behind_the_first_byte() {
        let read = ClientPattern::read(b"bob@x@ALL");
        assert_eq!(read.user, Some(TextPattern::Exact(b"bob")));
        assert_eq!(
            ClientPattern::read(b"@grp").host,
            HostPattern::Netgroup(b"grp")
        );
        assert_eq!(ClientPattern::read(b"[bob]@ALL").user, None);
    }

    #[test]
    fn f_daemon_10_ports_are_whole_numbers() {
        for text in ["22", "022", "+22", "4294967318", "-4294967274"] {
            assert_eq!(
                DaemonPattern::read(text.as_bytes()).process,
                Process::Port(22),
                "{text}"
            );
        }
        for text in ["-1", "65536", "22x", "0x16"] {
            let process = DaemonPattern::read(text.as_bytes()).process;
            assert!(matches!(process, Process::Name(_)), "{text}");
        }
    }
}
