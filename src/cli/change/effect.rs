//! Who gains and who loses access by a change, in a few lines; and the stop before somebody does of
//! whom nothing was asked.

use crate::cli::base::{Context, Failure, Style};
use crate::editor::{Effect, Part, Recourse};
use crate::engine::{Change, Claim};
use crate::escape::visible;
use crate::policy::{Network, networks};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// As many lines are shown, and as many networks, daemons and names in each.
const LINES: usize = 6;
const NETWORKS: usize = 4;
const WORDS: usize = 4;

/// All daemons in words.
const EVERY_DAEMON: &str = "every daemon";

/// What to do where an alert needs a rule that refuses somebody else.
const DENY_FIRST: &str = "an alert is for clients that are refused already: first run `tcpw \
                          deny-all` if these shall be, or repeat with --force";

/// Prints who gains and who loses access.
pub(crate) fn show(effect: &Effect, context: &mut Context) -> Result<(), Failure> {
    let lines = lines(&effect.parts, false);
    let shown = if lines.len() > LINES + 1 {
        LINES
    } else {
        lines.len()
    };
    for (change, line) in lines.iter().take(shown) {
        let style = match change {
            Change::Gains => Style::Good,
            Change::Loses => Style::Bad,
            Change::Unknown => Style::Warn,
        };
        context.out.line(context.out.paint(style, line))?;
    }
    if shown < lines.len() {
        let more = lines.len() - shown;
        context
            .out
            .line(format!("and {more} more changes of this kind"))?;
    }
    match (lines.is_empty(), effect.notes.is_empty()) {
        (true, true) => context.out.line("nobody gains or loses access")?,
        (true, false) => context
            .out
            .line("nobody gains or loses access, as far as it can be computed")?,
        (false, _) => {}
    }
    for note in &effect.notes {
        context.out.line(format!("not computed: {note}"))?;
    }
    Ok(())
}

/// Refuses a change after which these have or lack access, of whom nothing was asked.
pub(crate) fn unasked(others: &[Part], recourse: Recourse) -> Failure {
    let lines = lines(others, true);
    let first = lines.first().map_or("", |(_, first)| first);
    let more = match lines.len().saturating_sub(1) {
        0 => String::new(),
        1 => "; and 1 more change of this kind".to_owned(),
        count => format!("; and {count} more changes of this kind"),
    };
    let help = match recourse {
        Recourse::Force => "repeat with --force if that is meant",
        Recourse::ByHand => "make this change with `tcpw edit` if that is meant",
        Recourse::DenyFirst => DENY_FIRST,
    };
    Failure::new(format_args!("this was not asked for: {first}{more}"))
        .hint(format_args!("{help}; nothing was written"))
}

/// What some clients have in common that gain or lose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Group {
    change: Change,
    names: String,
    user: String,
    because: String,
}

impl Group {
    fn of(part: &Part) -> Self {
        Self {
            change: part.claim.change,
            names: names(&part.claim),
            user: part.user.as_deref().map_or_else(String::new, |user| {
                format!(", if the user is {}", visible(user))
            }),
            because: part.claim.because.join("; "),
        }
    }

    /// The line about clients at these places, and what they gain or lose.
    fn line(&self, places: &Places, daemons: &str, is_planned: bool) -> String {
        let (_, _, is_one) = places.words();
        let Self { user, because, .. } = self;
        let verb = match (self.change, is_planned, is_one) {
            (Change::Gains, true, _) => "would gain",
            (Change::Loses, true, _) => "would lose",
            (Change::Gains, false, true) => "gains",
            (Change::Gains, false, false) => "gain",
            (Change::Loses, false, true) => "loses",
            (Change::Loses, false, false) => "lose",
            (Change::Unknown, true, _) => "would perhaps gain or lose",
            (Change::Unknown, false, true) => "perhaps gains or loses",
            (Change::Unknown, false, false) => "perhaps gain or lose",
        };
        let doubt = if because.is_empty() {
            String::new()
        } else {
            format!(", which cannot be computed: {because}")
        };
        let who = self.who(places);
        format!("{who} {verb} access to {daemons}{user}{doubt}")
    }

