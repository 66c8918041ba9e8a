//! What a benchmark demands.

use super::check::ScannerCheck;
use crate::engine::TableName;

/// A version of OpenSSH: major and minor.
pub type OpensshRelease = (u32, u32);

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemandKind {
    /// There is an allow table.
    AllowTable,
    /// Whoever is not allowed is denied.
    DenyDefault,
    /// Only root writes the table.
    OnlyRootWrites(TableName),
    /// libwrap's package is installed.
    Package,
    /// sshd is limited to some addresses.
    SshdLimited,
    /// Access is granted to some hosts and denied to others.
    SomeHosts,
}

/// What libwrap has to do so that the demand is met in truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A client that the allow table does not admit is refused by every daemon that asks, and such clients
    /// there are.
    RefusesOthers,
    /// sshd refuses some client.
    LimitsSshd,
    /// Some daemon refuses some client.
    RefusesSome,
    /// Somebody gets in by the allow table who would not without it.
    Admits,
    /// Nobody but root can write the table, by its owner and mode.
    OnlyRootWrites(TableName),
    /// The tables have nothing to do with it.
    Nothing,
}

/// What the benchmark asks for beside the two files. tcpw looks at none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Besides {
    /// Nothing.
    Nothing,
    /// A person judges whether the contents are those of the site. The commands do not.
    Judged,
    /// inetd must ask libwrap, too (`inetadm -p`).
    Inetd,
    /// A packet filter such as firewalld may do instead.
    Firewall,
}

/// A requirement: a row of the table in `profiles.rs`.
#[derive(Debug)]
pub struct Demand {
    /// Its number in the benchmark.
    pub id: &'static str,
    /// What is demanded.
    pub kind: DemandKind,
    /// What a scanner looks at. All must pass.
    pub checks: &'static [ScannerCheck],
    /// What libwrap has to do.
    pub aim: Aim,
    /// What the benchmark asks for besides.
    pub besides: Besides,
    /// From this version of OpenSSH on it is not asked.
    pub not_from: Option<OpensshRelease>,
}

/// What is audited together.
#[derive(Debug)]
pub struct AuditProfile {
    /// As it is typed.
    pub id: &'static str,
    /// The benchmark, its editions and the section.
    pub title: &'static str,
    /// Where the literal checks were found.
    pub source: &'static str,
    /// Its requirements.
    pub demands: &'static [Demand],
}
