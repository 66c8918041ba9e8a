//! The result: who gains or loses what.

use crate::engine::TableName;
use crate::engine::effect::names::{Class, Kind, NamePhrase, Names};
use crate::policy::Network;
use std::net::IpAddr;
use std::rc::Rc;

/// All differences in effect between two pairs of tables.
#[derive(Debug, Default)]
pub struct Differences {
    /// Who gains or loses which daemon, and of whom that cannot be told.
    pub claims: Vec<Claim>,
    /// What the claims say nothing about, in words.
    pub notes: Vec<String>,
    /// Whether a rule that matters asks for the client's user.
    pub asks_user: bool,
}

/// What becomes of some clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// They were denied, and are granted.
    Gains,
    /// They were granted, and are denied.
    Loses,
    /// Whether anything changes for them cannot be computed.
    Unknown,
}

/// Clients that gain or lose daemons.
#[derive(Debug)]
pub struct Claim {
    /// Which of both.
    pub change: Change,
    /// Which daemons.
    pub daemons: Daemons,
    /// The addresses; none are those clients whose address is not known.
    pub network: Option<Network>,
    /// The names.
    pub names: NameSet,
    /// One of the clients.
    pub example: Example,
    /// The rules that decide about the example, in the old pair and in the new one; none where no
    /// rule does.
    pub deciders: [Option<(TableName, u32)>; 2],
    /// Whether a rule of the old pair decides about some of these daemons.
    pub had_rule: bool,
    /// Why it cannot be computed; empty if it can.
    pub because: Vec<String>,
}

/// A client and a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The daemon.
    pub daemon: Vec<u8>,
    /// The address, as libwrap gets it.
    pub address: String,
    /// The name, `unknown` or `paranoid`.
    pub name: Vec<u8>,
}

/// A set of daemons.
#[derive(Debug, Clone)]
pub struct Daemons {
    pub(super) named: Rc<Vec<Vec<u8>>>,
    /// One for each name, and one for all daemons that no rule names.
    pub(super) has: Vec<bool>,
}

impl Daemons {
    /// Whether every daemon is meant.
    pub fn are_all(&self) -> bool {
        self.has.iter().all(|has| *has)
    }

    /// The names among them.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        let pairs = self.named.iter().zip(&self.has);
        pairs
            .filter(|(_, has)| **has)
            .map(|(name, _)| name.as_slice())
    }

    /// The names not among them, where all other daemons are.
    pub fn exceptions(&self) -> Option<impl Iterator<Item = &[u8]>> {
        let pairs = self.named.iter().zip(&self.has);
        let missing = pairs
            .filter(|(_, has)| !**has)
            .map(|(name, _)| name.as_slice());
        self.has
            .last()
            .is_some_and(|others| *others)
            .then_some(missing)
    }

    /// Whether a daemon is among them.
    pub fn contains(&self, daemon: &[u8]) -> bool {
        let place = self
            .named
            .iter()
            .position(|name| name.eq_ignore_ascii_case(daemon));
        self.has
            .get(place.unwrap_or(self.named.len()))
            .is_some_and(|has| *has)
    }
}

