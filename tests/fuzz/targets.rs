//! The targets, and the inputs that each starts from.

use std::fs;
use std::path::{Path, PathBuf};

/// A target: its name, and what must not panic.
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) run: fn(&[u8]),
}

/// All but `engine_libwrap`, which is linked with libwrap: `engine::compare` asks that library.
pub(super) const TARGETS: [Target; 16] = [
    target("parse_print", super::parse_print::run),
    target("index_linear", super::index_linear::run),
    target("sieve", super::sieve::run),
    target("compiled_table", super::compiled_table::run),
    target("repair", super::repair::run),
    target("event_decode", super::event_decode::run),
    target("log_lines", super::log_lines::run),
    target("config", super::config::run),
    target("dns_answers", super::dns_answers::run),
    target("smtp_replies", super::smtp_replies::run),
    target("messages", super::messages::run),
    target("gate_call", super::gate_call::run),
    target("gate_database", super::gate_database::run),
    target("import", super::import::run),
    target("export_check", super::export_check::run),
    target("set_file", super::set_file::run),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a folder, in their order; nothing where there is none.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The inputs that are kept for this target, those that a fuzzer found included, and the tables of
/// the linter's fixtures where it takes tables.
pub(super) fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut seeds = files(&folder().join("seeds").join(name));
    seeds.extend(files(&folder().join("corpus").join(name)));
    if name == "parse_print" {
        seeds.extend(pairs().map(|[allow, deny]| [allow, deny].concat()));
    }
    if ["index_linear", "sieve", "compiled_table", "repair"].contains(&name) {
        let whole = |[allow, deny]: [Vec<u8>; 2]| {
            let query = b"sshd\t192.0.2.7\thost.example.org\n";
            [query, &*allow, b"\xff", &*deny].concat()
        };
        seeds.extend(pairs().map(whole));
    }
    assert!(
        seeds.len() > 1 || name == "event_decode",
        "{name} starts from nothing"
    );
    seeds
}

/// The tables of the linter's fixtures, those with a mistake and those without.
fn pairs() -> impl Iterator<Item = [Vec<u8>; 2]> {
    let fixtures = folder().with_file_name("fixtures").join("lint");
    let mut folders: Vec<PathBuf> = fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let read = |folder: &Path, name: String| fs::read(folder.join(name)).unwrap_or_default();
    let pairs = folders.into_iter().flat_map(move |folder| {
        ["bad", "good"]
            .map(|kind| ["allow", "deny"].map(|table| read(&folder, format!("{kind}.{table}"))))
    });
    pairs.filter(|pair| !pair.concat().is_empty())
}
