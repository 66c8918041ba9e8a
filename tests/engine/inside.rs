//! The engine in this process, on cases that cannot do anything to it: compiled tables for one half
//! of them, the linear matcher for the other.

use super::case::Case;
use super::compiled::{compiled, excerpt};
use super::indexed::request;
use super::library::Tables as Paths;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use tcpw::engine::{
    Access, Account, Cause, Index, ListFile, Surroundings, Table, TableName, Tables, Verdict,
    decide,
};
use tcpw::policy::Dialect;
use tcpw::syntax::{parse, parse_excerpt};

/// Parts of the names of options that run something, change the process, or need an account.
const OPTIONS: [&str; 14] = [
    "aclexec",
    "spawn",
    "twist",
    "umask",
    "nice",
    "user",
    "group",
    "severity",
    "setenv",
    "linger",
    "rfc931",
    "banners",
    "keepalive",
    "%",
];

/// Whether asking about a case changes nothing in the process that asks.
pub(crate) fn is_harmless(case: &Case) -> bool {
    let tables = [&case.allow, &case.deny];
    tables.into_iter().flatten().all(|table| {
        let kept = table.iter().filter(|byte| !matches!(byte, b'\\' | b'\n'));
        let text: Vec<u8> = kept.map(u8::to_ascii_lowercase).collect();
        let has = |word: &str| text.windows(word.len()).any(|part| part == word.as_bytes());
        !text.contains(&0) && !OPTIONS.iter().any(|word| has(word))
    })
}

/// The files of this machine, and a build of the library; there are no netgroups.
struct Machine(&'static Dialect);

impl Surroundings for Machine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        let read = std::fs::read(OsStr::from_bytes(path));
        read.map_or(ListFile::Absent, |bytes| ListFile::Read(bytes.into()))
    }
    fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
        false
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        let is_plain = !name.is_empty() && !name.starts_with(b".") && !name.contains(&b'/');
        is_plain
            && Path::new("/sys/class/net")
                .join(OsStr::from_bytes(name))
                .exists()
    }
    fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
        false
    }
    fn aclexec(&self, _command: &[u8]) -> Option<bool> {
        None
    }
    fn dialect(&self) -> &'static Dialect {
        self.0
    }
}

/// One answer a query, as `tcpw match --batch` words it.
pub(crate) fn ask(
    case: &Case,
    paths: &Paths,
    compiled: bool,
    dialect: &'static Dialect,
) -> Vec<String> {
    let trees = [&case.allow, &case.deny].map(|table| table.as_deref().map(parse));
    let [allow, deny] = trees
        .each_ref()
        .map(|tree| tree.as_ref().map_or(Table::Absent, Table::Read));
    let tables = Tables { allow, deny };
    let index = compiled.then(|| Index::new(tables));
    let queries = case.queries.iter().map(|query| request(query));
    let verdicts = queries.map(|request| match &index {
        Some(index) => index.decide(&request, &Machine(dialect)),
        None => decide(&tables, &request, &Machine(dialect)),
    });
    verdicts.map(|verdict| worded(&verdict, paths)).collect()
}

/// The same, each from the two lines that settle it, which compiled tables find.
pub(crate) fn ask_compiled(case: &Case, paths: &Paths, dialect: &'static Dialect) -> Vec<String> {
    let forms = [&case.allow, &case.deny].map(|table| table.as_deref().map(compiled));
    let world = Machine(dialect);
    let answer = |query: &Vec<u8>| {
        let request = request(query);
        let excerpts = [&case.allow, &case.deny];
        let excerpts = [0, 1].map(|at| {
            let table = excerpts[at].as_deref()?;
            Some(excerpt(forms[at].as_deref()?, table, &request, &world))
        });
        let trees = excerpts.each_ref().map(|found| {
            found
                .as_ref()
                .map(|found| parse_excerpt(&found.bytes, found.lines_before))
        });
        let [allow, deny] = trees
            .each_ref()
            .map(|tree| tree.as_ref().map_or(Table::Absent, Table::Read));
        worded(&decide(&Tables { allow, deny }, &request, &world), paths)
    };
    case.queries.iter().map(answer).collect()
}

fn worded(verdict: &Verdict, paths: &Paths) -> String {
    let access = match verdict.access {
        Access::Granted => "granted",
        Access::Denied => "denied",
        Access::Undecided => "undecided",
    };
    let place = match &verdict.cause {
        Cause::Rule { matched, .. } | Cause::EitherWay(matched) => {
            Some((matched.table, matched.number))
        }
        Cause::BrokenTable { table, number, .. } => Some((*table, *number)),
        Cause::NoRule | Cause::Unreadable(_) | Cause::Undecided(_) => None,
    };
    let place = place.map_or("default".to_owned(), |(table, number)| {
        let path = match table {
            TableName::Allow => &paths.allow,
            TableName::Deny => &paths.deny,
        };
        format!("{}:{number}", path.display())
    });
    format!("{access}\t{place}")
}
