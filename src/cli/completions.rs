//! `tcpw completions`: a completion script for a shell.

use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::TableFile;
use crate::policy::{DaemonPattern, Element, Process, TextPattern, rules};
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use std::collections::BTreeSet;

/// Print a completion script for a shell
///
/// For bash, as root: tcpw completions bash > /usr/share/bash-completion/completions/tcpw
///
/// In bash, fish and zsh the daemons of --daemon are completed from those that the tables name.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL", required_unless_present = "daemons")]
    shell: Option<Shell>,
    /// Print the daemons that the tables name; what the scripts run
    #[arg(long, hide = true, conflicts_with = "shell")]
    daemons: bool,
}

/// What completes the name of a daemon.
const DAEMONS: &str = "tcpw completions --daemons 2>/dev/null";

/// Prints the script for the commands and options in `definition`.
pub(crate) fn run(
    args: &CompletionsArgs,
    mut definition: Command,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let Some(shell) = args.shell else {
        return daemons(context);
    };
    let mut script = Vec::new();
    generate(shell, &mut definition, "tcpw", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.out.bytes(with_daemons(shell, &script).as_bytes())?;
    Ok(Exit::Done)
}

/// The script, asking for the daemons that the tables name.
fn with_daemons(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => {
            let mut is_daemon = false;
            let lines = script.lines().map(|line| {
                let word = line.trim();
                if word.ends_with(')') && !word.contains('(') {
                    is_daemon = word == "--daemon)";
                }
                // `-d` stands for it wherever there is one.
                let is_short = word == "-d)";
                is_daemon |= is_short;
                if is_daemon && word.starts_with("COMPREPLY=") {
                    let indent = line.len() - line.trim_start().len();
                    let space = " ".repeat(indent);
                    format!("{space}COMPREPLY=($(compgen -W \"$({DAEMONS})\" -- \"${{cur}}\"))\n")
                } else {
                    format!("{line}\n")
                }
            });
            lines.collect()
        }
        Shell::Fish => format!("{script}complete -c tcpw -l daemon -x -a '({DAEMONS})'\n"),
        Shell::Zsh => {
            let ask = format!(":NAME:{{compadd -- $({DAEMONS})}}");
            let lines = script.lines().map(|line| {
                let is_daemon = line.contains("--daemon=[") || line.contains("-d+[");
                if is_daemon {
                    format!("{}\n", line.replace(":NAME:_default", &ask))
                } else {
                    format!("{line}\n")
                }
            });
            lines.collect()
        }
        Shell::Elvish | Shell::PowerShell | _ => script.to_owned(),
    }
}

/// Prints the daemons that rules name, one a line. A table that cannot be read names none.
fn daemons(context: &mut Context) -> Result<Exit, Failure> {
    let mut names = BTreeSet::new();
    for path in [&context.paths.allow, &context.paths.deny] {
        let Ok(table) = TableFile::read(path) else {
            continue;
        };
        let tree = table.tree();
        for element in rules(&tree).flat_map(|rule| rule.daemons().elements()) {
            let Element::Pattern { text, .. } = element else {
                continue;
            };
            if let Process::Name(TextPattern::Exact(name)) = DaemonPattern::read(&text).process {
                let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_+".contains(byte);
                let name = name.to_vec();
                names.extend(name.iter().all(is_plain).then_some(name));
            }
        }
    }
    for name in names {
        context.out.line(String::from_utf8_lossy(&name))?;
    }
    Ok(Exit::Done)
}
