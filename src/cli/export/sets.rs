//! From the tables to the text for a program that decides by addresses.

use super::args::{ExportArgs, Program};
use super::own_login::check_own_login;
use super::told::{self, MARK};
use super::unit_lists::joined;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Surroundings, TableName, Tables, coverage};
use crate::export::{
    AddressPolicy, ExportedFile, FirewalldTerms, Loss, NftablesTerms, ServedDaemon, SshdTerms,
    address_policy, drop_in, firewalld, link_local_alike, losses, nftables, own_host_open, sshd,
    systemd, written as written_words,
};
use crate::metadata::bond;
use crate::policy::{Rule, rules};
use crate::system::{Clock as _, SystemClock};
use chrono::DateTime;
use std::collections::HashMap;

/// What was made.
pub(super) struct Made {
    /// The files; one without a path if the program reads a single file.
    pub(super) files: Vec<ExportedFile>,
    /// Whether it says all that the tables say about addresses.
    pub(super) is_whole: bool,
    /// The daemons that it is for.
    pub(super) daemons: Vec<ServedDaemon>,
}

/// When rules end: by table and line, in seconds since 1970.
type Ends = HashMap<(TableName, u32), i64>;

/// Makes the text, and says what it says and what it does not.
pub(super) fn make(
    program: Program,
    args: &ExportArgs,
    (files, world): (&TableFiles, &dyn Surroundings),
    context: &mut Context,
) -> Result<Made, Failure> {
    let daemons = daemons(program, args)?;
    let now = SystemClock.now().timestamp();
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let tables = files.tables(&allow, &deny);
    let ends = ends(&tables, files, now)?;
    let lost = losses(&tables, &daemons, world);
    let mut policies = Vec::new();
    for daemon in &daemons {
        policies.push(policy(
            (program, daemon),
            args,
            (&tables, &ends),
            (files, &lost, world),
            context,
        )?);
    }
    told::translated(&policies, program, context)?;
    told::losses(&lost, files, args.all, context)?;
    let is_alone = are_alone(program, args, &daemons, context)?;
    let is_whole = is_alone && policies.iter().all(|policy| policy.unsaid.is_none());
    if args.check.is_none() {
        check_own_login(program, &policies, args.force, context)?;
    }
    let files = written(program, args, &policies, (&lost, files, now));
    Ok(Made {
        files,
        is_whole,
        daemons,
    })
}

/// Whether nothing else decides about addresses where the export would.
fn are_alone(
    program: Program,
    args: &ExportArgs,
    daemons: &[ServedDaemon],
    context: &mut Context,
) -> Result<bool, Failure> {
    let mut lines = Vec::new();
    if program == Program::Systemd {
        let folder = args.output.as_deref().or(args.check.as_deref());
        for unit in daemons.iter().filter_map(ServedDaemon::unit) {
            lines.extend(joined(unit, folder, &context.paths)?);
        }
    }
    for line in &lines {
        context
            .out
            .note(&format!("{line} may count besides the lists of an export"))?;
    }
    if !lines.is_empty() && args.partial.is_none() {
        return Err(Failure::new("lists that are there already decide, too")
            .hint("remove them, or leave them and give --partial"));
    }
    Ok(lines.is_empty())
}

/// What the program reads.
fn written(
    program: Program,
    args: &ExportArgs,
    policies: &[AddressPolicy],
    (lost, tables, now): (&[Loss], &TableFiles, i64),
) -> Vec<ExportedFile> {
    let head = |policies: &[AddressPolicy]| {
        let lines = about(program, policies, (lost, tables, now)).join("\n# ");
        format!("{MARK}{}\n# {lines}\n", program.name())
    };
    let one = |body: String| {
        vec![ExportedFile {
            path: String::new(),
            text: head(policies) + &body,
        }]
    };
    match program {
        Program::Nftables => {
            let terms = NftablesTerms {
                rejects: args.reject,
                logs: args.log,
                now,
            };
            one(nftables(policies, terms))
        }
        Program::Sshd => {
            let terms = SshdTerms {
                version: args.sshd_version,
                exempts: args.exempt,
            };
            one(policies.iter().map(|policy| sshd(policy, terms)).collect())
        }
        Program::Firewalld => {
            let terms = FirewalldTerms {
                rejects: args.reject,
                logs: args.log,
            };
            let about = about(program, policies, (lost, tables, now)).join("\n");
            firewalld(policies, terms, &about)
        }
        Program::Systemd => {
            let file = |policy: &AddressPolicy| ExportedFile {
                path: drop_in(policy.daemon.unit().unwrap_or_default()),
                text: head(std::slice::from_ref(policy)) + &systemd(policy),
            };
            policies.iter().map(file).collect()
        }
    }
}

