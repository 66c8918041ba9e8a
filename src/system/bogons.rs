//! Addresses from which no client of the internet can come.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are nobody's on the internet, by the IANA registry of special addresses.
const BOGONS4: [([u8; 4], u32, &str); 15] = [
    ([0, 0, 0, 0], 8, "stands for no address"),
    ([10, 0, 0, 0], 8, "is private"),
    ([100, 64, 0, 0], 10, "is of a provider's own network"),
    ([127, 0, 0, 0], 8, "is loopback"),
    ([169, 254, 0, 0], 16, "is link-local"),
    ([172, 16, 0, 0], 12, "is private"),
    ([192, 0, 0, 0], 24, "is reserved"),
    ([192, 0, 2, 0], 24, "is for documentation"),
    ([192, 88, 99, 0], 24, "is reserved"),
    ([192, 168, 0, 0], 16, "is private"),
    ([198, 18, 0, 0], 15, "is for benchmarks"),
    ([198, 51, 100, 0], 24, "is for documentation"),
    ([203, 0, 113, 0], 24, "is for documentation"),
    ([224, 0, 0, 0], 4, "is multicast"),
    ([240, 0, 0, 0], 4, "is reserved"),
];
/// The same of IPv6. Before all others: outside of `2000::/3` nobody has an address of the internet.
const BOGONS6: [([u16; 2], u32, &str); 4] = [
    ([0x2001, 0x0000], 23, "is reserved"),
    ([0x2001, 0x0db8], 32, "is for documentation"),
    ([0x2002, 0x0000], 16, "is of 6to4"),
    ([0x3fff, 0x0000], 20, "is for documentation"),
];
/// The addresses of the internet: the first three bits of IPv6 addresses.
const INTERNET6: (u16, u32) = (0x2000, 3);
/// What is outside of it and has a name.
const OUTSIDE6: [([u16; 2], u32, &str); 4] = [
    ([0xfc00, 0x0000], 7, "is private"),
    ([0xfe80, 0x0000], 10, "is link-local"),
    ([0xff00, 0x0000], 8, "is multicast"),
    ([0x0064, 0xff9b], 32, "is of a translator to IPv4"),
];

/// Why no client of the internet can come from an address, after "the address"; nothing if one can.
pub fn bogon(address: IpAddr) -> Option<&'static str> {
    match address.to_canonical() {
        IpAddr::V4(address) => bogon4(address),
        IpAddr::V6(address) => bogon6(address),
    }
}

fn bogon4(address: Ipv4Addr) -> Option<&'static str> {
    let is_in = |net: [u8; 4], length: u32| {
        let mask = u32::MAX << (32 - length);
        address.to_bits() & mask == u32::from_be_bytes(net)
    };
    let found = BOGONS4.iter().find(|(net, length, _)| is_in(*net, *length));
    found.map(|(.., why)| *why)
}

fn bogon6(address: Ipv6Addr) -> Option<&'static str> {
    if address.is_loopback() {
        return Some("is loopback");
    }
    if address.is_unspecified() {
        return Some("stands for no address");
    }
    let is_in = |[one, two]: [u16; 2], length: u32| {
        let net = Ipv6Addr::new(one, two, 0, 0, 0, 0, 0, 0).to_bits();
        address.to_bits() & (u128::MAX << (128 - length)) == net
    };
    let of = |list: &'static [([u16; 2], u32, &'static str)]| {
        let found = list.iter().find(|(net, length, _)| is_in(*net, *length));
        found.map(|(.., why)| *why)
    };
    let (internet, length) = INTERNET6;
    if is_in([internet, 0], length) {
        return of(&BOGONS6);
    }
    Some(of(&OUTSIDE6).unwrap_or("is reserved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_is_told_from_the_internet() {
        for (address, why) in [
            ("0.0.0.0", Some("stands for no address")),
            ("0.255.255.255", Some("stands for no address")),
            ("1.0.0.0", None),
            ("9.255.255.255", None),
            ("10.0.0.1", Some("is private")),
            ("11.0.0.0", None),
            ("100.63.255.255", None),
            ("100.64.0.0", Some("is of a provider's own network")),
            ("100.128.0.0", None),
            ("127.0.0.1", Some("is loopback")),
            ("169.254.1.1", Some("is link-local")),
            ("172.15.255.255", None),
            ("172.31.255.255", Some("is private")),
            ("172.32.0.0", None),
            ("192.0.2.7", Some("is for documentation")),
            ("192.168.1.1", Some("is private")),
            ("198.19.0.1", Some("is for benchmarks")),
            ("198.20.0.1", None),
            ("203.0.113.9", Some("is for documentation")),
            ("203.0.114.9", None),
            ("223.255.255.255", None),
            ("224.0.0.1", Some("is multicast")),
            ("255.255.255.255", Some("is reserved")),
            ("::ffff:10.0.0.1", Some("is private")),
            ("::ffff:45.0.0.1", None),
            ("::", Some("stands for no address")),
            ("::1", Some("is loopback")),
            ("64:ff9b::2d00:1", Some("is of a translator to IPv4")),
            ("100::1", Some("is reserved")),
            ("2001:db8::1", Some("is for documentation")),
            ("2001:0:1::1", Some("is reserved")),
            ("2001:200::1", None),
            ("2002:2d00:1::1", Some("is of 6to4")),
            ("2a00:1450::1", None),
            ("3fff:1::1", Some("is for documentation")),
            ("4000::1", Some("is reserved")),
            ("fd00::1", Some("is private")),
            ("fe80::1", Some("is link-local")),
            ("ff02::1", Some("is multicast")),
        ] {
            assert_eq!(bogon(address.parse().unwrap()), why, "{address}");
        }
    }
}
