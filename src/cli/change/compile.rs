//! `tcpw compile`: a table of any length answers at once.

use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::compiled_tables::directory;
use crate::values::counted;
use clap::Args;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use tcpw_gate::compiled::{BuildError, FormState, build, look, remove};

/// Compile the tables: a decision on a million rules looks at a few of them
///
/// For each table a file in /var/lib/tcpw/compiled says which few lines may matter to a client. `tcpw
/// match`, `tcpw-gate exec` and `tcpw-gate pam` look there instead of reading the table: with a million
/// rules a decision takes a fraction of a millisecond instead of many. The verdict is the same by the same
/// line: the lines that may matter are read from the table, and decided on as ever. libwrap itself knows
/// nothing of it.
///
/// A compiled table is of one state of one file: its size, its times, its inode and its device. After any
/// change of the table, it is not used, and the table is read. `tcpw` compiles a table again after every
/// change that it makes, once there is a compiled form; after a change by hand or by another program
/// `tcpw expire` does, which a timer runs each minute, or `tcpw compile` at once. Until then decisions are
/// slower, and never wrong. It pays from some ten thousand rules on; tables of fewer than 65536 bytes are always read.
///
/// Whoever may read the table may read its compiled form, and root alone can write it: one that others
/// can write is not used.
#[derive(Debug, Args)]
pub(crate) struct CompileArgs {
    /// Write nothing: does every table have a compiled form that is of its present state and whole?
    #[arg(long)]
    check: bool,
    /// Remove the compiled forms; changes make no new ones
    #[arg(long, conflicts_with = "check")]
    remove: bool,
    /// Say what would be compiled or removed, and write nothing
    #[arg(long, short = 'n', conflicts_with = "check")]
    dry_run: bool,
}

impl CompileArgs {
    /// Whether it writes nothing.
    pub(crate) fn only_looks(&self) -> bool {
        self.check || self.dry_run
    }
}

/// Runs the command.
pub(crate) fn run(args: &CompileArgs, context: &mut Context) -> Result<Exit, Failure> {
    let directory = directory(&context.paths);
    let mut exit = Exit::Done;
    for table in [context.paths.allow.clone(), context.paths.deny.clone()] {
        if args.dry_run {
            foresee(args.remove, &directory, &table, context)?;
        } else if args.remove {
            take_out(&directory, &table, context)?;
        } else if !is_file(&table)? {
            let text = format!("{}: no file, so nothing to compile", table.display());
            context.out.prose(text)?;
        } else if args.check {
            if !check(&directory, &table, context)? {
                exit = Exit::Negative;
            }
        } else {
            make(&directory, &table, context)?;
        }
    }
    Ok(exit)
}

/// Whether there is such a table; `/dev/null` and a table that is not there are empty.
fn is_file(table: &Path) -> Result<bool, Failure> {
    match fs::metadata(table) {
        Ok(found) => Ok(found.is_file()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("look at", table, &BuildError::Table(error))),
    }
}

/// Says what would be done with a table.
fn foresee(
    is_removed: bool,
    directory: &Path,
    table: &Path,
    context: &mut Context,
) -> Result<(), Failure> {
    let shown = table.display();
    let text = match (is_removed, is_file(table)?) {
        (false, false) => format!("{shown}: no file, so nothing to compile"),
        (false, true) => format!("dry run: {shown} would be compiled"),
        (true, false) => {
            format!("dry run: a compiled form of {shown} would be removed, if there is one")
        }
        (true, true) => {
            let state = look(directory, table);
            match state.map_err(|error| failed("look at", table, &error))? {
                FormState::Absent => format!("{shown}: there is no compiled form"),
                FormState::Current { .. } | FormState::Unused(_) | FormState::Wrong => {
                    format!("dry run: the compiled form of {shown} would be removed")
                }
            }
        }
    };
    context.out.prose(text)
}

fn make(directory: &Path, table: &Path, context: &mut Context) -> Result<(), Failure> {
    let progress = Progress::of(format!("compiling {}", table.display()));
    let made = build(directory, table).map_err(|error| failed("compile", table, &error))?;
    drop(progress);
    context.out.did(&format!(
        "{}: {} in {}, compiled into {} ({})",
        table.display(),
        counted(made.rules, "rule"),
        counted(made.table_bytes, "byte"),
        made.path.display(),
        counted(made.bytes, "byte"),
    ))
}

/// Whether the form is as it should be.
fn check(directory: &Path, table: &Path, context: &mut Context) -> Result<bool, Failure> {
    let progress = Progress::of(format!(
        "looking at what {} is compiled to",
        table.display()
    ));
    let state = look(directory, table).map_err(|error| failed("look at", table, &error))?;
    drop(progress);
    let table = table.display();
    let (is_current, text) = match state {
        FormState::Current { rules, bytes } => {
            let (rules, bytes) = (counted(rules, "rule"), counted(bytes, "byte"));
            (
                true,
                format!("{table}: compiled as it is now, {rules} in {bytes}"),
            )
        }
        FormState::Absent => (false, format!("{table}: not compiled; run `tcpw compile`")),
        FormState::Unused(fault) => (
            false,
            format!("{table}: its compiled form is not used: {fault}; run `tcpw compile`"),
        ),
        FormState::Wrong => (
            false,
            format!(
                "{table}: its compiled form is damaged, or of another version of tcpw; run `tcpw \
                 compile`"
            ),
        ),
    };
    context.out.prose(text)?;
    Ok(is_current)
}

fn take_out(directory: &Path, table: &Path, context: &mut Context) -> Result<(), Failure> {
    let was_there = remove(directory, table)
        .map_err(|error| failed("remove what is compiled of", table, &error))?;
    let table = table.display();
    if was_there {
        context
            .out
            .did(&format!("{table}: its compiled form is removed"))
    } else {
        context
            .out
            .prose(format!("{table}: there is no compiled form"))
    }
}

fn failed(what: &str, table: &Path, error: &BuildError) -> Failure {
    Failure::new(format_args!("cannot {what} {}: {error}", table.display())).hint(hint(error))
}

fn hint(error: &BuildError) -> &'static str {
    let of_system = |kind: ErrorKind| {
        if kind == ErrorKind::PermissionDenied {
            "run it as root; decisions read the table meanwhile"
        } else if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            "make room on the disk of /var/lib/tcpw; decisions read the table meanwhile"
        } else {
            "decisions read the table meanwhile"
        }
    };
    match error {
        BuildError::Table(cause) | BuildError::Write { cause, .. } => of_system(cause.kind()),
        BuildError::Restless => "try again when whatever writes it has come to an end",
        BuildError::Future => "set the clock, then change the table once, such as with touch(1)",
        BuildError::NoTable | BuildError::TooLarge(_) | BuildError::Distrusted(_) => {
            "decisions read the table meanwhile"
        }
    }
}
