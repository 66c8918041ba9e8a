//! The forms in which findings are printed.

use super::placed::Linted;
use super::{human, json, sarif, xml};
use crate::cli::base::{Failure, Output};
use crate::diagnostic::Severity;
use clap::ValueEnum;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people: the line, what is underlined in it, an example and what to do
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Human,
    /// For people in a hurry and for editors: a line for each finding
    Short,
    /// For programs: one JSON object
    Json,
    /// For code scanners: SARIF 2.1.0
    Sarif,
    /// For `GitHub` Actions: one workflow command per finding
    Github,
    /// For build servers: Checkstyle XML
    Checkstyle,
    /// For build servers: `JUnit` XML, each file a suite and each finding a failure
    Junit,
}

pub(super) fn print(format: Format, all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    match format {
        Format::Human => human::print(all, out),
        Format::Short => human::print_short(all, out),
        Format::Json => json::print(all, out),
        Format::Sarif => sarif::print(all, out),
        Format::Github => github(all, out),
        Format::Checkstyle => xml::checkstyle(all, out),
        Format::Junit => xml::junit(all, out),
    }
}

/// Workflow commands, as their documentation says: `%`, CR and LF are escaped, and in
/// properties `:` and `,` too.
fn github(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    let data = |text: &str| {
        let text = text.replace('%', "%25");
        text.replace('\r', "%0D").replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    for placed in all.iter().flat_map(Linted::placed) {
        let found = &placed.finding.diagnostic;
        let level = match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        out.line(format!(
            "::{level} file={},line={},col={},endLine={},endColumn={},title={}::{}",
            property(&placed.source.name()),
            placed.start.line,
            placed.start.column,
            placed.end.line,
            placed.end.column,
            property(&format!("{} {}", found.code, found.name)),
            data(&placed.whole_text())
        ))?;
    }
    Ok(())
}
