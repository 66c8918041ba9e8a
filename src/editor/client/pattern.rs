//! CLIENT as the operator types it, and the spelling that libwrap really matches.
//!
//! What libwrap would take for something else, or silently never match, is refused with the
//! spelling that works.

use crate::editor::client::word_error::{WordError, limit, refuse};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Words that mean something else in a client list.
const WORDS: &[&str] = &["ALL", "KNOWN", "UNKNOWN", "LOCAL", "PARANOID", "EXCEPT"];

/// A client, in one canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// An IPv4 address (length 32) or network.
    Net4 {
        /// The address; bits after `length` are zero.
        net: u32,
        /// Bits that count, 1 to 32.
        length: u8,
    },
    /// An IPv6 address (length 128) or network.
    Net6 {
        /// The address; bits after `length` are zero.
        net: u128,
        /// Bits that count, 1 to 128.
        length: u8,
    },
    /// A host name, in lower case.
    Name(String),
    /// All names below a domain, which itself is not one of them (F-NAME-02); in lower case,
    /// without the leading dot.
    Domain(String),
}

impl Client {
    /// Reads a CLIENT.
    ///
    /// # Errors
    /// When it is none, or none that libwrap would match; with what would work instead.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        // Long lists are made of these.
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::host(address.into()));
        }
        check_bytes(text)?;
        check_words(text)?;
        if let Some((net, length)) = text.split_once('/') {
            return network(text, net, length);
        }
        if let Some(address) = address(text) {
            return Ok(Self::host(address));
        }
        if text.contains(['[', ']', ':', '%']) {
            return bad_ipv6(text);
        }
        if text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            return bad_ipv4(text);
        }
        name(text)
    }

    /// A single address.
    pub fn host(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Net4 {
                net: address.to_bits(),
                length: 32,
            },
            // libwrap sees a mapped client as IPv4 (F-V4-15, F-V6-08).
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => Self::host(address.into()),
                None => Self::Net6 {
                    net: address.to_bits(),
                    length: 128,
                },
            },
        }
    }
}

impl fmt::Display for Client {
    /// The spelling for a client list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net4 { net, length: 32 } => write!(f, "{}", Ipv4Addr::from_bits(*net)),
            Self::Net4 { net, length } => write!(f, "{}/{length}", Ipv4Addr::from_bits(*net)),
            Self::Net6 { net, length: 128 } => write!(f, "[{}]", Ipv6Addr::from_bits(*net)),
            Self::Net6 { net, length } => write!(f, "[{}]/{length}", Ipv6Addr::from_bits(*net)),
            Self::Name(name) => f.write_str(name),
            Self::Domain(domain) => write!(f, ".{domain}"),
        }
    }
}

/// What can be no part of any client.
fn check_bytes(text: &str) -> Result<(), WordError> {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '\\' | '#');
    if text.is_empty() {
        return refuse(text, "it is empty", "give an address, a network or a name");
    }
    if let Some(c) = text.chars().find(|&c| wrong(c)) {
        let why = format!("{c:?} cannot be part of a client");
        return refuse(text, why, "give each client as an argument of its own");
    }
    if !text.is_ascii() {
        let hint = "write an international name as its DNS has it, in the xn-- form";
        return refuse(text, "it is not ASCII, and libwrap compares bytes", hint);
    }
    Ok(())
}

/// Forms of a client list that are not an address, network or name.
fn check_words(text: &str) -> Result<(), WordError> {
    if WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        let why = "it is a word of the tables, not a client";
        let hint = "use `tcpw deny-all` to refuse everybody who is not allowed, or edit the table";
        return refuse(text, why, hint);
    }
    if text.starts_with('@') {
        let why = "a netgroup is a list kept elsewhere, which cannot be checked here";
        return refuse(text, why, "write the rule into the table by hand");
    }
    if text.contains('@') {
        let why = "USER@HOST makes every client wait for an ident query, and the client chooses the answer";
        return refuse(text, why, "give the host alone");
    }
    if text.starts_with('/') {
        let why = "a list file can change without tcpw, so it cannot be checked here";
        return refuse(text, why, "write the rule into the table by hand");
    }
    if text.contains(['*', '?']) {
        let why = "wildcards are also compared with the name, which the client's side chooses";
        let hint = "give a network such as 10.1.2.0/24, or a domain such as .example.org";
        return refuse(text, why, hint);
    }
    Ok(())
}

/// An address: IPv4, or IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

