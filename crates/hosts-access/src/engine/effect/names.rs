//! The names that clients can have, as classes whose members no rule tells apart, but for patterns
//! that only single names can settle.

use crate::engine::Surroundings;
use crate::engine::effect::compile::{Atom, Questions, Slot};
use crate::engine::effect::profile::{Mark, Profile, Rules};
use crate::escape::visible;
use std::collections::BTreeMap;
use std::fmt;

/// All classes of names.
#[derive(Debug)]
pub(super) struct Names {
    /// Names and domains that rules name, in lower case, by class.
    singles: BTreeMap<Vec<u8>, usize>,
    domains: BTreeMap<Vec<u8>, usize>,
    pub(super) classes: Vec<Class>,
}

/// One class of names.
#[derive(Debug)]
pub(super) struct Class {
    /// One of them.
    pub(super) example: Vec<u8>,
    pub(super) kind: Kind,
}

/// Some names in words, after "every client"; shown, it is English.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NamePhrase {
    /// Clients without a name.
    Nameless,
    /// Clients whose name libwrap does not believe.
    Doubtful,
    /// Clients of this name.
    Named(String),
    /// Clients whose name lies below this domain.
    Below {
        /// The domain.
        domain: String,
        /// How many names below it are left out, since rules name them.
        but: usize,
    },
    /// Clients whose name no rule names.
    Unnamed,
    /// Clients whose name has no dot, and which no rule names.
    UnnamedDotless,
    /// Clients whose name has no dot.
    Dotless,
}

impl fmt::Display for NamePhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nameless => f.write_str("without a name"),
            Self::Doubtful => f.write_str("with a doubtful name (PARANOID)"),
            Self::Named(name) => write!(f, "named {name}"),
            Self::Below { domain, but: 0 } => write!(f, "named .{domain}"),
            Self::Below { domain, but: 1 } => {
                write!(f, "named .{domain} (but one that a rule names)")
            }
            Self::Below { domain, but } => {
                write!(f, "named .{domain} (but {but} that rules name)")
            }
            Self::Unnamed => f.write_str("with a name that no rule names"),
            Self::UnnamedDotless => f.write_str("with a name without a dot that no rule names"),
            Self::Dotless => f.write_str("with a name without a dot"),
        }
    }
}

/// What its names have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is one.
    Single,
    /// They lie below a domain, and below no longer one that a rule names.
    Below,
    /// No rule names them, and they have a dot.
    Dotted,
    /// No rule names them, and they have none.
    Dotless,
}

impl Class {
    /// Whether its names have no dot: those that `LOCAL` matches.
    pub(super) fn is_dotless(&self) -> bool {
        let is_name = !matches!(self.example.as_slice(), b"unknown" | b"paranoid");
        is_name && !self.example.contains(&b'.')
    }
}

