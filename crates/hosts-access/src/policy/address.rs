//! Addresses as the C library reads them, because libwrap leaves them to it.

use crate::syntax::is_white;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An IPv6 address and its zone (`fe80::1%eth0`), not yet looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoned6<'a> {
    /// The address.
    pub address: Ipv6Addr,
    /// What stands after `%`.
    pub zone: Option<&'a [u8]>,
}

impl Zoned6<'_> {
    /// Whether the zone is the name of an interface rather than a number: that is allowed for
    /// link-local and for interface- and link-local multicast addresses (F-V6-09).
    pub fn may_name_interface(&self) -> bool {
        let [first, second, ..] = self.address.octets();
        (first == 0xfe && second & 0xc0 == 0x80) || (first == 0xff && matches!(second & 15, 1 | 2))
    }

    /// Whether the zone is a number, which needs no look-up.
    pub fn has_numeric_zone(&self) -> bool {
        let number = self.zone.and_then(|zone| str::from_utf8(zone).ok());
        number.is_some_and(|text| {
            text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u32>().is_ok()
        })
    }
}

/// An IPv6 address in any spelling, with an optional zone, as `getaddrinfo` takes it with
/// `AI_NUMERICHOST` (F-V6-01).
pub fn ipv6(text: &[u8]) -> Option<Zoned6<'_>> {
    let (address, zone) = match memchr::memchr(b'%', text) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    Some(Zoned6 {
        address: str::from_utf8(address).ok()?.parse().ok()?,
        zone,
    })
}

/// A dotted quad in C's number forms: four parts, each decimal, octal (`0`) or hexadecimal (`0x`)
/// (F-V4-11, F-V4-12).
///
/// `255.255.255.255` is `None`: the library reads it as its own error value (F-V4-07, F-V4-14).
pub fn dotted_quad(text: &[u8]) -> Option<Ipv4Addr> {
    plain_quad(text).or_else(|| odd_quad(text))
}

/// The same, step by step: most addresses are spelt plainly.
fn odd_quad(text: &[u8]) -> Option<Ipv4Addr> {
    if text
        .split(|&byte| byte == b'.')
        .filter(|part| !part.is_empty())
        .count()
        != 4
    {
        return None;
    }
    inet_aton(text).filter(|address| !address.is_broadcast())
}

/// An IPv4 address in any form that `inet_aton` takes, of one part to four, and of any value.
pub fn any_quad(text: &[u8]) -> Option<Ipv4Addr> {
    inet_aton(text)
}

/// A dotted quad that is spelt as libwrap spells the addresses of clients: four decimal parts
/// without leading zeros (F-V4-11).
pub fn plain_quad(text: &[u8]) -> Option<Ipv4Addr> {
    let address: Ipv4Addr = str::from_utf8(text).ok()?.parse().ok()?;
    Some(address).filter(|address| !address.is_broadcast())
}

/// `inet_aton`: one to four parts, the last of which fills the rest; stops at white space.
fn inet_aton(text: &[u8]) -> Option<Ipv4Addr> {
    let mut value = 0_u32;
    let mut rest = text;
    for part in 0..4_u32 {
        let (number, length) = c_number(rest)?;
        rest = rest.get(length..)?;
        if part < 3 && rest.first() == Some(&b'.') {
            let byte = u8::try_from(number).ok()?;
            value |= u32::from(byte) << (24 - 8 * part);
            rest = rest.get(1..)?;
            continue;
        }
        if rest.first().is_some_and(|&byte| !is_white(byte)) {
            return None;
        }
        let most = u32::MAX >> (8 * part);
        return (number <= most).then(|| Ipv4Addr::from_bits(value | number));
    }
    None
}

/// `strtoul` with base 0, for what begins with a digit.
fn c_number(text: &[u8]) -> Option<(u32, usize)> {
    let first = text.first().filter(|byte| byte.is_ascii_digit())?;
    let is_hex = *first == b'0'
        && matches!(text.get(1), Some(b'x' | b'X'))
        && text.get(2).is_some_and(u8::is_ascii_hexdigit);
    let (radix, prefix) = match (first, is_hex) {
        (_, true) => (16, 2),
        (b'0', false) => (8, 0),
        _ => (10, 0),
    };
    let mut value = 0_u32;
    let mut length = prefix;
    while let Some(digit) = text
        .get(length)
        .and_then(|&byte| char::from(byte).to_digit(radix))
    {
        value = value.checked_mul(radix)?.checked_add(digit)?;
        length += 1;
    }
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(text: &str) -> Option<String> {
        dotted_quad(text.as_bytes()).map(|address| address.to_string())
    }

    #[test]
    fn f_v4_11_and_12_parts_follow_c() {
        assert_eq!(quad("0xff.0377.255.0").as_deref(), Some("255.255.255.0"));
        assert_eq!(quad("010.0.0.0").as_deref(), Some("8.0.0.0"));
        for wrong in [
            "08.0.0.0",
            "0xffffff00",
            "255.255.255",
            "256.0.0.0",
            "1..2.3.4",
            "1.2.3.4.",
        ] {
            assert_eq!(quad(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn white_space_ends_an_address_but_counts_as_part_of_it() {
        assert_eq!(quad("1.2.3.0\x0b").as_deref(), Some("1.2.3.0"));
        assert_eq!(quad("1.2.3\x0b.4").as_deref(), Some("1.2.0.3"));
    }

    #[test]
    fn f_v4_07_all_ones_is_an_error_value() {
        assert_eq!(quad("255.255.255.255"), None);
    }

    #[test]
    fn f_v6_09_zones() {
        let link = ipv6(b"fe80::5%lo").unwrap();
        assert!(link.may_name_interface() && !link.has_numeric_zone());
        assert!(ipv6(b"2001:db8::1%9").unwrap().has_numeric_zone());
        assert_eq!(ipv6(b"1.2.3.4"), None);
    }
}
