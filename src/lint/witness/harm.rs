//! What a finding does at its place.

use super::samples::Samples;
use crate::engine::TableName;
use crate::lint::check::Harm;
use crate::lint::finding::{About, Finding};
use crate::lint::harms::Place;
use crate::lint::policy::Policy;
use crate::lint::table::row_of;
use crate::lint::trial::line_at;
use crate::policy::{OptionKind, Rule, RuleOption};
use crate::syntax::{Line, parse};

/// What a finding does where that depends on its own line alone: nothing for most codes.
pub(in crate::lint) fn harm_of_line(policy: &Policy<'_>, finding: &Finding) -> Option<Harm> {
    let harm = row_of(finding.check)?.harm?;
    let line = line_at(policy.tree(finding.table)?, finding.diagnostic.span.start)?;
    harm(&Place {
        table: finding.table,
        line,
        span: finding.diagnostic.span,
        effect: effect(finding, line),
    })
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
