//! A search explained to people: every rule that was considered, why it did or did not match, what
//! its options run, what was never reached, and what hangs on the client's name.

use super::gate_text::reason as gate_reason;
use super::verdict_text::{client_reason, located, outcome_reason};
use super::words::{describe, word_of};
use crate::cli::base::{Failure, Output, Style};
use crate::cli::machine::surroundings::Machine;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{
    Cause, Comparison, Effect, ListAnswer, NameKind, Outcome, Request, Step, Table, TableName,
    Tables, Trace, Unreached, Verdict,
};
use crate::escape::visible;
use crate::policy::{ClientPattern, Element, Rule};
use crate::span::Span;
use crate::syntax::{Line, LineKind, Reading, Reason, Tree};
use crate::values::counted;

/// Runs of plain rules that do not match are summarised when they are longer than this.
const RUN_LIMIT: usize = 4;
/// The bytes of a rule that are shown.
const SHOWN: usize = 200;

/// A search and everything that is needed to tell it.
pub(crate) struct Story<'a> {
    pub(crate) files: &'a TableFiles,
    pub(crate) tables: &'a Tables<'a>,
    pub(crate) request: &'a Request,
    pub(crate) verdict: &'a Verdict,
    pub(crate) trace: &'a Trace,
    /// The verdict for each kind of name the client could have.
    pub(crate) others: &'a [(NameKind, Verdict)],
    /// What gates are asked on.
    pub(crate) machine: &'a Machine,
    /// Whether every rule is shown, however many there are.
    pub(crate) is_full: bool,
}

/// Why a rule that does not match needs no line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Daemon,
    Client,
}

/// How far the story has come.
#[derive(Debug, Clone, Copy)]
struct Place {
    table: TableName,
    /// Index of the line after the rule that was shown last.
    next_line: usize,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            table: TableName::Allow,
            next_line: 0,
        }
    }
}

impl Place {
    fn behind(self, step: &Step) -> Self {
        match step {
            Step::Opened(table) | Step::Absent(table) | Step::Unreadable(table) => Self {
                table: *table,
                next_line: 0,
            },
            Step::Compared(comparison) => Self {
                table: comparison.table,
                next_line: comparison.line + 1,
            },
            Step::Doubtful { .. }
            | Step::Ran { .. }
            | Step::Left(_)
            | Step::Forked(_)
            | Step::Broken { .. } => self,
        }
    }
}

