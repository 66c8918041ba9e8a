//! Where things are unless the configuration says otherwise.

use std::path::{Path, PathBuf};

/// The tables that say who may connect, and who may not.
pub const ALLOW_TABLE: &str = "/etc/hosts.allow";
/// See [`ALLOW_TABLE`].
pub const DENY_TABLE: &str = "/etc/hosts.deny";
/// The configuration.
pub const CONFIGURATION: &str = "/etc/tcpw.toml";
/// The journal, a database with its lock beside it, where there is no [`DELIVER_DIRECTORY`].
pub const DEFAULT_JOURNAL: &str = "/var/lib/tcpw/journal.db";
/// The directory of the deliverer, which belongs to its user.
pub const DELIVER_DIRECTORY: &str = "/var/lib/tcpw/deliver";
/// The journal in the directory of the deliverer.
pub const DELIVER_JOURNAL: &str = "/var/lib/tcpw/deliver/journal.db";
/// The directory of the compiled tables.
pub const COMPILED_DIRECTORY: &str = "/var/lib/tcpw/compiled";
/// The directory into which everybody drops events.
pub const DEFAULT_DROP: &str = "/var/spool/tcpw/drop";
/// The directory into which only root drops events.
pub const DEFAULT_ROOT_DROP: &str = "/var/spool/tcpw/root";
/// The name of the user and of the group that deliver.
pub const SERVICE: &str = "tcpw";
/// The program that alert rules run.
pub const NOTIFIER: &str = "tcpw-notify";
/// The program that rules ask, and that decides by the tables where libwrap is not.
pub const GATE: &str = "tcpw-gate";

/// Where the journal is if the configuration does not say; `place` says where a path is found on this
/// machine. It is in the directory of the deliverer where that is, unless the journal is still to be
/// moved there.
pub fn default_journal(place: &dyn Fn(&Path) -> PathBuf) -> PathBuf {
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    let (old, new) = (
        place(Path::new(DEFAULT_JOURNAL)),
        place(Path::new(DELIVER_JOURNAL)),
    );
    if is_there(&place(Path::new(DELIVER_DIRECTORY))) && (is_there(&new) || !is_there(&old)) {
        new
    } else {
        old
    }
}
