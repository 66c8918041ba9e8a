//! Where things are unless the configuration says otherwise.

/// The tables that say who may connect, and who may not.
pub const ALLOW_TABLE: &str = "/etc/hosts.allow";
/// See [`ALLOW_TABLE`].
pub const DENY_TABLE: &str = "/etc/hosts.deny";
/// The configuration.
pub const CONFIGURATION: &str = "/etc/tcpw.toml";
/// The journal: a database, with its lock beside it.
pub const DEFAULT_JOURNAL: &str = "/var/lib/tcpw/journal.db";
/// The directory into which events are dropped.
pub const DEFAULT_DROP: &str = "/var/spool/tcpw/drop";
/// The program that alert rules run.
pub const NOTIFIER: &str = "tcpw-notify";
