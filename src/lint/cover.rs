//! Which clients earlier rules have decided about already: an index of patterns, so that a table
//! of a million rules takes one look-up a pattern.
//!
//! It answers yes only where it is certain: equal patterns, `ALL`, networks in networks, names in
//! domains, prefixes in prefixes. Everything else is taken for a pattern of its own.

use super::view::{RuleView, base, has_except};
use crate::policy::{ClientPattern, Dialect, HostPattern, TextPattern, plain_quad};
use crate::span::offset;
use std::borrow::Cow;
use std::collections::HashMap;

/// Rules with more pairs of daemon and client for each of their words are neither looked up nor
/// kept: the pairs are the square of the line's length, and the time must stay linear.
const PAIRS_PER_WORD: usize = 4;
/// Names longer than this have no domains looked up; DNS allows 255.
const NAME_LIMIT: usize = 255;

/// The rule that covers another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct CoveredBy {
    /// Index of its line in its tree.
    pub(super) line: usize,
    /// Whether no further rule is needed for that.
    pub(super) is_alone: bool,
    /// Whether it grants, and the others with it; nothing if they differ.
    pub(super) grants: Option<bool>,
}

/// The patterns of the rules so far, by daemon.
#[derive(Debug, Default)]
pub(super) struct Cover<'s> {
    daemons: HashMap<Cow<'s, [u8]>, u32>,
    /// The number of `ALL` among the daemons.
    all_daemons: Option<u32>,
    known: Vec<Known>,
    ipv4: HashMap<u64, Owner>,
    ipv6: HashMap<(u32, u128, u8), Owner>,
    text: HashMap<(u32, Form, Cow<'s, [u8]>), Owner>,
}

/// What there is about one daemon, so that most look-ups need not be made.
#[derive(Debug, Default)]
struct Known {
    all: Option<Owner>,
    ipv4_lengths: u64,
    ipv6_lengths: [u128; 2],
    has_prefix: bool,
    has_suffix: bool,
}

/// The line of a pattern.
#[derive(Debug, Clone, Copy)]
struct Owner {
    line: u32,
    /// Whether a match there ends the search in both tables.
    for_good: bool,
    grants: bool,
}

/// How a text pattern compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Whole,
    Prefix,
    Suffix,
}

/// A client pattern as far as containment goes.
#[derive(Debug, PartialEq, Eq)]
enum Shape<'v> {
    All,
    Never,
    Ipv4(u32, u8),
    Ipv6(u128, u8),
    /// A pattern by its text; the flag tells that it may be compared with names.
    Text(Form, &'v [u8], bool),
}

