//! `tcpw export`, from the tables to a file.

use super::args::{ExportArgs, ExportTarget};
use super::list::{self, Row};
use super::sets::{self, Made};
use super::told::{self, MARK};
use crate::cli::base::{Context, Exit, Failure, write_new};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Surroundings as _, TableName};
use crate::escape::visible;
use crate::export::{Installed, Misread, read_nftables, read_sshd, removal};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &ExportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let files = TableFiles::read(context)?.read_as(machine.dialect().reading);
    whole(&files)?;
    match args.to {
        ExportTarget::Json | ExportTarget::Csv => {
            let rows = list::rows(&files, &machine)?;
            match &args.check {
                Some(file) => list::check(
                    &rows,
                    (&files, &machine),
                    args.to,
                    (file, &read(file)?),
                    context,
                ),
                None => write_rows(&rows, args, context),
            }
        }
        ExportTarget::Nftables | ExportTarget::Sshd => {
            let made = sets::make(args, &files, &machine, context)?;
            match &args.check {
                Some(file) => check(args.to, &made, file, context),
                None => write(args, &made, context),
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

fn write_rows(rows: &[Row], args: &ExportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let text = list::text(rows, args.to)?;
    match &args.output {
        Some(path) => write_new(path, &text)?,
        None => context.out.bytes(&text)?,
    }
    Ok(Exit::Done)
}

/// Writes a file for a program, and the way back beside it.
fn write(args: &ExportArgs, made: &Made, context: &mut Context) -> Result<Exit, Failure> {
    match &args.output {
        None => context.out.bytes(made.text.as_bytes())?,
        Some(path) => {
            let former = former(path)?;
            let is_new = former.as_deref() != Some(made.text.as_str());
            if args.to == ExportTarget::Nftables && is_new {
                let back = beside(path);
                let known = former.as_deref().unwrap_or(removal());
                write_new(&back, known.as_bytes())?;
                context.out.note(&format!(
                    "the way back: nft -f {}",
                    visible(back.as_os_str().as_encoded_bytes())
                ))?;
            }
            write_new(path, made.text.as_bytes())?;
        }
    }
    Ok(if made.is_whole {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// The name of the file with the way back.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".rollback");
    name.into()
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
    target: ExportTarget,
    made: &Made,
    file: &Path,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let shown = visible(file.as_os_str().as_encoded_bytes());
    let wanted = installed(target, &made.text)
        .map_err(|misread| Failure::new(format_args!("what was written is not read: {misread}")))?;
    let found = match installed(target, &read(file)?) {
        Ok(found) => found,
        Err(Misread { line, what }) => {
            context.out.line(format!(
                "{shown}:{line}: {what}: nobody knows what it decides"
            ))?;
            return Ok(Exit::Negative);
        }
    };
    let mismatches = found.mismatches(&wanted);
    told::mismatches(&shown, (&mismatches, made.is_whole), context)?;
    Ok(if mismatches.is_empty() && made.is_whole {
        Exit::Done
    } else {
        Exit::Negative
    })
}

fn installed(target: ExportTarget, text: &str) -> Result<Installed, Misread> {
    match target {
        ExportTarget::Sshd => read_sshd(text),
        ExportTarget::Nftables | ExportTarget::Json | ExportTarget::Csv => read_nftables(text),
    }
}
