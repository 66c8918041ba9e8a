//! From the tables to the text for a firewall or for sshd.

use super::args::{ExportArgs, ExportTarget};
use super::told::{self, MARK};
use crate::cli::base::{Context, Failure};
use crate::cli::machine::tables::TableFiles;
use crate::engine::{Surroundings, TableName, Tables, coverage};
use crate::export::{
    AddressPolicy, Loss, NftablesTerms, ServedDaemon, SshdTerms, address_policy, losses, nftables,
    sshd,
};
use crate::metadata::bond;
use crate::policy::{Rule, rules};
use crate::system::{Clock as _, SystemClock};
use crate::values::counted;
use chrono::DateTime;
use std::collections::HashMap;

/// What was made.
pub(super) struct Made {
    pub(super) text: String,
    /// Whether it says all that the tables say about addresses.
    pub(super) is_whole: bool,
}

/// When rules end: by table and line, in seconds since 1970.
type Ends = HashMap<(TableName, u32), i64>;

/// Makes the text, and says what it says and what it does not.
pub(super) fn make(
    args: &ExportArgs,
    files: &TableFiles,
    world: &dyn Surroundings,
    context: &mut Context,
) -> Result<Made, Failure> {
    let daemons = daemons(args)?;
    let now = SystemClock.now().timestamp();
    let (allow, deny) = (files.allow.tree(), files.deny.tree());
    let tables = files.tables(&allow, &deny);
    let ends = ends(&tables, files, now)?;
    let lost = losses(&tables, &daemons, world);
    let mut policies = Vec::new();
    for daemon in &daemons {
        policies.push(policy(
            daemon,
            args,
            (&tables, &ends),
            (files, &lost, world),
            context,
        )?);
    }
    told::translated(&policies, args, context)?;
    told::losses(&lost, files, args.all, context)?;
    let is_whole = policies.iter().all(|policy| policy.unsaid.is_none());
    let head = head(args, &policies, &lost, files);
    let body = if let (ExportTarget::Sshd, [policy]) = (args.to, policies.as_slice()) {
        sshd(
            policy,
            SshdTerms {
                version: args.sshd_version,
                exempts: args.exempt,
            },
        )
    } else {
        let terms = NftablesTerms {
            rejects: args.reject,
            logs: args.log,
            now,
        };
        nftables(&policies, terms)
    };
    let text = head + &body;
    Ok(Made { text, is_whole })
}

/// The daemons, each with a port of its own where ports matter.
fn daemons(args: &ExportArgs) -> Result<Vec<ServedDaemon>, Failure> {
    if args.to == ExportTarget::Sshd {
        return match args.daemons.as_slice() {
            [] => Ok(vec![ServedDaemon {
                name: "sshd".to_owned(),
                port: None,
            }]),
            [daemon] => Ok(vec![daemon.clone()]),
            [_, _, ..] => Err(Failure::new("--to sshd is for one daemon")
                .hint("give one --daemon, or none for sshd")),
        };
    }
    let example = "name each daemon with its port, such as --daemon sshd=22 --daemon vsftpd=21";
    if args.daemons.is_empty() {
        return Err(Failure::new("a firewall knows ports, and no daemons").hint(example));
    }
    let mut known = HashMap::new();
    for daemon in &args.daemons {
        let Some(port) = daemon.port else {
            let what = format!("the port of {} is not known", daemon.name);
            return Err(Failure::new(what).hint(example));
        };
        if let Some(other) = known.insert(port, &daemon.name) {
            let what = format!("{other} and {daemon} cannot have one port");
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
    daemon: &ServedDaemon,
    args: &ExportArgs,
    (tables, ends): (&Tables<'_>, &Ends),
    (files, lost, world): (&TableFiles, &[Loss], &dyn Surroundings),
    context: &mut Context,
) -> Result<AddressPolicy, Failure> {
    let until = |name, rule: Rule<'_, '_>| ends.get(&(name, rule.number())).copied();
    let Some(covered) = coverage(tables, daemon.name.as_bytes(), &until, world) else {
        let what = format!(
            "{}: there are too many kinds of clients to work them all out",
            daemon.name
        );
        return Err(Failure::new(what).hint("rules about names, users and commands make them many"));
    };
    let has_times = args.to == ExportTarget::Nftables;
    address_policy(daemon, &covered, args.partial(), has_times).or_else(|unsaid| {
        told::losses(lost, files, args.all, context)?;
        let what = format!(
            "{}: addresses alone do not say who may come in: {} on more, {}",
            daemon.name,
            match unsaid.ranges {
                1 => "1 range hangs".to_owned(),
                _ => format!("{} hang", counted(unsaid.ranges, "range")),
            },
            told::ranges(&unsaid)
        );
        let hint = if has_times {
            "--partial refuses them there, --partial=allow lets them in; the lines are named above"
        } else {
            "--partial refuses them there, --partial=allow lets them in; the lines are named above, and \
             rules that end cannot be said"
        };
        Err(Failure::new(what).hint(hint))
    })
}

/// The comments at the head of the text.
fn head(
    args: &ExportArgs,
    policies: &[AddressPolicy],
    lost: &[Loss],
    files: &TableFiles,
) -> String {
    let target = match args.to {
        ExportTarget::Sshd => "sshd",
        ExportTarget::Nftables | ExportTarget::Json | ExportTarget::Csv => "nftables",
    };
    let mut text = format!(
        "{MARK}{target} from {} and {}\n",
        files.allow.shown, files.deny.shown
    );
    let mut add = |line: &str| {
        text.push_str("# ");
        text.push_str(line);
        text.push('\n');
    };
    for policy in policies {
        add(&told::translation(policy));
    }
    let has_times = policies
        .iter()
        .any(|policy| policy.held.iter().any(|held| !held.then.is_empty()));
    if has_times {
        add(
            "timeouts count from loading: load it at once, and export again before loading it later",
        );
    }
    for line in told::lost_lines(lost, files, false) {
        add(&line);
    }
    text
}