impl Cover<'_> {
    /// Remembers the patterns of a rule.
    pub(super) fn add(&mut self, terms: &Terms<'_, '_, '_>, for_good: bool) {
        let rule = terms.rule;
        if has_except(&rule.daemons) || has_except(&rule.clients) || terms.has_too_many_pairs {
            return;
        }
        let owner = Owner {
            line: offset(rule.rule.line().index()),
            for_good,
            grants: rule.grants(),
        };
        for (daemon, _) in base(&rule.daemons) {
            let daemon = self.daemon_or_new(daemon, rule.dialect);
            for client in &terms.clients {
                self.add_client(daemon, client, owner);
            }
        }
    }

    fn daemon_or_new(&mut self, daemon: &[u8], dialect: &Dialect) -> u32 {
        let key = daemon_key(daemon, dialect);
        if let Some(&known) = self.daemons.get(&*key) {
            return known;
        }
        let id = offset(self.known.len());
        if &*key == b"all" {
            self.all_daemons = Some(id);
        }
        self.known.push(Known::default());
        self.daemons.insert(Cow::Owned(key.into_owned()), id);
        id
    }

    fn add_client(&mut self, daemon: u32, client: &Shape<'_>, owner: Owner) {
        let Some(known) = self.known.get_mut(crate::span::index(daemon)) else {
            return;
        };
        match *client {
            Shape::Never => {}
            Shape::All => {
                known.all.get_or_insert(owner);
            }
            Shape::Ipv4(net, length) => {
                known.ipv4_lengths |= 1 << length;
                if let Some(key) = ipv4_key(daemon, net, length) {
                    self.ipv4.entry(key).or_insert(owner);
                }
            }
            Shape::Ipv6(net, length) => {
                let (word, bit) = bit_of(length);
                if let Some(lengths) = known.ipv6_lengths.get_mut(word) {
                    *lengths |= 1 << bit;
                }
                self.ipv6.entry((daemon, net, length)).or_insert(owner);
            }
            Shape::Text(form, text, _) => {
                known.has_prefix |= form == Form::Prefix;
                known.has_suffix |= form == Form::Suffix;
                let key = (daemon, form, Cow::Owned(folded(text).into_owned()));
                self.text.entry(key).or_insert(owner);
            }
        }
    }

    /// The earlier rule that matches everything a rule matches, alone or with others.
    pub(super) fn covers(&self, terms: &Terms<'_, '_, '_>) -> Option<CoveredBy> {
        self.search(terms, false)
    }

    /// Likewise, among those rules that leave nothing to the next table.
    pub(super) fn covers_for_good(&self, terms: &Terms<'_, '_, '_>) -> Option<CoveredBy> {
        self.search(terms, true)
    }

    fn search(&self, terms: &Terms<'_, '_, '_>, for_good: bool) -> Option<CoveredBy> {
        if self.known.is_empty() || terms.has_too_many_pairs {
            return None;
        }
        let mut found: Option<CoveredBy> = None;
        for (daemon, _) in base(&terms.rule.daemons) {
            let own = self
                .daemons
                .get(&*daemon_key(daemon, terms.rule.dialect))
                .copied();
            let all = self.all_daemons.filter(|_| own != self.all_daemons);
            let ids = [own, all];
            for shape in &terms.clients {
                if matches!(shape, Shape::Never) {
                    continue;
                }
                let owner = ids
                    .into_iter()
                    .flatten()
                    .filter_map(|id| self.owner(id, shape))
                    .find(|owner| owner.for_good || !for_good)?;
                let line = crate::span::index(owner.line);
                let is_alone = found.is_none_or(|by| by.is_alone && by.line == line);
                let line = found.map_or(line, |by| by.line);
                let grants = found
                    .map_or(Some(owner.grants), |by| by.grants)
                    .filter(|&grants| grants == owner.grants);
                found = Some(CoveredBy {
                    line,
                    is_alone,
                    grants,
                });
            }
        }
        found
    }

    fn owner(&self, daemon: u32, shape: &Shape<'_>) -> Option<Owner> {
        let known = self.known.get(crate::span::index(daemon))?;
        if known.all.is_some() {
            return known.all;
        }
        match *shape {
            Shape::All | Shape::Never => None,
            Shape::Ipv4(net, length) => {
                let mut lengths = known.ipv4_lengths & (u64::MAX >> (63 - length));
                while lengths > 0 {
                    let shorter = u8::try_from(lengths.trailing_zeros()).ok()?;
                    lengths &= lengths - 1;
                    let key = ipv4_key(daemon, net & mask4(shorter), shorter)?;
                    if let Some(owner) = self.ipv4.get(&key) {
                        return Some(*owner);
                    }
                }
                None
            }
            Shape::Ipv6(net, length) => (0..=length)
                .filter(|&shorter| {
                    let (word, bit) = bit_of(shorter);
                    known
                        .ipv6_lengths
                        .get(word)
                        .is_some_and(|w| w >> bit & 1 == 1)
                })
                .find_map(|shorter| self.ipv6.get(&(daemon, net & mask6(shorter), shorter)))
                .copied(),
            Shape::Text(form, text, with_names) => {
                self.text_owner(daemon, known, form, text, with_names)
            }
        }
    }

    fn text_owner(
        &self,
        daemon: u32,
        known: &Known,
        form: Form,
        text: &[u8],
        with_names: bool,
    ) -> Option<Owner> {
        let text = folded(text);
        let get = |form: Form, text: &[u8]| {
            self.text
                .get(&(daemon, form, Cow::Owned(text.to_vec())))
                .copied()
        };
        if let Some(owner) = get(form, &text) {
            return Some(owner);
        }
        // Users, netgroups and wildcards are only ever equal.
        if text.len() > NAME_LIMIT || text.iter().any(|byte| b"@/*?[]".contains(byte)) {
            return None;
        }
        let dots = || memchr::memchr_iter(b'.', &text);
        let domain = || {
            dots()
                .filter(|&at| at > 0)
                .filter_map(|at| text.get(at..))
                .find_map(|tail| get(Form::Suffix, tail))
        };
        let head = || {
            dots()
                .filter_map(|at| text.get(..=at))
                .find_map(|head| get(Form::Prefix, head))
        };
        // A pattern of digits and dots is not compared with names, so it covers no name.
        let is_whole_or = |other: Form| form == Form::Whole || form == other;
        let suffix = (known.has_suffix && with_names && is_whole_or(Form::Suffix)).then(domain);
        let prefix = || (known.has_prefix && with_names && is_whole_or(Form::Prefix)).then(head);
        suffix.flatten().or_else(|| prefix().flatten())
    }
}

