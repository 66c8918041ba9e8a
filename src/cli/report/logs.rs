//! `tcpw report --log` and `--journald`: what libwrap itself logged.

use super::ReportArgs;
use crate::cli::Context;
use crate::cli::failure::Failure;
use crate::escape::visible_short;
use crate::report::{LogReader, Logged, Terms};
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
/// How a compressed file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const XZ: [u8; 2] = [0xfd, b'7'];
const ZSTD: [u8; 2] = [0x28, 0xb5];

/// Reads all logs that were asked for.
pub(super) fn read(
    args: &ReportArgs,
    terms: &Terms<'_>,
    now: DateTime<Utc>,
    context: &mut Context,
) -> Result<Logged, Failure> {
    let mut reader = LogReader::new(terms.since, terms.until, now, terms.local, &time_of_local);
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
    if [GZIP, XZ, ZSTD]
        .iter()
        .any(|magic| start.starts_with(magic))
    {
        let name = path.display();
        return Err(
            Failure::new(format_args!("the log {name} is compressed")).hint(format_args!(
                "unpack it on the way: zcat {name} | tcpw report --log -"
            )),
        );
    }
    each_line(&mut file, &mut |line| reader.line(line)).map_err(failed)
}

fn read_journal(
    terms: &Terms<'_>,
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
    args.push("--output-fields=MESSAGE,SYSLOG_IDENTIFIER".to_owned());
    if let Some(root) = &context.paths.root {
        args.push(format!("--root={}", root.display()));
    }
    reader.begin(JOURNALCTL);
    let hint = "it comes with systemd; without it, give the files of the system log by --log";
    let ended = read_program(JOURNALCTL, &args, PATIENCE, &mut |line| reader.entry(line)).map_err(
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
