//! `tcpw edit`: a table in the operator's own editor, checked before it is written.

use super::changes::{ChangeArgs, ForceArgs};
use super::make::try_make;
use super::new_findings::new_findings;
use super::refusal::{Stop, told};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::TableFile;
use crate::editor::{
    Asks, EditError, Ground, Intent, Lock, Refusal, Scope, TransactionFault, lock_for_edit, replace,
};
use crate::engine::TableName;
use crate::system::run_in_foreground;
use clap::{Args, ValueEnum};
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

/// What has to be typed to write tables that lock their operator out.
const OATH: &str = "lock me out";

/// Edit a table, and check it before it is written
///
/// Opens a copy in the editor named by `SUDO_EDITOR`, `VISUAL` or `EDITOR`. The result is linted,
/// and access is checked for everyone on the keep-in list. On a problem you can edit again, discard
/// it all, or type a word to write it; `?` explains the choices. Needs a terminal. While it runs,
/// no other `tcpw edit` can open the same table; other commands can still change it, and then what
/// you wrote is kept in a separate file.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Which table
    #[arg(value_enum, value_name = "TABLE", default_value_t)]
    table: Which,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    force: ForceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Which {
    /// hosts.allow
    #[default]
    Allow,
    /// hosts.deny
    Deny,
}

/// What to do about a problem.
enum Answer {
    Again,
    Discard,
    WriteIt,
}

pub(crate) fn run(args: &EditArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (table, path) = match args.table {
        Which::Allow => (TableName::Allow, context.paths.allow.clone()),
        Which::Deny => (TableName::Deny, context.paths.deny.clone()),
    };
    let _lock = prepare(&path)?;
    let base = TableFile::read(&path)?;
    let base = base.source().to_vec();
    let directory = tempfile::Builder::new()
        .prefix("tcpw-edit-")
        .tempdir()
        .map_err(|error| {
            Failure::new(format_args!(
                "cannot make a directory for the copy: {error}"
            ))
            .hint("look at TMPDIR; nothing was changed")
        })?;
    let copy = directory.path().join(path.file_name().unwrap_or_default());
    save(&copy, &base)?;
    let (mut lints, mut force) = (true, args.force.force);
    let mut is_to_edit = true;
    loop {
        if is_to_edit {
            open_editor(&copy)?;
        }
        let new = std::fs::read(&copy).map_err(|error| unreadable(&copy, &error))?;
        let problem = match attempt(args, context, (table, &base, &new), lints, force) {
            Ok(exit) => return Ok(exit),
            Err(problem) => problem,
        };
        let Problem { failure, kind } = problem;
        if kind == Kind::Other {
            keep(directory, &mut context.out)?;
            return Err(failure);
        }
        context.out.show_failure(&failure);
        match ask(context, kind)? {
            Answer::Again => is_to_edit = true,
            Answer::Discard => {
                context.out.line("discarded: nothing was changed")?;
                return Ok(Exit::Failed);
            }
            Answer::WriteIt => {
                is_to_edit = false;
                lints = false;
                force = force || kind == Kind::Guard;
            }
        }
    }
}

/// Makes sure that somebody is there to answer and that the table can be written, and keeps others
/// from editing it, before anything is typed.
fn prepare(path: &Path) -> Result<Lock, Failure> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        return Err(Failure::new("edit needs a terminal").hint(
            "from a script use `tcpw apply`, or `tcpw allow` and `tcpw deny`; nothing was changed",
        ));
    }
    lock_for_edit(path).map_err(|error| {
        if matches!(error, EditError::Busy(_)) {
            let path = path.display();
            Failure::new(format_args!("another `tcpw edit` has {path} open"))
                .hint("wait until it is done, then repeat; nothing was changed")
        } else {
            told(error)
        }
    })
}

/// Why a table was not written.
struct Problem {
    failure: Failure,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The linter finds mistakes.
    Lint,
    /// Somebody would be locked out.
    Guard,
    /// Nothing that an edit or an oath could mend.
    Other,
}

