//! What a word was meant to be, by the code of the finding about it.

use crate::lint::suggest::{closest, daemon_meant};
use crate::policy::{ClientPattern, HostPattern, OPTIONS, dotted_quad, networks};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a word was meant to be.
pub(super) fn meant(code: &str, text: &[u8]) -> Option<Vec<u8>> {
    match code {
        "TW204" => {
            let address: Ipv6Addr = str::from_utf8(text).ok()?.parse().ok()?;
            Some(format!("[{address}]").into_bytes())
        }
        "TW301" => {
            let HostPattern::Ipv4Net { net, mask } = ClientPattern::read(text).host else {
                return None;
            };
            let slash = memchr::memchr(b'/', text).filter(|_| mask != 0)?;
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
            let is_clean = text
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b'.');
            // One number is not what an address begins with: the rest of a mask, a port.
            let is_address = is_clean && text.contains(&b'.');
            is_address.then(|| [text, b"."].concat())
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
        "TW302" | "TW704" => owned("ALL"),
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
        "TW401" => owned("sshd"),
        "TW403" => owned(daemon_meant(text)?),
        "TW501" => owned(closest(text, OPTIONS.iter().map(|option| option.name))?),
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
