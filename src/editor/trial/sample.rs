//! Requests that stand for many: what a change is tried on before it is made.

use crate::editor::client::pattern::Client;
use crate::editor::client::reach::Reach;
use crate::editor::trial::mentions::SOME_NAME;
use crate::editor::trial::rule_parts::patterns;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Host, HostName};
use crate::policy::rules;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A name nobody lists, without a dot: for `LOCAL`.
const SOME_LOCAL_NAME: &str = "tcpw-sample-host";
/// Addresses nobody lists: reserved ones (RFC 1112 section 4, RFC 6666).
const SOME_IPV4: Ipv4Addr = Ipv4Addr::new(247, 86, 75, 64);
const SOME_IPV6: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0x7463, 0x7077, 0, 1);
/// As many elements of the tables as are tried.
const DRAWN_LIMIT: usize = 48;
/// More clients than this are tried on one host each.
pub(crate) const MANY: usize = 256;
/// Verdicts cost a pass over the tables each; large tables are tried on fewer requests.
const WORK_LIMIT: usize = 2_000_000;

/// Clients as libwrap may see `client`, whatever DNS says about it.
pub(crate) fn hosts(client: &Client) -> Vec<Host> {
    let names = || {
        [
            HostName::unknown(),
            HostName::new("paranoid"),
            HostName::new(SOME_NAME),
            HostName::new(SOME_LOCAL_NAME),
        ]
    };
    let with_names = |address: String| names().map(|name| Host::new(&address, name));
    let nameless = |address: String| Host::new(address, HostName::unknown());
    match *client {
        Client::Net4 { net, length } => {
            let size = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            let at = |offset: u32| Ipv4Addr::from_bits(net | offset).to_string();
            let mut hosts = with_names(at(0)).to_vec();
            if size > 0 {
                hosts.extend([nameless(at(size / 2)), nameless(at(size))]);
            }
            hosts
        }
        Client::Net6 { net, length } => {
            let size = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            let at = |offset: u128| Ipv6Addr::from_bits(net | offset).to_string();
            let mut hosts = with_names(at(0)).to_vec();
            if size > 0 {
                hosts.extend([nameless(at(size / 2)), nameless(at(size))]);
            }
            hosts
        }
        Client::Name(ref name) => anywhere(name),
        Client::Domain(ref domain) => {
            let mut hosts = anywhere(&format!("host.{domain}"));
            hosts.extend(anywhere(&format!("host.below.{domain}")));
            hosts
        }
    }
}

/// The client under each of these names, if it is asked for by address.
pub(crate) fn with_names(client: &Client, names: &[String]) -> Vec<Host> {
    let address = match *client {
        Client::Net4 { net, .. } => Ipv4Addr::from_bits(net).to_string(),
        Client::Net6 { net, .. } => Ipv6Addr::from_bits(net).to_string(),
        Client::Name(_) | Client::Domain(_) => return Vec::new(),
    };
    let host = |name: &String| Host::new(&address, HostName::new(name));
    names.iter().map(host).collect()
}

/// The same, if it is one of many clients: one host stands for it.
pub(crate) fn hosts_of_many(client: &Client, count: usize) -> Vec<Host> {
    let mut hosts = hosts(client);
    if count > MANY {
        hosts.truncate(1);
    }
    hosts
}

/// Clients that are on no list.
pub(crate) fn strangers() -> Vec<Host> {
    let mut hosts = hosts(&Client::host(SOME_IPV4.into()));
    hosts.extend(crate::editor::trial::sample::hosts(&Client::host(
        SOME_IPV6.into(),
    )));
    hosts
}

/// A client with a name that can be believed, at an address nobody lists.
fn anywhere(name: &str) -> Vec<Host> {
    [SOME_IPV4.to_string(), SOME_IPV6.to_string()]
        .map(|address| Host::new(address, HostName::new(name)))
        .to_vec()
}

/// Clients that the tables name, evenly drawn, each as one host.
pub(crate) fn drawn(ground: &Ground<'_>) -> Vec<Host> {
    if let Some(samples) = ground.samples() {
        return samples.to_vec();
    }
    let all = || {
        [ground.allow, ground.deny]
            .into_iter()
            .flat_map(|tree| rules(tree).flat_map(|rule| patterns(rule.clients().elements())))
    };
    let count = all().count();
    let wanted = (WORK_LIMIT / count.max(1)).clamp(4, DRAWN_LIMIT);
    all()
        .step_by(count.div_ceil(wanted).max(1))
        .filter_map(|(text, _)| hosts(&Reach::of(&text).client()?).into_iter().next())
        .collect()
}
