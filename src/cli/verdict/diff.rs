//! `tcpw diff`: who gains or loses what between two pairs of tables.

use crate::cli::base::{Context, Exit, Failure, ListFormat, Style};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::{TableFile, TableFiles};
use crate::engine::{Change, Claim, Differences, Example, TableName, differences};
use crate::escape::visible;
use clap::Args;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// As many claims as are shown, and as many names in each.
const SHOWN: usize = 40;
const NAMES_SHOWN: usize = 4;

/// Compare who may connect under two pairs of tables
///
/// Compares what the tables do, not how they look: which clients were denied and are granted (+),
/// or were granted and are denied (-), as networks and names, each with an example and the rules
/// that decide it. A line with ? names clients for whom it cannot be computed, and why. List files,
/// netgroups and interfaces are those of this machine. The server's address and the client's user
/// are assumed to be unknown; IPv6 addresses have no zone. Exit code 0: the same effect, 1: it
/// differs or is undetermined, 2: the tables cannot be read.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The old pair: a directory with hosts.allow and hosts.deny, or with etc/hosts.allow and
    /// etc/hosts.deny; or two files as ALLOW,DENY
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The new pair, likewise
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Only what changes for this daemon; may be given several times
    #[arg(long, short, value_name = "NAME")]
    daemon: Vec<String>,
    /// Show all changes, however many there are
    #[arg(long)]
    all: bool,
    /// Text for people, or one JSON document
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

pub(crate) fn run(args: &DiffArgs, context: &mut Context) -> Result<Exit, Failure> {
    let (old, new) = (tables(&args.old)?, tables(&args.new)?);
    let machine = Machine::new(&context.paths, Aclexec::Ask);
    let named: Vec<&[u8]> = args.daemon.iter().map(String::as_bytes).collect();
    let mut found = old.parsed(|old| new.parsed(|new| differences(old, new, &named, &machine)));
    if !args.daemon.is_empty() {
        let asked = |claim: &Claim| {
            args.daemon
                .iter()
                .any(|name| claim.daemons.contains(name.as_bytes()))
        };
        found.claims.retain(asked);
    }
    let is_same =
        old.allow.source() == new.allow.source() && old.deny.source() == new.deny.source();
    if is_same {
        // What cannot be computed is the same on both sides.
        found = Differences::default();
    }
    match args.format {
        ListFormat::Table => {
            let most = if args.all { usize::MAX } else { SHOWN };
            if let Some(left) = show(&found, most, context)? {
                context
                    .out
                    .line(format!("... and {left} more: --all shows them"))?;
            }
            total(&found, context)?;
        }
        ListFormat::Json => {
            let claims: Vec<Value> = found.claims.iter().map(object).collect();
            let document = json!({ "claims": claims, "not_computed": found.notes });
            context.out.data(document.to_string())?;
        }
    }
    Ok(if found.claims.is_empty() && found.notes.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    })
}

/// Finds and reads a pair.
fn tables(place: &Path) -> Result<TableFiles, Failure> {
    let shown = visible(place.as_os_str().as_bytes());
    let help = "name a directory that holds hosts.allow or hosts.deny, or two files as ALLOW,DENY";
    let (allow, deny) = if place.is_dir() {
        let pair = |dir: &Path| (dir.join("hosts.allow"), dir.join("hosts.deny"));
        let own = pair(place);
        let below = pair(&place.join("etc"));
        let is_there = |(allow, deny): &(PathBuf, PathBuf)| {
            std::fs::symlink_metadata(allow).is_ok() || std::fs::symlink_metadata(deny).is_ok()
        };
        if is_there(&own) {
            own
        } else if is_there(&below) {
            below
        } else {
            let what = format!(
                "there are no tables in {shown}: neither hosts.allow nor hosts.deny, here or in etc"
            );
            return Err(Failure::new(what).hint(help));
        }
    } else {
        let bytes = place.as_os_str().as_bytes();
        let Some(comma) = memchr::memchr(b',', bytes) else {
            let what = match std::fs::metadata(place) {
                Ok(_) => format!("{shown} is not a directory"),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    format!("{shown} does not exist")
                }
                Err(cause) => format!("cannot read {shown}: {cause}"),
            };
            return Err(Failure::new(what).hint(help));
        };
        let part = |part: Option<&[u8]>| PathBuf::from(OsStr::from_bytes(part.unwrap_or_default()));
        let pair = (part(bytes.get(..comma)), part(bytes.get(comma + 1..)));
        return Ok(TableFiles {
            allow: TableFile::read_named(&pair.0)?,
            deny: TableFile::read_named(&pair.1)?,
        });
    };
    Ok(TableFiles {
        allow: TableFile::read(&allow)?,
        deny: TableFile::read(&deny)?,
    })
}