impl Story<'_> {
    /// Prints it.
    pub(crate) fn tell(&self, out: &mut Output) -> Result<(), Failure> {
        let mut steps = self.trace.steps.as_slice();
        let mut at = Place::default();
        while let Some((step, rest)) = steps.split_first() {
            if let Step::Compared(comparison) = step {
                self.skipped(at, comparison, out)?;
            }
            let run = steps.iter().take_while(|step| plain_of(step).is_some());
            let run = run.count();
            if run > RUN_LIMIT && !self.is_full {
                let (run, rest) = steps.split_at_checked(run).unwrap_or((steps, &[]));
                self.run(run, out)?;
                at = run.last().map_or(at, |last| at.behind(last));
                steps = rest;
                continue;
            }
            at = at.behind(step);
            self.step(step, rest.first(), at.table, out)?;
            steps = rest;
        }
        let last = self.verdict.ways.last();
        if let Cause::Undecided(undecided) = last.map_or(&self.verdict.cause, |way| &way.cause) {
            out.line(format!(
                "    {}; everything else depends on that",
                undecided.what
            ))?;
        } else {
            for unreached in self.trace.unreached(self.tables) {
                self.unreached(&unreached, out)?;
            }
        }
        self.names(out)
    }

    /// Many rules that do not match, in one line.
    fn run(&self, run: &[Step], out: &mut Output) -> Result<(), Failure> {
        let (Some(Step::Compared(first)), Some(Step::Compared(last))) = (run.first(), run.last())
        else {
            return Ok(());
        };
        let count = |kind| {
            let of_kind = |step: &&Step| plain_of(step) == Some(kind);
            run.iter().filter(of_kind).count()
        };
        let lines = self.tree(first.table).map_or(0, |tree| {
            let lines = (first.line..last.line).filter_map(|index| tree.line(index));
            lines.filter(|line| has_no_colon(*line)).count()
        });
        let told: Vec<String> = [
            (count(Plain::Daemon), "rule", "for other daemons"),
            (count(Plain::Client), "rule", "for other clients"),
            (lines, "line", "without a colon, which libwrap skips"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, what)| format!("{} {what}", counted(count, noun)))
        .collect();
        let (from, to) = (first.number, last.number);
        out.line(format!("  lines {from} to {to}: {}", told.join(", ")))
    }

    fn step(
        &self,
        step: &Step,
        next: Option<&Step>,
        table: TableName,
        out: &mut Output,
    ) -> Result<(), Failure> {
        match step {
            Step::Opened(_) => {
                self.heading(table, "", out)?;
                if !matches!(
                    next,
                    Some(Step::Compared(_) | Step::Broken { .. } | Step::Doubtful { .. })
                ) {
                    out.line("  has no rules")?;
                }
                Ok(())
            }
            Step::Absent(table) => {
                self.heading(*table, " does not exist, which counts as empty", out)
            }
            Step::Unreadable(table) => self.heading(*table, " cannot be read", out),
            Step::Compared(comparison) => self.compared(comparison, out),
            Step::Doubtful {
                table,
                line,
                number,
            } => {
                self.rule_line(*table, *line, *number, out)?;
                Ok(())
            }
            Step::Ran { effects, outcome } => {
                for (number, effect) in (1..).zip(effects) {
                    out.line(format!(
                        "    option {number} {}",
                        describe(effect, self.machine)
                    ))?;
                    if let Effect::Aclexec(command, _) = effect
                        && let Some(answer) = self.machine.gate(command)
                    {
                        out.line(format!("      {}", gate_reason(&answer)))?;
                    }
                }
                match next {
                    Some(Step::Left(_)) => return Ok(()),
                    Some(Step::Forked(table)) => {
                        let own = own_verdict(*table);
                        return out.line(format!("    if the command succeeds: {own}"));
                    }
                    _ => {}
                }
                self.outcome(*outcome, table, out)
            }
            Step::Left(_) => out.line(
                "    a command of aclexec has failed, so this rule counts for nothing, and the \
                 rest of the table is not read",
            ),
            Step::Forked(_) => out.line(
                "    if it fails: this rule counts for nothing, the rest of the table is not \
                 read, and what follows applies",
            ),
            Step::Broken {
                table,
                line,
                number,
            } => self.broken(*table, *line, *number, out),
        }
    }

    fn heading(&self, table: TableName, what: &str, out: &mut Output) -> Result<(), Failure> {
        let shown = out.paint(Style::Strong, &self.files.file(table).shown);
        out.line(format!("{shown}{what}"))
    }

    fn compared(&self, comparison: &Comparison, out: &mut Output) -> Result<(), Failure> {
        let Some(line) = self
            .tree(comparison.table)
            .and_then(|tree| tree.line(comparison.line))
        else {
            return Ok(());
        };
        self.rule_line(comparison.table, comparison.line, comparison.number, out)?;
        let reason = reason(line, comparison, self.request);
        if comparison.matched().is_some() {
            let yes = out.paint(Style::Good, "matches");
            out.line(format!("    {yes}: {reason}"))?;
            if Rule::of(line).is_some_and(Rule::has_options) {
                return Ok(());
            }
            out.line(format!("    {}", own_verdict(comparison.table)))
        } else {
            out.line(format!("    no match: {reason}"))
        }
    }

    /// How the options of the rule that was compared last ended.
    fn outcome(&self, outcome: Outcome, table: TableName, out: &mut Output) -> Result<(), Failure> {
        let reason = match outcome {
            Outcome::Table => Some(own_verdict(table).to_owned()),
            Outcome::Allow => Some("its option `allow` grants".to_owned()),
            Outcome::Deny => Some("its option `deny` denies".to_owned()),
            Outcome::Twist | Outcome::Broken { .. } | Outcome::ExpansionTooLong { .. } => self
                .tree(table)
                .and_then(|tree| outcome_reason(tree, outcome, table)),
        };
        reason.map_or(Ok(()), |reason| out.line(format!("    {reason}")))
    }

    /// `line 4: RULE`.
    fn rule_line(
        &self,
        table: TableName,
        line: usize,
        number: u32,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let rule = self
            .tree(table)
            .and_then(|tree| tree.line(line))
            .and_then(Rule::of);
        let text = rule.map(Rule::text).unwrap_or_default();
        let tail = if text.len() > SHOWN { "…" } else { "" };
        let text = visible(text.get(..SHOWN).unwrap_or(&text));
        out.line(format!("  line {number}: {text}{tail}"))
    }

    /// Lines between two rules that libwrap skips and that look as if it did not.
    fn skipped(&self, at: Place, next: &Comparison, out: &mut Output) -> Result<(), Failure> {
        let Some(tree) = self.tree(next.table) else {
            return Ok(());
        };
        let lines = (at.next_line..next.line).filter_map(|index| tree.line(index));
        for line in lines {
            let number = line.number();
            if has_no_colon(line) {
                out.line(format!(
                    "  line {number}: has no colon, so libwrap skips it"
                ))?;
            } else if line.kind() == LineKind::Comment && line.is_joined() {
                out.line(format!(
                    "  line {number}: belongs to the comment before it, which ends in a backslash"
                ))?;
            }
        }
        Ok(())
    }

    fn broken(
        &self,
        table: TableName,
        line: usize,
        number: u32,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let kind = self
            .tree(table)
            .and_then(|tree| tree.line(line))
            .map(Line::kind);
        let what = if kind == Some(LineKind::Malformed(Reason::TooLong)) {
            "it has more than 2046 bytes"
        } else {
            "it does not end in a newline"
        };
        let then = match table {
            TableName::Allow => {
                "that line and everything after it is ignored; the deny table is read next"
            }
            TableName::Deny => "everybody who gets here is denied",
        };
        let number = number + 1;
        out.line(format!("  line {number}: {what}: {then}"))
    }

    fn unreached(&self, unreached: &Unreached, out: &mut Output) -> Result<(), Failure> {
        let shown = &self.files.file(unreached.table).shown;
        let Unreached { rules, first, .. } = *unreached;
        let rules = counted(rules, "rule");
        let what = if unreached.is_whole {
            format!("all of {shown} ({rules})")
        } else {
            format!("{rules} of {shown}, from line {first} on")
        };
        out.line(format!("never reached: {what}"))
    }

    /// What hangs on the client's name.
    fn names(&self, out: &mut Output) -> Result<(), Failure> {
        let outcome = |verdict: &Verdict| (verdict.access, located(verdict));
        let mut all = self.others.iter().map(|(_, verdict)| outcome(verdict));
        let Some(first) = all.next() else {
            return Ok(());
        };
        if all.all(|other| other == first) {
            let or = if self.is_asked_by_name() {
                ", and to the command of aclexec"
            } else {
                ""
            };
            return out.line(format!(
                "the client's name matters only if a rule names it{or}"
            ));
        }
        out.line("by the client's name:")?;
        for (kind, verdict) in self.others {
            let word = word_of(verdict.access);
            let by = match located(verdict) {
                Some((table, number)) => {
                    format!("by {}:{number}", self.files.file(table).shown)
                }
                None => "by no rule".to_owned(),
            };
            out.line(format!("  {:<27} {word} {by}", name_kind(*kind)))?;
        }
        Ok(())
    }

    /// Whether a command that decides is another one for a client of another name.
    fn is_asked_by_name(&self) -> bool {
        let commands = |verdict: &Verdict| -> Vec<Effect> {
            let later = verdict.ways.iter().flat_map(|way| &way.effects);
            let effects = verdict.effects.iter().chain(later);
            let asked = effects.filter(|effect| matches!(effect, Effect::Aclexec(_, None)));
            asked.cloned().collect()
        };
        let mut all = self.others.iter().map(|(_, verdict)| commands(verdict));
        let first = all.next();
        all.any(|other| Some(other) != first)
    }

    fn tree(&self, table: TableName) -> Option<&Tree<'_>> {
        tree_of(self.tables, table)
    }
}

