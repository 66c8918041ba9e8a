//! What the options of every command name must be there: a typing error is not an empty table.

use crate::cli::args::Command;
use crate::cli::base::{Failure, GlobalArgs};
use crate::cli::machine::named::exists;
use crate::system::check_for_root;
use std::path::Path;

/// Whether all that the options name and the command needs is there. What cannot be looked at is
/// left to whoever reads it.
///
/// # Errors
/// When a file or a directory is missing.
pub(crate) fn check(global: &GlobalArgs, command: &Command) -> Result<(), Failure> {
    // An alert is worth more than its options; the demo has a system of its own.
    if matches!(
        command,
        Command::Notify(_) | Command::Demo(_) | Command::Completions(_)
    ) {
        return Ok(());
    }
    let demands = demands(command);
    if let Some(root) = &global.root {
        exists(
            root,
            "directory",
            "name the directory that holds the system's etc",
        )?;
        if !demands.is_reader {
            own_root(root)?;
        }
    }
    if let Some(config) = global.config.as_deref().filter(|_| !makes_config(command)) {
        exists(config, "configuration", "name a configuration that exists")?;
    }
    if demands.needs_tables {
        for table in [&global.allow_file, &global.deny_file]
            .into_iter()
            .flatten()
        {
            exists(table, "table", "name /dev/null for an empty table")?;
        }
    }
    Ok(())
}

/// Refuses to write as root below a directory that belongs to somebody else: links in it lead
/// wherever that somebody likes.
fn own_root(root: &Path) -> Result<(), Failure> {
    check_for_root(root).map_err(|distrust| {
        let what = format!("root writes nothing below {}: {distrust}", root.display());
        Failure::new(what).hint("or run it as the owner of that directory; nothing was changed")
    })
}

/// What a command asks of the files that the options name.
#[derive(Debug, Clone, Copy)]
struct Demands {
    /// It writes nothing.
    is_reader: bool,
    /// It only reads tables, or changes what is in them already. Others make a table that is
    /// missing, and say so.
    needs_tables: bool,
}

/// What `command` asks of the files that the options name.
fn demands(command: &Command) -> Demands {
    let (is_reader, needs_tables) = match command {
        Command::List(_) | Command::Match(_) | Command::Test(_) => (true, true),
        Command::Lint(args) => (!args.writes(), true),
        Command::Status(args) => (!args.writes(), true),
        Command::Metrics(args) => (!args.writes(), true),
        Command::Uninstall(args) => (args.only_looks(), true),
        Command::Compile(args) => (args.only_looks(), true),
        Command::Export(args) => (!args.writes(), true),
        Command::Audit(args) => (!args.writes(), true),
        Command::Set(args) => (!args.writes(), false),
        Command::Import(args) => (!args.writes(), false),
        Command::Diff(_)
        | Command::Doctor(_)
        | Command::Explain(_)
        | Command::Parse(_)
        | Command::History(_)
        | Command::Show(_)
        | Command::Demo(_)
        | Command::Completions(_) => (true, false),
        Command::Revoke(_)
        | Command::Open(_)
        | Command::RemoveAlert(_)
        | Command::Expire(_)
        | Command::Fmt(_)
        | Command::Compact(_) => (false, true),
        Command::Setup(_)
        | Command::Allow(_)
        | Command::Deny(_)
        | Command::DenyAll(_)
        | Command::InstallAlert(_)
        | Command::Edit(_)
        | Command::Apply(_)
        | Command::Undo(_)
        | Command::Redo(_)
        | Command::Confirm(_)
        | Command::Rollback(_)
        | Command::Mail(_)
        | Command::Events(_)
        | Command::Report(_)
        | Command::Deliver(_)
        | Command::Queue(_)
        | Command::Notify(_)
        | Command::Mute(_)
        | Command::Unmute(_) => (false, false),
    };
    Demands {
        is_reader,
        needs_tables,
    }
}

/// Whether the command writes a configuration that is not there yet.
fn makes_config(command: &Command) -> bool {
    matches!(command, Command::Setup(_))
}
