//! Who gets in afterwards and what happens to the others, in one sentence.

use super::words::{
    AFTER_THIS, AFTER_THIS_ONE, AND, DOUBT, MORE, NOBODY, OTHERS_KEPT, OTHERS_MAILED,
    OTHERS_SILENT, PERHAPS, TO_DAEMONS,
};
use crate::cli::change::gains::{Gain, gains};
use crate::editor::Effect;
use crate::values::Language;

/// As many kinds of clients are named.
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

/// The sentence about tables of which `effect` says who gets in, and a line for each thing that could
/// not be computed.
pub(super) fn after_this(effect: &Effect, others: Others, language: Language) -> Vec<String> {
    let others = match others {
        Others::Mailed => OTHERS_MAILED,
        Others::Kept => OTHERS_KEPT,
        Others::Silent => OTHERS_SILENT,
    }
    .of(language);
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
    if words.len() < gains.len() {
        let more = (gains.len() - words.len()).to_string();
        words.push(MORE.with(language, &[&more]));
    }
    let is_one = words.len() == 1 && is_single(&gains);
    let text = match words.pop() {
        None => NOBODY.with(language, &[others]),
        Some(last) => {
            let who = if words.is_empty() {
                last
            } else {
                AND.with(language, &[&words.join(", "), &last])
            };
            let text = if is_one { AFTER_THIS_ONE } else { AFTER_THIS };
            text.with(language, &[&who, others])
        }
    };
    let doubts = effect.notes.iter();
    let doubts = doubts.map(|note| DOUBT.with(language, &[note]));
    [text].into_iter().chain(doubts).collect()
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