fn attempt(
    args: &EditArgs,
    context: &mut Context,
    (table, base, new): (TableName, &[u8], &[u8]),
    lints: bool,
    force: bool,
) -> Result<Exit, Problem> {
    let paths = context.paths.clone();
    let change = |ground: &Ground<'_>| {
        if ground.tree(table).source() != base {
            return Err(Refusal::Moved(vec![(table, Vec::new())]));
        }
        Ok(match table {
            TableName::Allow => replace(ground, [Some(new), None]),
            TableName::Deny => replace(ground, [None, Some(new)]),
        })
    };
    let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &_| {
        if !lints {
            return Ok(());
        }
        match new_findings(&paths, before, after) {
            found if found.is_empty() => Ok(()),
            found => Err(Refusal::NewFindings(found)),
        }
    };
    let intent = Intent::new(&change, &verify, Scope::Forced(Asks::Anybody)).guarded(!force);
    try_make(context, args.change, &intent).map_err(|stop| Problem {
        kind: match &stop {
            Stop::Fault(TransactionFault::Refused(Refusal::NewFindings(_))) => Kind::Lint,
            Stop::Fault(TransactionFault::LockedOut(_)) => Kind::Guard,
            Stop::Fault(_) | Stop::Failure(_) => Kind::Other,
        },
        failure: stop.failure(&context.paths),
    })
}

fn ask(context: &mut Context, kind: Kind) -> Result<Answer, Failure> {
    let write = if kind == Kind::Guard { OATH } else { "write" };
    loop {
        context.out.text(format_args!(
            "(e)dit again, (d)iscard, type `{write}` to save anyway, or ? for help: "
        ))?;
        context.out.flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        match (read, line.trim()) {
            // Nobody is there to answer.
            (Ok(0) | Err(_), _) | (_, "d" | "discard") => return Ok(Answer::Discard),
            (_, "e" | "edit") => return Ok(Answer::Again),
            (_, "?") => context
                .out
                .text(format_args!("{}", explained(kind, write)))?,
            (_, answer) if answer == write => return Ok(Answer::WriteIt),
            _ => {}
        }
    }
}

/// What the answers do.
fn explained(kind: Kind, write: &str) -> String {
    let consequence = if kind == Kind::Guard {
        "saves it although somebody on the keep-in list, perhaps you, could not log in again"
    } else {
        "saves it with the mistakes that were named"
    };
    format!(
        "e, edit     opens the editor again, with what you wrote\n\
         d, discard  drops what you wrote; the table stays as it is\n\
         {write:<11} {consequence}\n"
    )
}

/// The editor of the operator, as visudo(8) finds it, split at spaces.
fn open_editor(copy: &Path) -> Result<(), Failure> {
    let named = ["SUDO_EDITOR", "VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()));
    let usual = || {
        let debian = Path::new("/usr/bin/editor");
        let usual = if debian.exists() { "editor" } else { "vi" };
        OsString::from(usual)
    };
    let line = named.unwrap_or_else(usual);
    let mut words = line
        .as_bytes()
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| OsString::from_vec(word.to_vec()));
    let program = words.next().unwrap_or_else(|| OsString::from("vi"));
    let args: Vec<OsString> = words.chain([copy.as_os_str().to_owned()]).collect();
    let shown = program.to_string_lossy().into_owned();
    let hint = "name another in EDITOR; nothing was changed";
    match run_in_foreground(&program, &args) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            Err(Failure::new(format_args!("the editor {shown} failed: {status}")).hint(hint))
        }
        Err(error) => {
            Err(Failure::new(format_args!("cannot start the editor {shown}: {error}")).hint(hint))
        }
    }
}

fn save(copy: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::File::create(copy)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| unreadable(copy, &error))
}

fn unreadable(copy: &Path, error: &io::Error) -> Failure {
    Failure::new(format_args!(
        "cannot use the copy {}: {error}",
        copy.display()
    ))
    .hint("look at TMPDIR; nothing was changed")
}

/// Keeps the copy: an hour's work is not thrown away because somebody else was faster.
fn keep(directory: tempfile::TempDir, out: &mut crate::cli::base::Output) -> Result<(), Failure> {
    let path = directory.keep();
    out.note(&format!("what you wrote is kept in {}", path.display()))
}
