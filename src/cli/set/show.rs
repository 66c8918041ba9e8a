//! `tcpw set show`: what a compiled set holds, and whether an address is in it.

use super::outcome::{hexadecimal, source_json, time_json};
use crate::cli::base::excerpt::width;
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure, ListFormat, Style};
use crate::system::{Clock as _, SystemClock, local_time};
use crate::values::counted;
use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::PathBuf;
use tcpw_gate::set::{Found, Set, SetEnds, SetFault, SetSource};

/// Show what a compiled set holds, or whether an address is in it
///
/// Looks at every byte of FILE first: a set that is damaged is said to be, and never "not in it".
/// With ADDRESS: the smallest network that holds it and still counts, the list that the network is
/// from, and until when it counts. Exit code 0: the set is whole, and the address is in it. 1: the
/// address is not in it. 2: the file cannot be read, is damaged, or is not a compiled set.
///
/// JSON has set, version, built (null if the set does not say it), networks, ipv4, ipv6, expiring, expired, sources (each with name,
/// entries, networks, date, sha256), and with ADDRESS also address, in, network, source and until.
#[derive(Debug, Args)]
pub(crate) struct ShowSetArgs {
    /// The compiled set
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say whether this address is in it
    #[arg(value_name = "ADDRESS")]
    address: Option<IpAddr>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

/// The version of the format that sets have.
const VERSION: u32 = 1;
const COLUMNS: usize = 5;
const HEADER: [&str; COLUMNS] = ["ENTRIES", "NETWORKS", "CHANGED", "SHA-256", "LIST"];
/// As much of a digest as a row shows.
const DIGITS: usize = 12;

/// What was found.
struct Looked {
    set: Set,
    ends: SetEnds,
    sources: Vec<SetSource>,
    found: Option<Found>,
}

/// Runs the command.
pub(crate) fn run(args: &ShowSetArgs, context: &mut Context) -> Result<Exit, Failure> {
    let progress = Progress::of(format!("looking at {}", args.file.display()));
    let looked = look(args, SystemClock.now()).map_err(|fault| {
        Failure::new(format_args!("cannot use {}: {fault}", args.file.display()))
            .hint(remedy(&fault))
    })?;
    drop(progress);
    match (args.format, args.address) {
        (ListFormat::Json, _) => context.out.data(json(args, &looked).to_string())?,
        (ListFormat::Table, Some(address)) => context.out.line(answer(args, address, &looked))?,
        (ListFormat::Table, None) => text(args, &looked, context)?,
    }
    let is_out = args.address.is_some() && looked.found.is_none();
    Ok(if is_out { Exit::Negative } else { Exit::Done })
}

fn look(args: &ShowSetArgs, now: DateTime<Utc>) -> Result<Looked, SetFault> {
    let set = Set::open(&args.file)?;
    let ends = set.verify(now)?;
    let found = match args.address {
        Some(address) => set.find(address, now)?,
        None => None,
    };
    Ok(Looked {
        sources: set.sources()?,
        set,
        ends,
        found,
    })
}

fn remedy(fault: &SetFault) -> &'static str {
    match fault {
        SetFault::Read(_) => "name a compiled set that you may read",
        SetFault::NotASet => "tcpw set build makes one from lists",
        SetFault::Version(_) => "build it again with this tcpw: tcpw set build",
        SetFault::Length { .. } | SetFault::Checksum(_) | SetFault::Content { .. } => {
            "build it again from its lists: tcpw set build; until then the gate takes it for broken"
        }
    }
}

/// A time as the clocks of this machine show it.
fn shown(time: DateTime<Utc>) -> String {
    local_time(time).format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

fn shown_seconds(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map_or_else(|| "-".to_owned(), shown)
}

/// When a set was built; one of `tcpw compact` does not say so.
fn built(seconds: i64) -> String {
    if seconds == 0 {
        "without a date".to_owned()
    } else {
        format!("built {}", shown_seconds(seconds))
    }
}

fn answer(args: &ShowSetArgs, address: IpAddr, looked: &Looked) -> String {
    let (address, file) = (address.to_canonical(), args.file.display());
    let Some(found) = &looked.found else {
        return format!("{address} is not in {file}");
    };
    let until = found
        .until
        .map_or_else(String::new, |until| format!(", until {}", shown(until)));
    format!(
        "{address} is in {file} by {} of {}{until}",
        found.network, found.source
    )
}

fn text(args: &ShowSetArgs, looked: &Looked, context: &mut Context) -> Result<(), Failure> {
    let header = looked.set.header();
    let ends = match (looked.ends.expiring, looked.ends.expired) {
        (0, _) => String::new(),
        (expiring, 0) => format!(", {expiring} of them until a time"),
        (expiring, expired) => {
            format!(", {expiring} of them until a time, which is over for {expired}")
        }
    };
    context.out.line(format!(
        "{} is whole, {}\n{}: {} of IPv4, {} of IPv6{ends}",
        args.file.display(),
        built(header.built),
        counted(header.v4.saturating_add(header.v6), "network"),
        header.v4,
        header.v6,
    ))?;
    let mut rows = vec![HEADER.map(str::to_owned)];
    rows.extend(looked.sources.iter().map(cells));
    for (number, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let widest = rows
                .iter()
                .filter_map(|row| row.get(at))
                .map(|cell| width(cell))
                .max();
            let gap = widest.unwrap_or(0).saturating_sub(width(cell)) + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(gap));
        }
        let line = line.trim_end();
        if number == 0 {
            let line = context.out.paint(Style::Strong, line);
            context.out.line(line)?;
        } else {
            context.out.line(line)?;
        }
    }
    Ok(())
}

fn cells(source: &SetSource) -> [String; COLUMNS] {
    let digest = hexadecimal(&source.digest);
    [
        source.entries.to_string(),
        source.networks.to_string(),
        source.date.map_or_else(|| "-".to_owned(), shown_seconds),
        digest.chars().take(DIGITS).collect(),
        source.name.clone(),
    ]
}

fn json(args: &ShowSetArgs, looked: &Looked) -> Value {
    let header = looked.set.header();
    let mut value = json!({
        "set": args.file.to_string_lossy(),
        "version": VERSION,
        "built": (header.built != 0).then(|| time_json(header.built)),
        "networks": header.v4.saturating_add(header.v6),
        "ipv4": header.v4,
        "ipv6": header.v6,
        "expiring": looked.ends.expiring,
        "expired": looked.ends.expired,
        "sources": looked.sources.iter().map(source_json).collect::<Vec<_>>(),
    });
    if let (Value::Object(fields), Some(address)) = (&mut value, args.address) {
        let found = looked.found.as_ref();
        let until = found.and_then(|found| found.until);
        for (key, part) in [
            ("address", json!(address.to_canonical().to_string())),
            ("in", json!(found.is_some())),
            (
                "network",
                json!(found.map(|found| found.network.to_string())),
            ),
            ("source", json!(found.map(|found| &found.source))),
            (
                "until",
                json!(until.and_then(|until| time_json(until.timestamp()))),
            ),
        ] {
            drop(fields.insert(key.to_owned(), part));
        }
    }
    value
}
