//! An example client for a finding: what the engine decides about it with these very tables.
//!
//! Candidates come from the words of the rule ([`sample`]); the first whose verdict shows what the
//! finding claims is its witness.

mod claim;
mod sample;
mod trial;

use super::Policy;
use super::sink::{About, Finding};
use super::table::Harm;
use crate::engine::{Access, Cause, Matched, Surroundings, TableName, Verdict};
use crate::escape::visible;
use crate::policy::{OptionKind, Rule, RuleOption};
use crate::span::Span;
use crate::syntax::{Line, Tree, parse};
use claim::{Claim, Decider, Reach, claims};
pub(super) use sample::{Client, SOME_DAEMON, daemons_of, meant_by};
use sample::{OTHER_DAEMONS, Samples};
pub(super) use trial::{Question, Trial, lists};

/// The most verdicts asked for in one run.
const VERDICT_LIMIT: usize = 20_000;
/// How many lines behind a rule are searched for clients that it keeps from their own.
const LINES_BEHIND: usize = 16;

/// A client, a daemon, and what libwrap decides about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The daemon.
    pub daemon: String,
    /// The client's address.
    pub address: String,
    /// The client's name, if it has one.
    pub name: Option<String>,
    /// What it says that its user is, if a rule asks that.
    pub user: Option<String>,
    /// How the commands of `aclexec` end, where it is so only then.
    pub command: Option<bool>,
    /// Whether it is let in.
    pub granted: bool,
    /// The line that decides; none if no rule matches.
    pub by: Option<(TableName, u32)>,
}

impl Witness {
    /// One clause, such as `203.0.113.7 reaches sshd through hosts.allow:4`; `file` names a table.
    pub fn clause(&self, file: impl Fn(TableName) -> String) -> String {
        let name = self.name.as_ref();
        let name = name.map(|name| visible(name.as_bytes()));
        let user = self.user.as_ref();
        let user = user.map(|user| format!("user {}", visible(user.as_bytes())));
        let more: Vec<String> = name.into_iter().chain(user).collect();
        let who = if more.is_empty() {
            self.address.clone()
        } else {
            format!("{} ({})", self.address, more.join(", "))
        };
        let daemon = visible(self.daemon.as_bytes());
        let what = match (self.granted, self.by) {
            (true, Some((table, line))) => {
                format!("{who} reaches {daemon} through {}:{line}", file(table))
            }
            (true, None) => format!("{who} reaches {daemon}: no rule refuses it"),
            (false, Some((table, line))) => {
                format!("{who} is refused at {daemon} by {}:{line}", file(table))
            }
            (false, None) => format!("{who} is refused at {daemon}"),
        };
        match self.command {
            Some(false) => format!("if the command fails, {what}"),
            Some(true) => format!("if the command succeeds, {what}"),
            None => what,
        }
    }
}

/// Finds witnesses; keeps what all of them need.
pub(super) struct Searcher<'p, 't> {
    policy: &'p Policy<'t>,
    trial: Trial<'p, 't>,
    verdicts_left: usize,
}

/// The line of a finding, and what its claims are judged by.
struct Place<'l, 't, 's> {
    table: TableName,
    line: Line<'t, 's>,
    finding: &'l Finding,
    /// The daemon list and the client list, if it is a rule.
    lists: Option<[Vec<u8>; 2]>,
    /// What is marked, as a list of clients.
    word: Vec<u8>,
}

impl<'p, 't> Searcher<'p, 't> {
    pub(super) fn new(policy: &'p Policy<'t>, world: &'p dyn Surroundings) -> Self {
        let trial = Trial::new(policy, world);
        Self {
            policy,
            verdicts_left: if trial.is_too_long { 0 } else { VERDICT_LIMIT },
            trial,
        }
    }

