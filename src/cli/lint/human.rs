//! Findings for people.

use super::placed::{Linted, Placed, Source};
use crate::cli::base::excerpt::Excerpt;
use crate::cli::base::{Failure, Output, Style};
use crate::cli::machine::dialect::UNTESTED;
use crate::diagnostic::Severity;
use crate::lint::Harm;
use crate::policy::DEBIAN_12;
use std::collections::BTreeMap;

pub(super) fn print(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    list(all, finding, out)
}

/// The first line of each finding only.
pub(super) fn print_short(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    list(all, head, out)
}

fn list(
    all: &[Linted],
    show: fn(&Placed<'_>, &mut Output) -> Result<(), Failure>,
    out: &mut Output,
) -> Result<(), Failure> {
    for linted in all {
        for placed in linted.placed() {
            show(&placed, out)?;
        }
        for (code, count) in &linted.report.left_out {
            out.line(format!("{code}: {count} more not shown (--max-per-code)"))?;
        }
    }
    out.line(summary(all))
}

fn style(placed: &Placed<'_>) -> Style {
    match placed.finding.diagnostic.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Info => Style::Dim,
    }
}

/// Where it is and what is wrong.
fn head(placed: &Placed<'_>, out: &mut Output) -> Result<(), Failure> {
    let found = &placed.finding.diagnostic;
    let head = format!("{}[{}]", found.severity.as_str(), found.code);
    out.line(format!(
        "{}:{}:{}: {} {}",
        placed.source.name(),
        placed.start.line,
        placed.start.column,
        out.paint(style(placed), &head),
        out.paint(Style::Strong, &found.message)
    ))
}

fn finding(placed: &Placed<'_>, out: &mut Output) -> Result<(), Failure> {
    let (found, style) = (&placed.finding.diagnostic, style(placed));
    head(placed, out)?;
    let source = placed.source;
    let excerpt = Excerpt::new(source.file.source(), &source.lines, found.span);
    let bar = out.paint(Style::Dim, "  |");
    out.line(format!("{bar} {}", excerpt.source).trim_end())?;
    let carets = out.paint(style, &excerpt.carets);
    out.line(format!("{bar} {}{carets}", excerpt.indent))?;
    let harm = placed.finding.harm.as_str();
    match &placed.witness {
        Some(clause) => out.line(format!("  = {harm}: {clause}"))?,
        None => out.line(format!("  = {harm}"))?,
    }
    out.line(format!("  = help: {}", found.help))?;
    out.line("")
}

/// The build of libwrap, unless it is that of Debian 12.
fn build(all: &[Linted]) -> String {
    match all.first().map(|linted| linted.dialect) {
        Some(dialect) if !dialect.is_tested => format!(", for {}: {UNTESTED}", dialect.title),
        Some(dialect) if dialect != &DEBIAN_12 => format!(", for {}", dialect.title),
        Some(_) | None => String::new(),
    }
}

/// How many findings of each severity, and what they do.
fn summary(all: &[Linted]) -> String {
    let total = |severity| all.iter().map(|l| l.report.count(severity)).sum::<usize>();
    let count = |number: usize, word: &str| match number {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{number} {word}s")),
    };
    let counts: Vec<_> = [
        count(total(Severity::Error), "error"),
        count(total(Severity::Warning), "warning"),
        count(total(Severity::Info), "remark"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sources = all.iter().flat_map(|linted| &linted.sources);
    let names = sources.map(Source::name).collect::<Vec<_>>().join(", ");
    let names = format!("{names}{}", build(all));
    if counts.is_empty() {
        return format!("nothing found in {names}");
    }
    let mut harms: BTreeMap<Harm, usize> = BTreeMap::new();
    for finding in all.iter().flat_map(|linted| &linted.report.findings) {
        *harms.entry(finding.harm).or_default() += 1;
    }
    let worst = [
        (Harm::LetsIn, "lets people in", "let people in"),
        (Harm::LocksOut, "locks people out", "lock people out"),
    ];
    let worst: Vec<_> = worst
        .into_iter()
        .filter_map(|(harm, one, many)| match harms.get(&harm)? {
            1 => Some(format!("1 {one}")),
            number => Some(format!("{number} {many}")),
        })
        .collect();
    let worst = if worst.is_empty() {
        String::new()
    } else {
        format!(" ({})", worst.join(", "))
    };
    format!("{}{worst} in {names}", counts.join(", "))
}
