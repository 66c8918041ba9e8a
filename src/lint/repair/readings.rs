//! What a word was meant to be, by the code of the finding about it; and everything that a word can
//! stand for.

use crate::lint::checks::lists::bare_ipv6::in_brackets;
use crate::lint::checks::lists::mask_with_holes::has_holes;
use crate::lint::checks::lists::spaced_slash::joined;
use crate::lint::suggest::closest;
use crate::policy::{ClientPattern, HostPattern, OPTIONS, dotted_quad, networks, plain_quad};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a word was meant to be.
pub(super) fn meant(code: &str, text: &[u8]) -> Option<Vec<u8>> {
    match code {
        "TW204" => Some(in_brackets(text)),
        "TW206" => Some(joined(text)),
        "TW301" => {
            let HostPattern::Ipv4Net { net, mask } = ClientPattern::read(text).host else {
                return None;
            };
            // A mask with holes is a question, and nobody's answer.
            let is_plain = mask != 0 && !has_holes(mask);
            let slash = memchr::memchr(b'/', text).filter(|_| is_plain)?;
            let network = Ipv4Addr::from_bits(net & mask).to_string();
            Some([network.as_bytes(), text.get(slash..)?].concat())
        }
        "TW303" => text.strip_suffix(b"/255.255.255.255").map(<[u8]>::to_vec),
        "TW305" => {
            let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
            if dotted_quad(inner).is_some() {
                return Some(inner.to_vec());
            }
            let slash = memchr::memchr(b'/', inner)?;
            let (net, length) = inner.split_at(slash);
            str::from_utf8(net).ok()?.parse::<Ipv6Addr>().ok()?;
            Some([b"[", net, b"]", length].concat())
        }
        "TW309" => {
            // A number alone may be a length, a port or the head of another address.
            let is_head = text.contains(&b'.') && is_prefix(text);
            is_head.then(|| [text, b"."].concat())
        }
        "TW310" => range(text),
        "TW312" => {
            let inner = text.strip_prefix(b"[")?.strip_suffix(b"]")?;
            let address: Ipv6Addr = str::from_utf8(inner).ok()?.parse().ok()?;
            Some(address.to_ipv4_mapped()?.to_string().into_bytes())
        }
        "TW339" => {
            let Some(slash) = memchr::memchr(b'/', text) else {
                return name("TW321", text).or_else(|| name("TW322", text));
            };
            let (net, length) = text.split_at(slash);
            let length: u32 = str::from_utf8(length.get(1..)?).ok()?.parse().ok()?;
            dotted_quad(net).filter(|_| (1..=32).contains(&length))?;
            let mask = Ipv4Addr::from_bits(u32::MAX << (32 - length));
            Some([net, b"/", mask.to_string().as_bytes()].concat())
        }
        _ => name(code, text),
    }
}

/// What the name of a host, a daemon or an option was meant to be.
fn name(code: &str, text: &[u8]) -> Option<Vec<u8>> {
    let owned = |text: &str| Some(text.as_bytes().to_vec());
    match code {
        "TW302" => is_everything(text).then(|| b"ALL".to_vec()),
        "TW704" => owned("ALL"),
        "TW314" => text.eq_ignore_ascii_case(b"ANY").then(|| b"ALL".to_vec()),
        "TW321" => {
            let head = text.strip_suffix(b"*")?;
            let is_clean = head
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.');
            (is_clean && head.ends_with(b".")).then(|| head.to_vec())
        }
        "TW322" => {
            let tail = text
                .strip_prefix(b"*")
                .filter(|tail| !tail.contains(&b'*'))?;
            Some([b".", tail].concat())
        }
        "TW324" => text.strip_suffix(b".").map(<[u8]>::to_vec),
        "TW401" if text.starts_with(b"/") => {
            let slash = memchr::memrchr(b'/', text)?;
            text.get(slash + 1..)
                .filter(|name| !name.is_empty())
                .map(<[u8]>::to_vec)
        }
        // The program asks as `sshd` (Debian 13). That `ssh` is not the name of another daemon,
        // nobody knows.
        "TW401" if text.eq_ignore_ascii_case(b"sshd-session") => owned("sshd"),
        "TW501" => {
            let name = closest(text, OPTIONS.iter().map(|option| option.name))?;
            let first = (text.first()?.to_ascii_lowercase(), name.as_bytes().first()?);
            let is_close = text.len() > 3 && first.0 == *first.1;
            owned(name).filter(|_| is_close)
        }
        _ => None,
    }
}

/// `10.1.2.1-10.1.2.9`, `10.1.2.1-9` or `10.1.2.[1-9]` as the fewest networks.
fn range(text: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(text).ok()?;
    let (first, last) = text.split_once('-')?;
    let (first, last) = match (first.split_once('['), last.strip_suffix(']')) {
        (Some((head, first)), Some(last)) => (format!("{head}{first}"), last),
        (None, None) => (first.to_owned(), last),
        _ => return None,
    };
    let (head, _) = first.rsplit_once('.')?;
    let last = if last.contains('.') {
        last.to_owned()
    } else {
        format!("{head}.{last}")
    };
    let ends: (Ipv4Addr, Ipv4Addr) = (first.parse().ok()?, last.parse().ok()?);
    let networks = networks(IpAddr::V4(ends.0), IpAddr::V4(ends.1))?;
    if networks.iter().any(|network| network.length == 0) {
        return None;
    }
    let words: Vec<_> = networks.iter().map(ToString::to_string).collect();
    Some(words.join(" ").into_bytes())
}

