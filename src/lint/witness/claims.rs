//! What the example of a finding must show, by its code: an example is a client of whom the engine
//! confirms every part of it. A code that is not here has the strictest claim of its harm.

use crate::engine::TableName;
use crate::lint::finding::Finding;
use crate::lint::table::Harm;

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
    Behind,
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

type Step = (Claim, &'static [Group]);

const fn claim(granted: Option<bool>, decider: Decider, reach: Reach) -> Claim {
    Claim {
        granted,
        decider,
        reach,
        command: None,
    }
}

/// The claims of a finding, the best first. `effect` tells whether its line grants to those it
/// matches; `is_excepted`, whether what is marked, `word`, stands after an odd number of `EXCEPT`.
pub(super) fn claims(finding: &Finding, effect: bool, is_excepted: bool, word: &[u8]) -> Vec<Step> {
    use Decider::{Later, Own, Word};
    use Group::{After, Line, Marked, Strangers};
    let is_deny = finding.table == TableName::Deny;
    // A bracket that swallows options is marked with all of them.
    let is_long = word.iter().any(u8::is_ascii_whitespace);
    let own = |granted| claim(Some(granted), Own, Reach::Any);
    let missed = |reach| claim(Some(!effect), Later, reach);
    match finding.diagnostic.code {
        "TW101" | "TW102" | "TW111" | "TW112" if is_deny => {
            vec![(own(false), &[Marked, Line, Strangers])]
        }
        "TW101" | "TW102" | "TW104" | "TW111" | "TW112" => {
            vec![(missed(Reach::Any), &[Marked, Line])]
        }
        "TW105" | "TW211" | "TW214" => vec![(missed(Reach::Any), &[Line])],
        "TW201" => vec![(missed(Reach::Any), &[Line, Strangers])],
        "TW215" | "TW334" => vec![(missed(Reach::MissedByList), &[Marked])],
        "TW107" => vec![
            (missed(Reach::MissedByDaemon), &[Line, Strangers]),
            (own(effect), &[Line]),
        ],
        "TW103" | "TW106" => vec![
            (missed(Reach::MissedByList), &[Marked, Line]),
            (own(effect), &[Marked, Line]),
        ],
        "TW109" | "TW110" | "TW306" | "TW321" | "TW322" | "TW323" | "TW324" | "TW325" | "TW708" => {
            if is_excepted {
                vec![(missed(Reach::Excepted), &[Marked])]
            } else {
                let own = claim(Some(effect), Word, Reach::Any);
                vec![(own, &[Marked, Strangers])]
            }
        }
        "TW307" => vec![(claim(Some(effect), Word, Reach::Any), &[Marked])],
        "TW213" => vec![(own(effect), &[After])],
        "TW202" if !is_long => vec![(missed(Reach::MissedByWord), &[Marked])],
        "TW108" | "TW202" | "TW203" | "TW212" | "TW510" | "TW520" | "TW521" => {
            vec![(own(effect), &[Line, Strangers])]
        }
        "TW332" => vec![
            (missed(Reach::MissedByList), &[Marked]),
            (claim(Some(effect), Own, Reach::Word), &[Marked]),
        ],
        "TW204" | "TW205" | "TW301" | "TW302" | "TW303" | "TW304" | "TW305" | "TW308" | "TW309"
        | "TW310" | "TW311" | "TW312" | "TW313" | "TW314" => {
            if is_excepted {
                vec![(claim(Some(effect), Own, Reach::MissedByWord), &[Marked])]
            } else {
                vec![(missed(Reach::MissedByWord), &[Marked])]
            }
        }
        // The rule that is meant is not the one that stands there.
        "TW217" => vec![(missed(Reach::Any), &[Marked, Line])],
        _ => {
            of_rules(finding, effect).unwrap_or_else(|| by_harm(finding.harm, effect, is_excepted))
        }
    }
}

/// Likewise, of daemons, options, commands and the policy as a whole.
fn of_rules(finding: &Finding, effect: bool) -> Option<Vec<Step>> {
    use Decider::{Any, Earlier, Later, NoRule, Other, Own};
    use Group::{Behind, Line, Strangers};
    use Reach::Both;
    let is_deny = finding.table == TableName::Deny;
    let own = |granted| claim(Some(granted), Own, Reach::Any);
    let missed = |reach| claim(Some(!effect), Later, reach);
    let failed = |other: Claim| Claim {
        command: Some(false),
        ..other
    };
    Some(match finding.diagnostic.code {
        "TW401" | "TW402" | "TW403" | "TW405" => {
            vec![(missed(Reach::MissedByDaemon), &[Line, Strangers])]
        }
        "TW501" | "TW502" | "TW503" | "TW504" | "TW505" | "TW506" | "TW507" | "TW508" => {
            vec![(own(false), &[Line, Strangers])]
        }
        "TW511" => vec![(own(false), &[Behind, Line, Strangers])],
        "TW604" => {
            let missing = failed(claim(Some(!effect), Later, Both));
            vec![(missing, &[Line, Strangers])]
        }
        "TW522" => {
            let groups: &[Group] = &[Line, Strangers];
            let refused = failed(claim(Some(!effect), Other, Both));
            let any = failed(claim(None, Other, Both));
            vec![(refused, groups), (any, groups)]
        }
        "TW527" => vec![(failed(claim(Some(false), Other, Both)), &[Line])],
        "TW512" | "TW523" | "TW525" => {
            let nobody = failed(claim(Some(true), NoRule, Reach::Any));
            vec![(nobody, &[Strangers])]
        }
        "TW524" | "TW720" | "TW721" => vec![(own(true), &[Strangers])],
        "TW701" | "TW702" | "TW706" => vec![(claim(None, Earlier, Both), &[Line, Strangers])],
        "TW707" => vec![(claim(Some(!effect), Earlier, Both), &[Line, Strangers])],
        "TW703" => vec![(claim(Some(false), Own, Reach::Hidden), &[Behind])],
        "TW704" | "TW705" => vec![(claim(Some(true), NoRule, Reach::Any), &[Strangers])],
        "TW803" | "TW804" => vec![(claim(Some(is_deny), Any, Reach::Any), &[Strangers])],
        // Who can change a file, whom a list means that is not there, what another build or a command
        // does: no verdict shows it.
        "TW121" | "TW122" | "TW123" | "TW331" | "TW335" | "TW336" | "TW337" | "TW339" | "TW513"
        | "TW514" | "TW526" | "TW605" | "TW801" => Vec::new(),
        _ => return None,
    })
}

/// The strictest claim that a harm allows, for codes of which no more is known.
fn by_harm(harm: Harm, effect: bool, is_excepted: bool) -> Vec<Step> {
    use Decider::{Later, Own, Word};
    use Group::{Line, Marked, Strangers};
    let decided = |granted, decider| claim(Some(granted), decider, Reach::Any);
    match harm {
        Harm::Missed if is_excepted => {
            vec![(claim(Some(effect), Own, Reach::MissedByWord), &[Marked])]
        }
        Harm::Missed => vec![
            (claim(Some(!effect), Later, Reach::MissedByWord), &[Marked]),
            (
                claim(Some(!effect), Later, Reach::MissedByList),
                &[Line, Strangers],
            ),
            (
                claim(Some(!effect), Later, Reach::MissedByDaemon),
                &[Line, Strangers],
            ),
        ],
        Harm::Broad if is_excepted => {
            vec![(claim(Some(!effect), Later, Reach::Excepted), &[Marked])]
        }
        Harm::Broad => vec![(decided(effect, Word), &[Marked, Strangers])],
        Harm::LetsIn => vec![
            (decided(true, Word), &[Marked, Strangers]),
            (decided(true, Own), &[Marked, Line]),
        ],
        Harm::LocksOut => vec![(decided(false, Own), &[Line, Marked, Strangers])],
        Harm::Either => vec![
            (claim(Some(!effect), Later, Reach::MissedByList), &[Marked]),
            (decided(effect, Word), &[Marked]),
        ],
        Harm::Dead | Harm::Breaks | Harm::Slow | Harm::Style => Vec::new(),
    }
}
