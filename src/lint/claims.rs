//! What the example of a finding must show: an example is a client of whom the engine confirms every
//! part of a claim. The row of a check names its claims; without any, the strictest of its harm count.

use super::check::Harm;

/// Where candidates come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// The words that are underlined.
    Marked,
    /// All words of the line.
    Line,
    /// The words after those that are underlined.
    After,
    /// The lines after it.
    Following,
    /// Clients that nobody names.
    Strangers,
}

/// What is claimed about a client and its verdict.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// Whether it is let in; either if nothing.
    pub(super) granted: Option<bool>,
    pub(super) decider: Decider,
    pub(super) reach: Reach,
    /// How every command of `aclexec` ends, where that matters.
    pub(super) command: Option<bool>,
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decider {
    Any,
    /// The line of the finding.
    Own,
    /// That line, by what is marked in it.
    Word,
    /// What libwrap reads after that line, or no rule: the line had its turn.
    Later,
    /// What libwrap reads before it.
    Earlier,
    /// Anything but that line.
    Other,
    /// No rule.
    NoRule,
}

/// How the lists of the line, taken by themselves, stand to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Any,
    /// They match.
    Both,
    /// The daemons match, what is marked does not.
    MissedByWord,
    /// The clients match, the daemons do not.
    MissedByDaemon,
    /// The daemons match, the whole client list does not.
    MissedByList,
    /// What is marked matches by itself, but the whole client list does not.
    Excepted,
    /// What is marked matches by itself.
    Word,
    /// They match, and a later rule of the table would let the client in.
    Hidden,
}

/// A claim and where its clients come from.
pub(super) type Step = (Claim, &'static [Group]);

pub(super) const fn claim(granted: Option<bool>, decider: Decider, reach: Reach) -> Claim {
    Claim {
        granted,
        decider,
        reach,
        command: None,
    }
}

impl Claim {
    /// The claim for the case that every command of `aclexec` fails.
    pub(super) const fn if_failed(self) -> Self {
        Self {
            command: Some(false),
            ..self
        }
    }
}

/// What a finding says about its line, as far as claims depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'w> {
    /// Whether it is in the deny table.
    pub(super) is_deny: bool,
    /// Whether its line grants to those it matches.
    pub(super) effect: bool,
    /// Whether what is marked stands after an odd number of `EXCEPT`.
    pub(super) is_excepted: bool,
    /// What is marked.
    pub(super) word: &'w [u8],
}

impl Shown<'_> {
    /// The line decides as it says.
    pub(super) const fn own(&self) -> Claim {
        claim(Some(self.effect), Decider::Own, Reach::Any)
    }

    /// The line has had its turn, and the opposite is decided.
    pub(super) const fn missed(&self, reach: Reach) -> Claim {
        claim(Some(!self.effect), Decider::Later, reach)
    }
}

use Group::{Line, Marked, Strangers};

/// No verdict shows it: who can change a file, whom a list means that is not there, what another build
/// or a command does.
pub(super) fn nothing(_: &Shown<'_>) -> Vec<Step> {
    Vec::new()
}

/// The line ends its table: the deny table then refuses, the allow table loses the line.
pub(super) fn of_table_end(shown: &Shown<'_>) -> Vec<Step> {
    if shown.is_deny {
        let refused = claim(Some(false), Decider::Own, Reach::Any);
        return vec![(refused, &[Marked, Line, Strangers])];
    }
    not_read(shown)
}

/// The line is not read as its author meant it.
pub(super) fn not_read(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.missed(Reach::Any), &[Marked, Line])]
}

/// The whole line matches nobody.
pub(super) fn missed_in_line(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.missed(Reach::Any), &[Line])]
}

/// What is marked is not in the client list as libwrap reads it.
pub(super) fn missed_by_list(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.missed(Reach::MissedByList), &[Marked])]
}

/// The line is read, but not all of it.
pub(super) fn mangled(shown: &Shown<'_>) -> Vec<Step> {
    vec![
        (shown.missed(Reach::MissedByList), &[Marked, Line]),
        (shown.own(), &[Marked, Line]),
    ]
}

