//! The options of `tcpw report`.

use super::format::ReportFormat;
use crate::cli::base::LanguageChoice;
use crate::cli::base::period::Moment;
use crate::cli::machine::fleet_program::DatabaseUrl;
use clap::Args;
use std::path::PathBuf;

/// How many sources, daemons and rules are named where nobody says.
pub(super) const MOST_NAMED: u16 = 10;
/// Report who was refused, in numbers
///
/// Problems with the alerts come first; then how many events there were, by day and hour, source,
/// daemon and rule, which sources are new, and what became of the messages. Days and hours are
/// local; what clients chose is shown with escapes such as \x1b. Exit code 0: the alerts work. 1: a
/// message could not be delivered, the journal was damaged, files in the drop directory were not
/// events, alerts wait there, or no deliverer is running although one is needed. 2: the journal or
/// a drop directory cannot be read.
///
/// JSON has machine, since, until, problems (each with problem: unreadable, uncollected,
/// no-deliverer, clock-ahead, given-up, waiting, letter, damaged or rejected), events, denied, granted, unknown, not_by_root, sources, new_sources,
/// repeating_sources, days (date, events), hours (24 counts), top_sources and top_new_sources
/// (source, name, place, daemon, events, total, first, last), daemons (name, events), rules (file,
/// line, text, events), held_back (decision, events), letters (kind, state, letters, events),
/// gathering (letters, events, due), and logged (read, lines, and of these: refusals, others,
/// untimed, outside and not_understood; events, copies, may_repeat, not_by_root, first, last, days,
/// hours, sources, top_sources, daemons) with
/// --log or --journald. CSV has one number per line: part, name, detail, count.
///
/// With --from, the report is about all servers whose events tcpw-fleet pushes to a database, and
/// its numbers are exact, whatever part of the events the database keeps in full. Problems are
/// silent-host (or never heard of), more-silent, behind (events not pushed yet), no-hosts and
/// unmailed (tcpw-fleet mail did not look for alerts lately, which servers leave to it). JSON then has fleet: hosts,
/// reporting, silent, behind, backlog, top_hosts (name, events, denied, seen, version, backlog) and
/// spread (source, hosts, events, first, last); not_by_root is null, and rules, held_back and
/// letters are empty, because each server keeps these to itself. Hours are whole hours of UTC,
/// and the time of the report begins and ends with one. Exit code 1: there is such a problem. 2: the database cannot be read.
#[expect(clippy::doc_markdown, reason = "this is the help, not documentation")]
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Report on many servers, from the database that tcpw-fleet pushes to
    ///
    /// The password belongs into the environment variable PGPASSWORD: other users see arguments.
    #[arg(long, value_name = "URL", conflicts_with_all = ["log", "journald"])]
    pub(super) from: Option<DatabaseUrl>,
    /// From then on: 90s, 30m, 24h, 7d or 2w ago, a date, or a date and time
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub(super) since: Moment,
    /// Up to then [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Moment>,
    /// How to write it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: ReportFormat,
    /// Send it to whom the configuration names for mails, as text and HTML
    #[arg(long, conflicts_with_all = ["output", "format"])]
    pub(super) mail: bool,
    /// The language [default: mail.language of the configuration]
    #[arg(long, alias = "lang", value_enum, value_name = "LANGUAGE")]
    pub(super) language: Option<LanguageChoice>,
    /// Write it to a new file, which only its owner can read, replacing what is there
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Add what libwrap and its daemons logged in these files; - for standard input
    ///
    /// Reads `refused connect from ...` and what other daemons write of a refusal, as a part of its
    /// own: files of rsyslog, syslog-ng, busybox, FreeBSD's syslogd and RFC 5424, logread,
    /// journalctl (short, short-iso, short-precise, short-full, short-unix, export, json), and the
    /// logs of vsftpd, xinetd, stunnel, mosquitto and proftpd. Files packed by gzip, xz, bzip2 or
    /// zstd are unpacked. What stands in several of them is counted once.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) log: Vec<PathBuf>,
    /// Add what libwrap itself logged in the journal of systemd
    #[arg(long)]
    pub(super) journald: bool,
    /// How many sources, daemons and rules to name
    #[arg(long, value_name = "N", default_value_t = MOST_NAMED)]
    pub(super) top: u16,
}