    /// The witness of a finding: the first client of whom the engine confirms what its code claims.
    pub(super) fn witness(&mut self, finding: &Finding) -> Option<Witness> {
        if self.verdicts_left == 0
            || matches!(finding.harm, Harm::Breaks | Harm::Slow | Harm::Style)
        {
            return None;
        }
        // A line that says nothing, or the same as its table, harms nobody.
        let harmless = ["TW101", "TW102", "TW202", "TW203"];
        if finding.harm == Harm::Dead && harmless.contains(&finding.diagnostic.code) {
            return None;
        }
        let tree = self.policy.tree(finding.table)?;
        let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
            return self.of_table(finding);
        };
        let effect = effect(finding, line);
        let samples = Samples::of(line, finding);
        let place = Place::new(finding, line);
        for (claim, groups) in claims(finding, effect, samples.is_excepted, &place.word) {
            if let About::Seen(question) = &finding.about {
                let found = self.ask(Some(&place), question.clone(), claim);
                if found.is_some() {
                    return found;
                }
                continue;
            }
            if finding.diagnostic.span.is_empty() {
                return self.of_table(finding);
            }
            for &group in groups {
                for client in samples.clients(group) {
                    for daemon in &samples.daemons {
                        let question = Question::new(daemon.as_slice(), client.clone());
                        let found = self.ask(Some(&place), question, claim);
                        if found.is_some() {
                            return found;
                        }
                    }
                }
            }
        }
        None
    }

    /// For a finding about a whole table: clients that nobody names, and well-known daemons.
    fn of_table(&mut self, finding: &Finding) -> Option<Witness> {
        let claims = claims(finding, finding.table == TableName::Allow, false, b"");
        let daemons = || [SOME_DAEMON].into_iter().chain(OTHER_DAEMONS);
        for (claim, _) in claims {
            for client in Client::strangers() {
                for daemon in daemons() {
                    let question = Question::new(daemon, client.clone());
                    let found = self.ask(None, question, claim);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    /// The witness that the answer to a question is, if the engine confirms the claim.
    fn ask(
        &mut self,
        place: Option<&Place<'_, '_, '_>>,
        question: Question,
        claim: Claim,
    ) -> Option<Witness> {
        self.verdicts_left = self.verdicts_left.checked_sub(1)?;
        let question = Question {
            command: claim.command.or(question.command),
            ..question
        };
        let verdict = self.trial.decide(&question);
        // An example has one decider.
        if matches!(verdict.cause, Cause::EitherWay(_)) {
            return None;
        }
        let granted = match verdict.access {
            Access::Granted => true,
            Access::Denied => false,
            Access::Undecided => return None,
        };
        let is_confirmed = claim.granted.is_none_or(|want| want == granted)
            && confirms_decider(claim.decider, place, &verdict)
            && place.is_none_or(|place| self.confirms_reach(claim.reach, place, &question));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        is_confirmed.then(|| Witness {
            daemon: text(&question.daemon),
            address: question.client.address.clone(),
            name: question.client.name.clone(),
            user: question.user.as_deref().map(text),
            command: claim.command,
            granted,
            by: decider(&verdict).map(|by| (by.table, by.number)),
        })
    }

    fn confirms_reach(&self, reach: Reach, place: &Place<'_, '_, '_>, question: &Question) -> bool {
        let Some([daemons, clients]) = &place.lists else {
            return true;
        };
        let word = place.word.as_slice();
        let matches =
            |daemons: &[u8], clients: &[u8]| self.trial.matches(daemons, clients, question);
        match reach {
            Reach::Any => true,
            Reach::Both => matches(daemons, clients),
            Reach::MissedByWord => matches(daemons, b"ALL") && !matches(b"ALL", word),
            Reach::MissedByDaemon => matches(b"ALL", clients) && !matches(daemons, b"ALL"),
            Reach::MissedByList => matches(daemons, b"ALL") && !matches(b"ALL", clients),
            Reach::Excepted => {
                matches(daemons, b"ALL") && matches(b"ALL", word) && !matches(b"ALL", clients)
            }
            Reach::Word => matches(daemons, b"ALL") && matches(b"ALL", word),
            Reach::Hidden => {
                let later = self.trial.after(place.table, place.line, question);
                matches(daemons, clients)
                    && later.access == Access::Granted
                    && matches!(later.cause, Cause::Rule { .. })
            }
        }
    }
}

impl<'l, 't, 's> Place<'l, 't, 's> {
    fn new(finding: &'l Finding, line: Line<'t, 's>) -> Self {
        let span = finding.diagnostic.span;
        let end = span.end.min(line.span().end).max(span.start);
        let word = match &finding.about {
            About::Clients(words) => words.clone(),
            About::Marked | About::Daemon(_) | About::Rule(_) | About::Seen(_) => {
                line.text(Span::new(span.start, end)).into_owned()
            }
        };
        Self {
            table: finding.table,
            line,
            finding,
            lists: Rule::of(line).map(lists),
            word,
        }
    }
}

/// Whether what decides is what the claim says.
fn confirms_decider(wanted: Decider, place: Option<&Place<'_, '_, '_>>, verdict: &Verdict) -> bool {
    let by = decider(verdict);
    let Some(place) = place else {
        return match wanted {
            Decider::NoRule => verdict.cause == Cause::NoRule,
            Decider::Any
            | Decider::Own
            | Decider::Word
            | Decider::Later
            | Decider::Earlier
            | Decider::Other => true,
        };
    };
    let own = (place.table, place.line.index());
    let at = by.map(|by| (by.table, by.line));
    match wanted {
        Decider::Any => true,
        Decider::Own => at == Some(own),
        Decider::Word => {
            let span = place.finding.diagnostic.span;
            let is_in = |matched: &Matched| {
                matched.client.start < span.end && span.start < matched.client.end
            };
            at == Some(own)
                && matches!(&verdict.cause, Cause::Rule { matched, .. } if is_in(matched))
        }
        Decider::Later => at.is_none_or(|at| at > own),
        Decider::Earlier => at.is_some_and(|at| at < own),
        Decider::Other => at != Some(own),
        Decider::NoRule => verdict.cause == Cause::NoRule,
    }
}

/// A line that decides.
struct By {
    table: TableName,
    line: usize,
    number: u32,
}

/// The line that decided, if one did.
fn decider(verdict: &Verdict) -> Option<By> {
    match verdict.cause {
        Cause::Rule { matched, .. } => Some(By {
            table: matched.table,
            line: matched.line,
            number: matched.number,
        }),
        Cause::BrokenTable {
            table,
            line,
            number,
        } => Some(By {
            table,
            line,
            // libwrap counts the lines before it.
            number: number + 1,
        }),
        Cause::NoRule | Cause::Unreadable(_) | Cause::EitherWay(_) | Cause::Undecided(_) => None,
    }
}

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

/// What a finding does where that depends on its own line alone: nothing for all other codes.
///
/// A rule of the deny table refuses with a broken option, too, as its author wanted; a word that is
/// no option does nothing where the table does what it says; and a line of the allow table that is
/// not read lets people in if it was to refuse them.
pub(super) fn harm_of_line(policy: &Policy<'_>, finding: &Finding) -> Option<Harm> {
    let tree = policy.tree(finding.table)?;
    let line = line_at(tree, finding.diagnostic.span.start)?;
    let effect = effect(finding, line);
    let by_effect = |granting: Harm, refusing: Harm| if effect { granting } else { refusing };
    match finding.diagnostic.code {
        "TW501" | "TW502" | "TW503" | "TW504" | "TW505" | "TW506" | "TW507" | "TW508" => {
            Some(by_effect(Harm::LocksOut, Harm::Breaks))
        }
        "TW604" => {
            let at = finding.diagnostic.span;
            let rule = Rule::of(line)?;
            is_filter(rule, at).then(|| by_effect(Harm::LocksOut, Harm::LetsIn))
        }
        "TW202" => {
            let marked = finding
                .diagnostic
                .span
                .of(tree.source())
                .to_ascii_lowercase();
            if !marked.iter().any(u8::is_ascii_whitespace) {
                // It matches nobody; nothing is swallowed.
                return None;
            }
            // The rule does what its table says, whatever its last option was to say.
            let says = |word: &[u8]| marked.trim_ascii_end().ends_with(word);
            Some(match (says(b"deny"), says(b"allow")) {
                (true, _) => by_effect(Harm::LetsIn, Harm::Dead),
                (_, true) => by_effect(Harm::Dead, Harm::LocksOut),
                _ => Harm::Breaks,
            })
        }
        "TW203" => {
            let word = finding.diagnostic.span.of(tree.source());
            Some(if word.eq_ignore_ascii_case(b"deny") {
                by_effect(Harm::LetsIn, Harm::Dead)
            } else {
                by_effect(Harm::Dead, Harm::LocksOut)
            })
        }
        "TW101" | "TW102" if finding.table == TableName::Allow => {
            let text = line.text(line.span());
            let is_nothing = text.starts_with(b"#") || !text.contains(&b':');
            Some(if is_nothing {
                Harm::Dead
            } else {
                by_effect(Harm::LocksOut, Harm::LetsIn)
            })
        }
        _ => None,
    }
}

/// Whether the value at `at` is a command that decides what its rule does, and nothing else: a
/// program that is missing there fails for everybody.
pub(super) fn is_filter(rule: Rule<'_, '_>, at: Span) -> bool {
    let options = rule.options();
    let kind = |option: &RuleOption<'_>| option.spec().map(|spec| spec.kind);
    let is_overruled = options.last().and_then(kind).is_some_and(|kind| {
        matches!(
            kind,
            OptionKind::Allow | OptionKind::Deny | OptionKind::Twist
        )
    });
    let last = options
        .iter()
        .rfind(|option| kind(option) == Some(OptionKind::Aclexec));
    let is_simple = |command: &[u8]| !command.iter().any(|byte| b";|&`$(){}!".contains(byte));
    !is_overruled
        && last.is_some_and(|option| {
            option.value_span == at && option.value.as_deref().is_some_and(is_simple)
        })
}

/// Whether those get in whom the rule of a finding, or a table that is none, means but does not
/// match; nothing if the table is not judged.
pub(super) fn missed_are_granted(policy: &Policy<'_>, finding: &Finding) -> Option<bool> {
    let tree = policy.tree(finding.table)?;
    let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
        return Some(finding.table == TableName::Deny);
    };
    let effect = effect(finding, line);
    let samples = Samples::of(line, finding);
    Some(if samples.is_excepted { effect } else { !effect })
}

/// Whether the rule of a finding grants to those it matches, or would if it were read.
fn effect(finding: &Finding, line: Line<'_, '_>) -> bool {
    if let About::Rule(rule) = &finding.about {
        let tree = parse(rule);
        return tree
            .line(0)
            .map_or(finding.table == TableName::Allow, |line| {
                line_grants(finding.table, line)
            });
    }
    line_grants(finding.table, line)
}

fn line_grants(table: TableName, line: Line<'_, '_>) -> bool {
    let last = |line: Line<'_, '_>| {
        let options = Rule::of(line).map(Rule::options).unwrap_or_default();
        let spec = options.last().and_then(RuleOption::spec);
        spec.map(|spec| spec.kind)
    };
    // A line that is not read, as it would be if it ended as lines do.
    let mended = || {
        let mut text = line.text(line.span()).into_owned();
        let length = text.trim_ascii_end().len();
        text.truncate(length);
        text.push(b'\n');
        let tree = parse(&text);
        tree.line(0).and_then(last)
    };
    let kind = if Rule::of(line).is_some() {
        last(line)
    } else {
        mended()
    };
    match kind {
        Some(OptionKind::Allow) => true,
        Some(OptionKind::Deny | OptionKind::Twist) => false,
        _ => table == TableName::Allow,
    }
}

/// The logical line that holds the byte at `at`.
pub(super) fn line_at<'t, 's>(tree: &'t Tree<'s>, at: u32) -> Option<Line<'t, 's>> {
    let (mut low, mut high) = (0, tree.lines().len());
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if tree.line(middle)?.span().start <= at {
            low = middle;
        } else {
            high = middle;
        }
    }
    tree.line(low)
}

/// The lines behind `line`, as far as they are searched.
fn lines_behind<'t, 's>(line: Line<'t, 's>) -> impl Iterator<Item = Line<'t, 's>> {
    let tree = line.tree();
    let first = line.index() + 1;
    (first..first + LINES_BEHIND).map_while(move |index| tree.line(index))
}