/// What a rule is about, as far as containment goes.
pub(super) struct Terms<'v, 't, 's> {
    rule: &'v RuleView<'t, 's>,
    clients: Vec<Shape<'v>>,
    has_too_many_pairs: bool,
}

impl<'v, 't, 's> Terms<'v, 't, 's> {
    pub(super) fn of(rule: &'v RuleView<'t, 's>) -> Self {
        let has_too_many_pairs = has_too_many_pairs(rule);
        let clients = base(&rule.clients).filter(|_| !has_too_many_pairs);
        Self {
            rule,
            clients: clients.map(|(text, _)| shape(text, rule.dialect)).collect(),
            has_too_many_pairs,
        }
    }
}

/// Whether two rules are about the same daemons and clients, in whatever spelling.
pub(super) fn are_about_the_same(a: &RuleView<'_, '_>, b: &RuleView<'_, '_>) -> bool {
    let is_plain = |rule: &RuleView<'_, '_>| {
        !has_except(&rule.daemons) && !has_except(&rule.clients) && !has_too_many_pairs(rule)
    };
    let same = |a: &Shape<'_>, b: &Shape<'_>| match (a, b) {
        (Shape::Text(form, text, _), Shape::Text(other, word, _)) => {
            form == other && folded(text) == folded(word)
        }
        _ => a == b,
    };
    let daemons = |rule: &RuleView<'_, '_>| -> Vec<Vec<u8>> {
        let keys = base(&rule.daemons).map(|(text, _)| daemon_key(text, rule.dialect).into_owned());
        keys.collect()
    };
    is_plain(a)
        && is_plain(b)
        && daemons(a) == daemons(b)
        && a.clients.len() == b.clients.len()
        && base(&a.clients)
            .zip(base(&b.clients))
            .all(|((one, _), (other, _))| same(&shape(one, a.dialect), &shape(other, b.dialect)))
}

fn has_too_many_pairs(rule: &RuleView<'_, '_>) -> bool {
    let (daemons, clients) = (rule.daemons.len(), rule.clients.len());
    daemons.saturating_mul(clients) > PAIRS_PER_WORD.saturating_mul(daemons + clients)
}

fn daemon_key<'d>(daemon: &'d [u8], dialect: &Dialect) -> Cow<'d, [u8]> {
    if daemon == b"*" && dialect.wildcards {
        return Cow::Borrowed(b"all");
    }
    folded(daemon)
}

/// In lower case, but for paths and netgroups, whose case counts.
fn folded(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(|&byte| byte == b'/' || byte == b'@')
        || !text.iter().any(u8::is_ascii_uppercase)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.to_ascii_lowercase())
}

/// One number for network, length and daemon; none beyond 67 million daemons.
fn ipv4_key(daemon: u32, net: u32, length: u8) -> Option<u64> {
    let daemon = Some(daemon).filter(|&daemon| daemon < 1 << 26)?;
    Some(u64::from(net) << 32 | u64::from(daemon) << 6 | u64::from(length))
}

