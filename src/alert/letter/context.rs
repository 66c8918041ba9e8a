//! What is known beside a letter: names, places, and what its events have in common.

use crate::alert::letter::names::Reverse;
use crate::alert::letter::places::{Place, Places};
use crate::alert::letter::setting::Setting;
use crate::alert::letter::tally::{Tally, addresses};
use crate::alert::letter::words::choose::words;
use crate::alert::letter::words::table::Words;
use crate::alert::model::letter::Letter;
use crate::alert::model::system_letter::Notice;
use std::net::IpAddr;

/// How many names are asked for one letter.
const MOST_NAMES: usize = 8;

/// What a letter is made of, beside itself.
pub(super) struct LetterContext<'a> {
    pub(super) letter: &'a Letter,
    pub(super) setting: &'a Setting<'a>,
    pub(super) words: &'static Words,
    pub(super) notice: Option<Notice>,
    pub(super) tally: Tally,
    /// The addresses that were asked about, and the answers.
    pub(super) names: Vec<(IpAddr, Reverse)>,
    pub(super) places: Places,
}

impl<'a> LetterContext<'a> {
    /// Looks up everything that the letter does not have itself.
    pub(super) fn survey(letter: &'a Letter, setting: &'a Setting<'a>) -> Self {
        let asked = addresses(letter, MOST_NAMES);
        let answers = match asked.as_slice() {
            [] => Vec::new(),
            some => (setting.names)(some),
        };
        let body = letter.body.as_deref().unwrap_or_default();
        Self {
            letter,
            setting,
            words: words(setting.language),
            notice: Notice::of_json(body),
            tally: Tally::of(letter),
            names: asked.into_iter().zip(answers).collect(),
            places: match letter.events.as_slice() {
                [] => Places::default(),
                _ => Places::open(setting.geo),
            },
        }
    }

    /// What the name service said about an address.
    pub(super) fn reverse(&self, address: Option<IpAddr>) -> &Reverse {
        let found = self.names.iter().find(|(asked, _)| Some(*asked) == address);
        found.map_or(&Reverse::NotAsked, |(_, answer)| answer)
    }

    /// Where an address belongs.
    pub(super) fn place(&self, address: Option<IpAddr>) -> Place {
        address.map_or_else(Place::default, |address| self.places.of(address))
    }
}