/// At most so many claims; how many are left out, if some are.
fn show(found: &Differences, most: usize, context: &mut Context) -> Result<Option<usize>, Failure> {
    let heads: Vec<(String, String)> = found
        .claims
        .iter()
        .take(most)
        .map(|claim| (daemons(claim), clients(claim)))
        .collect();
    let width = |texts: &dyn Fn(&(String, String)) -> usize| {
        heads.iter().map(texts).max().unwrap_or(0).min(32)
    };
    let (first, second) = (width(&|head| head.0.len()), width(&|head| head.1.len()));
    for (claim, (daemons, clients)) in found.claims.iter().zip(&heads) {
        let (sign, style) = match claim.change {
            Change::Gains => ("+", Style::Good),
            Change::Loses => ("-", Style::Bad),
            Change::Unknown => ("?", Style::Warn),
        };
        let line = format!(
            "{sign} {daemons:<first$}  {clients:<second$}  {}",
            tail(claim)
        );
        context.out.line(context.out.paint(style, &line))?;
    }
    let left = found.claims.len().saturating_sub(heads.len());
    Ok((left > 0).then_some(left))
}

/// How many gain and lose, and what could not be computed.
fn total(found: &Differences, context: &mut Context) -> Result<(), Failure> {
    let count = |change: Change| {
        found
            .claims
            .iter()
            .filter(|claim| claim.change == change)
            .count()
    };
    let [gains, loses, unknown] = [Change::Gains, Change::Loses, Change::Unknown].map(count);
    if found.claims.is_empty() {
        context.out.line(if found.notes.is_empty() {
            "the same effect"
        } else {
            "the same effect, as far as it can be computed"
        })?;
    } else {
        context.out.line(format!(
            "{gains} gained, {loses} lost, {unknown} undetermined"
        ))?;
    }
    for note in &found.notes {
        context.out.line(format!("cannot be computed: {note}"))?;
    }
    Ok(())
}

fn daemons(claim: &Claim) -> String {
    if claim.daemons.are_all() {
        return "every daemon".to_owned();
    }
    let list =
        |names: &mut dyn Iterator<Item = &[u8]>| names.map(visible).collect::<Vec<_>>().join(",");
    match claim.daemons.exceptions() {
        Some(mut names) => format!("every daemon but {}", list(&mut names)),
        None => list(&mut claim.daemons.names()),
    }
}

fn clients(claim: &Claim) -> String {
    let mut text = claim
        .network
        .map_or("address unknown".to_owned(), |network| network.to_string());
    if claim.names.is_any() {
        return text;
    }
    let (mut words, is_complement) = claim.names.words();
    let left = words.len().saturating_sub(NAMES_SHOWN);
    words.truncate(NAMES_SHOWN);
    if left > 0 {
        words.push(format!("{left} more"));
    }
    let but = if is_complement { "unless " } else { "" };
    text = format!("{text} {but}{}", words.join(" or "));
    text
}

/// The example and the rules.
fn tail(claim: &Claim) -> String {
    if claim.change == Change::Unknown {
        return format!("cannot be computed: {}", claim.because.join("; "));
    }
    let Example {
        daemon,
        address,
        name,
    } = &claim.example;
    let mut text = format!("e.g. {address}");
    if !claim.names.is_any() && name != b"unknown" {
        text = format!("{text} named {}", visible(name));
    }
    if claim.daemons.are_all() {
        text = format!("{text} to {}", visible(daemon));
    }
    let [old, new] = claim.deciders;
    // What grants or denies now; where no rule does, what did before.
    match (new, old) {
        (Some(new), _) => format!("{text} by NEW {}", place(new)),
        (None, Some(old)) => format!("{text}, no longer by OLD {}", place(old)),
        (None, None) => text,
    }
}

fn file(table: TableName) -> &'static str {
    match table {
        TableName::Allow => "hosts.allow",
        TableName::Deny => "hosts.deny",
    }
}

fn place((table, line): (TableName, u32)) -> String {
    format!("{}:{line}", file(table))
}

/// A claim for programs.
pub(crate) fn object(claim: &Claim) -> Value {
    let change = match claim.change {
        Change::Gains => "gains",
        Change::Loses => "loses",
        Change::Unknown => "unknown",
    };
    let decider = |side: Option<(TableName, u32)>| {
        side.map(|(table, line)| json!({ "table": file(table), "line": line }))
    };
    let [old, new] = claim.deciders;
    let (words, is_complement) = claim.names.words();
    let names = if claim.names.is_any() {
        None
    } else {
        Some(words)
    };
    let example = &claim.example;
    json!({
        "change": change,
        "daemon": daemons(claim),
        "clients": {
            "network": claim.network.map(|network| network.to_string()),
            "names": names,
            "names_are_exceptions": names.is_some() && is_complement,
        },
        "example": {
            "daemon": visible(&example.daemon),
            "address": example.address,
            "name": visible(&example.name),
        },
        "old_rule": decider(old),
        "new_rule": decider(new),
        "because": claim.because,
    })
}
