//! `tcpw explain`: what a code of the linter means.

use crate::cli::base::{Context, Exit, Failure, Output, Style};
use crate::diagnostic::Severity;
use crate::lint::{CHECKS, Check, docs};
use clap::Args;

/// The page of the repository that holds the measured facts, each with an anchor of its id.
const FACTS: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/main/docs/libwrap-facts.md"
);

/// Explain a code of `tcpw lint`: what, why, and an example
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, such as TW301, or its name, such as host-bits-set
    #[arg(value_name = "CODE", required = true)]
    codes: Vec<String>,
}

pub(crate) fn run(args: &ExplainArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut checks = Vec::new();
    for wanted in &args.codes {
        let found = CHECKS.iter().find(|check| {
            check.code.eq_ignore_ascii_case(wanted) || check.name.eq_ignore_ascii_case(wanted)
        });
        checks.push(found.ok_or_else(|| {
            Failure::new(format_args!("there is no code `{}`", wanted.escape_debug()))
                .hint("`tcpw lint --list` lists all codes")
        })?);
    }
    for (number, check) in checks.into_iter().enumerate() {
        if number > 0 {
            context.out.line("")?;
        }
        explain(check, &mut context.out)?;
    }
    Ok(Exit::Done)
}

fn explain(check: &Check, out: &mut Output) -> Result<(), Failure> {
    let doc = docs::of(check.code);
    let severity = check.severity.as_str();
    let style = match check.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Info => Style::Dim,
    };
    let head = out.paint(Style::Strong, &format!("{} {}", check.code, check.name));
    let severity = out.paint(style, severity);
    out.line(format!("{head} ({severity}; {})", check.harm.as_str()))?;
    out.line("")?;
    out.line(doc.what)?;
    out.line(doc.why)?;
    for (title, tables) in [("Bad:", doc.bad), ("Good:", doc.good)] {
        if !tables.is_empty() {
            out.line("")?;
            out.line(out.paint(Style::Strong, title))?;
            out.line(tables.trim_end())?;
        }
    }
    out.line("")?;
    let repair = match doc.repair {
        "by hand" => "by hand",
        "--fix" => "by `tcpw lint --fix`, which changes no verdict",
        _ => "by `tcpw lint --unsafe-fixes`, which says who gains and who loses access",
    };
    out.line(format!("Repaired: {repair}"))?;
    out.line(format!("Measured facts: {}", doc.facts))?;
    if let Some(first) = doc.facts.split(' ').next().filter(|fact| *fact != "none") {
        out.line(format!("  {FACTS}#{first}"))?;
    }
    out.line(suppression(check.code))
}

/// How a finding is accepted.
fn suppression(code: &str) -> String {
    format!(
        "To accept it in one place, put `# tcpw: ignore={code} REASON` on a line of its own above \
         the rule;\neverywhere, add `ignore = [\"{code}\"]` to [lint] in /etc/tcpw.toml, or use \
         --ignore {code}."
    )
}
