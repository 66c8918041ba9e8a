//! Who gains and who loses access by a change, in a few lines; and the stop before somebody does of
//! whom nothing was asked.

use super::effect_words::{AffectedDaemons, AffectedNames, doubt, if_user, korean_verb};
use super::places::{PlaceWords, Places};
use super::words::{MORE_CHANGES, MORE_NOT_COMPUTED, NOBODY_GAINS, NOBODY_SEEN, NOT_COMPUTED};
use crate::cli::base::{Context, Failure, Style};
use crate::editor::{Effect, Part, Recourse};
use crate::engine::{Change, Claim};
use crate::escape::visible;
use crate::policy::Network;
use crate::values::Language;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// As many lines are shown.
const LINES: usize = 7;
/// As many remarks about what cannot be computed are shown: with the lines, ten at most.
const NOTES: usize = 1;

/// What to do where an alert needs a rule that refuses somebody else.
const DENY_FIRST: &str = "an alert is for clients that are refused already: first run `tcpw \
                          deny-all` if these shall be, or repeat with --force";

/// Prints who gains and who loses access.
pub(crate) fn show(effect: &Effect, context: &mut Context) -> Result<(), Failure> {
    let lines = lines(&effect.parts, false, context.out.language());
    let shown = if lines.len() > LINES + 1 {
        LINES
    } else {
        lines.len()
    };
    for (change, line) in lines.iter().take(shown) {
        let style = match change {
            Change::Gains => Style::Good,
            Change::Loses => Style::Bad,
            Change::Unknown => Style::Warn,
        };
        context.out.prose(context.out.paint(style, line))?;
    }
    if shown < lines.len() {
        let more = (lines.len() - shown).to_string();
        context.out.say(MORE_CHANGES, &[&more])?;
    }
    match (lines.is_empty(), effect.notes.is_empty()) {
        (true, true) => context.out.say(NOBODY_GAINS, &[])?,
        (true, false) => context.out.say(NOBODY_SEEN, &[])?,
        (false, _) => {}
    }
    let most = if effect.notes.len() > NOTES + 1 {
        NOTES
    } else {
        effect.notes.len()
    };
    for note in effect.notes.iter().take(most) {
        let text = context.out.words(NOT_COMPUTED, &[note]);
        context.out.prose(text)?;
    }
    if most < effect.notes.len() {
        let more = (effect.notes.len() - most).to_string();
        context.out.say(MORE_NOT_COMPUTED, &[&more])?;
    }
    Ok(())
}

/// Refuses a change after which these have or lack access, of whom nothing was asked.
pub(crate) fn unasked(others: &[Part], recourse: Recourse) -> Failure {
    let lines = lines(others, true, Language::English);
    let first = lines.first().map_or("", |(_, first)| first);
    let more = match lines.len().saturating_sub(1) {
        0 => String::new(),
        1 => "; and 1 more change of this kind".to_owned(),
        count => format!("; and {count} more changes of this kind"),
    };
    let help = match recourse {
        Recourse::Force => "repeat with --force if that is meant",
        Recourse::ByHand => "make this change with `tcpw edit` if that is meant",
        Recourse::DenyFirst => DENY_FIRST,
    };
    Failure::new(format_args!("this was not asked for: {first}{more}"))
        .hint(format_args!("{help}; nothing was written"))
}

/// What some clients have in common that gain or lose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) change: Change,
    pub(super) names: AffectedNames,
    pub(super) user: Option<String>,
    because: String,
}

impl Group {
    fn of(part: &Part) -> Self {
        Self {
            change: part.claim.change,
            names: names(&part.claim),
            user: part.user.as_deref().map(visible),
            because: part.claim.because.join("; "),
        }
    }

    /// The line about clients at these places, and what they gain or lose.
    fn line(
        &self,
        places: &Places,
        daemons: &AffectedDaemons,
        is_planned: bool,
        language: Language,
    ) -> String {
        let who = self.who(places, language);
        let daemons = daemons.words(language);
        let user = if_user(self.user.as_deref(), language);
        let doubt = doubt(&self.because, language);
        match language {
            Language::English => {
                let verb = self.english_verb(is_planned, places.words(language).is_one);
                format!("{who} {verb} access to {daemons}{user}{doubt}")
            }
            Language::Korean => {
                let verb = korean_verb(self.change);
                format!("{who}{user}: {daemons} 접속이 {verb}{doubt}")
            }
        }
    }

