//! `tcpw events`: what the journal has, one event a line.

use super::form::{EventsFormat, Printer};
use super::{fleet, follow, found::show};
use crate::alert::Search;
use crate::cli::base::period::Moment;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::fleet_program::{DatabaseUrl, stamp};
use crate::cli::machine::waiting::Waiting;
use crate::cli::machine::{open_journal, settings};
use crate::config::canonical_network;
use crate::report::FleetWanted;
use crate::system::{Clock as _, SystemClock};
use chrono::{DateTime, Utc};
use clap::Args;
use ipnet::IpNet;
use std::net::IpAddr;

/// As many events are shown to people who say no number.
const MOST: usize = 1000;
/// How many events `--follow` shows before the first new one.
const RECENT: usize = 10;

/// Show the events in the journal
///
/// In the order in which they entered the journal, the newest last. The table shows local times;
/// JSON and CSV have every value, with times in UTC. What clients chose is shown with escapes such
/// as \x1b, and in CSV with a quote before anything that a spreadsheet would compute. Alerts that
/// no deliverer has collected yet are not among them: they are counted on standard error. Exit code
/// 0: all events of the journal were shown. 1: they were shown, but something waits and no
/// deliverer is running. 2: the journal or a drop directory cannot be read.
///
/// A JSON object has: id, time, collected, source (the network that counts as one client), addr,
/// host (as libwrap called the client), daemon, server, user, pid, uid (who reported it, or null if
/// that is not known), machine, rule (file, line, text, and the digest of the table; null if it is
/// undetermined), verdict, decision (now, repeat, too-many, rule-digest, rule-never or stalled),
/// letter (its number for tcpw queue, or null), and cut (the values that were longer than what is
/// kept).
///
/// With --from, the events are those that a database keeps of many servers: the first of a source
/// an hour on each server, which tcpw report --from counts completely. They are in the order of
/// their time, the newest last, and a JSON object has: machine (the server), id (its number in that
/// server's journal), time, received (by the database), source, addr, daemon, verdict, rule and
/// reporter. Exit code 2: the database cannot be read.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Show the events of many servers, from the database that tcpw-fleet pushes to
    ///
    /// The password belongs into the environment variable PGPASSWORD: other users see arguments.
    #[arg(long, value_name = "URL", conflicts_with = "follow")]
    from: Option<DatabaseUrl>,
    /// Only events since then: 90s, 30m, 24h, 7d or 2w ago, a date, or a date and time
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before then
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    until: Option<Moment>,
    /// Only events of this daemon
    #[arg(long, short, value_name = "NAME")]
    daemon: Option<String>,
    /// Only clients with this address, or in this network (192.0.2.0/24)
    #[arg(long, value_name = "NET", value_parser = network)]
    addr: Option<IpNet>,
    /// A table for people, JSON with one object per line, or CSV
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: EventsFormat,
    /// Show only the newest N [default for people: 1000]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Keep running, and show each new event as it enters the journal
    ///
    /// Begins with the newest 10 unless --since or --limit says otherwise. Ends when the reader of
    /// its output ends.
    #[arg(long)]
    follow: bool,
}

/// A network, or an address as the network of itself.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(|address| address.to_canonical());
    text.parse()
        .or_else(|_| address().map(IpNet::from))
        .map(canonical_network)
        .map_err(|_| {
            "give an address, or a network such as 192.0.2.0/24 or 2001:db8::/32".to_owned()
        })
}

/// Shows the events of many servers.
fn of_fleet(
    url: &DatabaseUrl,
    args: &EventsArgs,
    now: DateTime<Utc>,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let is_for_people = args.format == EventsFormat::Table;
    let most = is_for_people.then_some(MOST);
    let newest = args.limit.or(most);
    let wanted = FleetWanted::Events {
        daemon: args.daemon.clone(),
        network: args.addr.map(|network| network.to_string()),
        newest: newest.and_then(|newest| u64::try_from(newest).ok()),
    };
    let time = |moment: Option<Moment>| moment.map(|moment| stamp(moment.at(now)));
    let period = (time(args.since), time(args.until));
    let count = fleet::show(url, period, wanted, args.format, context)?;
    if args.limit.is_none() && most == Some(count) {
        context.out.note(&format!(
            "the newest {MOST} are shown: --limit N shows more, --format json all"
        ))?;
    }
    if count == 0 && is_for_people {
        context.out.note("the database keeps no such events")?;
    }
    Ok(Exit::Done)
}

pub(crate) fn run(args: &EventsArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    let now = SystemClock.now();
    if let Some(url) = &args.from {
        return of_fleet(url, args, now, context);
    }
    let path = config.journal.clone();
    let recent = args.follow && args.since.is_none();
    let is_for_people = args.format == EventsFormat::Table && !args.follow;
    let most = is_for_people.then_some(MOST);
    let search = Search {
        since: args.since.map(|moment| moment.at(now)),
        until: args.until.map(|moment| moment.at(now)),
        after: 0,
        daemon: args.daemon.clone().map(String::into_bytes),
        network: args.addr,
        newest: args.limit.or(recent.then_some(RECENT)).or(most),
    };
    let mut printer = Printer::new(args.format);
    let mut outside = Waiting::look(None, &context.paths, &config);
    let journal = open_journal::open(&path)?;
    // Letters that wait are no business of this command; events that are not in the journal are.
    if journal.is_some() && !outside.is_nothing() {
        outside.look_for_deliverer(&config)?;
    }
    for line in outside.lines() {
        context.out.note(&line)?;
    }
    let exit = outside.exit(Exit::Done, context)?;
    if args.follow {
        follow::run(&path, search, &mut printer, context)?;
        return Ok(Exit::Done);
    }
    let mut journal = journal.map_or_else(|| open_journal::open_existing(&path), Ok)?;
    show(&mut journal, &search, &mut printer, context)?;
    printer.end(&mut context.out)?;
    if args.limit.is_none() && is_for_people && printer.count == MOST {
        context.out.note(&format!(
            "the newest {MOST} are shown: --limit N shows more, --format json all"
        ))?;
    }
    Ok(exit)
}
