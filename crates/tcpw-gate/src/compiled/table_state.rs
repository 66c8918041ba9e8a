//! Which state of a table a form is of.

use hosts_access::engine::TableIdentity;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

/// What `stat` says of a table.
pub fn identity_of(metadata: &Metadata) -> TableIdentity {
    TableIdentity {
        size: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        inode: metadata.ino(),
        device: metadata.dev(),
    }
}