/// The tree of a table, if it could be read.
pub(crate) fn tree_of<'t>(tables: &Tables<'t>, table: TableName) -> Option<&'t Tree<'t>> {
    let table = match table {
        TableName::Allow => tables.allow,
        TableName::Deny => tables.deny,
    };
    match table {
        Table::Read(tree) => Some(tree),
        Table::Absent | Table::Unreadable => None,
    }
}

/// A kind of name in words.
pub(crate) fn name_kind(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Unknown => "none (unknown)",
        NameKind::Paranoid => "not confirmed (paranoid)",
        NameKind::Dotted => "one that no rule names",
        NameKind::Dotless => "the same, without a dot",
    }
}

/// Why a rule does or does not match.
pub(crate) fn reason(line: Line<'_, '_>, comparison: &Comparison, request: &Request) -> String {
    let text = |span: Span| visible(&line.text(span));
    let Some(daemon) = comparison.daemons.hit else {
        return "no daemon of the rule matches".to_owned();
    };
    let daemon = format!("`{}` is the daemon", text(daemon));
    let exceptions = exceptions(line, &comparison.daemons);
    let Some(clients) = &comparison.clients else {
        return format!("{daemon}{exceptions}");
    };
    let end = if exceptions.is_empty() { "" } else { ";" };
    let daemon = format!("{daemon}{exceptions}{end}");
    let Some(client) = clients.hit else {
        let and = if end.is_empty() { "," } else { "" };
        let vain = in_vain(line);
        return format!("{daemon}{and} but no client of the rule matches{vain}");
    };
    let what = client_reason(&line.text(client), request);
    let exceptions = self::exceptions(line, clients);
    let and = if end.is_empty() { " and" } else { "" };
    format!("{daemon}{and} `{}` {what}{exceptions}", text(client))
}

