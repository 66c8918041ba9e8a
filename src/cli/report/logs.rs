//! `tcpw report --log` and `--journald`: what libwrap itself logged.

use super::args::ReportArgs;
use crate::cli::base::{Context, Failure};
use crate::escape::visible_short;
use crate::report::{JOURNAL_FIELDS, LogReader, Logged, ReportTerms, is_export};
use crate::system::{Ended, each_line, read_program, time_of_local};
use chrono::{DateTime, Utc};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

/// The program that prints the journal of systemd.
const JOURNALCTL: &str = "journalctl";
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How compressed files start, the program that unpacks them, and the Debian package it is in.
const PACKED: [(&[u8], &str, &str); 4] = [
    (&[0x1f, 0x8b], "gzip", "gzip"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz", "xz-utils"),
    (b"BZh", "bzip2", "bzip2"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd"),
];

/// Reads all logs that were asked for.
pub(super) fn read(
    args: &ReportArgs,
    terms: &ReportTerms<'_>,
    now: DateTime<Utc>,
    context: &mut Context,
) -> Result<Logged, Failure> {
    let mut reader = LogReader::new(terms.since, terms.until, now, terms.local, &time_of_local);
    if args.log.len() + usize::from(args.journald) > 1 {
        reader = reader.of_several();
    }
    for path in &args.log {
        read_file(path, &mut reader)?;
    }
    if args.journald {
        read_journal(terms, &mut reader, context)?;
    }
    Ok(reader.finish(terms.most))
}

fn read_file(path: &Path, reader: &mut LogReader<'_>) -> Result<(), Failure> {
    let failed = |cause: io::Error| {
        Failure::new(format_args!(
            "cannot read the log {}: {cause}",
            path.display()
        ))
        .hint("logs are usually readable by root and the group adm only")
    };
    reader.begin(&path.to_string_lossy());
    let mut file: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(failed)?))
    };
    let start = file.fill_buf().map_err(failed)?;
    let packed = PACKED.iter().find(|(magic, ..)| start.starts_with(magic));
    match packed {
        None if is_export(start) => reader.export(&mut *file).map_err(failed),
        None => each_line(&mut *file, &mut |line| reader.line(line)).map_err(failed),
        Some((_, program, _)) if path == Path::new("-") => Err(Failure::new(
            "the log on standard input is compressed",
        )
        .hint(format_args!(
            "unpack it on the way: {program} -dc | tcpw report --log -"
        ))),
        Some((_, program, package)) => unpack(path, program, package, reader),
    }
}

/// Reads a compressed file by the program that unpacks its kind.
fn unpack(
    path: &Path,
    program: &str,
    package: &str,
    reader: &mut LogReader<'_>,
) -> Result<(), Failure> {
    let name = path.display();
    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(format_args!("cannot unpack the log {name}: {why}"))
    };
    // The path is an absolute one, so that it is never taken for an option.
    let whole = std::path::absolute(path).map_err(|cause| failed(&cause))?;
    let whole = whole.into_os_string();
    let args = ["-dc".into(), whole];
    let ended = read_program(program, &args, PATIENCE, &mut |line| reader.line(line))
        .map_err(|cause| failed(&cause).hint(format_args!("apt install {package}")))?;
    match ended {
        Ended::Exited(status, _) if status.success() => Ok(()),
        Ended::Exited(status, complaint) => {
            let why = visible_short(complaint.as_bytes(), 300);
            Err(failed(&format_args!(
                "{program} ended with {status}: {why}"
            )))
        }
        Ended::TooLong => {
            let seconds = PATIENCE.as_secs();
            Err(
                failed(&format_args!("{program} took longer than {seconds} s")).hint(format_args!(
                    "unpack it on the way: {program} -dc {name} | tcpw report --log -"
                )),
            )
        }
    }
}

fn read_journal(
    terms: &ReportTerms<'_>,
    reader: &mut LogReader<'_>,
    context: &mut Context,
) -> Result<(), Failure> {
    let mut args: Vec<String> = ["--output=json", "--no-pager", "--quiet"]
        .map(str::to_owned)
        .into();
    args.push(format!("--since=@{}", terms.since.timestamp()));
    args.push(format!(
        "--until=@{}",
        terms.until.timestamp().saturating_add(1)
    ));
    // What is not needed is most of an entry.
    args.push(format!("--output-fields={JOURNAL_FIELDS}"));
    if let Some(root) = &context.paths.root {
        args.push(format!("--root={}", root.display()));
    }
    reader.begin(JOURNALCTL);
    let hint = "it comes with systemd; without it, give the files of the system log by --log";
    let ended = read_program(JOURNALCTL, &args, PATIENCE, &mut |line| reader.line(line)).map_err(
        |cause| Failure::new(format_args!("cannot run {JOURNALCTL}: {cause}")).hint(hint),
    )?;
    match ended {
        Ended::Exited(status, _) if status.success() => Ok(()),
        Ended::Exited(status, complaint) => {
            let why = visible_short(complaint.as_bytes(), 300);
            Err(Failure::new(format_args!("{JOURNALCTL} failed ({status}): {why}")).hint(hint))
        }
        Ended::TooLong => {
            let seconds = PATIENCE.as_secs();
            Err(
                Failure::new(format_args!("{JOURNALCTL} took longer than {seconds} s"))
                    .hint("ask for a shorter time: --since 1d"),
            )
        }
    }
}
