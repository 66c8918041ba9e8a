//! Two sets side by side: the addresses, the names and the users are cut into classes that the
//! patterns of neither set tell apart, and each combination is looked at once.

use crate::engine::clients::answer::Answer;
use crate::engine::clients::atom::{Atom, atoms};
use crate::engine::clients::axis::Axis;
use crate::engine::clients::classes::{Class, classes};
use crate::engine::clients::places::{Place, places};
use crate::engine::clients::set::{ClientSet, alternate};
use crate::engine::model::request::{Host, HostName, Request};
use crate::policy::{ClientPattern, Dialect, HostPattern, TextPattern};
use std::collections::HashMap;

/// Combinations of classes, times patterns, that are looked at; of more nothing is known.
const WORK_LIMIT: usize = 1 << 18;
/// Patterns that are tried both ways in one combination.
const OPEN_LIMIT: usize = 5;

/// Whether there is a client of which `is_wanted` is true, given whether it is in the one set and in
/// the other; with an example, if there is for certain.
pub(super) fn find(
    one: &ClientSet<'_>,
    other: &ClientSet<'_>,
    is_wanted: fn(bool, bool) -> bool,
) -> (Answer, Option<Request>) {
    let mut patterns = Patterns::default();
    let sets = [patterns.add(one), patterns.add(other)];
    let space = Space::of(&patterns.all);
    let cells = space.places.len() * space.names.len() * space.users.len();
    if cells.saturating_mul(patterns.all.len()) > WORK_LIMIT {
        return (Answer::Unknown, None);
    }
    let mut found = Answer::No;
    let columns: Vec<Column> = patterns.all.iter().map(|p| Column::of(p, &space)).collect();
    for (at, place) in space.places.iter().enumerate() {
        for (named, name) in space.names.iter().enumerate() {
            for (used, user) in space.users.iter().enumerate() {
                let is_known = place.axis != Axis::Nowhere && name.is_known();
                let values: Vec<Answer> = columns
                    .iter()
                    .map(|column| column.value([at, named, used], is_known))
                    .collect();
                let here = judge(&sets, &values, is_wanted);
                if here == Answer::Yes && name.is_certain && user.is_certain {
                    let host = Host::new(place.example(), HostName::new(&name.example));
                    let example = Request::new("daemon", host).with_user(&user.example);
                    return (Answer::Yes, Some(example));
                }
                if here != Answer::No {
                    found = Answer::Unknown;
                }
            }
        }
    }
    (found, None)
}

/// Whether the clients are wanted for which the patterns have these values.
fn judge(sets: &[Lists; 2], values: &[Answer], is_wanted: fn(bool, bool) -> bool) -> Answer {
    let [one, other] = sets.each_ref().map(|set| set.value(values));
    if one != Answer::Unknown && other != Answer::Unknown {
        return is_wanted(one == Answer::Yes, other == Answer::Yes).into();
    }
    let is_open = |value: &Answer| *value == Answer::Unknown;
    if values.iter().filter(|value| is_open(value)).count() > OPEN_LIMIT {
        return Answer::Unknown;
    }
    let Some(open) = values.iter().position(is_open) else {
        return Answer::Unknown;
    };
    let [yes, no] = [Answer::Yes, Answer::No].map(|answer| {
        let mut values = values.to_vec();
        values
            .iter_mut()
            .skip(open)
            .take(1)
            .for_each(|value| *value = answer);
        judge(sets, &values, is_wanted)
    });
    if yes == no { yes } else { Answer::Unknown }
}

/// The patterns of both sets, each once.
#[derive(Default)]
struct Patterns<'p> {
    numbers: HashMap<&'p [u8], usize>,
    all: Vec<Pattern<'p>>,
}

struct Pattern<'p> {
    pattern: ClientPattern<'p>,
    atoms: Vec<Atom<'p>>,
}

impl<'p> Patterns<'p> {
    fn add(&mut self, set: &'p ClientSet<'_>) -> Lists {
        let mut lists = Vec::with_capacity(set.lists.len());
        for list in &set.lists {
            let numbers = list.iter().map(|text| self.number(text, set.dialect));
            lists.push(numbers.collect());
        }
        Lists {
            lists,
            minus: set.minus.iter().map(|set| self.add(set)).collect(),
        }
    }

    fn number(&mut self, text: &'p [u8], dialect: &Dialect) -> usize {
        let next = self.all.len();
        *self.numbers.entry(text).or_insert_with(|| {
            let pattern = ClientPattern::read_in(text, dialect);
            let mut found = Vec::new();
            atoms(pattern.host, &mut |atom| found.push(atom));
            self.all.push(Pattern {
                pattern,
                atoms: found,
            });
            next
        })
    }
}

/// A set by the numbers of its patterns.
struct Lists {
    lists: Vec<Vec<usize>>,
    minus: Vec<Self>,
}

impl Lists {
    fn value(&self, values: &[Answer]) -> Answer {
        let value = |number: &usize| values.get(*number).copied().unwrap_or(Answer::Unknown);
        let is_in = alternate(&self.lists, value);
        self.minus
            .iter()
            .fold(is_in, |is_in, set| is_in.and(!set.value(values)))
    }
}

/// All clients, in classes.
struct Space {
    places: Vec<Place>,
    names: Vec<Class>,
    users: Vec<Class>,
}

impl Space {
    fn of(patterns: &[Pattern<'_>]) -> Self {
        let atoms = || patterns.iter().flat_map(|pattern| &pattern.atoms);
        let names: Vec<TextPattern<'_>> = atoms().filter_map(Atom::name).collect();
        let users: Vec<_> = patterns.iter().filter_map(|p| p.pattern.user).collect();
        let mut space = Self {
            places: places(atoms()),
            names: classes(&[b"unknown", b"paranoid"], &names),
            users: classes(&[b"unknown"], &users),
        };
        if users.is_empty() {
            space.users.truncate(1);
        }
        space
    }
}

/// What a pattern says about each class of addresses, names and users.
struct Column {
    parts: [Vec<Answer>; 3],
    is_known: bool,
}

impl Column {
    fn of(pattern: &Pattern<'_>, space: &Space) -> Self {
        let host = pattern.pattern.host;
        let place = |place: &Place| {
            let answers = pattern.atoms.iter().map(|atom| place.matches(atom, host));
            Answer::any(answers)
        };
        let name = |class: &Class| {
            Answer::any(pattern.atoms.iter().map(|atom| match *atom {
                Atom::Name(name) => class.matches(name),
                Atom::Local => (class.is_known() && !class.example.contains(&b'.')).into(),
                Atom::Netgroup(_) | Atom::ListFile(_) => Answer::Unknown,
                Atom::Range(..) | Atom::Scattered(..) | Atom::Zoned(..) | Atom::Known => Answer::No,
            }))
        };
        let user = |class: &Class| {
            let user = pattern.pattern.user;
            user.map_or(Answer::Yes, |user| class.matches(user))
        };
        Self {
            parts: [
                space.places.iter().map(place).collect(),
                space.names.iter().map(name).collect(),
                space.users.iter().map(user).collect(),
            ],
            is_known: host == HostPattern::Known,
        }
    }

    /// Whether the pattern matches the clients of these classes; with `is_known`, their names and
    /// addresses are known.
    fn value(&self, classes: [usize; 3], is_known: bool) -> Answer {
        let [places, names, users] = &self.parts;
        let [place, name, user] = classes;
        let get = |part: &[Answer], at: usize| part.get(at).copied().unwrap_or(Answer::Unknown);
        get(places, place)
            .or(get(names, name))
            .or((self.is_known && is_known).into())
            .and(get(users, user))
    }
}