    /// The clients at these places.
    fn who(&self, places: &Places) -> String {
        let (who, but, _) = places.words();
        let names = &self.names;
        let but = match but {
            Some(but) if names.is_empty() => format!(" except {but}"),
            Some(but) => format!(", except at {but},"),
            None => String::new(),
        };
        let names = names.trim_end_matches(if but.is_empty() { '\0' } else { ',' });
        format!("{who}{names}{but}")
    }
}

/// A daemon that some rule tells from others; none stands for all that no rule names.
type Daemon<'e> = Option<&'e [u8]>;

/// The networks for each daemon; none stands for clients without an address.
type ByDaemon<'e> = BTreeMap<Daemon<'e>, Vec<Option<Network>>>;

/// One line for clients that have the same in common.
fn lines(parts: &[Part], is_planned: bool) -> Vec<(Change, String)> {
    let line = |(group, places, daemons): &(Group, Places, String)| {
        (group.change, group.line(places, daemons, is_planned))
    };
    grouped(parts).iter().map(line).collect()
}

/// Some clients that gain access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gain {
    /// Who, as a sentence names them.
    pub(crate) who: String,
    /// The daemons; nothing for all of them.
    pub(crate) daemons: Option<String>,
    /// Whether it could be computed.
    pub(crate) is_sure: bool,
}

/// Who gains access by an effect; an address of this machine itself is `loopback`.
pub(crate) fn gains(effect: &Effect) -> Vec<Gain> {
    let gain = |(group, places, daemons): (Group, Places, String)| {
        let (is_loopback, rest) = places.without_loopback();
        let who = match (is_loopback, rest.is_empty()) {
            (true, true) => "loopback".to_owned(),
            (true, false) => {
                let who = group.who(&rest);
                let and = if who.contains(" and ") { "," } else { " and" };
                format!("loopback{and} {who}")
            }
            (false, _) => group.who(&rest),
        };
        (group.change != Change::Loses).then(|| Gain {
            who: format!("{who}{}", group.user),
            daemons: Some(daemons).filter(|daemons| daemons != EVERY_DAEMON),
            is_sure: group.change == Change::Gains,
        })
    };
    let found = grouped(&effect.parts);
    found.into_iter().filter_map(gain).collect()
}

