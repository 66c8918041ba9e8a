//! Everything that a word of a client list can stand for.

use crate::lint::checks::clients::address_range::range;
use crate::lint::checks::clients::short_address::is_prefix;
use crate::lint::checks::clients::zero_prefix::{ALL_OF_IPV4, is_everything};
use crate::lint::checks::lists::mask_with_holes::has_holes;
use crate::policy::{ClientPattern, HostPattern, plain_quad};
use std::net::{Ipv4Addr, Ipv6Addr};

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
        // A family is not everybody.
        let all: &[u8] = match (host.contains(&b'/'), host.contains(&b':')) {
            (false, _) => b"ALL",
            (true, false) => ALL_OF_IPV4,
            (true, true) => b"[::]/0",
        };
        found.push(all.to_vec());
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