impl Names {
    pub(super) fn new<'a>(atoms: impl Iterator<Item = &'a Atom>) -> Self {
        let mut names = Self {
            singles: BTreeMap::new(),
            domains: BTreeMap::new(),
            classes: Vec::new(),
        };
        names.single(b"unknown");
        names.single(b"paranoid");
        for atom in atoms {
            match atom {
                Atom::Name(name) => names.single(name),
                Atom::Domain(domain) => {
                    names.domains.insert(domain.clone(), 0);
                }
                Atom::Range(..)
                | Atom::Asked(..)
                | Atom::Scattered(..)
                | Atom::Known
                | Atom::Local
                | Atom::Vague(_)
                | Atom::Open(_) => {}
            }
        }
        names.families();
        names
    }

    fn single(&mut self, name: &[u8]) {
        let next = self.classes.len();
        if !self.singles.contains_key(name) {
            self.singles.insert(name.to_vec(), next);
            self.classes.push(Class {
                example: name.to_vec(),
                kind: Kind::Single,
            });
        }
    }

    fn families(&mut self) {
        for (domain, number) in &mut self.domains {
            *number = self.classes.len();
            let example = fresh(domain, &self.singles);
            self.classes.push(Class {
                example,
                kind: Kind::Below,
            });
        }
        for (tail, kind) in [(&b".invalid"[..], Kind::Dotted), (b"", Kind::Dotless)] {
            let example = fresh(tail, &self.singles);
            self.classes.push(Class { example, kind });
        }
    }

    /// The class of a name.
    pub(super) fn of(&self, name: &[u8]) -> usize {
        let name = if name.is_empty() {
            b"unknown".to_vec()
        } else {
            name.to_ascii_lowercase()
        };
        let domain = || tails(&name).find_map(|tail| self.domains.get(tail));
        let others = self.classes.len() - if name.contains(&b'.') { 2 } else { 1 };
        self.singles
            .get(&name)
            .or_else(domain)
            .copied()
            .unwrap_or(others)
    }

    /// How many questions about names the atoms ask.
    pub(super) fn settling(&self, atoms: &[(Slot, &Atom)]) -> usize {
        let is_asked =
            |atom: &&(Slot, &Atom)| matches!(atom.1, Atom::Known | Atom::Local | Atom::Vague(_));
        atoms.iter().filter(is_asked).count() * self.classes.len()
    }

    /// A class in words.
    pub(super) fn describe(&self, class: &Class) -> NamePhrase {
        let text = visible(&class.example);
        match class.kind {
            Kind::Single if text == "unknown" => NamePhrase::Nameless,
            Kind::Single if text == "paranoid" => NamePhrase::Doubtful,
            Kind::Single => NamePhrase::Named(text),
            Kind::Below => {
                let domain = text.split_once('.').map_or("", |(_, domain)| domain);
                let inside = self.singles.keys().chain(self.domains.keys());
                let suffix = format!(".{domain}").into_bytes();
                let more =
                    inside.filter(|name| name.len() > suffix.len() && name.ends_with(&suffix));
                NamePhrase::Below {
                    domain: domain.to_owned(),
                    but: more.count(),
                }
            }
            Kind::Dotted => NamePhrase::Unnamed,
            Kind::Dotless => NamePhrase::UnnamedDotless,
        }
    }

    /// What the rules say about each class.
    pub(super) fn profiles(
        &self,
        atoms: &[(Slot, &Atom)],
        rules: &Rules,
        questions: &Questions,
        world: &dyn Surroundings,
    ) -> Vec<Profile> {
        let mut by_name: BTreeMap<&[u8], Vec<Slot>> = BTreeMap::new();
        let mut by_domain: BTreeMap<&[u8], Vec<Slot>> = BTreeMap::new();
        let mut others = Vec::new();
        for (slot, atom) in atoms {
            match atom {
                Atom::Name(name) => by_name.entry(name).or_default().push(*slot),
                Atom::Domain(domain) => by_domain.entry(domain).or_default().push(*slot),
                Atom::Known | Atom::Local | Atom::Vague(_) => others.push((*slot, *atom)),
                Atom::Range(..) | Atom::Asked(..) | Atom::Scattered(..) | Atom::Open(_) => {}
            }
        }
        let profile = |class: &Class| {
            let name = class.example.as_slice();
            let is_single = class.kind == Kind::Single;
            let is_known = !(is_single && (name == b"unknown" || name == b"paranoid"));
            let mut profile = Profile::new();
            let own = by_name.get(name).filter(|_| is_single).into_iter();
            for slots in own.chain(tails(name).filter_map(|tail| by_domain.get(tail))) {
                for slot in slots {
                    profile.add(rules, *slot, Mark::Yes);
                }
            }
            for (slot, atom) in &others {
                match atom {
                    Atom::Known if is_known => profile.add(rules, *slot, Mark::IfAddress),
                    Atom::Local if is_known && !name.contains(&b'.') => {
                        profile.add(rules, *slot, Mark::Yes);
                    }
                    Atom::Vague(number) if !is_single => {
                        profile.add(rules, *slot, Mark::If(*number));
                    }
                    Atom::Vague(number) if questions.settle(*number, name, world) => {
                        profile.add(rules, *slot, Mark::Yes);
                    }
                    Atom::Known
                    | Atom::Local
                    | Atom::Vague(_)
                    | Atom::Name(_)
                    | Atom::Domain(_)
                    | Atom::Range(..)
                    | Atom::Asked(..)
                    | Atom::Scattered(..)
                    | Atom::Open(_) => {}
                }
            }
            profile.finish(rules);
            profile
        };
        self.classes.iter().map(profile).collect()
    }
}

/// The proper tails of a name that begin with a dot, the longest first.
fn tails(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memchr_iter(b'.', name)
        .filter(|&at| at > 0)
        .filter_map(|at| name.get(at..))
}

/// A name with this tail that no rule names.
fn fresh(tail: &[u8], singles: &BTreeMap<Vec<u8>, usize>) -> Vec<u8> {
    let names = (0_usize..).map(|n| {
        let head = if n == 0 {
            "some-name".to_owned()
        } else {
            format!("some-name{n}")
        };
        [head.as_bytes(), tail].concat()
    });
    names
        .into_iter()
        .find(|name| !singles.contains_key(name))
        .unwrap_or_default()
}
