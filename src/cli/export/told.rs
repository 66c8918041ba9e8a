//! What an export says and what is lost, in words.

use super::args::Program;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::tables::TableFiles;
use crate::export::{AddressPolicy, Loss, Mismatch, ServedDaemon, Unsaid};
use crate::values::counted;
use chrono::DateTime;
use std::net::IpAddr;

/// How a file begins that this command wrote for a program.
pub(super) const MARK: &str = "# Written by tcpw export --to ";
/// As many losses and mismatches as are shown.
const SHOWN: usize = 40;

/// What was translated.
pub(super) fn translated(
    policies: &[AddressPolicy],
    program: Program,
    context: &mut Context,
) -> Result<(), Failure> {
    for policy in policies {
        context.out.note(&translation(policy))?;
    }
    if program.has_ports() {
        context.out.note(
            "other ports are as they were: a daemon that no --daemon names is not restricted",
        )?;
    }
    caveat(program).map_or(Ok(()), |line| context.out.note(line))
}

/// What is otherwise in this program than with libwrap, whatever the tables say.
pub(super) fn caveat(program: Program) -> Option<&'static str> {
    match program {
        Program::Firewalld => Some(
            "firewalld admits whatever comes over the loopback interface: clients on this host",
        ),
        Program::Systemd => {
            Some("what the unit sends to addresses that are refused is dropped, too")
        }
        Program::Nftables | Program::Sshd => None,
    }
}

/// Why there is no export: addresses alone do not say it.
pub(super) fn unsaid(program: Program, daemon: &ServedDaemon, unsaid: &Unsaid) -> Failure {
    let what = format!(
        "{}: addresses alone do not say who may come in: {} on more, {}",
        daemon.name,
        match unsaid.ranges {
            1 => "1 range hangs".to_owned(),
            _ => format!("{} hang", counted(unsaid.ranges, "range")),
        },
        ranges(unsaid)
    );
    let choice =
        "--partial refuses them there, --partial=allow lets them in; the lines are named above";
    Failure::new(what).hint(match program {
        Program::Nftables => choice.to_owned(),
        Program::Firewalld => format!("{choice}, and rules that end cannot be said"),
        Program::Sshd => format!(
            "{choice}; rules that end cannot be said, and link-local clients (fe80::/10) only as a whole"
        ),
        Program::Systemd => format!(
            "{choice}, rules that end cannot be said, and systemd would also drop what the unit sends \
             to this host's own addresses (127.0.0.0/8, ::1), which the tables refuse"
        ),
    })
}

/// What was translated for one daemon.
pub(super) fn translation(policy: &AddressPolicy) -> String {
    let [granted, denied] = policy.counts();
    let ends = policy.held.iter().filter(|held| !held.then.is_empty());
    let mut text = format!(
        "{}: {} admitted, {} refused",
        policy.daemon,
        counted(granted, "range"),
        counted(denied, "range")
    );
    match ends.count() {
        0 => {}
        count => {
            let count = counted(count, "range");
            text = format!("{text}, {count} until a rule ends");
        }
    }
    if let Some(unsaid) = &policy.unsaid {
        let count = counted(unsaid.ranges, "range");
        let ranges = ranges(unsaid);
        text = format!("{text}; not as the tables say: {count}, {ranges}");
    }
    text
}

/// The first of the ranges that cannot be said.
pub(super) fn ranges(unsaid: &Unsaid) -> String {
    let shown: Vec<String> = unsaid
        .first
        .iter()
        .map(|(low, high)| range(*low, *high))
        .collect();
    let more = unsaid.ranges.saturating_sub(shown.len());
    let shown = shown.join(", ");
    if more == 0 {
        shown
    } else {
        format!("{shown} and {more} more")
    }
}

fn range(low: IpAddr, high: IpAddr) -> String {
    if low == high {
        low.to_string()
    } else {
        format!("{low}-{high}")
    }
}

/// What is lost, line by line.
pub(super) fn losses(
    lost: &[Loss],
    files: &TableFiles,
    is_all: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    for line in lost_lines(lost, files, is_all) {
        context.out.note(&line)?;
    }
    Ok(())
}

/// The lines about what is lost.
pub(super) fn lost_lines(lost: &[Loss], files: &TableFiles, is_all: bool) -> Vec<String> {
    let most = if is_all { usize::MAX } else { SHOWN };
    let line = |loss: &Loss| format!("{}:{}: {loss}", files.file(loss.table).shown, loss.number);
    let mut lines: Vec<String> = lost.iter().take(most).map(line).collect();
    if let Some(more) = lost.len().checked_sub(most).filter(|more| *more > 0) {
        lines.push(format!("and {more} more of these: --all shows them"));
    }
    lines
}

/// How an installed export differs from the tables.
pub(super) fn mismatches(
    shown: &str,
    (found, is_whole, are_ends_known): (&[Mismatch], bool, bool),
    context: &mut Context,
) -> Result<(), Failure> {
    if found.is_empty() && !is_whole {
        return context.out.line(format!(
            "{shown} is as it would be written now, which is not all that the tables decide"
        ));
    }
    if found.is_empty() {
        return context.out.line(if are_ends_known {
            format!("{shown} decides what the tables decide")
        } else {
            format!(
                "{shown} decides what the tables decide now; it does not say when its rules end, \
                     which was not compared"
            )
        });
    }
    let does = |is: Option<bool>| match is {
        Some(true) => "admits",
        Some(false) => "refuses",
        None => "does not know",
    };
    for mismatch in found.iter().take(SHOWN) {
        context.out.line(match mismatch {
            Mismatch::Surplus(line) => format!("{shown}: should not be there: {line}"),
            Mismatch::Missing(line) => format!("{shown}: is missing: {line}"),
            Mismatch::Ends {
                part,
                low,
                high,
                until,
                should_be,
            } => {
                let range = range(*low, *high);
                let [until, should_be] = [until, should_be].map(|time| {
                    stamp(DateTime::from_timestamp(*time, 0).unwrap_or_default())
                });
                format!(
                    "{shown}: {part}: {range} fares so until {until}, by the tables until {should_be}"
                )
            }
            Mismatch::Addresses {
                part,
                low,
                high,
                is_granted,
                should_be,
            } => {
                let range = range(*low, *high);
                if is_granted == should_be {
                    format!("{shown}: {part}: {range} fares otherwise when rules end")
                } else {
                    let (has, wanted) = (does(*is_granted), does(*should_be));
                    format!("{shown}: {part}: {has} {range}, the export of the tables {wanted} it")
                }
            }
        })?;
    }
    if let Some(more) = found.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        context.out.line(format!("and {more} more differences"))?;
    }
    Ok(())
}
