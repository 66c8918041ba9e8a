//! Where the tokens of a tree start, in four bytes each: a table of a million rules has five million.

use crate::span::{index, offset};
use crate::syntax::kinds::TokenKind;

/// Bits for the distance of a token from the start of its line; the others hold its kind.
const BITS: u32 = 28;
/// This distance and all beyond are kept apart: splices and NULs can make a line that long.
const FAR: u32 = (1 << BITS) - 1;

/// The kinds by their numbers.
const KINDS: [TokenKind; 13] = [
    TokenKind::Comment,
    TokenKind::Separator,
    TokenKind::Item,
    TokenKind::Except,
    TokenKind::Colon,
    TokenKind::White,
    TokenKind::OptionName,
    TokenKind::Assign,
    TokenKind::OptionValue,
    TokenKind::Garbage,
    TokenKind::Splice,
    TokenKind::Hidden,
    TokenKind::Newline,
];

/// The tokens of all lines, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    packed: Vec<u32>,
    /// The distances that did not fit, each with the number of its token.
    far: Vec<(u32, u32)>,
}

impl Tokens {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.packed.len()
    }

    /// Adds a token that starts `distance` bytes after the start of its line.
    #[inline]
    pub(super) fn push(&mut self, kind: TokenKind, distance: u32) {
        if distance >= FAR {
            self.far.push((offset(self.packed.len()), distance));
        }
        self.packed
            .push(u32::from(kind.number()) << BITS | distance.min(FAR));
    }

    /// Kind and distance of the token `at`.
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<(TokenKind, u32)> {
        let packed = *self.packed.get(at)?;
        let kind = KINDS.get(index(packed >> BITS)).copied()?;
        Some((kind, self.distance(at, packed)))
    }

    fn distance(&self, at: usize, packed: u32) -> u32 {
        if packed & FAR != FAR {
            return packed & FAR;
        }
        let far = self.far.partition_point(|(number, _)| index(*number) < at);
        self.far.get(far).map_or(FAR, |(_, distance)| *distance)
    }
}

impl TokenKind {
    /// Its place in [`KINDS`].
    fn number(self) -> u8 {
        match self {
            Self::Comment => 0,
            Self::Separator => 1,
            Self::Item => 2,
            Self::Except => 3,
            Self::Colon => 4,
            Self::White => 5,
            Self::OptionName => 6,
            Self::Assign => 7,
            Self::OptionValue => 8,
            Self::Garbage => 9,
            Self::Splice => 10,
            Self::Hidden => 11,
            Self::Newline => 12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_every_distance_comes_back() {
        let mut tokens = Tokens::default();
        let distances = [0, 1, FAR - 1, FAR, FAR + 1, u32::MAX];
        let all: Vec<_> = KINDS
            .iter()
            .flat_map(|&kind| distances.map(|distance| (kind, distance)))
            .collect();
        for &(kind, distance) in &all {
            tokens.push(kind, distance);
        }
        let back: Vec<_> = (0..tokens.len()).filter_map(|at| tokens.get(at)).collect();
        assert_eq!(back, all);
    }
}