/// The daemons, each with a place of its own where the program needs one.
fn daemons(program: Program, args: &ExportArgs) -> Result<Vec<ServedDaemon>, Failure> {
    if program == Program::Sshd {
        return match args.daemons.as_slice() {
            [] => Ok(vec![ServedDaemon {
                name: "sshd".to_owned(),
                at: None,
            }]),
            [daemon] => Ok(vec![daemon.clone()]),
            [_, _, ..] => Err(Failure::new("--to sshd is for one daemon")
                .hint("give one --daemon, or none for sshd")),
        };
    }
    let (word, example) = if program.has_ports() {
        (
            "port",
            "name each daemon with its port, such as --daemon sshd=22 --daemon vsftpd=21",
        )
    } else {
        (
            "unit",
            "name each daemon with its unit, such as --daemon sshd=ssh.service",
        )
    };
    if args.daemons.is_empty() {
        let what = format!("{} knows {word}s, and no daemons", program.name());
        return Err(Failure::new(what).hint(example));
    }
    let mut known = HashMap::new();
    for daemon in &args.daemons {
        let is_there = if program.has_ports() {
            daemon.port().is_some()
        } else {
            daemon.unit().is_some()
        };
        let Some(at) = daemon.at.as_ref().filter(|_| is_there) else {
            let what = format!("the {word} of {} is not known", daemon.name);
            return Err(Failure::new(what).hint(example));
        };
        if let Some(other) = known.insert(at, &daemon.name) {
            let what = format!("{other} and {daemon} cannot have one {word}");
            return Err(Failure::new(what).hint(example));
        }
    }
    Ok(args.daemons.clone())
}

/// When rules end. A rule that has ended and is still there says nothing about anybody.
fn ends(tables: &Tables<'_>, files: &TableFiles, now: i64) -> Result<Ends, Failure> {
    let mut ends = Ends::new();
    for (name, table) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        let crate::engine::Table::Read(tree) = table else {
            continue;
        };
        for rule in rules(tree) {
            let until = bond(rule).and_then(|bond| bond.label.until);
            let Some(until) = until else { continue };
            let place = || format!("{}:{}", files.file(name).shown, rule.number());
            let time = DateTime::parse_from_rfc3339(&until)
                .map_err(|_| Failure::new(format_args!("{}: `{until}` is not a time", place())))?;
            if time.timestamp() <= now {
                let what = format!(
                    "{}: this rule has ended at {until}, and is still there",
                    place()
                );
                return Err(Failure::new(what).hint("run `tcpw expire`, and export then"));
            }
            ends.insert((name, rule.number()), time.timestamp());
        }
    }
    Ok(ends)
}

/// The policy of one daemon.
fn policy(
    (program, daemon): (Program, &ServedDaemon),
    args: &ExportArgs,
    (tables, ends): (&Tables<'_>, &Ends),
    (files, lost, world): (&TableFiles, &[Loss], &dyn Surroundings),
    context: &mut Context,
) -> Result<AddressPolicy, Failure> {
    let until = |name, rule: Rule<'_, '_>| ends.get(&(name, rule.number())).copied();
    let Some(mut covered) = coverage(tables, daemon.name.as_bytes(), &until, world) else {
        let what = format!(
            "{}: there are too many kinds of clients to work them all out",
            daemon.name
        );
        return Err(Failure::new(what).hint("rules about names, users and commands make them many"));
    };
    match program {
        Program::Systemd => covered = own_host_open(covered),
        Program::Sshd => covered = link_local_alike(covered),
        Program::Nftables | Program::Firewalld => {}
    }
    let has_times = program == Program::Nftables;
    address_policy(daemon, &covered, args.partial(), has_times).or_else(|unsaid| {
        told::losses(lost, files, args.all, context)?;
        Err(told::unsaid(program, daemon, &unsaid))
    })
}

/// What stands at the head of an export, line by line.
fn about(
    program: Program,
    policies: &[AddressPolicy],
    (lost, files, now): (&[Loss], &TableFiles, i64),
) -> Vec<String> {
    let mut lines = vec![format!(
        "from {} and {}",
        files.allow.shown, files.deny.shown
    )];
    lines.extend(policies.iter().map(told::translation));
    lines.extend(told::caveat(program).map(str::to_owned));
    let has_times = policies
        .iter()
        .any(|policy| policy.held.iter().any(|held| !held.then.is_empty()));
    if has_times {
        lines.push(format!(
            "{}, and timeouts count from loading: load it at once, and export again before loading it later",
            written_words(now)
        ));
    }
    lines.extend(told::lost_lines(lost, files, false));
    lines
}
