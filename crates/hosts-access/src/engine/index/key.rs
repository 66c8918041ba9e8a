//! What a pattern and a host have in common when the one matches the other, as a hash: the index
//! files rules under the keys of their patterns and looks them up under the keys of a request.

use crate::engine::index::sip::sip13;
use crate::engine::model::request::{Host, Request};
use crate::engine::model::text::unmapped;
use crate::policy::{HostPattern, TextPattern, dotted_quad, ipv6, mask4, mask6};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// No string of a request is longer, so no longer pattern matches one (F-DAEMON-12).
const LONGEST: usize = 127;
/// As many kinds of keys there are.
const KINDS: usize = 12;
/// Masks with gaps that are looked up one by one.
const MASKS_LIMIT: usize = 64;

/// The kinds of keys; each is looked up in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Matches every host.
    Any,
    /// Must be asked each time: wildcards, list files, netgroups, zones, too many odd masks.
    Rest,
    Known,
    Local,
    Exact,
    Prefix,
    Suffix,
    Address6,
    Net4,
    Net6,
    /// A network whose mask has gaps.
    Gaps4,
    /// Stands beside the key of a pattern that is compared with names: a host whose name is not known yet
    /// has no key of its name, and such a pattern asks for that.
    Named,
}

/// Which daemons a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope<'d> {
    /// All of them, or those that only the matcher can tell.
    All,
    /// The one of this name.
    Daemon(&'d [u8]),
}

/// A key before it is hashed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) kind: Kind,
    /// Length of a prefix, suffix or network; what need not be looked up is told by it.
    pub(crate) length: u8,
    text: &'a [u8],
    bits: u128,
}

impl<'a> Key<'a> {
    pub(crate) fn plain(kind: Kind) -> Self {
        Self {
            kind,
            length: 0,
            text: &[],
            bits: 0,
        }
    }

    fn text(kind: Kind, text: &'a [u8]) -> Option<Self> {
        let length = u8::try_from(text.len())
            .ok()
            .filter(|_| text.len() <= LONGEST)?;
        Some(Self {
            kind,
            length,
            text,
            bits: 0,
        })
    }

    fn bits(kind: Kind, length: u8, bits: u128) -> Self {
        Self {
            kind,
            length,
            text: &[],
            bits,
        }
    }

    fn net4(address: u32, length: u8) -> Self {
        Self::bits(Kind::Net4, length, u128::from(address & mask4(length)))
    }

    fn gaps4(address: u32, mask: u32) -> Self {
        let bits = u128::from(mask) << 32 | u128::from(address & mask);
        Self::bits(Kind::Gaps4, 0, bits)
    }

    fn net6(address: u128, length: u8) -> Self {
        Self::bits(Kind::Net6, length, address & mask6(length))
    }

    /// The key of a pattern, or `None` if it can never match.
    pub(crate) fn of_pattern(pattern: HostPattern<'a>) -> Option<Self> {
        match pattern {
            HostPattern::BadNet(_) => None,
            HostPattern::Known => Some(Self::plain(Kind::Known)),
            HostPattern::Local => Some(Self::plain(Kind::Local)),
            HostPattern::Ipv4Net { net, mask } if net & !mask != 0 => None,
            HostPattern::Ipv4Net { net, mask } if mask.leading_ones() == mask.count_ones() => Some(
                Self::net4(net, u8::try_from(mask.leading_ones()).unwrap_or(32)),
            ),
            HostPattern::Ipv4Net { net, mask } => Some(Self::gaps4(net, mask)),
            HostPattern::Ipv6Net { net, length } if net.zone.is_none() => {
                Some(Self::net6(net.address.to_bits(), length))
            }
            HostPattern::Netgroup(_) | HostPattern::ListFile(_) | HostPattern::Ipv6Net { .. } => {
                Some(Self::plain(Kind::Rest))
            }
            HostPattern::Text { pattern, .. } => Self::of_text(pattern),
        }
    }

    fn of_text(pattern: TextPattern<'a>) -> Option<Self> {
        match pattern {
            TextPattern::All => Some(Self::plain(Kind::Any)),
            TextPattern::Known | TextPattern::Wildcard(_) => Some(Self::plain(Kind::Rest)),
            TextPattern::BadIpv6(_) => None,
            TextPattern::Ipv6(address) if address.zone.is_some() => Some(Self::plain(Kind::Rest)),
            TextPattern::Ipv6(address) => {
                Some(Self::bits(Kind::Address6, 0, address.address.to_bits()))
            }
            TextPattern::Exact(text) => Self::text(Kind::Exact, text),
            TextPattern::Prefix(text) => Self::text(Kind::Prefix, text),
            TextPattern::Suffix(text) => Self::text(Kind::Suffix, text),
        }
    }

