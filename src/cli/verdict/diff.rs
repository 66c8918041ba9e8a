//! `tcpw diff`: who gains or loses what between two pairs of tables.

use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure, ListFormat, Style};
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::{TableFile, TableFiles};
use crate::engine::{Change, Claim, Example, TableName, each_difference};
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
/// As many claims have columns of their own width; later ones have the same.
const TOGETHER: usize = 1000;
/// How the JSON begins.
const START: &str = "{\"claims\":[";

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
    let is_same =
        old.allow.source() == new.allow.source() && old.deny.source() == new.deny.source();
    let progress = Progress::of("comparing the tables");
    let mut telling = Telling::new(args, context);
    let notes = if is_same {
        // What cannot be computed is the same on both sides.
        Vec::new()
    } else {
        let tell = &mut |claim: Claim| telling.take(claim);
        old.parsed(|old| new.parsed(|new| each_difference(old, new, &named, &machine, tell)))
    };
    drop(progress);
    let is_empty = telling.end(&notes)? && notes.is_empty();
    Ok(if is_empty { Exit::Done } else { Exit::Negative })
}

/// Claims, told as they come: with large sets there may be millions of them.
struct Telling<'a> {
    args: &'a DiffArgs,
    context: &'a mut Context,
    /// Those that are yet to be shown.
    waiting: Vec<Claim>,
    /// How wide the daemons and the clients are, once some are shown.
    widths: Option<(usize, usize)>,
    /// Who gains, loses, and of whom that cannot be told.
    counts: [usize; 3],
    /// Why nothing more can be shown.
    failure: Option<Failure>,
}

impl<'a> Telling<'a> {
    fn new(args: &'a DiffArgs, context: &'a mut Context) -> Self {
        Self {
            args,
            context,
            waiting: Vec::new(),
            widths: None,
            counts: [0; 3],
            failure: None,
        }
    }

    fn take(&mut self, claim: Claim) {
        let daemons = &self.args.daemon;
        let is_asked = |name: &String| claim.daemons.contains(name.as_bytes());
        if !daemons.is_empty() && !daemons.iter().any(is_asked) {
            return;
        }
        let is_first = self.all() == 0;
        let [gains, loses, unknown] = &mut self.counts;
        *match claim.change {
            Change::Gains => gains,
            Change::Loses => loses,
            Change::Unknown => unknown,
        } += 1;
        if self.failure.is_none() {
            let told = match self.args.format {
                ListFormat::Table => self.show(claim),
                ListFormat::Json => self.write(&claim, is_first),
            };
            self.failure = told.err();
        }
    }

    fn all(&self) -> usize {
        self.counts.iter().sum()
    }

    fn show(&mut self, claim: Claim) -> Result<(), Failure> {
        if self.args.all || self.all() <= SHOWN {
            self.waiting.push(claim);
        }
        if self.waiting.len() < TOGETHER {
            return Ok(());
        }
        self.show_waiting()
    }

    fn show_waiting(&mut self) -> Result<(), Failure> {
        let claims = std::mem::take(&mut self.waiting);
        let widths = show(&claims, self.widths, self.context)?;
        self.widths = Some(widths);
        Ok(())
    }

    fn write(&mut self, claim: &Claim, is_first: bool) -> Result<(), Failure> {
        let before = if is_first { START } else { "," };
        let text = format!("{before}{}", object(claim));
        self.context.out.bytes(text.as_bytes())
    }

    /// Tells what is left; whether there was no claim.
    fn end(mut self, notes: &[String]) -> Result<bool, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let all = self.all();
        match self.args.format {
            ListFormat::Table => {
                self.show_waiting()?;
                let left = all.saturating_sub(SHOWN);
                if left > 0 && !self.args.all {
                    let line = format!("... and {left} more: --all shows them");
                    self.context.out.line(line)?;
                }
                total(self.counts, notes, self.context)?;
            }
            ListFormat::Json => {
                let before = if all == 0 { START } else { "" };
                let notes = json!(notes);
                let text = format!("{before}],\"not_computed\":{notes}}}");
                self.context.out.data(text)?;
            }
        }
        Ok(all == 0)
    }
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

/// Shows claims in columns of these widths, or of their own; gives the widths.
fn show(
    claims: &[Claim],
    widths: Option<(usize, usize)>,
    context: &mut Context,
) -> Result<(usize, usize), Failure> {
    let heads: Vec<(String, String)> = claims
        .iter()
        .map(|claim| (daemons(claim), clients(claim)))
        .collect();
    let width = |texts: &dyn Fn(&(String, String)) -> usize| {
        heads.iter().map(texts).max().unwrap_or(0).min(32)
    };
    let own = || (width(&|head| head.0.len()), width(&|head| head.1.len()));
    let (first, second) = widths.unwrap_or_else(own);
    for (claim, (daemons, clients)) in claims.iter().zip(&heads) {
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
    Ok((first, second))
}

/// How many gain and lose, and what could not be computed.
fn total(counts: [usize; 3], notes: &[String], context: &mut Context) -> Result<(), Failure> {
    let [gains, loses, unknown] = counts;
    if counts == [0; 3] {
        context.out.line(if notes.is_empty() {
            "the same effect"
        } else {
            "the same effect, as far as it can be computed"
        })?;
    } else {
        context.out.line(format!(
            "{gains} gained, {loses} lost, {unknown} undetermined"
        ))?;
    }
    for note in notes {
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
