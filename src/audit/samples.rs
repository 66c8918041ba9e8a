//! Clients to ask about before all of them are worked out: one that shows something settles it.

use crate::engine::{Host, HostName, Request};
use crate::policy::{ClientPattern, Dialect, Element, HostPattern, TextPattern, rules};
use crate::syntax::Tree;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses for documentation (RFC 5737, RFC 3849), which hardly a table lists.
const NOBODYS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 201)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x5b, 0, 0, 0, 0, 0xc9)),
];

/// As many rules of a table are drawn on.
const DRAWN: usize = 64;

/// The daemon that benchmarks ask about.
pub(super) const SSHD: &[u8] = b"sshd";

/// Requests of clients without a name that probably no rule is about.
pub(super) fn strangers() -> impl Iterator<Item = Request> {
    [SSHD, b"in.telnetd"].into_iter().flat_map(|daemon| {
        let host = |address: IpAddr| Host::new(address.to_string(), HostName::unknown());
        NOBODYS.map(|address| Request::new(daemon, host(address)))
    })
}

/// Requests of clients whom the first rules of a table name, at this daemon.
pub(super) fn named(tree: &Tree<'_>, daemon: &[u8], dialect: &Dialect) -> Vec<Request> {
    let mut found = Vec::new();
    for rule in rules(tree).take(DRAWN) {
        for element in rule.clients().elements().take(DRAWN) {
            let Element::Pattern { text, .. } = element else {
                break;
            };
            let host = host(ClientPattern::read_in(&text, dialect).host);
            found.extend(host.map(|host| Request::new(daemon, host)));
        }
    }
    found
}

/// A host that a pattern is probably about: whether it is decides the engine.
fn host(pattern: HostPattern<'_>) -> Option<Host> {
    let at = |address: IpAddr| Some(Host::new(address.to_string(), HostName::unknown()));
    match pattern {
        HostPattern::Ipv4Net { net, .. } => at(Ipv4Addr::from_bits(net).into()),
        HostPattern::Ipv6Net { net, .. }
        | HostPattern::Text {
            pattern: TextPattern::Ipv6(net),
            ..
        } => at(net.address.into()),
        HostPattern::Text { pattern, also_name } => {
            let text = pattern.example()?;
            if also_name {
                let [address, _] = NOBODYS;
                return Some(Host::new(address.to_string(), HostName::new(text)));
            }
            // Of a prefix such as `10.1.` the example ends in a letter.
            let text = text.strip_suffix(b"x").unwrap_or(&text);
            let mut parts: Vec<&[u8]> = text.split(|byte| *byte == b'.').collect();
            parts.retain(|part| !part.is_empty());
            parts.resize(4, b"1");
            Some(Host::new(parts.join(&b'.'), HostName::unknown()))
        }
        HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local
        | HostPattern::BadNet(_) => None,
    }
}
