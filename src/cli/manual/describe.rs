//! Examples and exit codes of the commands, put into their help; and what a wrong word may mean.

use super::groups::{grouped, heading};
use super::page::Page;
use super::words::hint;
use super::{inspect_pages, mail_pages, rule_pages, setup_pages};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use std::ffi::OsString;
use std::fmt::Write as _;

/// The page of a command.
fn page(command: &str) -> Option<&'static Page> {
    let all = [
        setup_pages::PAGES,
        rule_pages::PAGES,
        inspect_pages::PAGES,
        mail_pages::PAGES,
    ];
    let mut pages = all.into_iter().flatten();
    pages.find(|page| page.command == command)
}

/// `definition` with its commands in groups, and with examples and exit codes in the help of each.
pub(crate) fn described(definition: Command) -> Command {
    grouped(with_page(definition, ""))
}

fn with_page(command: Command, path: &str) -> Command {
    let subcommands: Vec<String> = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    let mut command = command;
    for name in subcommands {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| with_page(sub, path.trim_start()));
    }
    let Some(page) = page(path) else {
        return command;
    };
    let mut text = heading(&command, "Examples");
    // Writing to a String cannot fail.
    for (line, what) in page.examples {
        _ = writeln!(text, "  {line}\n      {what}");
    }
    _ = write!(text, "\n{}", heading(&command, "Exit status"));
    for (code, what) in page.exit {
        _ = writeln!(text, "  {code:<3} {what}");
    }
    command.after_long_help(text.trim_end().to_owned())
}

/// The help that `error` stands for with examples, or the error with what a word may have meant;
/// `args` are those of the program.
pub(crate) fn usage_error(
    error: Error,
    definition: Command,
    args: &[OsString],
) -> (Error, Option<String>) {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help {
        let again = described(definition).try_get_matches_from(args);
        return (again.err().unwrap_or(error), None);
    }
    let hint = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => hint(word).map(str::to_owned),
        _ => None,
    };
    (error, hint)
}
