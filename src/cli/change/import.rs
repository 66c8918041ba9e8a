//! `tcpw import`: rules from what other programs keep about who may connect.

use super::declared::{WantedTables, make_wanted};
use super::import_args::ImportArgs;
use super::rule_row::RuleRow;
use crate::cli::base::progress::Progress;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Exit, Failure};
use crate::editor::{Declared, Keeps, declare};
use crate::escape::visible;
use crate::import::{Imported, ImportedRule, Notes, import};
use crate::system::{Clock as _, SystemClock};

/// Runs the command.
pub(crate) fn run(args: &ImportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let terms = args.terms()?;
    let progress = Progress::of(format!("reading the source of {}", terms.form.name()));
    let found = import(&args.files, &terms).map_err(|error| {
        Failure::new(visible(error.to_string().as_bytes()))
            .hint("`tcpw import --help` says what each FORM is; nothing was changed")
    })?;
    drop(progress);
    show(&found.remarks, "", context)?;
    show(&found.faults, "not understood: ", context)?;
    let count = found.faults.count();
    if count > 0 && !args.read.partial {
        let what = if count == 1 {
            "1 part of the source was not understood: nothing was changed".to_owned()
        } else {
            format!("{count} parts of the source were not understood: nothing was changed")
        };
        return Err(Failure::new(what).hint("mend them, or leave them out with --partial"));
    }
    if args.print {
        return print(&found, context);
    }
    if found.rules.is_empty() {
        context
            .out
            .prose("nothing to import: no rule follows from the source")?;
        return Ok(Exit::Done);
    }
    let [allow, deny] = wanted(found.rules);
    let keeps = Keeps {
        alerts: true,
        others: true,
    };
    make_wanted(
        WantedTables {
            answer: args.answer,
            change: args.change,
            is_forced: args.force.force,
            only_checks: args.check,
            drops_alerts: false,
        },
        &|ground| declare(ground, [&allow, &deny], keeps),
        context,
    )
}

/// Shows what there is to say about places of the source.
fn show(notes: &Notes, what: &str, context: &mut Context) -> Result<(), Failure> {
    for line in notes.lines() {
        context
            .out
            .note(&format!("{what}{}", visible(line.as_bytes())))?;
    }
    let shown = u64::try_from(notes.lines().len()).unwrap_or(u64::MAX);
    let more = notes.count().saturating_sub(shown);
    if more > 0 {
        context
            .out
            .note(&format!("{what}and {more} more: --all shows them"))?;
    }
    Ok(())
}

/// Prints the rules, one object a line.
///
/// # Errors
/// If `tcpw apply` would not take one of them.
fn print(found: &Imported, context: &mut Context) -> Result<Exit, Failure> {
    for (number, rule) in (1..).zip(&found.rules) {
        let checked = RuleRow::of_import(rule).declared(number).check();
        checked.map_err(|error| {
            let what = format!("rule {number} of the source cannot be written: {error}");
            Failure::new(what).hint("mend it in the source; nothing was printed")
        })?;
    }
    for rule in &found.rules {
        context.out.data(RuleRow::of_import(rule).json()?)?;
    }
    Ok(Exit::Done)
}

/// The rules of both tables; those of which it is not known since when are there from now on.
fn wanted(rules: Vec<ImportedRule>) -> [Vec<Declared>; 2] {
    let now = stamp(SystemClock.now());
    let mut tables = [Vec::new(), Vec::new()];
    for (number, rule) in (1..).zip(rules) {
        let [allow, deny] = &mut tables;
        let table = if rule.is_allow { allow } else { deny };
        let mut row = RuleRow::of_import(&rule);
        row.since.get_or_insert_with(|| now.clone());
        table.push(row.declared(number));
    }
    tables
}
