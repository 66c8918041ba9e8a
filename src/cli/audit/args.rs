//! The arguments of `tcpw audit`.

use crate::audit::PROFILES;
use crate::cli::base::LanguageChoice;
use crate::cli::change::changes::{ChangeArgs, ForceArgs};
use crate::export::SshdVersion;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

/// The word that lists the profiles.
pub(super) const LIST: &str = "list";

/// Judge the tables by a benchmark, as its scanner looks and as libwrap acts
///
/// Benchmarks look for words in the two files: `grep "ALL: ALL" /etc/hosts.deny` finds a comment and a
/// rule that ends in `allow`, and misses `ALL : ALL`. Each requirement is judged twice: by the command
/// of the benchmark, line by line as grep does it in the C locale, and by what libwrap does, worked out
/// for all clients on sets. Both are shown with their evidence, by file, line and column, and where they disagree it is
/// said. What libwrap does is said of daemons that ask it: `tcpw doctor` says which do.
///
/// What cannot be read never passes. tcpw runs no command of a benchmark, and looks at nothing but
/// the two files, their modes, and dpkg's list of packages: where a benchmark asks for more (inetadm,
/// firewalld, rpm), its verdict cannot be told, and what the files come to is shown. Below --root the owners are those
/// of the copies.
///
/// --fix makes `ALL: ALL` the default of the deny table where that is demanded, as `tcpw deny-all` does,
/// and an allow table without a rule where there must be one and is none. Like any other change it
/// refuses if your own ssh session could not log in again. Then all is judged again. It changes no
/// modes, installs nothing and allows nobody.
///
/// Exit code 0: all pass, by both. 1: something fails. 2: nothing fails, but something cannot be told; or the
/// change was refused.
///
/// JSON has profiles: profile, title, source, requirements: id, demand, verdict (pass, fail, not applicable or
/// cannot tell), scanner and libwrap (likewise), files (what the checks of the files alone come to),
/// agreement (same, scanner passes, scanner fails or open), besides, before (only of earlier versions of
/// OpenSSH than this is it asked; null where that does not matter or --sshd-version was given), checks (command, verdict,
/// evidence) and proofs; evidence and proofs have text and, for a line, file, line and column, and
/// proofs about a client have client: daemon, address, name and granted.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The benchmark; may be repeated. `list` shows what they are
    #[arg(long, short, value_name = "ID", required = true, ignore_case = true)]
    #[arg(value_parser = PossibleValuesParser::new(ids()), hide_possible_values = true)]
    pub(super) profile: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: AuditFormat,
    /// The language [default: Korean where the locale is, else English]
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(super) language: Option<LanguageChoice>,
    /// The version of OpenSSH there, such as 9.9: some requirements are not for later ones
    #[arg(long, value_name = "VERSION")]
    pub(super) sshd_version: Option<SshdVersion>,
    /// Change the tables where that meets a requirement, and judge them again
    #[arg(long)]
    pub(super) fix: bool,
    #[command(flatten)]
    pub(super) force: ForceArgs,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
}

impl AuditArgs {
    /// Whether tables may be written.
    pub(crate) fn writes(&self) -> bool {
        self.fix && !self.change.dry_run
    }
}

/// All that may be asked for.
fn ids() -> Vec<&'static str> {
    let profiles = PROFILES.iter().map(|profile| profile.id);
    profiles.chain([LIST]).collect()
}

/// How an audit is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum AuditFormat {
    /// For people
    #[default]
    #[value(alias = "table", alias = "human")]
    Text,
    /// For programs: one JSON object
    Json,
    /// For build servers: `JUnit` XML, each profile a suite and each requirement a case
    Junit,
}
