//! Whom an element of a client list is about, and how that stands to a client asked for.

use crate::editor::client::pattern::Client;
use crate::engine::{ClientGroup, Request};
use crate::policy::{ClientPattern, HostPattern, TextPattern, Zoned6, mask4, mask6};
use std::borrow::Cow;

/// Whom an element is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nobody in particular: `ALL`, `KNOWN`, `UNKNOWN`, `LOCAL`, `PARANOID`, `*`, all of IPv4 or
    /// all of IPv6.
    Everybody,
    /// A client that can be written as one.
    Some(Client),
    /// Clients that are listed elsewhere or by a wildcard.
    Vague,
    /// A pattern that never matches.
    Nobody,
}

/// How one set of clients stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It is another matter: other clients, or everybody.
    Broader,
    /// The same clients, or nobody knows which.
    Same,
    /// Some of them only.
    Narrower,
    /// Nothing in common.
    Apart,
}

impl Reach {
    /// Reads an element of a client list; its user does not matter.
    pub(crate) fn of(element: &[u8]) -> Self {
        let host = without_zone(ClientPattern::read(element).host);
        let group = ClientGroup::of_host(host, element);
        if is_anybody(host, &group) {
            return Self::Everybody;
        }
        let is_nobody = group == ClientGroup::Nobody;
        match Client::of_group(group) {
            Some(client) => Self::Some(client),
            None if is_nobody => Self::Nobody,
            None => Self::Vague,
        }
    }

    /// The client, if it can be written as one.
    pub(crate) fn client(self) -> Option<Client> {
        match self {
            Self::Some(client) => Some(client),
            Self::Everybody | Self::Vague | Self::Nobody => None,
        }
    }

    /// How these clients stand to those of `asked`.
    pub(crate) fn relation(&self, asked: &Client) -> Relation {
        match self {
            Self::Everybody => Relation::Broader,
            Self::Some(client) => relation(client, asked),
            Self::Vague => Relation::Same,
            Self::Nobody => Relation::Apart,
        }
    }
}

