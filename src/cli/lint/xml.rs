//! Findings as XML: Checkstyle and `JUnit`.

use super::placed::{Linted, Placed, Source};
use crate::cli::base::{Failure, Output, XML_DECLARATION, xml_text};
use crate::diagnostic::Severity;

/// The findings of one file, in order.
fn of_file<'l>(linted: &'l Linted, source: &Source) -> Vec<Placed<'l>> {
    let table = source.table;
    let all = linted.placed();
    all.filter(|placed| placed.source.table == table).collect()
}

pub(super) fn checkstyle(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    out.line(XML_DECLARATION)?;
    out.line(r#"<checkstyle version="4.3">"#)?;
    for linted in all {
        for source in &linted.sources {
            out.line(format!(r#"  <file name="{}">"#, xml_text(&source.name())))?;
            for placed in of_file(linted, source) {
                let found = &placed.finding.diagnostic;
                out.line(format!(
                    r#"    <error line="{}" column="{}" severity="{}" message="{}" source="tcpw.{}"/>"#,
                    placed.start.line,
                    placed.start.column,
                    found.severity.as_str(),
                    xml_text(&placed.whole_text()),
                    found.code
                ))?;
            }
            out.line("  </file>")?;
        }
    }
    out.line("</checkstyle>")
}

pub(super) fn junit(all: &[Linted], out: &mut Output) -> Result<(), Failure> {
    out.line(XML_DECLARATION)?;
    out.line(r#"<testsuites name="tcpw lint">"#)?;
    for linted in all {
        for source in &linted.sources {
            suite(&source.name(), &of_file(linted, source), out)?;
        }
    }
    out.line("</testsuites>")
}

fn suite(name: &str, found: &[Placed<'_>], out: &mut Output) -> Result<(), Failure> {
    let is_failure = |placed: &&Placed<'_>| placed.finding.diagnostic.severity > Severity::Info;
    let failures = found.iter().filter(is_failure).count();
    let tests = found.len().max(1);
    let name = xml_text(name);
    out.line(format!(
        r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="0">"#
    ))?;
    if found.is_empty() {
        out.line(format!(r#"    <testcase name="{name}" classname="tcpw"/>"#))?;
    }
    for placed in found {
        let diagnostic = &placed.finding.diagnostic;
        out.line(format!(
            r#"    <testcase name="{} at {name}:{}:{}" classname="tcpw.{}">"#,
            diagnostic.name, placed.start.line, placed.start.column, diagnostic.code
        ))?;
        let words = xml_text(&placed.whole_text());
        out.line(if diagnostic.severity > Severity::Info {
            let kind = diagnostic.severity.as_str();
            format!(r#"      <failure type="{kind}" message="{words}"/>"#)
        } else {
            format!("      <system-out>{words}</system-out>")
        })?;
        out.line("    </testcase>")?;
    }
    out.line("  </testsuite>")
}
