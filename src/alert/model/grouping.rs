//! Whom an event is about: a network of addresses that are taken for one client, or a name where
//! no address is known.

use crate::alert::event::Event;
use crate::config::Grouping;
use crate::escape::visible_short;
use ipnet::IpNet;
use std::net::IpAddr;

/// A name that stands for a source is cut here; it is shown, never looked up.
const LONGEST_NAME: usize = 200;

/// What the events of one client have in common: `192.0.2.7/32`, `2001:db8::/64`, or
/// `name ` and what it is called.
pub(crate) fn source_of(event: &Event, grouping: Grouping) -> String {
    let Some(address) = event.address() else {
        let name = visible_short(event.source(), LONGEST_NAME);
        return format!("name {name}");
    };
    let bits = match address {
        IpAddr::V4(_) => grouping.ipv4,
        IpAddr::V6(_) => grouping.ipv6,
    };
    IpNet::new(address, bits)
        .unwrap_or_else(|_| IpNet::from(address))
        .trunc()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::event::Claim;
    use chrono::DateTime;

    fn source(addr: &[u8], host: &[u8]) -> String {
        let event = Event {
            time: DateTime::UNIX_EPOCH,
            host: Claim::cut(host, 999),
            addr: Claim::cut(addr, 999),
            daemon: Claim::default(),
            server: Claim::default(),
            pid: Claim::default(),
            user: Claim::default(),
            uid: 0,
        };
        source_of(&event, Grouping { ipv4: 24, ipv6: 64 })
    }

    #[test]
    fn neighbours_are_one_source() {
        for (addr, key) in [
            (&b"192.0.2.7"[..], "192.0.2.0/24"),
            (b"::ffff:192.0.2.9", "192.0.2.0/24"),
            (b"2001:db8::1:2:3:4", "2001:db8::/64"),
            (b"fe80::5%eth0", "fe80::/64"),
        ] {
            assert_eq!(source(addr, b"h"), key);
        }
    }

    #[test]
    fn without_an_address_the_name_is_the_source() {
        assert_eq!(source(b"", b"h.example"), "name h.example");
        assert_eq!(source(b"", b"192.0.2.7"), "192.0.2.0/24");
        assert_eq!(source(b"x\n1.2.3.4", b"h"), "name x\\n1.2.3.4");
    }
}
