//! From judged pieces to claims: neighbours become networks, equal claims of several daemons one.

use crate::engine::clients::axis::{Axis, MAPPED};
use crate::engine::effect::claim::{Change, Claim, Daemons, Example, NameSet};
use crate::engine::effect::compile::End;
use crate::engine::effect::compile::{Atom, Compiler, Slot};
use crate::engine::effect::daemons::{View, Views};
use crate::engine::effect::judge::{Fate, Judge, Reason, Walk};
use crate::engine::effect::names::Names;
use crate::engine::effect::profile::{NONE, Profile};
use crate::engine::effect::sweep::{Piece, Region, pieces};
use crate::engine::effect::work::Work;
use crate::engine::{Surroundings, TableName};
use crate::escape::visible_short;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// As many kinds of addresses times kinds of names as are judged for a daemon.
pub(super) const PAIRS_LIMIT: usize = 4_000_000;
/// As much of a pattern as a reason shows.
const SHOWN: usize = 60;

/// The fate of every class of names, for one kind of addresses.
type Row = Vec<Fate>;

/// Gives the claims about each of these regions, and what they say nothing about.
pub(super) fn claims(
    (work, views, judge): (&Work, &Views, &Judge<'_>),
    regions: &[Region],
    (compiler, world): (&Compiler<'_>, &dyn Surroundings),
    tell: &mut dyn FnMut(Claim),
) -> Vec<String> {
    let mut notes = views.notes.clone();
    for region in regions {
        let mut claims = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        each_scene(
            (work, views, judge),
            region,
            (compiler, world),
            |scene, all| {
                if !scene.claim(all, &mut claims, &mut places) {
                    notes.push(scene.too_many());
                }
            },
        );
        claims.into_iter().for_each(&mut *tell);
    }
    if judge.budget.is_spent() {
        notes.push("too many kinds of clients to compare them all".to_owned());
    }
    if regions.len() > 1 {
        let mut known = HashSet::new();
        notes.retain(|note| known.insert(note.clone()));
    }
    notes
}

/// Calls `then` with every kind of daemons, and the pieces of all addresses of the region for it.
pub(super) fn each_scene(
    (work, views, judge): (&Work, &Views, &Judge<'_>),
    region: &Region,
    (compiler, world): (&Compiler<'_>, &dyn Surroundings),
    mut then: impl FnMut(&Scene<'_>, &[Piece]),
) {
    let names = Rc::new(Names::new(work.atoms.iter().map(|(_, atom)| atom)));
    let admitted = work.admitted(region);
    for view in &views.all {
        if judge.budget.is_spent() {
            return;
        }
        let atoms: Vec<(Slot, &Atom)> = work
            .atoms
            .iter()
            .chain(&admitted)
            .filter(|(slot, atom)| {
                let is_inside = !region.is_slice || region.may_meet(atom);
                is_inside && view.has(&work.heads, slot.rule)
            })
            .map(|(slot, atom)| (*slot, atom))
            .collect();
        let scene = Scene {
            judge,
            view,
            compiler,
            profiles: names.profiles(&atoms, judge.rules, &compiler.questions, world),
            names: Rc::clone(&names),
        };
        let mut all = Vec::new();
        for axis in Axis::ALL {
            let settle = (&compiler.questions, world);
            all.extend(pieces(axis, region, &atoms, judge.rules, settle));
        }
        let profiles = scene
            .profiles
            .iter()
            .chain(all.iter().map(|piece| &piece.profile));
        let steps = profiles.map(|profile| profile.marks.len() + 1).sum();
        judge.budget.take(steps);
        judge.budget.take(names.settling(&atoms));
        then(&scene, &all);
    }
}

/// What makes claims of several daemons one.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    change: Change,
    low: u128,
    axis: Axis,
    length: u8,
    has: Rc<Vec<bool>>,
    because: Vec<String>,
}

/// One kind of daemons.
pub(super) struct Scene<'a> {
    pub(super) judge: &'a Judge<'a>,
    pub(super) view: &'a View,
    compiler: &'a Compiler<'a>,
    names: Rc<Names>,
    /// What the rules say about each class of names.
    pub(super) profiles: Vec<Profile>,
}

impl Scene<'_> {
    /// Says that there are too many kinds of clients.
    pub(super) fn too_many(&self) -> String {
        let daemon = visible_short(&self.view.daemon, SHOWN);
        format!("{daemon}: too many kinds of clients to compare them all")
    }

    /// Makes the claims; false if there are too many kinds of clients.
    fn claim(
        &self,
        pieces: &[Piece],
        claims: &mut Vec<Claim>,
        places: &mut HashMap<Key, usize>,
    ) -> bool {
        let rules = self.judge.rules;
        let mut kinds: HashMap<Profile, usize> = HashMap::new();
        let mut firsts: Vec<&Profile> = Vec::new();
        let mut kind_of = Vec::with_capacity(self.profiles.len());
        for profile in &self.profiles {
            let next = kinds.len();
            let kind = *kinds.entry(profile.key(rules)).or_insert(next);
            if kind == firsts.len() {
                firsts.push(profile);
            }
            kind_of.push(kind);
        }
        let mut rows: HashMap<(Axis, Profile), usize> = HashMap::new();
        let mut numbers: HashMap<Row, usize> = HashMap::new();
        let mut row_of = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let key = (piece.axis, piece.profile.key(rules));
            if let Some(row) = rows.get(&key) {
                row_of.push(*row);
                continue;
            }
            if (rows.len() + 1).saturating_mul(firsts.len()) > PAIRS_LIMIT {
                return false;
            }
            if self.judge.budget.is_spent() {
                return true;
            }
            let fate = |name: &&Profile| self.judge.fate(piece.axis, &piece.profile, name);
            let row: Row = firsts.iter().map(fate).collect();
            let next = numbers.len();
            let row = *numbers.entry(row).or_insert(next);
            rows.insert(key, row);
            row_of.push(row);
        }
        let mut by_number: Vec<(usize, Row)> =
            numbers.into_iter().map(|(row, n)| (n, row)).collect();
        by_number.sort_by_key(|(number, _)| *number);
        let parts: Vec<Vec<Part>> = by_number
            .iter()
            .map(|(_, row)| self.parts(row, &kind_of))
            .collect();
        let mut at = 0;
        while let Some(row) = row_of.get(at) {
            let end = run(pieces, &row_of, at);
            let stretch = pieces.get(at..end).unwrap_or_default();
            for part in parts.get(*row).into_iter().flatten() {
                self.push(stretch, part, claims, places);
            }
            at = end;
        }
        true
    }

    /// The claims that a row stands for.
    fn parts(&self, row: &Row, kind_of: &[usize]) -> Vec<Part> {
        let mut fates: Vec<&Fate> = row.iter().filter(|fate| **fate != Fate::Same).collect();
        fates.sort();
        fates.dedup();
        let part = |fate: &Fate| {
            let has: Vec<bool> = kind_of
                .iter()
                .map(|kind| row.get(*kind) == Some(fate))
                .collect();
            let (change, because) = match fate {
                Fate::Same => return None,
                Fate::Gains => (Change::Gains, Vec::new()),
                Fate::Loses => (Change::Loses, Vec::new()),
                Fate::Open(reasons) => (
                    Change::Unknown,
                    reasons.iter().map(|reason| self.reason(*reason)).collect(),
                ),
            };
            let class = has.iter().position(|has| *has)?;
            Some(Part {
                change,
                class,
                has: Rc::new(has),
                because,
            })
        };
        fates.into_iter().filter_map(part).collect()
    }

    fn reason(&self, reason: Reason) -> String {
        match reason {
            Reason::Question(number) => {
                let text = visible_short(self.compiler.questions.text(number), SHOWN);
                match self.compiler.questions.reason(number) {
                    Some(why) => format!("whom `{text}` matches, which cannot be read here: {why}"),
                    None => format!("whom `{text}` matches"),
                }
            }
            Reason::Rule(number) => match self.judge.rules.get(number).map(|rule| &rule.end) {
                Some(End::Unknown(what)) => what.clone(),
                Some(End::Access(_) | End::Options(_) | End::Gate(_)) | None => String::new(),
            },
        }
    }

    /// Adds the claims about neighbouring pieces.
    fn push(
        &self,
        stretch: &[Piece],
        part: &Part,
        claims: &mut Vec<Claim>,
        places: &mut HashMap<Key, usize>,
    ) {
        let (Some(first), Some(last)) = (stretch.first(), stretch.last()) else {
            return;
        };
        let networks = first.axis.networks(first.low, last.high);
        let nowhere = (first.axis == Axis::Nowhere).then_some(None);
        for network in networks.into_iter().map(Some).chain(nowhere) {
            let low = network.map_or(0, |network| match network.address {
                std::net::IpAddr::V4(ip) => ip.to_bits().into(),
                std::net::IpAddr::V6(ip) => ip.to_bits(),
            });
            if first.axis == Axis::V6 && (MAPPED.0..=MAPPED.1).contains(&low) {
                continue;
            }
            let key = Key {
                change: part.change,
                low,
                axis: first.axis,
                length: network.map_or(0, |network| network.length),
                has: Rc::clone(&part.has),
                because: part.because.clone(),
            };
            let behind = stretch.partition_point(|piece| piece.low <= low);
            let piece = stretch.get(behind.saturating_sub(1)).unwrap_or(first);
            if let Some(claim) = places.get(&key).and_then(|at| claims.get_mut(*at)) {
                for (has, more) in claim.daemons.has.iter_mut().zip(&self.view.daemons.has) {
                    *has |= *more;
                }
                claim.had_rule |= self.decider(0, piece, part.class).is_some();
                continue;
            }
            places.insert(key, claims.len());
            let daemons: Daemons = self.view.daemons.clone();
            let deciders = [0, 1].map(|side| self.decider(side, piece, part.class));
            claims.push(Claim {
                change: part.change,
                daemons,
                network,
                names: NameSet {
                    names: Rc::clone(&self.names),
                    has: Rc::clone(&part.has),
                },
                example: self.example(first.axis, low, part.class),
                had_rule: deciders[0].is_some(),
                deciders,
                because: part.because.clone(),
            });
        }
    }

    pub(super) fn example(&self, axis: Axis, low: u128, class: usize) -> Example {
        let class = self.names.classes.get(class);
        Example {
            daemon: self.view.daemon.clone(),
            address: axis.text(low),
            name: class.map(|class| class.example.clone()).unwrap_or_default(),
        }
    }

    /// The rule that decides in one version, as far as that is certain.
    fn decider(&self, side: usize, piece: &Piece, class: usize) -> Option<(TableName, u32)> {
        let of = [&piece.profile, self.profiles.get(class)?];
        let number = match self.judge.walk(side, piece.axis, of, &[]) {
            Walk::Decided(_, NONE) | Walk::Ask(_) => return None,
            Walk::Decided(_, number) | Walk::Options(number, _) => number,
        };
        let rule = self.judge.rules.get(number)?;
        Some((rule.table, rule.numbers.get(side).copied().flatten()?))
    }
}

/// What a row says about some names.
struct Part {
    change: Change,
    has: Rc<Vec<bool>>,
    /// One of the classes.
    class: usize,
    because: Vec<String>,
}

/// Where the pieces end that lie side by side and have the same row as the one at `at`.
fn run(pieces: &[Piece], row_of: &[usize], at: usize) -> usize {
    let pairs = pieces.iter().zip(row_of).skip(at);
    let next = pairs.clone().skip(1);
    let joined = pairs.zip(next).take_while(|((one, row), (other, of))| {
        one.axis == other.axis && one.high.checked_add(1) == Some(other.low) && row == of
    });
    at + 1 + joined.count()
}
