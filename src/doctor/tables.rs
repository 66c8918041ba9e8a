//! Whether a process sees the tables that are looked at here, and may read them.

use crate::doctor::process::{Process, identity};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Read permission of the owner, the group and all others.
const BY_OWNER: u32 = 0o400;
const BY_GROUP: u32 = 0o040;
const BY_OTHERS: u32 = 0o004;

/// The tables that libwrap reads.
const USUAL: [&str; 2] = ["/etc/hosts.allow", "/etc/hosts.deny"];

/// What keeps a process from the tables, in sentences. `tables` are the allow table and the deny
/// table.
pub(super) fn check_tables(process: &Process, tables: [&Path; 2]) -> Vec<String> {
    let root = process.place.join("root");
    if fs::metadata(&root).is_err() {
        return vec!["whether it sees these tables cannot be seen".to_owned()];
    }
    let looked_at = tables.map(|table| identity(fs::metadata(table).ok()));
    let usual = USUAL.map(|table| identity(fs::metadata(table).ok()));
    if looked_at != usual {
        return vec!["these are not the tables that it reads".to_owned()];
    }
    let mut found = Vec::new();
    for (table, means) in USUAL.into_iter().zip([
        "what that allows does not count",
        "libwrap refuses everybody whom no rule allows",
    ]) {
        let here = fs::metadata(table).ok();
        let seen = fs::metadata(root.join(table.trim_start_matches('/'))).ok();
        let shown = table;
        if identity(here) != identity(seen.clone()) {
            found.push(format!("it reads another {shown} than this one"));
        } else if seen.is_some_and(|seen| !may_read(&seen, process)) {
            let uid = process.uid;
            found.push(format!(
                "it runs as uid {uid}, which cannot read {shown}, so {means}: run chmod a+r {shown}"
            ));
        }
    }
    found
}

/// Whether a process may read a file, by its mode.
fn may_read(file: &Metadata, process: &Process) -> bool {
    let wanted = if file.uid() == process.uid {
        BY_OWNER
    } else if process.groups.contains(&file.gid()) {
        BY_GROUP
    } else {
        BY_OTHERS
    };
    process.uid == 0 || file.mode() & wanted != 0
}
