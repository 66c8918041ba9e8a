//! The program `tcpw-notify`: `tcpw notify` alone, which a client waits for. What is not the line of an
//! alert rule, and a configuration that names other places, are left to the `tcpw` beside it.

#![forbid(unsafe_code)]

use hosts_access::escape::visible_lines;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;
use tcpw_event::descriptors::close_inherited;
use tcpw_event::detach::replace_by;
use tcpw_notify::{log_words, program, read, record, run_of};

/// Only the system log has the event (sysexits.h, `EX_TEMPFAIL`).
const NOT_RECORDED: u8 = 75;
/// Nobody has it (sysexits.h, `EX_IOERR`).
const LOST: u8 = 74;

fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    words.insert(words.len().min(1), "notify".into());
    let Some((run, args)) = read(&words) else {
        let cause = become_tcpw(&words);
        tell(&cause);
        let is_told = log_words(&run_of(&words), &words, &cause);
        return ExitCode::from(if is_told { NOT_RECORDED } else { LOST });
    };
    close_inherited();
    let mut cause = None;
    if !run.has_default_places() {
        // Without it the event goes to the usual place, where `tcpw deliver` looks, too.
        cause = Some(become_tcpw(&words));
    }
    let places = run.default_places().with_drop(args.drop.as_deref());
    if let Some(cause) = cause {
        tell(&format!("{cause}; using the default places"));
    }
    match record(&args, &run, &places) {
        Ok(()) => ExitCode::SUCCESS,
        Err(unrecorded) => {
            tell(&unrecorded.text());
            ExitCode::from(if unrecorded.is_lost() {
                LOST
            } else {
                NOT_RECORDED
            })
        }
    }
}

/// Becomes `tcpw notify` with the same arguments. Returns only why that cannot be.
fn become_tcpw(words: &[OsString]) -> String {
    match program() {
        Ok(program) => {
            let rest = words.get(1..).unwrap_or_default();
            let cause = replace_by(&program, rest);
            format!("cannot run {}: {cause}", program.display())
        }
        Err(cause) => format!("cannot find the path of tcpw: {cause}"),
    }
}

/// Says something on standard error, where perhaps nobody reads it; the exit code says it too.
fn tell(text: &str) {
    drop(writeln!(io::stderr(), "tcpw: {}", visible_lines(text)));
}
