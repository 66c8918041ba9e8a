//! Who gains access by a change, in words for a sentence.

use super::effect::{Group, grouped};
use super::effect_words::{AND, AffectedDaemons, LOOPBACK, if_user};
use super::places::{LAST4, Places, gaps};
use crate::editor::Effect;
use crate::engine::Change;
use crate::values::Language;

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

/// Who gains access by an effect, those who gain it to every daemon first; an address of this machine
/// itself is `loopback`.
pub(crate) fn gains(effect: &Effect, language: Language) -> Vec<Gain> {
    let mut found = grouped(&effect.parts, true);
    found.retain(|(group, ..)| group.change != Change::Loses);
    let is_every = |daemons: &AffectedDaemons| *daemons == AffectedDaemons::Every;
    found.sort_by_key(|(group, _, daemons)| (!is_every(daemons), !group.names.is_empty()));
    let gain = |(group, places, daemons): &(Group, Places, AffectedDaemons)| {
        let is_theirs = |(other, _, theirs): &&(Group, Places, AffectedDaemons)| {
            let is_plain = other.names.is_empty() && other.user.is_none();
            let is_sure = other.change == Change::Gains;
            is_plain && is_sure && (is_every(theirs) || theirs == daemons)
        };
        // Whoever gains it anyway is no exception.
        let others = found.iter().filter(is_theirs).map(|(_, places, _)| places);
        let whole = Some(places.with(others)).filter(Places::are_all);
        Gain {
            who: group.gaining(whole.as_ref().unwrap_or(places), language),
            daemons: (!is_every(daemons)).then(|| daemons.words(language)),
            is_sure: group.change == Change::Gains,
        }
    };
    found.iter().map(gain).collect()
}

impl Group {
    /// The clients at these places, as a sentence names those who gain.
    fn gaining(&self, places: &Places, language: Language) -> String {
        let (is_loopback, rest) = places.without_loopback();
        let who = self
            .who(&rest, language)
            .replacen("every client named ", "clients named ", 1);
        let who = match who.strip_suffix(',') {
            // A sentence that goes on after the names.
            Some(open) => format!("{})", open.replacen(", unless ", " (unless ", 1)),
            None => who,
        };
        let loopback = LOOPBACK.of(language);
        let who = match (is_loopback, rest.is_empty()) {
            (true, true) => loopback.to_owned(),
            (true, false) if who.contains(" and ") => format!("{loopback}, {who}"),
            (true, false) => AND.with(language, &[loopback, &who]),
            (false, _) => who,
        };
        format!("{who}{}", if_user(self.user.as_deref(), language))
    }
}

impl Places {
    /// Takes what all have in common out of each, and leaves those out that have nothing else.
    pub(super) fn take_common<D>(all: &mut Vec<(D, Self)>) -> Option<Self> {
        let mut places = all.iter().map(|(_, places)| places);
        let mut common = places.next()?.clone();
        for other in places {
            common = common.within(other);
        }
        if common.is_empty() {
            return None;
        }
        let rest = Self {
            v4: gaps(&common.v4, LAST4),
            v6: gaps(&common.v6, u128::MAX),
            has_nowhere: !common.has_nowhere,
        };
        for (_, places) in all.iter_mut() {
            *places = places.within(&rest);
        }
        all.retain(|(_, places)| !places.is_empty());
        Some(common)
    }

    /// What is in these places and in those.
    fn within(&self, other: &Self) -> Self {
        Self {
            v4: shared(&self.v4, &other.v4),
            v6: shared(&self.v6, &other.v6),
            has_nowhere: self.has_nowhere && other.has_nowhere,
        }
    }

    /// These places and those.
    fn with<'p>(&'p self, others: impl Iterator<Item = &'p Self>) -> Self {
        let mut all = Self::default();
        for places in others.chain([self]) {
            all.v4.extend(&places.v4);
            all.v6.extend(&places.v6);
            all.has_nowhere |= places.has_nowhere;
        }
        all.join();
        all
    }

    /// Whether no address is left out.
    fn are_all(&self) -> bool {
        gaps(&self.v4, LAST4).is_empty() && gaps(&self.v6, u128::MAX).is_empty()
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && !self.has_nowhere
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
}

/// What is in both of two lists of ranges, each in order.
fn shared(one: &[(u128, u128)], other: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let (mut one, mut other) = (one.iter().copied(), other.iter().copied());
    let (mut left, mut right) = (one.next(), other.next());
    let mut found = Vec::new();
    while let (Some((a, b)), Some((c, d))) = (left, right) {
        let (low, high) = (a.max(c), b.min(d));
        if low <= high {
            found.push((low, high));
        }
        if b < d {
            left = one.next();
        } else {
            right = other.next();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_in_both() {
        let one = [(0, 9), (20, 29), (40, 49)];
        assert_eq!(
            shared(&one, &[(5, 24), (45, 60)]),
            [(5, 9), (20, 24), (45, 49)]
        );
        assert_eq!(shared(&one, &[]), []);
        assert_eq!(shared(&one, &gaps(&one, 100)), []);
    }
}
