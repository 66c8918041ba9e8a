//! `tcpw export`, from the tables to a file.

use super::args::{ExportArgs, ListTarget, Program};
use super::folder;
use super::former::{check_dropped, installed, text_of};
use super::list;
use super::sets::{self, Made};
use super::told::{self, MARK};
use super::way_back::{self, beside, check_place, modified};
use crate::cli::base::{Context, Exit, Failure, write_new};
use crate::cli::change::rule_row::RuleRow;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Surroundings as _, TableName};
use crate::escape::visible;
use crate::export::{ExportedFile, Misread, ServedDaemon};
use crate::system::{Clock as _, SystemClock};
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

pub(crate) fn run(args: &ExportArgs, context: &mut Context) -> Result<Exit, Failure> {
    if let Some(option) = args.idle() {
        let what = format!("{option} has no effect with this --to");
        return Err(
            Failure::new(what).hint("leave it out; `tcpw export --help` says what it is for")
        );
    }
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let files = TableFiles::read(context)?.read_as(machine.dialect().reading);
    whole(&files)?;
    match args.to.kind() {
        Err(target) => {
            let rows = list::rows(&files, &machine)?;
            match &args.check {
                Some(file) => list::check(
                    &rows,
                    (&files, &machine),
                    target,
                    (file, &read(file)?),
                    context,
                ),
                None => write_rows(&rows, target, args.output.as_deref(), context),
            }
        }
        Ok(program) => {
            let made = sets::make(program, args, (&files, &machine), context)?;
            match &args.check {
                Some(path) => check(program, &made, path, context),
                None => write(program, &made, args, context),
            }
        }
    }
}

/// Refuses tables of which libwrap does not read all.
fn whole(files: &TableFiles) -> Result<(), Failure> {
    for name in [TableName::Allow, TableName::Deny] {
        let file = files.file(name);
        if let Some(line) = file.tree().broken_line() {
            let what = format!(
                "{}:{}: libwrap reads this table up to here: what comes after it cannot be exported",
                file.shown,
                line.shown_number()
            );
            return Err(Failure::new(what).hint("`tcpw lint` says what is wrong with the line"));
        }
    }
    Ok(())
}

fn write_rows(
    rows: &[RuleRow],
    target: ListTarget,
    output: Option<&Path>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let text = list::text(rows, target)?;
    match output {
        Some(path) => write_new(path, &text)?,
        None => context.out.bytes(&text)?,
    }
    Ok(Exit::Done)
}

/// Writes what a program reads, and the way back beside it.
fn write(
    program: Program,
    made: &Made,
    args: &ExportArgs,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let keeps = (made.daemons.as_slice(), args.replace);
    match args.output.as_deref() {
        Some(folder) if program.has_folder() => {
            folder::write(program, &made.files, folder, keeps, context)?;
        }
        Some(path) => write_file(program, text_of(&made.files), path, keeps, context)?,
        None if program.has_folder() => {
            for ExportedFile { path, text } in &made.files {
                let text = format!("==> {path} <==\n{text}");
                context.out.bytes(text.as_bytes())?;
            }
        }
        None => context.out.bytes(text_of(&made.files).as_bytes())?,
    }
    Ok(if made.is_whole {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// Writes a file for a program, and the way back beside it. `keeps` are the daemons that it is for, and
/// whether others are given up.
fn write_file(
    program: Program,
    text: &str,
    path: &Path,
    keeps: (&[ServedDaemon], bool),
    context: &mut Context,
) -> Result<(), Failure> {
    let former = former(path)?;
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| {
        Failure::new("the name of the file is not text in UTF-8").hint("name another file")
    })?;
    let of_text = |text: &str| ExportedFile {
        path: name.to_owned(),
        text: text.to_owned(),
    };
    let files = former.as_deref().map(of_text);
    let files = files.as_slice();
    let back = beside(path);
    check_place(&back, MARK)?;
    check_dropped(program, files, keeps, context)?;
    let (script, note, runs) = if program == Program::Nftables {
        let now = SystemClock.now().timestamp();
        let (script, note) = way_back::of_nft(former.as_deref(), path, now);
        let is_same = former.as_deref() == Some(text);
        ((!is_same).then_some(script), note, "nft -f")
    } else {
        (way_back::script(files, &[of_text(text)]), None, "sh")
    };
    if let Some(script) = script {
        write_new(&back, script.as_bytes())?;
        let shown = visible(back.as_os_str().as_encoded_bytes());
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        context
            .out
            .note(&format!("the way back: {runs} {shown}{note}"))?;
    }
    write_new(path, text.as_bytes())
}

/// What a former export wrote to this place; nothing if there is no file.
fn former(path: &Path) -> Result<Option<String>, Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::new(format_args!("cannot read {shown}: {error}"))
            .hint("name a new file; nothing was written")),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) if text.starts_with(MARK) => Ok(Some(text)),
            Ok(_) | Err(_) => {
                let what = format!("{shown} is there, and tcpw export has not written it");
                Err(Failure::new(what)
                    .hint("name a new file, or move that one away; nothing was written"))
            }
        },
    }
}

/// The text of an installed export.
fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        fs::read_to_string(path).map(|read| text = read)
    };
    read.map_err(|error| {
        let shown = visible(path.as_os_str().as_encoded_bytes());
        Failure::new(format_args!("cannot read {shown}: {error}"))
            .hint("name the file that was installed, or - for standard input")
    })?;
    Ok(text)
}

/// Says whether an installed export decides what the tables decide.
fn check(
    program: Program,
    made: &Made,
    path: &Path,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    let now = SystemClock.now().timestamp();
    // A listing says what is left of times since it was printed.
    let as_of = modified(path)
        .filter(|_| path != Path::new("-"))
        .unwrap_or(now);
    let wanted = installed(program, &made.files, now)
        .map_err(|misread| Failure::new(format_args!("what was written is not read: {misread}")))?;
    let there = if program.has_folder() {
        folder::read(program, path)?
    } else {
        let (path, text) = (String::new(), read(path)?);
        vec![ExportedFile { path, text }]
    };
    let found = match installed(program, &there, as_of) {
        Ok(found) => found,
        Err(Misread { file, line, what }) => {
            let place = if file.is_empty() {
                shown
            } else {
                visible(path.join(file).as_os_str().as_encoded_bytes())
            };
            context.out.line(format!(
                "{place}:{line}: {what}: nobody knows what it decides"
            ))?;
            return Ok(Exit::Negative);
        }
    };
    let mismatches = found.mismatches(&wanted);
    let are_ends_known = !found.has_unknown_ends();
    told::mismatches(
        &shown,
        (&mismatches, made.is_whole, are_ends_known),
        context,
    )?;
    Ok(if mismatches.is_empty() && made.is_whole {
        Exit::Done
    } else {
        Exit::Negative
    })
}