    /// Whether a pattern of this key is found only by an address or a name.
    pub(crate) fn is_of_text(&self) -> bool {
        match self.kind {
            Kind::Exact | Kind::Prefix | Kind::Suffix | Kind::Address6 => true,
            Kind::Any
            | Kind::Rest
            | Kind::Known
            | Kind::Local
            | Kind::Net4
            | Kind::Net6
            | Kind::Gaps4
            | Kind::Named => false,
        }
    }

    /// Calls `each` with every key under which a pattern that matches `host` can be filed, as
    /// far as there are any of that kind and length.
    pub(crate) fn of_host(host: &'a Host, used: &Lengths, mut each: impl FnMut(Self)) {
        if used.is_empty() {
            return;
        }
        for kind in [Kind::Any, Kind::Rest, Kind::Known, Kind::Local] {
            if used.contains(kind, 0) {
                each(Self::plain(kind));
            }
        }
        let address = unmapped(&host.address);
        let name = unmapped(host.name.as_bytes());
        for text in [address, name] {
            Self::of_string(text, used, &mut each);
        }
        if used.has(Kind::Net4)
            && let Some(address) = dotted_quad(address)
        {
            used.of(Kind::Net4)
                .for_each(|length| each(Self::net4(address.to_bits(), length)));
        }
        if used.has(Kind::Gaps4)
            && let Some(address) = dotted_quad(address)
        {
            let masks = used.masks.iter();
            masks.for_each(|mask| each(Self::gaps4(address.to_bits(), *mask)));
        }
        if used.has(Kind::Net6)
            && let Some(address) = ipv6(address)
        {
            let address = address.address.to_bits();
            used.of(Kind::Net6)
                .for_each(|length| each(Self::net6(address, length)));
        }
    }

    /// The keys of an address or a name as text.
    fn of_string(text: &'a [u8], used: &Lengths, each: &mut impl FnMut(Self)) {
        let mut offer = |key: Option<Self>| {
            if let Some(key) = key.filter(|key| used.contains(key.kind, key.length)) {
                each(key);
            }
        };
        offer(Self::text(Kind::Exact, text));
        if used.has(Kind::Address6) {
            offer(ipv6(text).map(|ip| Self::bits(Kind::Address6, 0, ip.address.to_bits())));
        }
        if used.has(Kind::Prefix) || used.has(Kind::Suffix) {
            // Heads that end in a dot, and proper tails that begin with one.
            for dot in memchr::memchr_iter(b'.', text) {
                offer(
                    text.get(..=dot)
                        .and_then(|head| Self::text(Kind::Prefix, head)),
                );
                let tail = text.get(dot..).filter(|_| dot > 0);
                offer(tail.and_then(|tail| Self::text(Kind::Suffix, tail)));
            }
        }
    }
}

/// As many numbers are made of [`Lengths`].
pub(crate) const LENGTHS_WORDS: usize = KINDS * 4 + 1 + MASKS_LIMIT;

/// Which kinds of keys there are, and of which lengths.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lengths {
    sets: [[u128; 2]; KINDS],
    is_used: bool,
    /// The masks with gaps.
    masks: Vec<u32>,
}

