//! The arguments.

use crate::push::STATE;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Events of many servers in one PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "tcpw-fleet", version, max_term_width = 100)]
pub(super) struct Cli {
    /// The configuration.
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Global options"
    )]
    pub(super) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make the schema in a database of its own, or bring it up to date.
    Init(InitArgs),
    /// Give a host a login that may send its events and nothing else.
    AddHost(HostArgs),
    /// Take the login of a host away; its events stay.
    RemoveHost(RemoveArgs),
    /// Give a host another password.
    Rotate(HostArgs),
    /// Say who mails about the alerts of a host: itself, or tcpw-fleet mail
    ///
    /// A host goes to fleet mail by its own word ([fleet] mail = "fleet"), and back by this alone: else
    /// whoever has its login could keep its events out of every mail.
    SetMail(SetMailArgs),
    /// Mail about all hosts together, by the queue of tcpw on this machine
    ///
    /// A client that comes to many hosts is one message, after it was gathered for a minute ([fleet]
    /// gather); repeats, and what is beyond `max_mails_per_hour`, are gathered as on a single host. A
    /// host that was not heard of for [fleet] silent is reported, and so is its return. Runs until it
    /// is ended; of several on one database one works. Hosts choose it by [fleet] mail = "fleet".
    Mail(MailArgs),
    /// Drop what is older than [fleet] `keep` and `keep_hourly`, and make the partitions of the next days
    Prune(PruneArgs),
    /// Sum up the counts of hours that are over, so that reports are quick; run it every ten minutes
    ///
    /// A report says the same without it, and takes longer: it reads each count whose hour is not summed.
    Sum(SumArgs),
    /// Answer tcpw report --from and tcpw events --from, which run this
    ///
    /// The question is JSON on standard input, so that no password is an argument.
    Read,
    /// Send the events of this host that are new.
    Push(PushArgs),
}

/// The arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The database, such as `postgres://admin@db.example.org/tcpw`.
    pub(super) url: String,
    #[command(flatten)]
    pub(super) secret: AdminSecret,
}

/// Where the password of whoever looks after the database comes from.
#[derive(Debug, Args)]
pub(super) struct AdminSecret {
    /// A file whose first line is the password for the database; else PGPASSWORD is used.
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

/// The database, as whoever looks after it.
#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    /// The database, such as `postgres://admin@db.example.org/tcpw`.
    #[arg(long, value_name = "URL")]
    pub(super) database: String,
    #[command(flatten)]
    pub(super) secret: AdminSecret,
}

/// The arguments of `add-host` and `rotate`.
#[derive(Debug, Args)]
pub(super) struct HostArgs {
    /// The host: the name of its login, and of its events.
    pub(super) name: String,
    #[command(flatten)]
    pub(super) admin: AdminArgs,
    /// Write the new password into this file, which must not be there, in place of showing it.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Make no password: the host shows a certificate whose common name is NAME.
    #[arg(long, conflicts_with = "out")]
    pub(super) certificate: bool,
}

/// The arguments of `mail`.
#[derive(Debug, Args)]
pub(super) struct MailArgs {
    #[command(flatten)]
    pub(super) admin: AdminArgs,
    /// Look once and end.
    #[arg(long)]
    pub(super) once: bool,
}

/// The arguments of `prune`.
#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    #[command(flatten)]
    pub(super) admin: AdminArgs,
}

/// The arguments of `sum`.
#[derive(Debug, Args)]
pub(super) struct SumArgs {
    #[command(flatten)]
    pub(super) admin: AdminArgs,
}

/// The arguments of `set-mail`.
#[derive(Debug, Args)]
pub(super) struct SetMailArgs {
    /// The host.
    pub(super) name: String,
    /// Who mails about its alerts.
    pub(super) mail: Mailer,
    #[command(flatten)]
    pub(super) admin: AdminArgs,
}

/// Who mails about the alerts of a host.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mailer {
    /// The host itself.
    Own,
    /// `tcpw-fleet mail`.
    Fleet,
}

/// The arguments of `remove-host`.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// The host.
    pub(super) name: String,
    #[command(flatten)]
    pub(super) admin: AdminArgs,
}

/// The arguments of `push`.
#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// The directory that has how far this host has come.
    #[arg(long, value_name = "DIR", default_value = STATE)]
    pub(super) state: PathBuf,
    /// Try now, although earlier failures ask to wait.
    #[arg(long)]
    pub(super) now: bool,
}
