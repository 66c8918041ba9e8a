//! `tcpw apply`: tables as they are wanted, from a directory or a list.

use super::answer::AnswerArgs;
use super::changes::{ChangeArgs, ForceArgs};
use super::declared::{WantedTables, make_wanted};
use super::wanted::{Wanted, read};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::TableFile;
use crate::editor::{Keeps, declare, replace};
use crate::escape::visible;
use crate::policy::rules as rules_of;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Make the tables match a file
///
/// From a directory with a `hosts.allow`, a `hosts.deny` or both, which are taken byte for byte; or
/// from a list of rules as `tcpw list --format json` prints it: then rules that are already there
/// keep their place and their comments. Changes nothing if the tables already match.
#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A directory with tables, or a list of rules; `-` is a list on standard input
    #[arg(value_name = "FILE", required_unless_present = "schema")]
    source: Option<PathBuf>,
    /// Only check whether they match: exit code 0 if they do, 1 and the diff if not
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    check: bool,
    /// Remove the alerts of tcpw that are not in what is applied
    ///
    /// Without it, a rule that is wanted without its alert keeps it, and nothing is written if a
    /// rule with one is not wanted at all.
    #[arg(long)]
    drop_alert: bool,
    /// Keep the rules that are not in the list: those of the list that are missing go above them
    #[arg(long)]
    keep_others: bool,
    /// Print a JSON Schema and do nothing else
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "source")]
    schema: Option<SchemaChoice>,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

/// A schema that the command prints, as it is published in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaChoice {
    /// Of the list of rules that is read
    Rules,
    /// Of what `--format json` prints
    Answer,
}

impl SchemaChoice {
    fn text(self) -> &'static str {
        match self {
            Self::Rules => include_str!("../../../grammar/apply.schema.json"),
            Self::Answer => include_str!("../../../grammar/answer.schema.json"),
        }
    }
}

pub(crate) fn run(args: &ApplyArgs, context: &mut Context) -> Result<Exit, Failure> {
    match (args.schema, &args.source) {
        (Some(schema), _) => {
            context.out.bytes(schema.text().as_bytes())?;
            Ok(Exit::Done)
        }
        (None, Some(source)) => apply(args, source, context),
        (None, None) => Err(Failure::new("no FILE is given")),
    }
}

fn apply(args: &ApplyArgs, source: &Path, context: &mut Context) -> Result<Exit, Failure> {
    let wanted = read(source)?;
    if !args.keep_others {
        check_wish(&wanted, source, context)?;
    } else if matches!(wanted, Wanted::Tables(_)) {
        let name = visible(source.as_os_str().as_encoded_bytes());
        let what = format!("{name} is a directory: its tables are taken byte for byte");
        return Err(Failure::new(what).hint("give a list of rules, or leave --keep-others out"));
    }
    let keeps = Keeps {
        alerts: !args.drop_alert,
        others: args.keep_others,
    };
    make_wanted(
        WantedTables {
            answer: args.answer,
            change: args.change,
            is_forced: args.force.force,
            only_checks: args.check,
            drops_alerts: args.drop_alert,
        },
        &|ground| match &wanted {
            Wanted::Tables([allow, deny]) => {
                Ok(replace(ground, [allow.as_deref(), deny.as_deref()]))
            }
            Wanted::Rules([allow, deny]) => declare(ground, [allow, deny], keeps),
        },
        context,
    )
}

/// Refuses a list without rules where the tables have some: an empty file is a mishap more often
/// than a wish.
fn check_wish(wanted: &Wanted, source: &Path, context: &Context) -> Result<(), Failure> {
    let Wanted::Rules([allow, deny]) = wanted else {
        return Ok(());
    };
    if !allow.is_empty() || !deny.is_empty() {
        return Ok(());
    }
    for path in [&context.paths.allow, &context.paths.deny] {
        let table = TableFile::read(path)?;
        let tree = table.tree();
        if rules_of(&tree).next().is_some() {
            let name = visible(source.as_os_str().as_encoded_bytes());
            return Err(Failure::new(format_args!(
                "{name} holds no rule, and {} does",
                table.shown
            ))
            .hint(
                "give what `tcpw list --format json` prints; to remove all rules, apply a \
                 directory with empty tables",
            ));
        }
    }
    Ok(())
}
