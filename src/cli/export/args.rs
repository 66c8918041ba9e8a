//! The arguments of `tcpw export`.

use crate::export::{Partial, ServedDaemon, SshdVersion};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write the policy for a firewall or sshd, and say what cannot be said there
///
/// For systems where libwrap is not, or to decide before it. What is written comes from sets: for each daemon
/// the tables are worked out for every address of IPv4 and IPv6, with exceptions, gates and list files
/// as they are now. A firewall knows addresses and no names: where the verdict about an address hangs on
/// the name or the user of the client, on a command or on the server's end of the connection, nothing is
/// written, unless `--partial` says what shall be there instead. On standard error stands what was
/// translated, and by file and line what is lost: names, users, commands, alerts, banners, and rules for
/// daemons that no `--daemon` names.
///
/// tcpw loads nothing and asks no firewall. `--to nftables` writes a table `inet tcpw` with chains and
/// sets for each `--daemon NAME=PORT`: `nft -c -f FILE` checks it, `nft -f FILE` puts it in the place of
/// the former one in one transaction and touches no other table, whoever manages those. It refuses new
/// connections before other tables are asked (priority -5), and admits nobody whom they refuse. Rules
/// that end (`--for` of `tcpw allow` and `tcpw deny`) become elements with a timeout, which
/// counts from the moment of loading: load the file at once, and export again after a restart.
///
/// `--to firewalld` writes a policy object `tcpw` and ipsets below the folder of `--output`, which may be
/// `/etc/firewalld`, and touches no file that tcpw has not written: rich rules for each `--daemon
/// NAME=PORT` refuse before any zone is asked, and admit nobody whom a zone refuses. `firewall-offline-cmd
/// --check-config` checks them, `firewall-cmd --reload` loads them. firewalld never refuses what
/// comes over the loopback interface: clients on this host get in. Rules that end cannot be said there.
///
/// `--to systemd` writes a drop-in with `IPAddressAllow=` and `IPAddressDeny=` for the unit of each
/// `--daemon NAME=UNIT` below the folder of `--output`, which may be `/etc/systemd/system`; it counts after
/// `systemctl daemon-reload`. systemd filters packets and not connections: whatever the unit itself sends
/// to addresses that are refused is dropped as well. Where the tables refuse the addresses of the host
/// itself (127.0.0.0/8 and `::1`), at which a daemon may find its resolver, nothing is written unless
/// `--partial` says what shall be: refuse them, or with `--partial=allow` leave them alone. Lists that the
/// unit or a slice it is in already have would be joined with these: where files of units, under all their
/// names, or drop-ins (also of `systemctl set-property`) have some, nothing is written either without
/// `--partial`. A socket that systemd opens itself needs the drop-in at
/// its socket unit. Rules that end cannot be said there.
///
/// `--to sshd` writes a file for `/etc/ssh/sshd_config.d`, where it must be read before other `Match`
/// blocks: one `Match Address` with `DenyUsers *`, so that whoever is refused is refused after asking for
/// a password or key; with `--sshd-version` 9.9 or later the connection ends at once
/// (`RefuseConnection`). Rules that end cannot be said there, and of link-local clients (`fe80::/10`), which
/// sshd knows by their text alone, only that all of them are admitted or refused. Check it with `sshd -t`, and who is refused
/// with `sshd -T -C user=USER,host=NAME,addr=ADDRESS`.
///
/// `--to json` and `--to csv` write the rules as they stand, with what their comments say: JSON as
/// `tcpw apply` reads it. Rules that would not be read back with the same effect are refused.
///
/// With `--output FILE`, FILE.rollback is the way back: for nftables by `nft -f`, for sshd as a shell
/// script; in a folder the shell script `tcpw.rollback` brings the former files back. An export in the
/// place of a former one that leaves out a daemon would end its protection: that is refused without
/// `--replace`. So is, without `--force`, one under which the ssh session in which it is typed could not
/// log in again.
///
/// `--check FILE` reads an export that is installed, a folder for firewalld and systemd, or what `nft list
/// table inet tcpw` prints, and says whether it decides what the tables decide now, on sets of addresses;
/// give the options it was written with. When rules end is compared, to two minutes: a file that nft
/// printed counts from when it was written, so give it at once.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub(crate) struct ExportArgs {
    /// For whom it is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) to: ExportTarget,
    /// The daemon, by the name of its process, and its port, or for systemd its unit: sshd=22,
    /// rpcbind=111/udp, sshd=ssh.service; may be repeated
    #[arg(long = "daemon", short, value_name = "NAME")]
    pub(super) daemons: Vec<ServedDaemon>,
    /// Where addresses alone decide nothing, refuse them, or allow them; without it nothing is written
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "deny"
    )]
    pub(super) partial: Option<PartialChoice>,
    /// Write it to a new file, or for firewalld and systemd below this folder, in the place of a former
    /// export; only its owner can read it
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Write nothing: does this installed export still say what the tables say? - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    pub(super) check: Option<PathBuf>,
    /// nftables, firewalld: log refusals, at most 10 a second, as `tcpw report --log` reads them
    #[arg(long)]
    pub(super) log: bool,
    /// nftables, firewalld: answer whom it refuses; without it nothing is answered
    #[arg(long)]
    pub(super) reject: bool,
    /// sshd: the version of OpenSSH there, such as 9.9, for what older ones do not understand
    #[arg(long, value_name = "VERSION")]
    pub(super) sshd_version: Option<SshdVersion>,
    /// sshd 9.8 and later: no penalties for whom the tables admit (`PerSourcePenaltyExemptList`)
    #[arg(long, requires = "sshd_version")]
    pub(super) exempt: bool,
    /// Give up daemons that the export there is for, and this one is not
    #[arg(long, requires = "output")]
    pub(super) replace: bool,
    /// Write it even if the ssh session in which this is typed could not log in again under it
    #[arg(long, short)]
    pub(super) force: bool,
    /// Show all that is lost, however much it is
    #[arg(long)]
    pub(super) all: bool,
}