impl Lengths {
    /// Takes note of `key`, and gives the key to file under: with more masks than are worth a
    /// look-up each it is that of the rest.
    pub(crate) fn admit<'a>(&mut self, key: Key<'a>) -> Key<'a> {
        if key.kind == Kind::Gaps4 {
            let mask = u32::try_from(key.bits >> 32).unwrap_or(u32::MAX);
            if !self.masks.contains(&mask) {
                if self.masks.len() == MASKS_LIMIT {
                    return self.admit(Key::plain(Kind::Rest));
                }
                self.masks.push(mask);
            }
        }
        self.insert(key.kind, key.length);
        key
    }

    fn insert(&mut self, kind: Kind, length: u8) {
        let half = usize::from(length >> 7);
        let sets = self.sets.get_mut(usize::from(kind.number()));
        if let Some(set) = sets.and_then(|sets| sets.get_mut(half)) {
            *set |= 1 << (length & 127);
            self.is_used = true;
        }
    }

    /// It as numbers, always as many.
    pub(crate) fn to_words(&self) -> impl Iterator<Item = u64> {
        let sets = self.sets.iter().flatten().flat_map(|set| halves(*set));
        let mask = |at: usize| self.masks.get(at).copied().unwrap_or(0).into();
        let masks = (0..MASKS_LIMIT).map(mask);
        let count = u64::try_from(self.masks.len()).unwrap_or(0);
        sets.chain([count]).chain(masks)
    }

    /// What [`Lengths::to_words`] made these numbers of; nothing if it made none like them.
    pub(crate) fn of_words(words: &mut impl Iterator<Item = u64>) -> Option<Self> {
        let mut lengths = Self::default();
        for set in lengths.sets.iter_mut().flatten() {
            let (low, high) = (words.next()?, words.next()?);
            *set = u128::from(high) << 64 | u128::from(low);
            lengths.is_used |= *set != 0;
        }
        let count = usize::try_from(words.next()?).ok()?;
        for at in 0..MASKS_LIMIT {
            let mask = u32::try_from(words.next()?).ok()?;
            if at < count {
                lengths.masks.push(mask);
            }
        }
        let fits = |kind: Kind, most: u8| lengths.of(kind).all(|length| length <= most);
        let is_sound = count <= MASKS_LIMIT && fits(Kind::Net4, 32) && fits(Kind::Net6, 128);
        is_sound.then_some(lengths)
    }

    fn is_empty(&self) -> bool {
        !self.is_used
    }

    pub(crate) fn contains(&self, kind: Kind, length: u8) -> bool {
        let set = self.set(kind, usize::from(length >> 7));
        set & (1 << (length & 127)) != 0
    }

    fn has(&self, kind: Kind) -> bool {
        self.set(kind, 0) | self.set(kind, 1) != 0
    }

    /// The lengths of a kind, ascending.
    fn of(&self, kind: Kind) -> impl Iterator<Item = u8> + '_ {
        (0..2_u8).flat_map(move |half| {
            let mut set = self.set(kind, half.into());
            std::iter::from_fn(move || {
                let bit = u8::try_from(set.trailing_zeros())
                    .ok()
                    .filter(|_| set != 0)?;
                set &= set - 1;
                Some((half << 7) + bit)
            })
        })
    }

    fn set(&self, kind: Kind, half: usize) -> u128 {
        let sets = self.sets.get(usize::from(kind.number()));
        sets.and_then(|sets| sets.get(half)).copied().unwrap_or(0)
    }
}

/// Hashes keys; seeded, so that nobody can choose patterns that collide.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyHasher([u64; 2]);

impl Default for KeyHasher {
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self([random(), random()])
    }
}

impl KeyHasher {
    /// One whose hashes are the same in every process.
    pub(crate) fn seeded(seed: [u64; 2]) -> Self {
        Self(seed)
    }

    /// What it was seeded with.
    pub(crate) fn seed(self) -> [u64; 2] {
        self.0
    }

    pub(crate) fn hash(self, scope: Scope<'_>, key: &Key<'_>) -> u64 {
        let mut text = HashedText::default();
        if let Scope::Daemon(daemon) = scope {
            text.push_lowered(daemon);
            text.push(&[0]);
        }
        text.push(&[key.kind.number(), key.length]);
        if matches!(key.kind, Kind::Exact | Kind::Prefix | Kind::Suffix) {
            text.push_lowered(key.text);
        } else if key.bits != 0 {
            text.push(&key.bits.to_le_bytes());
        }
        sip13(self.0, text.bytes())
    }
}

/// What is hashed of a key: a daemon, a kind and a text at most.
struct HashedText {
    buffer: [u8; 2 * (LONGEST + 1) + 3],
    length: usize,
}

impl Default for HashedText {
    fn default() -> Self {
        Self {
            buffer: [0; 2 * (LONGEST + 1) + 3],
            length: 0,
        }
    }
}

impl HashedText {
    fn push(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        let length = bytes.len().min(room.len());
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.length += length;
    }

    /// Up to [`LONGEST`] bytes and one of `text`, in lower case.
    fn push_lowered(&mut self, text: &[u8]) {
        let text = text.get(..=LONGEST).unwrap_or(text);
        let start = self.length;
        self.push(text);
        if let Some(pushed) = self.buffer.get_mut(start..self.length) {
            pushed.make_ascii_lowercase();
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

impl Kind {
    /// Its place in tables of kinds.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Any => 0,
            Self::Rest => 1,
            Self::Known => 2,
            Self::Local => 3,
            Self::Exact => 4,
            Self::Prefix => 5,
            Self::Suffix => 6,
            Self::Address6 => 7,
            Self::Net4 => 8,
            Self::Net6 => 9,
            Self::Gaps4 => 10,
            Self::Named => 11,
        }
    }
}

/// The lower and the upper half of a number.
fn halves(number: u128) -> [u64; 2] {
    let lower = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0);
    [lower(number), lower(number >> 64)]
}

/// The daemon of a request as a scope.
pub(crate) fn scope_of(request: &Request) -> Scope<'_> {
    Scope::Daemon(unmapped(&request.daemon))
}
