//! The options of `tcpw status` and `tcpw metrics`.

use crate::cli::base::LanguageChoice;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum StatusFormat {
    /// One screen for people
    #[default]
    #[value(alias = "table", alias = "human")]
    Text,
    /// One JSON document
    Json,
    /// For Nagios, Icinga and others that run its plugins: a line, and the problems below it
    Nagios,
}

/// Show how things stand, on one screen
///
/// Who gets in, which programs ask libwrap (`tcpw doctor` says more), whose refusal raises an alert, how mail fares, who was refused today, which change
/// waits to be confirmed, and what is wrong: errors that the linter finds, alert rules whose program
/// is gone, files of the configuration that are gone, alerts and messages that wait, mail that fails,
/// schedules that do not run, rules and changes whose time is over, times in the future, programs
/// that write the tables without waiting for each other. Each line has a source of its own: what
/// cannot be looked at is called so and is never well. Nothing is changed.
///
/// Root sees everything. With `[status] group` in the configuration, `tcpw status --save`, run by
/// root and regularly by tcpw-status.timer or cron, keeps what it sees in /run/tcpw/status.json for
/// that group; whoever may read it is shown that, and how old it is. Everybody else is shown what
/// their rights allow.
///
/// Exit code: 0: all is well. 1: there are problems. 2: something could not be looked at; with
/// --format nagios 3 instead, which plugins call UNKNOWN.
///
/// JSON has machine, time, uid (as whom it was looked), access (state: closed or open; exceptions,
/// each with daemons, all_but, clients, more, except; more; not_computed), asked (daemons:
/// daemon, state: asked, switched off, not asked or cannot tell, names, evidence; has_running), alert
/// (catches: nobody,
/// unlisted, nameless or some; rules; silent and more_silent, the rules that refuse clients on no list
/// without one; delivery: systemd, cron or alert), mail (way, state: ok,
/// failing, untried or kept; last_sent, queue, given_up, gathering, dropped), clients (since, refused,
/// admitted, unknown, not_by_root, last: time, client, daemon, reported_by), pending (changes: number,
/// due), problems (each with problem, a word, and what belongs to it) and cannot_read. In place of a
/// line, and of dropped, that could not be looked at there is an object with cannot_read.
#[expect(clippy::doc_markdown, reason = "this is the help, not documentation")]
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: StatusFormat,
    /// The language [default: Korean where the locale is, else English]
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(super) language: Option<LanguageChoice>,
    /// Print nothing, and keep it for the group that the configuration names in [status]
    #[arg(long, conflicts_with_all = ["format", "language"])]
    pub(super) save: bool,
}

impl StatusArgs {
    /// Whether a file is written.
    pub(crate) fn writes(&self) -> bool {
        self.save
    }
}

/// Write what `tcpw status` sees as numbers for Prometheus
///
/// In the text format, for the textfile collector of the node exporter: events by daemon and verdict
/// (tcpw_events_total), messages by state (tcpw_outbox_messages), the age of the oldest that waits
/// (tcpw_oldest_waiting_seconds), alerts in the drop directories (tcpw_drop_files), the last event
/// (tcpw_last_event_timestamp_seconds) and the last mail (tcpw_last_sent_timestamp_seconds), findings
/// of the linter by severity (tcpw_lint_findings), problems by kind (tcpw_problems), and others. No
/// address is a label. The daemon is `other` for what users other than root have reported, since they
/// can invent names. Events that the journal has forgotten stay counted. What cannot be looked at is
/// left out, and tcpw_readable is 0 for it; of tcpw_problems then only those that were found are there.
///
/// For example, with cron, in /etc/cron.d/tcpw-metrics:
///
/// * * * * * root /usr/sbin/tcpw metrics --output /var/lib/prometheus/node-exporter/tcpw.prom
///
/// With systemd, in a drop-in of tcpw-status.service (systemctl edit tcpw-status.service), and then
/// systemctl enable --now tcpw-status.timer (the first line forgets what the unit says, and with the
/// hyphen a missing [status] group keeps nothing from the rest):
///
/// [Service]
///
/// ExecStart=
///
/// ExecStart=-/usr/sbin/tcpw status --save
///
/// ExecStart=/usr/sbin/tcpw metrics --output /var/lib/prometheus/node-exporter/tcpw.prom
///
/// Exit code 0: written; 2: something could not be looked at, or the file could not be written.
#[expect(clippy::doc_markdown, reason = "this is the help, not documentation")]
#[derive(Debug, Args)]
pub(crate) struct MetricsArgs {
    /// Write it to this file, replacing what is there at once; readable for everybody
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl MetricsArgs {
    /// Whether a file is written.
    pub(crate) fn writes(&self) -> bool {
        self.output.is_some()
    }
}
