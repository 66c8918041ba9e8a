//! The policy as drop-ins for units of systemd: `IPAddressAllow=` and `IPAddressDeny=`.
//!
//! systemd asks its list of the allowed first, then that of the denied, and lets pass what is in none:
//! how long a prefix is does not matter. It asks about packets and not about connections, so that what
//! the unit sends to an address is treated like what comes from there; whether a daemon may be cut off
//! from the host it runs on, the tables do not say ([`own_host_open`]).

use super::intervals::{Kind, complement};
use super::policy::AddressPolicy;
use crate::engine::{Access, Covered};
use std::fmt::Write as _;

/// The name of the drop-in, in the folder of the unit.
pub(super) const DROP_IN: &str = "50-tcpw.conf";
/// As many networks stand on a line; systemd reads none longer than a mebibyte.
const A_LINE: usize = 64;

/// The path of the drop-in of a unit, below `/etc/systemd/system`.
pub fn drop_in(unit: &str) -> String {
    format!("{unit}.d/{DROP_IN}")
}

/// The section of a unit that has the lists.
pub(super) fn section(unit: &str) -> &'static str {
    if unit.ends_with(".socket") {
        "[Socket]"
    } else {
        "[Service]"
    }
}

/// The drop-in of the unit of one daemon.
pub fn systemd(policy: &AddressPolicy) -> String {
    let unit = policy.daemon.unit().unwrap_or_default();
    let mut text = format!("{}\n", section(unit));
    for kind in Kind::BOTH {
        let granted = policy.granted_at_last(kind);
        let denied = complement(kind, &granted);
        // The shorter of the two; of two alike that which refuses whom nothing is known of.
        if kind.count(&granted) <= kind.count(&denied) {
            list(&mut text, "IPAddressAllow", &kind.networks(&granted));
            let all = kind.networks(&[(0, kind.last())]);
            list(&mut text, "IPAddressDeny", &all);
        } else {
            list(&mut text, "IPAddressDeny", &kind.networks(&denied));
        }
    }
    text
}

fn list(text: &mut String, key: &str, networks: &[String]) {
    for line in networks.chunks(A_LINE) {
        let written = writeln!(text, "{key}={}", line.join(" "));
        debug_assert!(written.is_ok());
    }
}

/// What the tables decide, but that nothing is decided about the host's own addresses that they refuse:
/// systemd would refuse them as clients, and also what the daemon itself sends there, to a resolver or
/// a database of this host.
pub fn own_host_open(covered: Vec<Covered>) -> Vec<Covered> {
    let own = [
        (Kind::Four, (0x7f00_0000, 0x7fff_ffff)),
        (Kind::Six, (1, 1)),
    ];
    let mut found = Vec::with_capacity(covered.len() + 4);
    for range in covered {
        let ((kind, low), (_, high)) = (Kind::of(range.low), Kind::of(range.high));
        let own = own.iter().find(|(of, _)| *of == kind);
        let common = own.and_then(|(_, (first, last))| {
            let common = (low.max(*first), high.min(*last));
            (common.0 <= common.1).then_some(common)
        });
        let Some((first, last)) = common.filter(|_| range.access == Access::Denied) else {
            found.push(range);
            continue;
        };
        let part = |low: u128, high: u128| Covered {
            low: kind.address(low),
            high: kind.address(high),
            ..range.clone()
        };
        found.extend((low < first).then(|| part(low, first - 1)));
        found.push(Covered {
            access: Access::Undecided,
            ..part(first, last)
        });
        found.extend((last < high).then(|| part(last + 1, high)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_host_is_open_where_it_would_be_refused() {
        let all = |access| Covered {
            low: "0.0.0.0".parse().unwrap(),
            high: "255.255.255.255".parse().unwrap(),
            access,
            then: Vec::new(),
        };
        let shown = |covered: Vec<Covered>| -> Vec<String> {
            let show = |range: &Covered| format!("{}-{} {:?}", range.low, range.high, range.access);
            covered.iter().map(show).collect()
        };
        assert_eq!(
            shown(own_host_open(vec![all(Access::Denied)])),
            [
                "0.0.0.0-126.255.255.255 Denied",
                "127.0.0.0-127.255.255.255 Undecided",
                "128.0.0.0-255.255.255.255 Denied"
            ]
        );
        assert_eq!(
            shown(own_host_open(vec![all(Access::Granted)])),
            ["0.0.0.0-255.255.255.255 Granted"]
        );
        let one = Covered {
            low: "::1".parse().unwrap(),
            high: "::1".parse().unwrap(),
            ..all(Access::Denied)
        };
        assert_eq!(shown(own_host_open(vec![one])), ["::1-::1 Undecided"]);
    }
}
