//! Whom an element of a client list is about, and how that stands to a client asked for.

use crate::editor::client::pattern::Client;
use crate::policy::{ClientPattern, HostPattern, TextPattern};
use std::net::Ipv4Addr;

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
    /// Reads an element of a client list.
    pub(crate) fn of(element: &[u8]) -> Self {
        match ClientPattern::read(element).host {
            HostPattern::Netgroup(_) | HostPattern::ListFile(_) => Self::Vague,
            HostPattern::Known | HostPattern::Local => Self::Everybody,
            HostPattern::BadNet(_) => Self::Nobody,
            HostPattern::Ipv4Net { mask: 0, net: 0 } | HostPattern::Ipv6Net { length: 0, .. } => {
                Self::Everybody
            }
            HostPattern::Ipv4Net { net, mask } => {
                let length = mask.leading_ones();
                match u8::try_from(length) {
                    _ if net & !mask != 0 => Self::Nobody,
                    Ok(length) if mask.count_ones() == u32::from(length) => {
                        Self::Some(Client::Net4 { net, length })
                    }
                    _ => Self::Vague,
                }
            }
            HostPattern::Ipv6Net { net, length } => Self::Some(Client::Net6 {
                net: net.address.to_bits() & prefix6(length),
                length,
            }),
            HostPattern::Text { pattern, also_name } => Self::of_text(pattern, also_name),
        }
    }

    fn of_text(pattern: TextPattern<'_>, also_name: bool) -> Self {
        match pattern {
            TextPattern::All | TextPattern::Known => Self::Everybody,
            TextPattern::Wildcard(text) => of_wildcard(text),
            TextPattern::Suffix(text) if also_name => {
                lower(text.get(1..)).map_or(Self::Vague, |name| Self::Some(Client::Domain(name)))
            }
            TextPattern::Suffix(_) => Self::Vague,
            TextPattern::Prefix(text) => address_prefix(text).map_or(Self::Vague, Self::Some),
            TextPattern::Ipv6(address) => Self::Some(Client::Net6 {
                net: address.address.to_bits(),
                length: 128,
            }),
            TextPattern::BadIpv6(_) => Self::Nobody,
            TextPattern::Exact(text) => Self::of_word(text, also_name),
        }
    }

    fn of_word(text: &[u8], also_name: bool) -> Self {
        let Some(word) = lower(Some(text)) else {
            return Self::Vague;
        };
        if word == "unknown" || word == "paranoid" {
            return Self::Everybody;
        }
        match word.parse::<Ipv4Addr>() {
            Ok(address) => Self::Some(Client::host(address.into())),
            Err(_) if also_name => Self::Some(Client::Name(word)),
            Err(_) => Self::Nobody,
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

fn of_wildcard(text: &[u8]) -> Reach {
    if text.iter().all(|byte| matches!(byte, b'*' | b'?' | b'.')) {
        Reach::Everybody
    } else {
        Reach::Vague
    }
}

/// How `client` stands to `asked`.
pub(crate) fn relation(client: &Client, asked: &Client) -> Relation {
    use Client::{Domain, Name, Net4, Net6};
    match (client, asked) {
        (
            &Net4 { net, length },
            &Net4 {
                net: to,
                length: of,
            },
        ) => {
            let common = prefix4(length.min(of));
            by_length((net ^ to) & common == 0, length, of)
        }
        (
            &Net6 { net, length },
            &Net6 {
                net: to,
                length: of,
            },
        ) => {
            let common = prefix6(length.min(of));
            by_length((net ^ to) & common == 0, length, of)
        }
        (Name(name), Name(other)) | (Domain(name), Domain(other)) if name == other => {
            Relation::Same
        }
        (Name(name) | Domain(name), Domain(domain)) if is_below(name, domain) => Relation::Narrower,
        (Domain(domain), Name(name) | Domain(name)) if is_below(name, domain) => Relation::Broader,
        _ => Relation::Apart,
    }
}

fn by_length(is_related: bool, length: u8, of: u8) -> Relation {
    match length.cmp(&of) {
        _ if !is_related => Relation::Apart,
        std::cmp::Ordering::Less => Relation::Broader,
        std::cmp::Ordering::Equal => Relation::Same,
        std::cmp::Ordering::Greater => Relation::Narrower,
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|head| head.ends_with('.'))
}

fn prefix4(length: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(length.min(32)))
        .unwrap_or(0)
}

fn prefix6(length: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(length.min(128)))
        .unwrap_or(0)
}

/// The network of this length that an address is in.
pub(crate) fn masked4(address: u32, length: u8) -> u32 {
    address & prefix4(length)
}

/// The same for IPv6.
pub(crate) fn masked6(address: u128, length: u8) -> u128 {
    address & prefix6(length)
}

/// `10.1.` as 10.1.0.0/16.
fn address_prefix(text: &[u8]) -> Option<Client> {
    let text = str::from_utf8(text).ok()?.strip_suffix('.')?;
    let numbers: Vec<u8> = text
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let length = u8::try_from(numbers.len()).ok().filter(|&n| n < 4)? * 8;
    let bytes = numbers.iter().copied().chain([0; 4]).take(4);
    let net = bytes.fold(0_u32, |net, byte| net << 8 | u32::from(byte));
    Some(Client::Net4 { net, length })
}

fn lower(text: Option<&[u8]>) -> Option<String> {
    let text = str::from_utf8(text?).ok()?;
    Some(text.to_ascii_lowercase())
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
        ] {
            let asked = Client::parse(asked).unwrap();
            let found = Reach::of(element.as_bytes()).relation(&asked);
            assert_eq!(found, expected, "{element} to {asked}");
        }
    }
}
