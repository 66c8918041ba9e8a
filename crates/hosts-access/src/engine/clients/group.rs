//! The clients of a single pattern as one value that can be compared and looked up.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::atom::{Atom, atoms};
use crate::engine::clients::axis::{Axis, MAPPED};
use crate::policy::{ClientPattern, Dialect, HostPattern, TextPattern, mask4, mask6};
use std::borrow::Cow;
use std::iter;

/// An address that no network holds (F-V4-14).
const BROADCAST: ClientGroup<'static> = ClientGroup::Net4 {
    net: u32::MAX,
    length: 32,
};

/// The clients that one pattern reaches.
///
/// Two patterns that reach the same clients are equal groups in most spellings (`10.1.`,
/// `10.1.0.0/16` and `10.1.0.0/255.255.0.0`; names in any case), and [`ClientGroup::holders`] gives
/// every group that holds one, to be looked up in a map. What is in no other variant is
/// [`ClientGroup::Other`], of which only the same text is known to reach the same clients.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientGroup<'p> {
    /// All clients: `ALL` and `*`.
    Everybody,
    /// No client: the pattern never matches, such as a network with host bits (F-V4-06), `10.1`
    /// (F-V4-03), `010.` or a name of more than 127 bytes (F-DAEMON-12).
    Nobody,
    /// The addresses of an IPv4 network; a single address has the length 32.
    Net4 {
        /// The lowest address.
        net: u32,
        /// Bits that count, 0 to 32.
        length: u8,
    },
    /// The addresses of an IPv6 network; a single address has the length 128.
    Net6 {
        /// The lowest address.
        net: u128,
        /// Bits that count, 0 to 128.
        length: u8,
    },
    /// The clients of one name, in lower case.
    Name(Cow<'p, [u8]>),
    /// The clients whose names end so, in lower case, with the dot: those below a domain, which
    /// itself is not one of them (F-NAME-02).
    Domain(Cow<'p, [u8]>),
    /// The clients whose names begin so, in lower case, with the dot (F-NAME-03).
    Head(Cow<'p, [u8]>),
    /// Anything else, by its text: wildcards, users, words such as `KNOWN` and `unknown`, list files,
    /// netgroups, masks with gaps, zones.
    Other(Cow<'p, [u8]>),
}

impl<'p> ClientGroup<'p> {
    /// Whom an element of a client list reaches; one that names users is [`ClientGroup::Other`].
    pub fn of(text: &'p [u8], dialect: &Dialect) -> Self {
        let pattern = ClientPattern::read_in(text, dialect);
        let group = Self::of_host(pattern.host, text);
        if pattern.user.is_none() || group == Self::Nobody {
            return group;
        }
        Self::Other(Cow::Borrowed(text))
    }

    /// Whom the host pattern of an element reaches, whoever the users; `text` is the element.
    pub fn of_host(pattern: HostPattern<'p>, text: &'p [u8]) -> Self {
        if let HostPattern::Text {
            pattern: TextPattern::All | TextPattern::Wildcard(b"*"),
            ..
        } = pattern
        {
            return Self::Everybody;
        }
        let mut group = Self::Nobody;
        atoms(pattern, &mut |atom| {
            group = if group == Self::Nobody {
                Self::of_atom(atom, pattern, text)
            } else {
                Self::other(text)
            };
        });
        group
    }

    fn of_atom(atom: Atom<'p>, pattern: HostPattern<'p>, text: &'p [u8]) -> Self {
        let is_network = matches!(pattern, HostPattern::Ipv4Net { .. });
        if let Atom::Name(TextPattern::Exact(name)) = atom {
            Self::Name(lower(name))
        } else if let Atom::Name(TextPattern::Suffix(tail)) = atom {
            Self::Domain(lower(tail))
        } else if let Atom::Name(TextPattern::Prefix(head)) = atom {
            Self::Head(lower(head))
        } else if let Atom::Range(Axis::V4, low, high) = atom
            && let Ok(net) = u32::try_from(low)
            // As a text 255.255.255.255 matches, in a network it does not (F-V4-14).
            && (is_network || low == high || high < Axis::V4.last())
        {
            let length = 32 - ones(low ^ high);
            Self::Net4 { net, length }
        } else if let Atom::Range(Axis::V6, net, high) = atom
            // Clients with these addresses are clients of IPv4 (F-V4-15, F-V6-08).
            && (net < MAPPED.0 || high > MAPPED.1)
        {
            let length = 128 - ones(net ^ high);
            Self::Net6 { net, length }
        } else {
            Self::other(text)
        }
    }

    /// The case of paths, netgroups and users is kept.
    fn other(text: &'p [u8]) -> Self {
        Self::Other(if memchr::memchr2(b'/', b'@', text).is_some() {
            Cow::Borrowed(text)
        } else {
            lower(text)
        })
    }

    /// Every group that holds this one, from itself on; everybody is left out.
    pub fn holders(&self) -> impl Iterator<Item = ClientGroup<'_>> {
        let mut lengths = 0..0;
        if let Self::Net4 { length, .. } | Self::Net6 { length, .. } = *self
            && *self != BROADCAST
        {
            lengths = 0..length;
        }
        let mut text: &[u8] = b"";
        if let Self::Name(own) | Self::Domain(own) | Self::Head(own) = self {
            text = own;
        }
        let is_domain = matches!(self, Self::Domain(_));
        let is_head = matches!(self, Self::Head(_));
        let nets = lengths.rev().map(|length| self.widened(length));
        let tails = memchr::memchr_iter(b'.', text)
            .filter(move |&at| at > 0 && !is_head)
            .filter_map(|at| Some(ClientGroup::Domain(text.get(at..)?.into())));
        let heads = memchr::memchr_iter(b'.', text)
            .filter(move |&at| at + 1 < text.len() && !is_domain)
            .filter_map(|at| Some(ClientGroup::Head(text.get(..=at)?.into())));
        let own = iter::once(self.borrowed());
        own.chain(nets).chain(tails).chain(heads)
    }

    /// The network of another length around this one.
    fn widened(&self, length: u8) -> ClientGroup<'_> {
        if let Self::Net4 { net, .. } = *self {
            let net = net & mask4(length);
            ClientGroup::Net4 { net, length }
        } else if let Self::Net6 { net, .. } = *self {
            let net = net & mask6(length);
            ClientGroup::Net6 { net, length }
        } else {
            self.borrowed()
        }
    }

    /// The same group, borrowing its text.
    pub fn borrowed(&self) -> ClientGroup<'_> {
        self.map(Cow::Borrowed)
    }

    /// The same group with a text of its own.
    pub fn owned(&self) -> ClientGroup<'static> {
        self.map(|text| Cow::Owned(text.to_vec()))
    }

    fn map<'a, 'q>(&'a self, text: impl Fn(&'a [u8]) -> Cow<'q, [u8]>) -> ClientGroup<'q> {
        match self {
            Self::Everybody => ClientGroup::Everybody,
            Self::Nobody => ClientGroup::Nobody,
            &Self::Net4 { net, length } => ClientGroup::Net4 { net, length },
            &Self::Net6 { net, length } => ClientGroup::Net6 { net, length },
            Self::Name(name) => ClientGroup::Name(text(name)),
            Self::Domain(tail) => ClientGroup::Domain(text(tail)),
            Self::Head(head) => ClientGroup::Head(text(head)),
            Self::Other(other) => ClientGroup::Other(text(other)),
        }
    }

    /// Whether every client of `other` is one of these, as far as the two alone tell it: if not, it
    /// may still be so of wildcards and of list files.
    pub fn holds(&self, other: &ClientGroup<'_>) -> bool {
        use ClientGroup::{Domain, Everybody, Head, Name, Net4, Net6, Nobody};
        match (self, other) {
            (Everybody, _) | (_, Nobody) => true,
            (Net4 { .. }, inner) if *inner == BROADCAST => *self == BROADCAST,
            (
                Net4 { net, length },
                Net4 {
                    net: inner,
                    length: of,
                },
            ) => length <= of && (net ^ inner) & mask4(*length) == 0,
            (
                Net6 { net, length },
                Net6 {
                    net: inner,
                    length: of,
                },
            ) => length <= of && (net ^ inner) & mask6(*length) == 0,
            (Domain(tail), Name(name)) => name.len() > tail.len() && name.ends_with(tail),
            (Domain(tail), Domain(inner)) => inner.ends_with(tail),
            (Head(head), Name(text) | Head(text)) => text.starts_with(head),
            _ => *self == other.borrowed(),
        }
    }

    /// Whether some client is in both. A client of any address may have any name.
    pub(super) fn meets(&self, other: &ClientGroup<'_>) -> Answer {
        use ClientGroup::{Domain, Head, Name, Net4, Net6, Nobody, Other};
        match (self, other) {
            (Nobody, _) | (_, Nobody) | (Net4 { .. }, Net6 { .. }) | (Net6 { .. }, Net4 { .. }) => {
                Answer::No
            }
            (Other(_), _) | (_, Other(_)) => Answer::Unknown,
            (Net4 { .. }, Net4 { .. })
            | (Net6 { .. }, Net6 { .. })
            | (Name(_), Name(_) | Domain(_) | Head(_))
            | (Domain(_) | Head(_), Name(_))
            | (Domain(_), Domain(_))
            | (Head(_), Head(_)) => Answer::from(self.holds(other) || other.holds(self)),
            _ => Answer::Yes,
        }
    }
}

fn ones(bits: u128) -> u8 {
    u8::try_from(bits.count_ones()).unwrap_or(u8::MAX)
}

fn lower(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}
