//! Where things are unless the configuration says otherwise.

/// The tables that say who may connect, and who may not.
pub const ALLOW_TABLE: &str = "/etc/hosts.allow";
/// See [`ALLOW_TABLE`].
pub const DENY_TABLE: &str = "/etc/hosts.deny";
/// The configuration.
pub const CONFIGURATION: &str = "/etc/tcpw.toml";
/// The journal: a database, with its lock beside it.
pub const DEFAULT_JOURNAL: &str = "/var/lib/tcpw/journal.db";
/// The directory into which everybody drops events.
pub const DEFAULT_DROP: &str = "/var/spool/tcpw/drop";
/// The directory into which only root drops events.
pub const DEFAULT_ROOT_DROP: &str = "/var/spool/tcpw/root";
/// The name of the user and of the group that deliver.
pub const SERVICE: &str = "tcpw";
/// The program that alert rules run.
pub const NOTIFIER: &str = "tcpw-notify";