fn mask4(length: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(length.min(32)))
        .unwrap_or(0)
}

fn mask6(length: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(length.min(128)))
        .unwrap_or(0)
}

/// Where the bit of a prefix length from 0 to 128 is kept.
fn bit_of(length: u8) -> (usize, u8) {
    (usize::from(length > 127), length & 127)
}

/// What a client pattern matches, as far as containment goes.
fn shape<'t>(text: &'t [u8], dialect: &Dialect) -> Shape<'t> {
    if text.eq_ignore_ascii_case(b"ALL") {
        return Shape::All;
    }
    let pattern = ClientPattern::read(text);
    if !dialect.has_debian_patterns() && ClientPattern::read_in(text, dialect) != pattern {
        // It contains nothing but itself, as far as is known.
        return Shape::Text(Form::Whole, text, false);
    }
    if text == b"*" {
        return Shape::All;
    }
    if pattern.user.is_some() {
        return Shape::Text(Form::Whole, text, false);
    }
    match pattern.host {
        HostPattern::BadNet(_)
        | HostPattern::Text {
            pattern: TextPattern::BadIpv6(_),
            ..
        } => Shape::Never,
        HostPattern::Ipv4Net { net, mask } => ipv4_net(net, mask, text),
        HostPattern::Ipv6Net { net, length } if net.zone.is_none() => {
            Shape::Ipv6(net.address.to_bits() & mask6(length), length)
        }
        HostPattern::Text {
            pattern: TextPattern::Ipv6(net),
            ..
        } if net.zone.is_none() => Shape::Ipv6(net.address.to_bits(), 128),
        HostPattern::Text {
            pattern: TextPattern::Exact(word),
            also_name: false,
        } => match plain_quad(word) {
            // As the address of the client is read when a network is compared with it.
            Some(address) => Shape::Ipv4(address.to_bits(), 32),
            None => Shape::Text(Form::Whole, text, false),
        },
        HostPattern::Text {
            pattern: TextPattern::Prefix(prefix),
            also_name,
        } => match ipv4_prefix(prefix) {
            Some(net) => net,
            None if also_name => Shape::Text(Form::Prefix, prefix, true),
            // Compared with addresses only, so it covers no name.
            None => Shape::Text(Form::Whole, prefix, false),
        },
        HostPattern::Text {
            pattern: TextPattern::Suffix(suffix),
            also_name: true,
        } => Shape::Text(Form::Suffix, suffix, true),
        HostPattern::Text {
            pattern: TextPattern::Exact(word),
            also_name,
        } => Shape::Text(Form::Whole, word, also_name),
        HostPattern::Text { .. }
        | HostPattern::Ipv6Net { .. }
        | HostPattern::Netgroup(_)
        | HostPattern::ListFile(_)
        | HostPattern::Known
        | HostPattern::Local => Shape::Text(Form::Whole, text, false),
    }
}

fn ipv4_net(net: u32, mask: u32, text: &[u8]) -> Shape<'_> {
    let Ok(length) = u8::try_from(mask.leading_ones()) else {
        return Shape::Never;
    };
    if net & !mask != 0 {
        Shape::Never
    } else if mask4(length) == mask {
        Shape::Ipv4(net, length)
    } else {
        Shape::Text(Form::Whole, text, false)
    }
}

/// `10.`, `10.1.` and `10.1.2.` are networks, as far as addresses are spelt as usual; but the
/// network form never matches 255.255.255.255 (F-V4-14).
fn ipv4_prefix(prefix: &[u8]) -> Option<Shape<'_>> {
    let mut net = 0;
    let mut length = 0_u8;
    for part in prefix.strip_suffix(b".")?.split(|&byte| byte == b'.') {
        let number: u8 = str::from_utf8(part).ok()?.parse().ok()?;
        if length == 24 || number == 255 || number.to_string().as_bytes() != part {
            return None;
        }
        length += 8;
        net |= u32::from(number) << (32 - length);
    }
    Some(Shape::Ipv4(net, length))
}
