//! Why the gate of a rule let a client pass, or did not, in words.

use crate::cli::machine::gate::{GateAnswer, GateProgram, GateReason};
use crate::cli::machine::surroundings::Machine;
use crate::cli::machine::tables::TableFiles;
use crate::engine::{TableName, Verdict};
use crate::escape::visible;
use std::os::unix::ffi::OsStrExt as _;
use tcpw_gate::Why;

/// A gate that was asked on the way to a verdict, and what it said.
pub(crate) struct ToldGate {
    /// The table of its rule.
    pub(crate) table: TableName,
    /// The line of its rule.
    pub(crate) line: u32,
    /// Whether it admits the client.
    pub(crate) admits: bool,
    /// Why, in one sentence that names the rule.
    pub(crate) why: String,
}

/// The gates that were asked, in order.
pub(crate) fn gates(verdict: &Verdict, files: &TableFiles, machine: &Machine) -> Vec<ToldGate> {
    let asked = verdict.asked.iter();
    let told = asked.filter_map(|asked| {
        let answer = machine.gate(&asked.command)?;
        let (table, line) = (asked.matched.table, asked.matched.number);
        let place = format!("{}:{line}", files.file(table).shown);
        Some(ToldGate {
            table,
            line,
            admits: answer.admits,
            why: sentence(&answer, &place),
        })
    });
    told.collect()
}

/// What the gate of the rule at `place` said, in one sentence.
fn sentence(answer: &GateAnswer, place: &str) -> String {
    if let GateReason::Decided(Why::Unmet {
        address,
        evidence,
        admits,
    }) = &answer.why
        && !evidence.is_empty()
    {
        let all: Vec<String> = evidence.iter().map(ToString::to_string).collect();
        let known = all.join(" and ");
        return format!("{address} is {known}, and the gate of {place} admits {admits}");
    }
    format!("the gate of {place}: {}", reason(answer))
}

/// Why a gate ends as it does, in words that do not name its rule.
pub(crate) fn reason(answer: &GateAnswer) -> String {
    let policy = if answer.admits { "allow" } else { "deny" };
    match &answer.why {
        GateReason::Absent(path, why) => {
            let path = visible(path.as_os_str().as_bytes());
            let what = match why {
                GateProgram::Missing => "is not there",
                GateProgram::NotRunnable => "cannot be run",
            };
            format!("{path} {what}, so the command fails")
        }
        GateReason::Wrong(error) => format!("{error} (--broken {policy})"),
        GateReason::Decided(why) => why.to_string(),
    }
}
