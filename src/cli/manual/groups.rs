//! The commands in groups, as `tcpw --help` lists them.

use crate::cli::base::terminal::{help_columns, wrapped};
use clap::Command;

/// The groups, and the commands of each. Every command that is not hidden is in one of them.
pub const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Setup",
        &[
            "setup",
            "install-alert",
            "remove-alert",
            "uninstall",
            "demo",
        ],
    ),
    (
        "Rules",
        &[
            "list", "allow", "deny", "revoke", "deny-all", "open", "edit", "apply", "import",
            "fmt", "compact", "compile", "set",
        ],
    ),
    ("Safety", &["history", "show", "undo", "redo", "confirm"]),
    (
        "Inspect",
        &[
            "status", "doctor", "match", "lint", "audit", "explain", "test", "diff", "export",
            "events", "report",
        ],
    ),
    ("Mail", &["mail", "queue", "mute", "unmute"]),
    (
        "Plumbing",
        &[
            "deliver",
            "expire",
            "notify",
            "metrics",
            "parse",
            "completions",
        ],
    ),
];

/// Cells before the description of a command.
const INDENT: usize = 17;

/// `definition` with a help that lists its commands in groups.
pub(super) fn grouped(definition: Command) -> Command {
    let columns = help_columns();
    let mut text = String::new();
    for (title, names) in GROUPS {
        text.push_str(&heading(&definition, title));
        for name in names {
            let about = definition
                .find_subcommand(name)
                .and_then(Command::get_about)
                .map(ToString::to_string);
            let line = format!(
                "  {name:<width$}{}",
                about.unwrap_or_default(),
                width = INDENT - 2
            );
            text.push_str(&wrapped(&line, columns, INDENT));
            text.push('\n');
        }
        text.push('\n');
    }
    let options = heading(&definition, "Options of every command");
    definition.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}{options}{{options}}\n\n\
         `tcpw COMMAND --help` says more, with examples."
    ))
}

/// A heading in the style of the others.
pub(super) fn heading(definition: &Command, title: &str) -> String {
    let style = definition.get_styles().get_header();
    format!("{style}{title}:{style:#}\n")
}
