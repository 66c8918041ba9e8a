//! The options of `tcpw set build`.

use super::list::{Column, ListForm};
use crate::cli::base::ListFormat;
use clap::Args;
use std::path::PathBuf;

/// Build a compiled set from lists of addresses, networks and ranges
///
/// Reads each FILE, in one of these forms: lines with an address, a network (192.0.2.0/24) or a
/// range (192.0.2.1 - 192.0.2.9) each, where # and ; begin a comment; a column of CSV (--column); what
/// `ipset save NAME` or `nft list set FAMILY TABLE NAME` prints; a JSON array of strings. An entry
/// that runs out has `# until=2026-12-31T00:00:00Z` after it, or has an end in the dump, counted
/// from the last change of FILE; it stops counting by itself, without another build.
///
/// An IPv4-mapped address is its IPv4 address. A network with bits set after its prefix is an
/// error, as in a table (TW301). Of an entry that is there twice the longer one counts, then the
/// one of the FILE that is named first. If anything cannot be understood, the first ten places are
/// shown and nothing is written.
///
/// OUT is replaced as a whole, mode 0644, or not at all. It is not replaced where a FILE has no
/// entry, has less than half of the entries that it had in the old OUT, or OUT would have less than
/// half of its networks: use --force if that is meant. At most 64 MiB of networks are in memory;
/// the others wait in a file without a name beside OUT.
///
/// JSON has set, written, built, bytes, networks, ipv4, ipv6, expiring, sources (each with name, form,
/// entries, networks, date, sha256) and warnings.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The compiled set
    #[arg(value_name = "OUT")]
    pub(super) out: PathBuf,
    /// The lists; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// The form of every FILE [default: told by how it begins]
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) form: Option<ListForm>,
    /// Every FILE is CSV: the column of the addresses, by its number from 1 or its name in the first
    /// line
    #[arg(long, value_name = "N|NAME")]
    pub(super) column: Option<Column>,
    /// Replace OUT although a FILE is empty or much smaller than before, or OUT is not a set
    #[arg(long, short)]
    pub(super) force: bool,
    /// Read every FILE and write nothing
    #[arg(long, short = 'n')]
    pub(super) dry_run: bool,
    /// How to print what was done
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: ListFormat,
}

impl BuildArgs {
    /// Whether it writes a file.
    pub(super) fn writes(&self) -> bool {
        !self.dry_run
    }
}