fn network(text: &str, net: &str, length: &str) -> Result<Client, WordError> {
    let Some(address) = address(net) else {
        let why = format!("`{net}` before the slash is not a full address");
        let hint = "give the network as 10.1.2.0/24 or 2001:db8::/32";
        return refuse(text, why, hint);
    };
    if let Ok(mask) = length.parse::<Ipv4Addr>() {
        let length = mask.to_bits().leading_ones();
        let hint = if mask.to_bits().count_ones() == length {
            format!("give the length of the prefix: {net}/{length}")
        } else {
            "only networks with a prefix length can be given here".to_owned()
        };
        return refuse(text, "the mask is written as an address", hint);
    }
    let most = if address.is_ipv4() { 32 } else { 128 };
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let Some(bits) = length
        .parse::<u8>()
        .ok()
        .filter(|&bits| is_number && bits <= most)
    else {
        let hint = format!("give a number from 1 to {most}");
        return refuse(text, "what follows the slash is not a prefix length", hint);
    };
    match address {
        IpAddr::V4(address) => network4(text, address, bits),
        IpAddr::V6(address) => match (address.to_ipv4_mapped(), bits.checked_sub(96)) {
            (Some(address), Some(bits)) => network4(text, address, bits),
            _ => network6(text, address, bits),
        },
    }
}

fn network4(text: &str, address: Ipv4Addr, length: u8) -> Result<Client, WordError> {
    if length == 0 {
        // F-V4-08: libwrap takes the length 0 for an error, and the pattern matches nobody.
        let why = "libwrap matches nobody by the length 0";
        let hint = "everybody with IPv4 is 0.0.0.0/1 and 128.0.0.0/1; `tcpw deny-all` refuses \
                    everybody who is not allowed";
        return refuse(text, why, hint);
    }
    let mask = u32::MAX << (32 - u32::from(length));
    let net = address.to_bits() & mask;
    if net != address.to_bits() {
        // F-V4-06.
        let why = "libwrap matches nobody by a network with host bits set";
        let whole = Client::Net4 { net, length };
        let hint = format!("the network is {whole}, the host alone is {address}");
        return refuse(text, why, hint);
    }
    Ok(Client::Net4 { net, length })
}

fn network6(text: &str, address: Ipv6Addr, length: u8) -> Result<Client, WordError> {
    if length == 0 {
        let why = "that is everybody with IPv6";
        let hint = "if you mean it, give ::/1 and 8000::/1; `tcpw deny-all` refuses everybody \
                    who is not allowed";
        return refuse(text, why, hint);
    }
    let net = address.to_bits() & (u128::MAX << (128 - u32::from(length)));
    if net != address.to_bits() {
        let whole = Ipv6Addr::from_bits(net);
        let hint = format!("the network is {whole}/{length}, the host alone is {address}");
        return refuse(text, "it has host bits set", hint);
    }
    Ok(Client::Net6 { net, length })
}

fn bad_ipv6<T>(text: &str) -> Result<T, WordError> {
    if let Some((bare, _)) = text.split_once('%') {
        let hint = format!(
            "libwrap ignores zones: give {}",
            bare.trim_start_matches('[')
        );
        return refuse(text, "it names a zone", hint);
    }
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    if inner.parse::<Ipv6Addr>().is_ok() {
        return refuse(text, "its brackets do not match", format!("give {inner}"));
    }
    if inner.parse::<Ipv4Addr>().is_ok() {
        // F-V6-07.
        return refuse(
            text,
            "libwrap matches nobody by IPv4 in brackets",
            format!("give {inner}"),
        );
    }
    if let Some((host, port)) = text.rsplit_once(':')
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !host.contains(':')
        && !host.is_empty()
        && !port.is_empty()
    {
        let hint = format!("rules know no client ports: give {host}");
        return refuse(text, "it names a port", hint);
    }
    let why = "it is neither an IPv6 address nor a name";
    refuse(text, why, "give an address such as 2001:db8::1")
}

/// Digits and dots that are not an address.
fn bad_ipv4<T>(text: &str) -> Result<T, WordError> {
    let parts: Vec<&str> = text.trim_end_matches('.').split('.').collect();
    let numbers: Option<Vec<u8>> = parts.iter().map(|part| part.parse().ok()).collect();
    let is_octal = |part: &&str| part.len() > 1 && part.starts_with('0');
    match numbers {
        Some(numbers) if parts.iter().any(is_octal) => {
            // F-V4-01, F-V4-12: text in one place, octal in another.
            let decimal: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            let hint = format!("in decimal that is {}", decimal.join("."));
            refuse(
                text,
                "numbers with a leading zero are octal in some places",
                hint,
            )
        }
        Some(numbers) if numbers.len() < 4 => {
            let mut net: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            net.resize(4, "0".to_owned());
            let hint = format!("the network is {}/{}", net.join("."), numbers.len() * 8);
            refuse(text, "an address has four numbers", hint)
        }
        Some(numbers) if numbers.len() == 4 => {
            let hint = format!("give {}", parts.join("."));
            refuse(
                text,
                "libwrap matches nobody by an address that ends with a dot",
                hint,
            )
        }
        _ => {
            let why = "an IPv4 address has four numbers from 0 to 255";
            refuse(text, why, "give an address such as 10.1.2.3")
        }
    }
}

