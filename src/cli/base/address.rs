//! Which client addresses can be asked about.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether a connection can come from this: an IPv4 address, an IPv6 address with an optional zone
/// (`fe80::1%eth0`), or the word `unknown`, which libwrap uses where there is no address.
pub(crate) fn is_address(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else {
        return false;
    };
    text.eq_ignore_ascii_case("unknown")
        || text.parse::<Ipv4Addr>().is_ok()
        || match text.split_once('%') {
            None => text.parse::<Ipv6Addr>().is_ok(),
            Some((address, zone)) => is_zone(zone) && address.parse::<Ipv6Addr>().is_ok(),
        }
}

fn is_zone(zone: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b'%';
    !zone.is_empty() && zone.bytes().all(is_fit)
}

/// Whether some caller of `hosts_ctl` could pass this as an address: nothing, which libwrap reads as
/// `unknown`, or what addresses are written with. Wider than [`is_address`]: batches ask about what
/// a program hands over, not only about what the kernel does.
pub(crate) fn is_passable(text: &[u8]) -> bool {
    text.iter()
        .all(|&byte| byte.is_ascii_alphanumeric() || b".:%_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_real_connections() {
        for good in [
            "1.2.3.4",
            "::1",
            "fe80::1%eth0",
            "::ffff:1.2.3.4",
            "unknown",
        ] {
            assert!(is_address(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "1.2.3",
            "01.2.3.4",
            "1.2.3.4/24",
            "[::1]",
            "fe80::1%",
            "::1%a b",
            "host",
        ] {
            assert!(!is_address(bad.as_bytes()), "{bad}");
        }
        assert!(!is_address(b"1.2.3.\xff"));
    }

    #[test]
    fn batches_take_what_a_program_could_pass() {
        for good in ["", "1.2.3.3.4", "fe80::5%nonexist", "UNKNOWN", "host-1_a"] {
            assert!(is_passable(good.as_bytes()), "{good}");
        }
        for bad in ["1.2.3.4 ", "1.2.3.4\x00", "\x1b[2J", "a/b", "\u{e9}"] {
            assert!(!is_passable(bad.as_bytes()), "{bad:?}");
        }
    }
}