    fn english_verb(&self, is_planned: bool, is_one: bool) -> &'static str {
        match (self.change, is_planned, is_one) {
            (Change::Gains, true, _) => "would gain",
            (Change::Loses, true, _) => "would lose",
            (Change::Gains, false, true) => "gains",
            (Change::Gains, false, false) => "gain",
            (Change::Loses, false, true) => "loses",
            (Change::Loses, false, false) => "lose",
            (Change::Unknown, true, _) => "would perhaps gain or lose",
            (Change::Unknown, false, true) => "perhaps gains or loses",
            (Change::Unknown, false, false) => "perhaps gain or lose",
        }
    }

    /// The clients at these places.
    pub(super) fn who(&self, places: &Places, language: Language) -> String {
        let words = places.words(language);
        match language {
            Language::English => self.who_in_english(words),
            Language::Korean => self.who_in_korean(words),
        }
    }

    fn who_in_english(&self, PlaceWords { who, but, .. }: PlaceWords) -> String {
        let but = match but {
            Some(but) if self.names.is_empty() => format!(" except {but}"),
            Some(but) => format!(", except at {but},"),
            None => String::new(),
        };
        let names = self.names.english();
        let names = names.trim_end_matches(if but.is_empty() { '\0' } else { ',' });
        format!("{who}{names}{but}")
    }

    fn who_in_korean(&self, places: PlaceWords) -> String {
        let mut left_out: Vec<String> = places.but.into_iter().collect();
        let who = if self.names.is_empty() {
            places.who
        } else if self.names.is_most {
            left_out.push(self.names.korean());
            places.who
        } else if places.is_everywhere {
            self.names.korean()
        } else {
            format!("{} 가운데 {}", places.who, self.names.korean())
        };
        if left_out.is_empty() {
            who
        } else {
            format!("{who} ({} 제외)", left_out.join(", "))
        }
    }
}

/// A daemon that some rule tells from others; none stands for all that no rule names.
type Daemon<'e> = Option<&'e [u8]>;

/// The networks for each daemon; none stands for clients without an address.
type ByDaemon<'e> = BTreeMap<Daemon<'e>, Vec<Option<Network>>>;

/// One line for clients that have the same in common.
fn lines(parts: &[Part], is_planned: bool, language: Language) -> Vec<(Change, String)> {
    let line = |(group, places, daemons): &(Group, Places, AffectedDaemons)| {
        let text = group.line(places, daemons, is_planned, language);
        (group.change, text)
    };
    grouped(parts, false).iter().map(line).collect()
}

/// Clients that have the same in common, where they are, and the daemons; those of every daemon apart
/// from the others if that is asked for.
pub(super) fn grouped(
    parts: &[Part],
    are_common_apart: bool,
) -> Vec<(Group, Places, AffectedDaemons)> {
    let mut all: BTreeSet<Daemon<'_>> = BTreeSet::from([None]);
    for part in parts {
        let daemons = &part.claim.daemons;
        all.extend(daemons.names().map(Some));
        all.extend(daemons.exceptions().into_iter().flatten().map(Some));
    }
    let mut groups: Vec<(Group, ByDaemon<'_>)> = Vec::new();
    let mut numbers: HashMap<Group, usize> = HashMap::new();
    for part in parts {
        let group = Group::of(part);
        let next = groups.len();
        let number = *numbers.entry(group.clone()).or_insert(next);
        if number == next {
            groups.push((group, BTreeMap::new()));
        }
        let daemons = &part.claim.daemons;
        let is_other = daemons.exceptions().is_some();
        let Some((_, places)) = groups.get_mut(number) else {
            continue;
        };
        for daemon in &all {
            if daemon.map_or(is_other, |name| daemons.contains(name)) {
                places.entry(*daemon).or_default().push(part.claim.network);
            }
        }
    }
    // Who loses comes first.
    groups.sort_by_key(|(group, _)| match group.change {
        Change::Loses => 0,
        Change::Unknown => 1,
        Change::Gains => 2,
    });
    let mut found = Vec::new();
    for (group, places) in groups {
        // Daemons for which the same clients gain or lose are named together.
        let mut alike: Vec<(Places, Vec<Daemon<'_>>)> = Vec::new();
        let mut places: Vec<(Daemon<'_>, Places)> = places
            .into_iter()
            .map(|(daemon, places)| (daemon, Places::of(&places)))
            .collect();
        if are_common_apart && places.len() == all.len() {
            let common = Places::take_common(&mut places);
            alike.extend(common.map(|common| (common, all.iter().copied().collect())));
        }
        for (daemon, places) in places {
            match alike.iter_mut().find(|(other, _)| *other == places) {
                Some((_, daemons)) => daemons.push(daemon),
                None => alike.push((places, vec![daemon])),
            }
        }
        for (places, of) in alike {
            found.push((group.clone(), places, daemons(&of, &all)));
        }
    }
    found
}

fn daemons(of: &[Daemon<'_>], all: &BTreeSet<Daemon<'_>>) -> AffectedDaemons {
    let list = |daemons: &mut dyn Iterator<Item = Daemon<'_>>| -> Vec<String> {
        daemons.flatten().map(visible).collect()
    };
    if of.len() == all.len() {
        AffectedDaemons::Every
    } else if of.contains(&None) {
        let others = list(&mut all.iter().copied().filter(|daemon| !of.contains(daemon)));
        AffectedDaemons::EveryBut(others)
    } else {
        AffectedDaemons::These(list(&mut of.iter().copied()))
    }
}

fn names(claim: &Claim) -> AffectedNames {
    if claim.names.is_any() {
        return AffectedNames::default();
    }
    let (phrases, is_most) = claim.names.phrases();
    AffectedNames { phrases, is_most }
}