/// Clients that have the same in common, where they are, and the daemons in words.
fn grouped(parts: &[Part]) -> Vec<(Group, Places, String)> {
    let mut all: BTreeSet<Daemon<'_>> = BTreeSet::from([None]);
    for part in parts {
        let daemons = &part.claim.daemons;
        all.extend(daemons.names().map(Some));
        all.extend(daemons.exceptions().into_iter().flatten().map(Some));
    }
    let mut groups: Vec<(Group, ByDaemon<'_>)> = Vec::new();
    let mut numbers: HashMap<Group, usize> = HashMap::new();
    for part in parts {
        let group = Group::of(part);
        let next = groups.len();
        let number = *numbers.entry(group.clone()).or_insert(next);
        if number == next {
            groups.push((group, BTreeMap::new()));
        }
        let daemons = &part.claim.daemons;
        let is_other = daemons.exceptions().is_some();
        let Some((_, places)) = groups.get_mut(number) else {
            continue;
        };
        for daemon in &all {
            if daemon.map_or(is_other, |name| daemons.contains(name)) {
                places.entry(*daemon).or_default().push(part.claim.network);
            }
        }
    }
    // Who loses comes first.
    groups.sort_by_key(|(group, _)| match group.change {
        Change::Loses => 0,
        Change::Unknown => 1,
        Change::Gains => 2,
    });
    let mut found = Vec::new();
    for (group, places) in groups {
        // Daemons for which the same clients gain or lose are named together.
        let mut alike: Vec<(Places, Vec<Daemon<'_>>)> = Vec::new();
        for (daemon, places) in places {
            let places = Places::of(&places);
            match alike.iter_mut().find(|(other, _)| *other == places) {
                Some((_, daemons)) => daemons.push(daemon),
                None => alike.push((places, vec![daemon])),
            }
        }
        for (places, of) in alike {
            found.push((group.clone(), places, daemons(&of, &all)));
        }
    }
    found
}

fn daemons(of: &[Daemon<'_>], all: &BTreeSet<Daemon<'_>>) -> String {
    let list = |daemons: &mut dyn Iterator<Item = Daemon<'_>>| {
        few(daemons.flatten().map(visible).collect(), "and")
    };
    if of.len() == all.len() {
        EVERY_DAEMON.to_owned()
    } else if of.contains(&None) {
        let others = list(&mut all.iter().copied().filter(|daemon| !of.contains(daemon)));
        format!("every daemon except {others}")
    } else {
        list(&mut of.iter().copied())
    }
}

fn names(claim: &Claim) -> String {
    if claim.names.is_any() {
        return String::new();
    }
    let (words, is_most) = claim.names.words();
    let words = few(words, "or");
    if is_most {
        format!(", unless {words},")
    } else {
        format!(" {words}")
    }
}

/// `a, b and c`, or the first of them and how many more there are.
fn few(mut words: Vec<String>, and: &str) -> String {
    if words.len() > WORDS + 1 {
        let more = words.len() - WORDS;
        words.truncate(WORDS);
        words.push(format!("{more} more"));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        last
    } else {
        format!("{} {and} {last}", words.join(", "))
    }
}

/// Some addresses: ranges of each family, apart from each other and in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) v4: Vec<(u128, u128)>,
    pub(super) v6: Vec<(u128, u128)>,
    /// Those without an address.
    pub(super) has_nowhere: bool,
}

/// The last address of IPv4.
pub(super) const LAST4: u128 = 0xffff_ffff;

impl Places {
    pub(super) fn of(places: &[Option<Network>]) -> Self {
        let mut found = Self::default();
        for place in places {
            let Some(Network { address, length }) = place else {
                found.has_nowhere = true;
                continue;
            };
            match address {
                IpAddr::V4(net) => {
                    let rest = u32::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                    let low = net.to_bits();
                    found.v4.push((low.into(), (low | rest).into()));
                }
                IpAddr::V6(net) => {
                    let rest = u128::MAX.checked_shr(u32::from(*length)).unwrap_or(0);
                    let low = net.to_bits();
                    found.v6.push((low, low | rest));
                }
            }
        }
        for ranges in [&mut found.v4, &mut found.v6] {
            ranges.sort_unstable();
            ranges.dedup_by(|next, kept| {
                let joins = next.0 <= kept.1.saturating_add(1);
                if joins {
                    kept.1 = kept.1.max(next.1);
                }
                joins
            });
        }
        found
    }

    /// In words, who of them is left out, and whether they are spoken of as one.
    fn words(&self) -> (String, Option<String>, bool) {
        let missing = Self {
            v4: gaps(&self.v4, LAST4),
            v6: gaps(&self.v6, u128::MAX),
            has_nowhere: !self.has_nowhere,
        };
        let (here, absent) = (self.networks(), missing.networks());
        let has_large = |(low, high): &(u128, u128)| high - low >= LAST4 / 4;
        let is_most = absent.is_empty()
            || self.v4.iter().chain(&self.v6).any(has_large) && absent.len() < here.len();
        if is_most {
            let who = if self.has_nowhere {
                "every client"
            } else {
                "every client whose address is known"
            };
            let but = (!absent.is_empty()).then(|| listed(&absent));
            return (who.to_owned(), but, true);
        }
        if here.is_empty() {
            let who = "every client whose address is not known".to_owned();
            return (who, None, true);
        }
        (listed(&here), None, here.len() == 1)
    }

    /// Whether the addresses of this machine itself are among them, and those without.
    fn without_loopback(&self) -> (bool, Self) {
        let is_own4 = |&(low, high): &(u128, u128)| low >> 24 == 127 && high >> 24 == 127;
        let is_own6 = |&(low, high): &(u128, u128)| (low, high) == (1, 1);
        let others = |ranges: &[(u128, u128)], is_own: &dyn Fn(&(u128, u128)) -> bool| {
            let others = ranges.iter().filter(|range| !is_own(range));
            others.copied().collect::<Vec<_>>()
        };
        let rest = Self {
            v4: others(&self.v4, &is_own4),
            v6: others(&self.v6, &is_own6),
            has_nowhere: self.has_nowhere,
        };
        (rest != *self, rest)
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && !self.has_nowhere
    }

    pub(super) fn networks(&self) -> Vec<Network> {
        let v4 =
            |at: u128| IpAddr::from(Ipv4Addr::from_bits(u32::try_from(at).unwrap_or(u32::MAX)));
        let v6 = |at: u128| IpAddr::from(Ipv6Addr::from_bits(at));
        let of4 = self.v4.iter().filter_map(|&(a, b)| networks(v4(a), v4(b)));
        let of6 = self.v6.iter().filter_map(|&(a, b)| networks(v6(a), v6(b)));
        of4.chain(of6).flatten().collect()
    }
}

/// What lies between ranges.
pub(super) fn gaps(ranges: &[(u128, u128)], last: u128) -> Vec<(u128, u128)> {
    let mut found = Vec::new();
    let mut from = Some(0);
    for &(low, high) in ranges {
        if let Some(start) = from.filter(|&start| start < low) {
            found.push((start, low - 1));
        }
        from = high.checked_add(1).filter(|&next| next <= last);
    }
    found.extend(from.map(|start| (start, last)));
    found
}

/// A few networks, and how many more there are; all of a family in words.
fn listed(networks: &[Network]) -> String {
    let word = |network: &Network| match network {
        Network {
            address: IpAddr::V4(_),
            length: 0,
        } => "all of IPv4".to_owned(),
        Network {
            address: IpAddr::V6(_),
            length: 0,
        } => "all of IPv6".to_owned(),
        network => network.to_string(),
    };
    let mut words: Vec<String> = networks.iter().take(NETWORKS + 1).map(word).collect();
    if networks.len() > NETWORKS + 1 {
        words.truncate(NETWORKS);
        words.push(format!("{} more", networks.len() - NETWORKS));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        last
    } else {
        format!("{} and {last}", words.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(networks: &str) -> String {
        let places: Vec<_> = networks
            .split_whitespace()
            .map(|text| {
                let (address, length) = text.split_once('/')?;
                Some(Network {
                    address: address.parse().unwrap(),
                    length: length.parse().unwrap(),
                })
            })
            .collect();
        let (who, but, _) = Places::of(&places).words();
        but.map_or(who.clone(), |but| format!("{who} except {but}"))
    }

    #[test]
    fn addresses_are_named_by_the_shorter_list() {
        for (networks, expected) in [
            ("10.0.0.1/32", "10.0.0.1"),
            ("10.0.0.0/25 10.0.0.128/25", "10.0.0.0/24"),
            ("10.0.0.1/32 2001:db8::/32", "10.0.0.1 and [2001:db8::]/32"),
            ("0.0.0.0/0 ::/0 -", "every client"),
            ("0.0.0.0/0 ::/0", "every client whose address is known"),
            ("0.0.0.0/0", "all of IPv4"),
            ("0.0.0.0/1 128.0.0.0/1 8000::/1 ::/1 -", "every client"),
            ("-", "every client whose address is not known"),
            (
                "0.0.0.0/2 64.0.0.0/2 192.0.0.0/2 ::/0 -",
                "every client except 128.0.0.0/2",
            ),
            (
                "1.0.0.0/32 1.0.0.2/32 1.0.0.4/32 1.0.0.6/32 1.0.0.8/32 1.0.0.10/32",
                "1.0.0.0, 1.0.0.2, 1.0.0.4, 1.0.0.6 and 2 more",
            ),
        ] {
            assert_eq!(words(networks), expected, "{networks}");
        }
    }
}
