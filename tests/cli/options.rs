//! Options are alike in every command, every command is in a group, and has its examples and exit
//! codes: the definition of the commands is walked.

use clap::{Arg, Command};
use std::collections::BTreeMap;

/// Options that mean the same everywhere: the long name, the short one, and what a value is called.
const ALIKE: [(&str, Option<char>, Option<&str>); 6] = [
    ("dry-run", Some('n'), None),
    ("quiet", Some('q'), None),
    ("daemon", Some('d'), Some("NAME")),
    ("force", Some('f'), None),
    ("format", None, Some("FORMAT")),
    ("language", None, Some("LANGUAGE")),
];

/// Other names for them, which may only be aliases.
const OTHERS: [(&str, &[&str]); 6] = [
    (
        "dry-run",
        &[
            "diff",
            "simulate",
            "preview",
            "pretend",
            "noop",
            "no-act",
            "check-only",
        ],
    ),
    ("quiet", &["silent", "no-output"]),
    ("daemon", &["service", "daemons", "process"]),
    ("force", &["yes", "assume-yes", "overrule"]),
    (
        "format",
        &["emit", "output-format", "json", "as-json", "csv", "html"],
    ),
    ("language", &["lang", "locale"]),
];

/// Every command that is not hidden, with its words.
fn commands() -> BTreeMap<String, Command> {
    let mut definition = tcpw::cli::definition().disable_help_subcommand(true);
    definition.build();
    let mut found = BTreeMap::new();
    collect(&definition, "tcpw", &mut found);
    found
}

fn collect(command: &Command, words: &str, found: &mut BTreeMap<String, Command>) {
    found.insert(words.to_owned(), command.clone());
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        collect(sub, &format!("{words} {}", sub.get_name()), found);
    }
}

/// What is wrong with the options of a command.
fn unlike(words: &str, command: &Command) -> Vec<String> {
    let mut wrong = Vec::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let Some(long) = arg.get_long() else { continue };
        let short = arg.get_short();
        for (name, letter, value) in ALIKE {
            if (long == name) != (short == letter)
                && (long == name || letter.is_some() && short == letter)
            {
                wrong.push(format!(
                    "{words}: --{long} is -{short:?}, but --{name} is -{letter:?}"
                ));
            }
            if let Some(value) = value.filter(|_| long == name && words != "tcpw")
                && value_names(arg) != [value]
            {
                wrong.push(format!(
                    "{words}: the value of --{long} is {:?}",
                    value_names(arg)
                ));
            }
        }
        for (name, others) in OTHERS {
            if others.contains(&long) {
                wrong.push(format!(
                    "{words}: --{long} is --{name} elsewhere: make it an alias"
                ));
            }
        }
        if long == "format" {
            let values = arg.get_possible_values();
            for wanted in ["text", "table", "human", "json"] {
                if !values.iter().any(|value| value.matches(wanted, false)) {
                    wrong.push(format!("{words}: --format does not take {wanted}"));
                }
            }
        }
    }
    let has = |name: &str| {
        command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(name))
    };
    if !has("quiet") {
        wrong.push(format!("{words} has no --quiet"));
    }
    if has("confirm-within") && !has("dry-run") {
        wrong.push(format!("{words} changes tables and has no --dry-run"));
    }
    wrong
}

fn value_names(arg: &Arg) -> Vec<&str> {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().map(clap::builder::Str::as_str).collect()
}

#[test]
fn options_are_alike_everywhere() {
    let commands = commands();
    assert!(commands.len() > 40, "{}", commands.len());
    let wrong: Vec<String> = commands
        .iter()
        .flat_map(|(words, command)| unlike(words, command))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The test sees what it looks for.
    let bad = Command::new("bad")
        .arg(Arg::new("a").long("dry-run").short('d'))
        .arg(Arg::new("b").long("lang"))
        .arg(Arg::new("c").long("format").value_parser(["xml"]));
    assert_eq!(unlike("bad", &bad).len(), 9, "{:#?}", unlike("bad", &bad));
    for (name, ..) in ALIKE {
        let is_there = |command: &Command| {
            let mut args = command.get_arguments();
            args.any(|arg| arg.get_long() == Some(name))
        };
        let count = commands
            .values()
            .filter(|command| is_there(command))
            .count();
        assert!(count > 1, "--{name} is in {count} commands");
    }
}

#[test]
fn every_command_is_in_one_group() {
    let definition = tcpw::cli::definition();
    let mut grouped: Vec<&str> = Vec::new();
    for (title, names) in tcpw::cli::GROUPS {
        for name in names {
            assert!(
                definition.find_subcommand(name).is_some(),
                "`{name}` of the group {title} in src/cli/manual/groups.rs is not a command"
            );
            assert!(!grouped.contains(name), "`{name}` is in two groups");
            grouped.push(name);
        }
    }
    let commands = definition
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set());
    for command in commands.filter(|sub| sub.get_name() != "help") {
        let name = command.get_name();
        assert!(
            grouped.contains(&name),
            "`tcpw {name}` is in no group: add \"{name}\" to one of GROUPS in \
             src/cli/manual/groups.rs, and a Page with its examples and exit codes to a file of \
             src/cli/manual/; tests/docs/examples.rs runs the examples, and has the place for what \
             they need"
        );
    }
}

#[test]
fn every_command_has_examples_and_exit_codes() {
    for (words, command) in commands() {
        let text = command.get_after_long_help().map(ToString::to_string);
        let text = text.unwrap_or_default();
        assert!(
            text.contains("Examples:\n  tcpw") && text.contains("Exit status:\n  0"),
            "`{words}` has no page: add a Page to one of src/cli/manual/*_pages.rs, with examples \
             (a test runs them) and exit codes"
        );
    }
}
