//! The options of `tcpw import`.

use super::answer::AnswerArgs;
use super::changes::{ChangeArgs, ForceArgs};
use super::client_list::daemons_of;
use crate::cli::base::Failure;
use crate::editor::Daemon;
use crate::import::{DaemonPort, EntryVerdict, SourceForm, Terms};
use crate::system::{Clock as _, SystemClock};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// As many lines that were not understood are shown unless all are asked for.
const SHOWN: usize = 20;

/// Take over rules from other programs
///
/// Reads whom another program allows or denies, and adds the rules that say so above those that are
/// there, as `tcpw apply --keep-others` does: with its diff, its guard, in one change or not at all.
/// What was not understood is shown by line, and then nothing is written unless --partial is given.
///
/// Of programs whose first rule decides (nft, iptables, ufw, firewalld), rules that allow are written
/// without the addresses that an earlier rule denies, since libwrap asks the allow table first. Ports
/// and services of theirs become daemons by --daemon NAME=PORT. Bans that end have their end in the
/// rule; those that ended are left out. From sshd come the addresses from which nobody can log in;
/// which of the users may is left to sshd.
///
/// A list (lines, csv with --column, ipset, nft with a set) does not say what it is for: --into does.
/// CSV with the columns table, daemons and clients has rules, as `tcpw list --format json` has them.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What the files are
    #[arg(value_enum, value_name = "FORM")]
    pub(super) form: SourceForm,
    /// The files of one source; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Print the rules in the form that `tcpw apply` reads, and change nothing
    #[arg(long, conflicts_with_all = ["check", "dry_run", "confirm_within", "format"])]
    pub(super) print: bool,
    /// Only check whether the rules are there: exit code 0 if they are, 1 and the diff if not
    #[arg(long, conflicts_with_all = ["dry_run", "confirm_within"])]
    pub(super) check: bool,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
    #[command(flatten)]
    pub(super) force: ForceArgs,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

/// How the source is read.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// The table for the clients of a list
    #[arg(long, value_enum, value_name = "TABLE")]
    into: Option<TableChoice>,
    /// The daemon that the rules are for [default: ALL, and sshd for sshd]; with NAME=PORT the daemon at
    /// a port (22, 69/udp), of a service of firewalld or of a jail of fail2ban; where a jail has one, -d
    /// says what the others are for, such as -d ALL
    #[arg(long, short, value_name = "NAME")]
    daemon: Vec<String>,
    /// The set of nft or ipset, if there are several
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// The chain of nft or iptables [default: the one for connections to this machine]
    #[arg(long, value_name = "CHAIN")]
    chain: Option<String>,
    /// The column of the clients in CSV, by its number from 1 or its name in the first line
    #[arg(long, value_name = "N|NAME")]
    column: Option<String>,
    /// Keep comments as reasons of rules, which makes a rule of each
    #[arg(long)]
    keep_comments: bool,
    /// Go on although something was not understood, and leave it out
    #[arg(long)]
    pub(super) partial: bool,
    /// Show every line that was not understood, however many they are
    #[arg(long)]
    all: bool,
}

impl ValueEnum for SourceForm {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Fail2ban => "The database of fail2ban, of version 0.11 or newer",
            Self::Denyhosts => "The hosts.deny of DenyHosts; with --into allow its allowed-hosts",
            Self::Sshd => "`sshd_config`, or what `sshd -T` prints",
            Self::Nft => "What `nft -j list ruleset` prints",
            Self::Iptables => "What iptables-save or ip6tables-save prints",
            Self::Ipset => "What `ipset save` prints",
            Self::Ufw => "The user.rules and user6.rules of ufw",
            Self::Firewalld => {
                "Zones and policy objects of firewalld, ipsets that they name, and firewalld.conf"
            }
            Self::Csv => "Values separated by commas",
            Self::Cpanel => "Rows of cPanel's Host Access Control",
            Self::Lines => {
                "An address, a network, a range or a name on each line, and comments after # or ;"
            }
        };
        let value = PossibleValue::new(self.name()).help(help);
        let is_list = *self == Self::Lines;
        Some(if is_list { value.alias("text") } else { value })
    }
}

/// A table, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableChoice {
    /// These clients may connect
    Allow,
    /// They may not
    Deny,
}

impl ImportArgs {
    /// Whether tables stay as they are.
    pub(crate) fn writes(&self) -> bool {
        !self.print && !self.check && !self.change.dry_run
    }

    /// How the source is read.
    ///
    /// # Errors
    /// When a daemon is not one.
    pub(super) fn terms(&self) -> Result<Terms, Failure> {
        let mut daemons = Vec::new();
        let mut ports = Vec::new();
        for word in &self.read.daemon {
            let (name, port) = match word.split_once('=') {
                Some((name, port)) => (name, Some(port)),
                None => (word.as_str(), None),
            };
            let parsed = daemons_of(&[name.to_owned()])?.into_iter().next();
            match (parsed, port) {
                (Some(Daemon::Named(daemon)), Some(port)) if !port.is_empty() => {
                    ports.push(DaemonPort {
                        daemon,
                        port: port.to_owned(),
                    });
                }
                (Some(Daemon::Named(daemon)), None) => daemons.push(daemon),
                (Some(Daemon::All), None) => daemons.push("ALL".to_owned()),
                (Some(Daemon::All | Daemon::Named(_)) | None, _) => {
                    return Err(Failure::new(
                        "--daemon has neither the name of a daemon nor NAME=PORT",
                    )
                    .hint("give it as in -d sshd or -d sshd=22"));
                }
            }
        }
        Ok(Terms {
            form: self.form,
            verdict: self.read.into.map(|table| match table {
                TableChoice::Allow => EntryVerdict::Allow,
                TableChoice::Deny => EntryVerdict::Deny,
            }),
            daemons,
            ports,
            set: self.read.set.clone(),
            chain: self.read.chain.clone(),
            column: self.read.column.clone(),
            keeps_comments: self.read.keep_comments,
            now: SystemClock.now().timestamp(),
            most_notes: if self.read.all { usize::MAX } else { SHOWN },
        })
    }
}
