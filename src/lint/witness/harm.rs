//! What a finding does at its place.

use super::samples::Samples;
use crate::engine::TableName;
use crate::lint::finding::{About, Finding};
use crate::lint::policy::Policy;
use crate::lint::table::Harm;
use crate::lint::trial::line_at;
use crate::lint::view::is_filter;
use crate::policy::{OptionKind, Rule, RuleOption};
use crate::syntax::{Line, parse};

/// What a finding does where that depends on its own line alone: nothing for all other codes.
///
/// A rule of the deny table refuses with a broken option, too, as its author wanted; a word that is
/// no option does nothing where the table does what it says; and a line of the allow table that is
/// not read lets people in if it was to refuse them.
pub(in crate::lint) fn harm_of_line(policy: &Policy<'_>, finding: &Finding) -> Option<Harm> {
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

/// Whether those get in whom the rule of a finding, or a table that is none, means but does not
/// match; nothing if the table is not judged.
pub(in crate::lint) fn missed_are_granted(policy: &Policy<'_>, finding: &Finding) -> Option<bool> {
    let tree = policy.tree(finding.table)?;
    let Some(line) = line_at(tree, finding.diagnostic.span.start) else {
        return Some(finding.table == TableName::Deny);
    };
    let effect = effect(finding, line);
    let samples = Samples::of(line, finding);
    Some(if samples.is_excepted { effect } else { !effect })
}

/// Whether the rule of a finding grants to those it matches, or would if it were read.
pub(super) fn effect(finding: &Finding, line: Line<'_, '_>) -> bool {
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
