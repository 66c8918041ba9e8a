//! What is said of a gate that is written, and why one is not.

use crate::editor::GateConflict;
use crate::escape::visible;
use std::path::Path;

/// Whom a gate admits, and what becomes of the others.
pub(crate) fn admits(allow: &Path, daemons: &str, whom: &str) -> String {
    let allow = allow.display();
    format!(
        "{daemons}: after the rules of {allow} about single clients, the gate admits {whom}; \
         whoever it does not admit goes on to the deny table"
    )
}

/// By what the others are refused: a rule and its place, or nothing.
pub(crate) fn refuses(refusal: Option<String>) -> String {
    let Some(rule) = refusal else {
        return "nobody is refused yet, so the gate keeps nobody out: run `tcpw deny-all`, which it \
                then opens to those it admits"
            .to_owned();
    };
    format!(
        "they are refused by {rule}, which counts although the gate has failed: it ends in `deny`, or \
         has no options"
    )
}

/// A gate whose time is over, and which stays.
pub(crate) fn needed(at: &str) -> String {
    format!(
        "its time is over, and without it nobody would get in, because the rule `DAEMON: ALL: deny` \
         of the deny table was changed: remove both by hand: {at}"
    )
}

/// Why a gate cannot be put beside the rule at `at`, and what to do about it.
pub(crate) fn conflict(at: &str, why: &GateConflict) -> (String, &'static str) {
    match why {
        GateConflict::Before => (
            format!("the gate would not be asked, because of {at}"),
            "change or remove that rule, then repeat",
        ),
        GateConflict::Shared => (
            format!("it is the gate of other daemons too: {at}"),
            "name all of its daemons with --daemon, or change it by hand",
        ),
        GateConflict::Doubled => (
            format!("it is a second gate for the same daemons, which is never asked: {at}"),
            "remove one of the two, then repeat",
        ),
        GateConflict::Opposite => (
            format!("it is in conflict with {at}"),
            "first run `tcpw revoke` with the same --country, --asn or --in, then repeat",
        ),
        GateConflict::Wrong(what) => (
            format!(
                "the call of {at} cannot be followed: {}",
                visible(what.as_bytes())
            ),
            "mend or remove it, then repeat",
        ),
        GateConflict::Overruled => (
            format!(
                "the gate lets clients in before the deny table is asked, also those who are refused \
                 by {at}"
            ),
            "put these clients into a set with `tcpw set build` and except it with --except /FILE, \
             then remove that rule, or move it to the allow table with `: deny` at its end",
        ),
        GateConflict::Taken => (
            format!("these daemons have a gate, after which another one is never asked: {at}"),
            "put the addresses into a set with `tcpw set build`, and that into the gate with `tcpw \
             deny --in` or `tcpw allow --in`; or pack them with `--into file`",
        ),
        GateConflict::Unread => (
            format!("whoever the gate admits would not reach {at}"),
            "a gate is the last word about its daemons: pack them with `--into file`, or move that \
             rule to the allow table with `: deny` at its end",
        ),
        GateConflict::Ends(until) => (
            format!("the gate runs out at {until}, and with it what is added to it: {at}"),
            "give the same conditions with --for, or first run `tcpw revoke` with those of the gate",
        ),
        GateConflict::Endless => (
            format!("the gate of these daemons has no end, and libwrap asks only one: {at}"),
            "leave out --for, or name other daemons with --daemon",
        ),
        GateConflict::Remarked => (
            format!("the comment above {at} would lose its rules to one gate"),
            "pack them with `--into file`, or put these addresses below one comment",
        ),
    }
}

/// A build of libwrap that has no option `aclexec`.
pub(crate) fn no_gate(title: &str) -> (String, &'static str) {
    (
        format!("{title} has no option `aclexec`, so no rule can ask a gate there"),
        "there a list file works: write the networks to a file, and name it in a rule by its path, \
         such as `sshd: /etc/hosts.allow.kr`",
    )
}