/// The zone of a pattern does not say who is meant.
fn without_zone(host: HostPattern<'_>) -> HostPattern<'_> {
    if let HostPattern::Ipv6Net { net, length } = host {
        let net = Zoned6 { zone: None, ..net };
        HostPattern::Ipv6Net { net, length }
    } else if let HostPattern::Text { pattern, .. } = host
        && let TextPattern::Ipv6(net) = pattern
    {
        let net = Zoned6 { zone: None, ..net };
        HostPattern::Ipv6Net { net, length: 128 }
    } else {
        host
    }
}

/// Whether a pattern is about no client in particular.
fn is_anybody(host: HostPattern<'_>, group: &ClientGroup<'_>) -> bool {
    let is_word = |word: &[u8]| {
        [&b"unknown"[..], b"paranoid"]
            .iter()
            .any(|other| word.eq_ignore_ascii_case(other))
            || !word.is_empty() && word.iter().all(|byte| b"*?.".contains(byte))
    };
    matches!(host, HostPattern::Known | HostPattern::Local)
        || matches!(host, HostPattern::Text { pattern: TextPattern::Wildcard(word) | TextPattern::Exact(word), .. } if is_word(word))
        || matches!(
            group,
            ClientGroup::Everybody
                | ClientGroup::Net4 { length: 0, .. }
                | ClientGroup::Net6 { length: 0, .. }
        )
}

/// How `client` stands to `asked`.
pub(crate) fn relation(client: &Client, asked: &Client) -> Relation {
    let (client, asked) = (client.group(), asked.group());
    match (client.holds(&asked), asked.holds(&client)) {
        (true, true) => Relation::Same,
        (true, false) => Relation::Broader,
        (false, true) => Relation::Narrower,
        (false, false) => Relation::Apart,
    }
}

/// The network of this length that an IPv4 address is in.
pub(crate) fn masked4(address: u32, length: u8) -> u32 {
    address & mask4(length)
}

/// The network of this length that an IPv6 address is in.
pub(crate) fn masked6(address: u128, length: u8) -> u128 {
    address & mask6(length)
}

impl Client {
    /// The client as libwrap reaches it.
    pub(crate) fn group(&self) -> ClientGroup<'_> {
        match self {
            &Self::Net4 { net, length } => ClientGroup::Net4 { net, length },
            &Self::Net6 { net, length } => ClientGroup::Net6 { net, length },
            Self::Name(name) => ClientGroup::Name(Cow::Borrowed(name.as_bytes())),
            Self::Domain(domain) => {
                ClientGroup::Domain(Cow::Owned([b".", domain.as_bytes()].concat()))
            }
        }
    }

    /// The clients of a pattern, if they can be written as one.
    pub(crate) fn of_group(group: ClientGroup<'_>) -> Option<Self> {
        let text = |text: &[u8]| str::from_utf8(text).map(str::to_owned).ok();
        match group {
            ClientGroup::Net4 {
                net,
                length: length @ 1..,
            } => Some(Self::Net4 { net, length }),
            ClientGroup::Net6 {
                net,
                length: length @ 1..,
            } => Some(Self::Net6 { net, length }),
            ClientGroup::Name(name) => text(&name).map(Self::Name),
            ClientGroup::Domain(tail) => text(tail.get(1..)?).map(Self::Domain),
            ClientGroup::Everybody
            | ClientGroup::Nobody
            | ClientGroup::Net4 { .. }
            | ClientGroup::Net6 { .. }
            | ClientGroup::Head(_)
            | ClientGroup::Other(_) => None,
        }
    }

    /// The first of the clients that hold this one, itself among them, of which `is_it` is true.
    pub(crate) fn find_holder(&self, is_it: impl FnMut(&Self) -> bool) -> Option<Self> {
        let group = self.group();
        group.holders().filter_map(Self::of_group).find(is_it)
    }

    /// What a request comes from: its address and its name, as far as they are known.
    pub(crate) fn of_request(request: &Request) -> impl Iterator<Item = Self> {
        let host = request.client();
        let text = |bytes: &[u8]| {
            str::from_utf8(bytes)
                .unwrap_or_default()
                .to_ascii_lowercase()
        };
        let address = text(host.address()).parse().map(Self::host).ok();
        let name = text(host.name().as_bytes());
        let name = host.name().is_known().then_some(Self::Name(name));
        address.into_iter().chain(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_their_relation_to_what_is_asked() {
        use Relation::{Apart, Broader, Narrower, Same};
        for (element, asked, expected) in [
            ("10.1.2.3", "10.1.2.3", Same),
            ("10.1.2.", "10.1.2.3", Broader),
            ("10.1.2.", "10.1.2.0/24", Same),
            ("10.1.2.0/255.255.255.0", "10.1.2.0/24", Same),
            ("10.1.2.3", "10.0.0.0/8", Narrower),
            ("bob@10.1.2.3", "10.0.0.0/8", Narrower),
            ("11.1.2.3", "10.0.0.0/8", Apart),
            ("10.1.2.3/24", "10.1.2.0/24", Apart),
            ("0.0.0.0/0.0.0.0", "10.1.2.3", Broader),
            ("0.0.0.0/1", "10.1.2.3", Broader),
            ("[2001:DB8::1]", "2001:db8::/32", Narrower),
            ("[2001:db8:1::5]/32", "2001:db8::/32", Same),
            ("[::]/0", "2001:db8::1", Broader),
            ("A.example.org", "a.example.org", Same),
            (".example.org", "a.example.org", Broader),
            ("a.example.org", ".example.org", Narrower),
            ("example.org", ".example.org", Apart),
            (".b.example.org", ".example.org", Narrower),
            ("ALL", "10.1.2.3", Broader),
            ("unknown", "10.1.2.3", Broader),
            ("KNOWN", "a.example.org", Broader),
            ("*", "a.example.org", Broader),
            ("10.1.*", "10.1.2.3", Same),
            ("/etc/list", "10.1.2.3", Same),
            ("2001", "2001::1", Apart),
            // What looks like a network of 10.0.0.0/8 is the beginning of other texts.
            ("010.", "10.1.2.3", Apart),
            ("+10.", "10.1.2.3", Same),
            ("10.1.2.3.", "10.1.2.3", Apart),
            ("[fe80::1%lo]", "fe80::1", Same),
        ] {
            let asked = Client::parse(asked).unwrap();
            let found = Reach::of(element.as_bytes()).relation(&asked);
            assert_eq!(found, expected, "{element} to {asked}");
        }
    }
}