/// Names that no rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameGroup<'n> {
    /// This name, `unknown` or `paranoid`.
    One(&'n [u8]),
    /// Names below this domain, without the dot in front of it.
    Below(&'n [u8]),
    /// Names that no rule names.
    Other,
}

/// A set of client names.
#[derive(Debug, Clone)]
pub struct NameSet {
    pub(super) names: Rc<Names>,
    pub(super) has: Rc<Vec<bool>>,
}

impl NameSet {
    /// Whether any name will do, and none.
    pub fn is_any(&self) -> bool {
        self.has.iter().all(|has| *has)
    }

    /// Whether a name is among them.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.has.get(self.names.of(name)).is_some_and(|has| *has)
    }

    /// What it consists of.
    pub fn groups(&self) -> impl Iterator<Item = NameGroup<'_>> {
        let pairs = self.names.classes.iter().zip(self.has.iter());
        pairs.filter(|(_, has)| **has).map(|(class, _)| {
            let name = class.example.as_slice();
            match class.kind {
                Kind::Single => NameGroup::One(name),
                Kind::Below => {
                    let dot = memchr::memchr(b'.', name).map_or(0, |dot| dot + 1);
                    NameGroup::Below(name.get(dot..).unwrap_or_default())
                }
                Kind::Dotted | Kind::Dotless => NameGroup::Other,
            }
        })
    }

    /// The set in words: what it consists of, or, where nearly every name is among them, what is
    /// missing.
    pub fn words(&self) -> (Vec<String>, bool) {
        let (phrases, is_most) = self.phrases();
        (phrases.iter().map(NamePhrase::to_string).collect(), is_most)
    }

    /// The same, for other languages than English.
    pub fn phrases(&self) -> (Vec<NamePhrase>, bool) {
        let pairs = || self.names.classes.iter().zip(self.has.iter().copied());
        // Hardly a client has a name without a dot.
        let is_most = pairs().any(|(class, has)| has && class.kind == Kind::Dotted);
        let are_alike = |(class, has): (&Class, bool)| !class.is_dotless() || has != is_most;
        let has_all_dotless = pairs().all(are_alike);
        let listed = pairs().filter(|(class, has)| {
            *has != is_most
                && (class.kind == Kind::Dotless || !has_all_dotless || !class.is_dotless())
        });
        let word = |(class, _): (&Class, bool)| match class.kind {
            Kind::Dotless if has_all_dotless => NamePhrase::Dotless,
            Kind::Single | Kind::Below | Kind::Dotted | Kind::Dotless => self.names.describe(class),
        };
        (listed.map(word).collect(), is_most)
    }
}

impl Claim {
    /// Whether a client that asks for a daemon is among those meant.
    pub fn covers(&self, daemon: &[u8], address: &[u8], name: &[u8]) -> bool {
        let Some((axis, at)) = crate::engine::clients::axis::Axis::of_text(address) else {
            return false;
        };
        let is_inside = match self.network {
            None => axis == crate::engine::clients::axis::Axis::Nowhere,
            Some(Network {
                address: IpAddr::V4(net),
                length,
            }) => {
                let rest = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                let low = u128::from(net.to_bits());
                axis == crate::engine::clients::axis::Axis::V4
                    && (low..=low | u128::from(rest)).contains(&at)
            }
            Some(Network {
                address: IpAddr::V6(net),
                length,
            }) => {
                let rest = u128::MAX.checked_shr(length.into()).unwrap_or(0);
                let low = net.to_bits();
                axis == crate::engine::clients::axis::Axis::V6 && (low..=low | rest).contains(&at)
            }
        };
        is_inside && self.daemons.contains(daemon) && self.names.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use crate::AccessTables;

    #[test]
    fn few_names_are_listed_and_of_nearly_all_names_those_that_are_missing() {
        for (old, new, words, is_most) in [
            ("", "ALL: LOCAL", "with a name without a dot", false),
            (
                "ALL: near",
                "ALL: near LOCAL",
                "with a name without a dot that no rule names",
                false,
            ),
            (
                "",
                "ALL: near far LOCAL",
                "with a name without a dot",
                false,
            ),
            (
                "",
                "ALL: ALL EXCEPT LOCAL",
                "with a name without a dot",
                true,
            ),
            ("", "ALL: ALL EXCEPT near", "named near", true),
            ("", "ALL: .example.org", "named .example.org", false),
        ] {
            let [old, allow] = [old, new].map(|allow| format!("{allow}\n"));
            let tables = |allow| AccessTables::parse(allow, b"ALL: ALL\n");
            let found = tables(old.as_bytes()).differences(&tables(allow.as_bytes()));
            assert!(!found.claims.is_empty(), "{new}");
            for claim in &found.claims {
                let expected = (vec![words.to_owned()], is_most);
                assert_eq!(claim.names.words(), expected, "{new}");
            }
        }
    }
}