/// The marked word matches whom it should not.
pub(super) fn matched_by_word(shown: &Shown<'_>) -> Vec<Step> {
    if shown.is_excepted {
        vec![(shown.missed(Reach::Excepted), &[Marked])]
    } else {
        let word = claim(Some(shown.effect), Decider::Word, Reach::Any);
        vec![(word, &[Marked, Strangers])]
    }
}

/// The marked word misses whom it means.
pub(super) fn missed_by_word(shown: &Shown<'_>) -> Vec<Step> {
    if shown.is_excepted {
        let own = claim(Some(shown.effect), Decider::Own, Reach::MissedByWord);
        vec![(own, &[Marked])]
    } else {
        vec![(shown.missed(Reach::MissedByWord), &[Marked])]
    }
}

/// The rule decides as it says, and not as it was meant.
pub(super) fn of_line(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.own(), &[Line, Strangers])]
}

/// The rule is for none of the daemons that it means.
pub(super) fn missed_by_daemon(shown: &Shown<'_>) -> Vec<Step> {
    vec![(shown.missed(Reach::MissedByDaemon), &[Line, Strangers])]
}

/// The rule refuses whom it matches.
pub(super) fn refused(_: &Shown<'_>) -> Vec<Step> {
    let refused = claim(Some(false), Decider::Own, Reach::Any);
    vec![(refused, &[Line, Strangers])]
}

/// After a failed command no rule refuses anybody.
pub(super) fn refuses_nobody(_: &Shown<'_>) -> Vec<Step> {
    let nobody = claim(Some(true), Decider::NoRule, Reach::Any).if_failed();
    vec![(nobody, &[Strangers])]
}

/// The rule lets in somebody whom nobody names.
pub(super) fn lets_in(_: &Shown<'_>) -> Vec<Step> {
    let granted = claim(Some(true), Decider::Own, Reach::Any);
    vec![(granted, &[Strangers])]
}

/// An earlier rule decides about those of this one.
pub(super) fn decided_before(_: &Shown<'_>) -> Vec<Step> {
    let earlier = claim(None, Decider::Earlier, Reach::Both);
    vec![(earlier, &[Line, Strangers])]
}

/// Somebody gets in whom no rule names.
pub(super) fn no_rule(_: &Shown<'_>) -> Vec<Step> {
    let granted = claim(Some(true), Decider::NoRule, Reach::Any);
    vec![(granted, &[Strangers])]
}

/// The table is empty to libwrap.
pub(super) fn empty_table(shown: &Shown<'_>) -> Vec<Step> {
    let empty = claim(Some(shown.is_deny), Decider::Any, Reach::Any);
    vec![(empty, &[Strangers])]
}

/// The strictest claim that a harm allows, for codes of which no more is known.
pub(super) fn by_harm(harm: Harm, shown: &Shown<'_>) -> Vec<Step> {
    use Decider::{Own, Word};
    let (effect, is_excepted) = (shown.effect, shown.is_excepted);
    let decided = |granted, decider| claim(Some(granted), decider, Reach::Any);
    match harm {
        Harm::Missed if is_excepted => missed_by_word(shown),
        Harm::Missed => vec![
            (shown.missed(Reach::MissedByWord), &[Marked]),
            (shown.missed(Reach::MissedByList), &[Marked]),
            (shown.missed(Reach::MissedByDaemon), &[Line, Strangers]),
        ],
        Harm::Broad => matched_by_word(shown),
        Harm::LetsIn => vec![
            (decided(true, Word), &[Marked, Strangers]),
            (decided(true, Own), &[Marked, Line]),
        ],
        Harm::LocksOut => vec![(decided(false, Own), &[Line, Marked, Strangers])],
        Harm::Either => vec![
            (shown.missed(Reach::MissedByList), &[Marked]),
            (decided(effect, Word), &[Marked]),
        ],
        Harm::Dead | Harm::Breaks | Harm::Slow | Harm::Style => Vec::new(),
    }
}