/// `[2001:db8::1]/32` as `[2001:db8::]/32`.
pub(super) fn ipv6_network(text: &[u8]) -> Option<Vec<u8>> {
    let HostPattern::Ipv6Net { net, length } = ClientPattern::read(text).host else {
        return None;
    };
    let is_plain = text.starts_with(b"[") && net.zone.is_none();
    let mask = u128::MAX.checked_shl(128_u32.checked_sub(length.into())?)?;
    let address = Ipv6Addr::from_bits(net.address.to_bits() & mask);
    is_plain.then(|| format!("[{address}]/{length}").into_bytes())
}

/// Everything that a client word can stand for, as patterns that libwrap reads so: what is written,
/// and what its author may have had in mind. Users are left out.
pub(super) fn readings(word: &[u8]) -> Vec<Vec<u8>> {
    let word = word.strip_prefix(b"!").unwrap_or(word);
    let user = word.iter().skip(1).position(|&byte| byte == b'@');
    let host = match user.filter(|_| !word.starts_with(b"[")) {
        Some(at) => word.get(at + 2..).unwrap_or_default(),
        None => word,
    };
    let mut found = Vec::new();
    if is_everything(host) {
        found.push(b"ALL".to_vec());
    }
    if is_pattern(host) {
        found.push(host.to_vec());
    }
    let bare = host.strip_suffix(b".*").unwrap_or(host);
    let bare = bare.strip_suffix(b".").unwrap_or(bare);
    if is_prefix(bare) && (bare.contains(&b'.') || bare.len() < host.len()) {
        found.push([bare, b"."].concat());
    }
    found.extend(network(host));
    if let Some(networks) = range(host) {
        let networks = networks.split(|&byte| byte == b' ');
        found.extend(networks.filter_map(network));
    }
    let is_name = host.iter().any(u8::is_ascii_alphabetic) && is_pattern(host);
    if let Some(tail) = host.strip_prefix(b"*").filter(|_| is_name) {
        let tail = tail.strip_prefix(b".").unwrap_or(tail);
        found.push([b".", tail].concat());
    }
    if let Some(name) = host.strip_suffix(b".").filter(|_| is_name) {
        found.push(name.to_vec());
    }
    found
}

/// Whether a word means everybody, or every address of a family.
fn is_everything(text: &[u8]) -> bool {
    let all: [&[u8]; 9] = [
        b"ALL",
        b"ANY",
        b"*",
        b"0/0",
        b"0.0.0.0/0",
        b"0.0.0.0/0.0.0.0",
        b"::/0",
        b"[::]/0",
        b"[::/0]",
    ];
    let text = text
        .strip_suffix(b"/00")
        .map(|net| [net, b"/0"].concat())
        .unwrap_or(text.to_vec());
    all.iter().any(|other| text.eq_ignore_ascii_case(other))
}

/// Whether a word can stand in a list as it is, and means no other thing there.
fn is_pattern(text: &[u8]) -> bool {
    let is_reserved = text.eq_ignore_ascii_case(b"EXCEPT");
    let at_sign = text.iter().skip(1).any(|&byte| byte == b'@');
    let is_address =
        matches!(text, [b'[', inner @ .., b']'] if !inner.iter().any(|byte| b"[]".contains(byte)));
    let is_plain = !text.iter().any(|byte| b":[]\\#".contains(byte));
    let net = matches!(ClientPattern::read(text).host, HostPattern::Ipv6Net { .. });
    !text.is_empty() && !is_reserved && !at_sign && (is_address || is_plain || net)
}

/// Whether a text is one to three numbers of an IPv4 address, with dots between them.
fn is_prefix(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&byte| byte == b'.').collect();
    let is_byte = |part: &&[u8]| {
        let is_short = part.len() == 1 || !part.starts_with(b"0");
        is_short && str::from_utf8(part).is_ok_and(|part| part.parse::<u8>().is_ok())
    };
    parts.len() < 4 && parts.iter().all(is_byte)
}

/// The address or network that a word means, wherever its brackets and its mask stand.
pub(super) fn network(text: &[u8]) -> Option<Vec<u8>> {
    let inner: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !b"[]".contains(byte))
        .collect();
    let mut parts = inner.split(|&byte| byte == b'/');
    let (net, mask) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let length = |most: u8| match mask {
        None => Some(most),
        Some(mask) => {
            let length = str::from_utf8(mask).ok()?.parse().ok();
            length.filter(|length: &u8| *length <= most)
        }
    };
    let v4 = |net: Ipv4Addr, length: u8| {
        let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
        let net = Ipv4Addr::from_bits(net.to_bits() & mask);
        match length {
            0 => None,
            32 => Some(net.to_string().into_bytes()),
            // Every build reads a mask.
            _ => Some(format!("{net}/{}", Ipv4Addr::from_bits(mask)).into_bytes()),
        }
    };
    if let Some(net) = plain_quad(net) {
        let dotted = mask.and_then(|mask| str::from_utf8(mask).ok()?.parse::<Ipv4Addr>().ok());
        let dotted = dotted
            .map(Ipv4Addr::to_bits)
            .filter(|mask| !has_holes(*mask));
        let ones = dotted.and_then(|mask| u8::try_from(mask.leading_ones()).ok());
        return v4(net, ones.or_else(|| length(32))?);
    }
    let address: Ipv6Addr = str::from_utf8(net).ok()?.parse().ok()?;
    let length = length(128)?;
    match address.to_ipv4_mapped() {
        Some(address) if length >= 96 => v4(address, length - 96),
        _ if length == 128 => Some(format!("[{address}]").into_bytes()),
        _ => Some(format!("[{address}]/{length}").into_bytes()),
    }
}