fn name(text: &str) -> Result<Client, WordError> {
    limit(text)?;
    if let Some(bare) = text.strip_suffix('.') {
        // F-NAME-03.
        let why = "libwrap takes a final dot for the beginning of a longer name";
        let hint = match Client::parse(bare) {
            Ok(client) => format!("give {client}"),
            Err(_) => "give the whole name, without the dot".to_owned(),
        };
        return refuse(text, why, hint);
    }
    let (bare, is_domain) = match text.strip_prefix('.') {
        Some(bare) => (bare, true),
        None => (text, false),
    };
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !bare.split('.').all(is_label) {
        let why = "a host name has labels of letters, digits and hyphens, with dots between them";
        return refuse(
            text,
            why,
            "give a name such as host.example.org, or .example.org",
        );
    }
    let last = bare.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        // F-V4-04: such a tail matches addresses.
        let why = "a name that ends in a number can be taken for an address";
        return refuse(text, why, "give the full host name");
    }
    let bare = bare.to_ascii_lowercase();
    Ok(if is_domain {
        Client::Domain(bare)
    } else {
        Client::Name(bare)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        Client::parse(text)
            .map(|client| client.to_string())
            .map_err(|error| format!("{} | {}", error, error.hint))
    }

    #[test]
    fn canonical_spellings() {
        for (given, written) in [
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.0/24", "10.1.2.0/24"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("0.0.0.0/1", "0.0.0.0/1"),
            ("2001:DB8:0:0::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("2001:db8::/32", "[2001:db8::]/32"),
            ("[2001:db8::]/32", "[2001:db8::]/32"),
            ("2001:db8::1/128", "[2001:db8::1]"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.0/120", "10.1.2.0/24"),
            ("Host.Example.ORG", "host.example.org"),
            (".Example.org", ".example.org"),
            ("localhost", "localhost"),
            ("a_b.example", "a_b.example"),
        ] {
            assert_eq!(read(given).as_deref(), Ok(written), "{given}");
        }
    }

    #[test]
    fn errors_say_what_would_work() {
        for (given, offer) in [
            ("10.1.2.3/24", "10.1.2.0/24"),
            ("0.0.0.0/0", "0.0.0.0/1 and 128.0.0.0/1"),
            ("::/0", "::/1 and 8000::/1"),
            ("1.2.3", "1.2.3.0/24"),
            ("1.2.3.", "1.2.3.0/24"),
            ("10.", "10.0.0.0/8"),
            ("300.1.1.1", "10.1.2.3"),
            ("1.2.3.4.", "give 1.2.3.4"),
            ("010.1.2.3", "10.1.2.3"),
            ("10.1.2.0/255.255.255.0", "10.1.2.0/24"),
            ("10.1.2.0/255.0.255.0", "prefix length"),
            ("10.1.2.0/33", "1 to 32"),
            ("10.1.2.0/+24", "1 to 32"),
            ("10.1.2/24", "10.1.2.0/24"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("[2001:db8::1", "give 2001:db8::1"),
            ("[10.1.2.3]", "give 10.1.2.3"),
            ("[2001:db8::/32]", "2001:db8::"),
            ("fe80::1%eth0", "give fe80::1"),
            ("10.1.2.3:22", "give 10.1.2.3"),
            ("10.*", "10.1.2.0/24"),
            ("ALL", "deny-all"),
            ("unknown", "deny-all"),
            ("@group", "by hand"),
            ("/etc/list", "by hand"),
            ("bob@host", "host alone"),
            ("", "address"),
            ("a b", "argument of its own"),
            ("a,b", "argument of its own"),
            ("a\nALL: ALL", "argument of its own"),
            ("a:b", "2001:db8::1"),
            ("host.example.", "give host.example"),
            ("..example", "host.example.org"),
            (".3.4", "10.1.2.3"),
            ("-a.example", "host.example.org"),
            ("호스트", "xn--"),
            ("node.1", "full host name"),
        ] {
            let error = read(given).expect_err(given);
            assert!(error.contains(offer), "{given}: {error}");
        }
        assert!(read("a.".repeat(70).trim_end_matches('.')).is_err());
    }
}
