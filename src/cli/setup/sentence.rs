//! Who gets in afterwards and what happens to the others, in one sentence.

use super::words::{
    AFTER_THIS, AFTER_THIS_ONE, AND, AND_APART, DOUBT, KEPT_BUT, KEPT_NAMELESS, MAILED_BUT,
    MAILED_NAMELESS, MORE, NOBODY, OTHERS_KEPT, OTHERS_MAILED, OTHERS_SILENT, PERHAPS, TO_DAEMONS,
};
use crate::cli::change::gains::{Gain, gains};
use crate::editor::Effect;
use crate::values::Language;

/// As many kinds of clients are named; one more needs no number.
const MOST: usize = 5;

/// What happens to those who do not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// A mail about each leaves the machine.
    Mailed,
    /// A mail about each is kept as a file.
    Kept,
    /// Nobody hears of them.
    Silent,
}

/// About whom there is an alert, of those who do not get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    /// Everybody.
    All,
    /// Those on no list who have no name.
    Nameless,
    /// All but those whom these rules refuse, and so many more rules.
    AllBut(Vec<String>, usize),
}

impl Others {
    fn words(self, whom: &Whom, language: Language) -> String {
        match (self, whom) {
            (Self::Silent, _) => OTHERS_SILENT.of(language).to_owned(),
            (Self::Mailed, Whom::All) => OTHERS_MAILED.of(language).to_owned(),
            (Self::Kept, Whom::All) => OTHERS_KEPT.of(language).to_owned(),
            (Self::Mailed, Whom::Nameless) => MAILED_NAMELESS.of(language).to_owned(),
            (Self::Kept, Whom::Nameless) => KEPT_NAMELESS.of(language).to_owned(),
            (Self::Mailed, Whom::AllBut(rules, more)) => {
                MAILED_BUT.with(language, &[&with_more(rules.clone(), *more, language)])
            }
            (Self::Kept, Whom::AllBut(rules, more)) => {
                KEPT_BUT.with(language, &[&with_more(rules.clone(), *more, language)])
            }
        }
    }
}

/// The sentence about tables of which `effect` says who gets in, and a line for each thing that could
/// not be computed.
pub(super) fn after_this(
    effect: &Effect,
    (others, whom): (Others, &Whom),
    language: Language,
) -> Vec<String> {
    let others = &*others.words(whom, language);
    let gains = gains(effect, language);
    let mut words: Vec<String> = gains
        .iter()
        .take(if gains.len() > MOST + 1 {
            MOST
        } else {
            MOST + 1
        })
        .map(|gain| phrase(gain, language))
        .collect();
    let more = gains.len() - words.len();
    let is_one = words.len() == 1 && more == 0 && is_single(&gains);
    let text = if words.is_empty() {
        NOBODY.with(language, &[others])
    } else {
        let who = with_more(std::mem::take(&mut words), more, language);
        let text = if is_one { AFTER_THIS_ONE } else { AFTER_THIS };
        text.with(language, &[&who, others])
    };
    let doubts = effect.notes.iter();
    let doubts = doubts.map(|note| DOUBT.with(language, &[note]));
    [text].into_iter().chain(doubts).collect()
}

/// `a, b and c`, and how many more there are; a comma before the last one tells it from an `and` of
/// the others.
fn with_more(mut words: Vec<String>, more: usize, language: Language) -> String {
    if more > 0 {
        words.push(MORE.with(language, &[&more.to_string()]));
    }
    let last = words.pop().unwrap_or_default();
    let has_and = words
        .iter()
        .chain([&last])
        .any(|word| word.contains(" and "));
    match words.join(", ") {
        rest if rest.is_empty() => last,
        rest if has_and => AND_APART.with(language, &[&rest, &last]),
        rest => AND.with(language, &[&rest, &last]),
    }
}

fn phrase(gain: &Gain, language: Language) -> String {
    let who = match &gain.daemons {
        Some(daemons) => TO_DAEMONS.with(language, &[&gain.who, daemons]),
        None => gain.who.clone(),
    };
    if gain.is_sure {
        who
    } else {
        PERHAPS.with(language, &[&who])
    }
}

/// Whether the only ones who get in are spoken of as one.
fn is_single(gains: &[Gain]) -> bool {
    gains
        .iter()
        .all(|gain| !gain.who.contains(" and ") && !gain.who.contains(", "))
}