/// The clients of a rule that nobody can be, in words.
fn in_vain(line: Line<'_, '_>) -> String {
    // Other builds have other forms, some of which match where Debian's do not.
    if line.tree().reading() != Reading::DEBIAN {
        return String::new();
    }
    let elements = Rule::of(line).map(|rule| rule.clients().elements());
    let texts = elements
        .into_iter()
        .flatten()
        .filter_map(|element| match element {
            Element::Pattern { text, .. } => Some(text),
            Element::Except { .. } => None,
        });
    let vain = texts.filter(|text| ClientPattern::read(text).host.matches_nobody());
    let list: Vec<String> = vain.map(|text| format!("`{}`", visible(&text))).collect();
    if list.is_empty() {
        return String::new();
    }
    format!("; nobody can be {}", list.join(" or "))
}

/// The exceptions that apply, each taking back what stands before it.
fn exceptions(line: Line<'_, '_>, answer: &ListAnswer) -> String {
    let turns = answer.exceptions.iter().enumerate().map(|(at, span)| {
        let text = visible(&line.text(*span));
        if at % 2 == 0 {
            format!(", but the exception `{text}` applies")
        } else {
            format!(", from which `{text}` is exempt")
        }
    });
    turns.collect()
}

/// Whether a step is a rule that does not match and has no exception to tell of.
fn plain_of(step: &Step) -> Option<Plain> {
    let Step::Compared(comparison) = step else {
        return None;
    };
    let daemons = &comparison.daemons;
    match &comparison.clients {
        _ if !daemons.exceptions.is_empty() => None,
        None => Some(Plain::Daemon),
        Some(clients) if clients.hit.is_none() => Some(Plain::Client),
        Some(_) => None,
    }
}

/// What a rule does that has no option to decide.
fn own_verdict(table: TableName) -> &'static str {
    match table {
        TableName::Allow => "it is in the allow table, which grants",
        TableName::Deny => "it is in the deny table, which denies",
    }
}

fn has_no_colon(line: Line<'_, '_>) -> bool {
    line.kind() == LineKind::Malformed(Reason::MissingColon)
}