impl ExportArgs {
    /// Whether it writes a file.
    pub(crate) fn writes(&self) -> bool {
        self.output.is_some()
    }

    /// An option that the target has no use for, if one is given.
    pub(super) fn idle(&self) -> Option<&'static str> {
        let program = self.to.kind().ok();
        let has_ports = program.is_some_and(Program::has_ports);
        let is_sshd = program == Some(Program::Sshd);
        let given = [
            ("--daemon", !self.daemons.is_empty() && program.is_none()),
            ("--partial", self.partial.is_some() && program.is_none()),
            ("--log", self.log && !has_ports),
            ("--reject", self.reject && !has_ports),
            ("--sshd-version", self.sshd_version.is_some() && !is_sshd),
            ("--exempt", self.exempt && !is_sshd),
            ("--replace", self.replace && (program.is_none() || is_sshd)),
            ("--force", self.force && program.is_none()),
        ];
        given.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
    }

    /// What shall be where nothing can be said.
    pub(super) fn partial(&self) -> Option<Partial> {
        self.partial.map(|choice| match choice {
            PartialChoice::Deny => Partial::Deny,
            PartialChoice::Allow => Partial::Allow,
        })
    }
}

/// For whom the policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportTarget {
    /// A table of nftables, for `nft -f`
    Nftables,
    /// A policy object of firewalld and its ipsets
    Firewalld,
    /// Drop-ins for units of systemd
    Systemd,
    /// A file for `sshd_config.d`
    Sshd,
    /// The rules, as `tcpw apply` reads them
    Json,
    /// The rules, for spreadsheets
    Csv,
}

/// A program that decides by addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Nftables,
    Firewalld,
    Systemd,
    Sshd,
}

/// A list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListTarget {
    Json,
    Csv,
}

impl ExportTarget {
    /// The program, or the list.
    pub(super) fn kind(self) -> Result<Program, ListTarget> {
        match self {
            Self::Nftables => Ok(Program::Nftables),
            Self::Firewalld => Ok(Program::Firewalld),
            Self::Systemd => Ok(Program::Systemd),
            Self::Sshd => Ok(Program::Sshd),
            Self::Json => Err(ListTarget::Json),
            Self::Csv => Err(ListTarget::Csv),
        }
    }
}

impl Program {
    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nftables => "nftables",
            Self::Firewalld => "firewalld",
            Self::Systemd => "systemd",
            Self::Sshd => "sshd",
        }
    }

    /// Whether it reads files below a folder, and not a single one.
    pub(super) fn has_folder(self) -> bool {
        matches!(self, Self::Firewalld | Self::Systemd)
    }

    /// Whether it knows daemons by their ports.
    pub(super) fn has_ports(self) -> bool {
        matches!(self, Self::Nftables | Self::Firewalld)
    }
}

/// What becomes of those about whom an address decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PartialChoice {
    /// They are refused
    Deny,
    /// They are allowed
    Allow,
}
