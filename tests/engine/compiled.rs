//! Compiled tables against whole tables and against libwrap: the same line settles every request, and
//! the verdict on the few lines that a compiled table gives is libwrap's.

use super::generate::{Source, case, case_from};
use super::indexed::{Stage, request};
use super::inside::{ask_compiled, is_harmless};
use super::library::Oracle;
use crate::proof::say;
use std::fs;
use std::path::PathBuf;
use tcpw::engine::{
    CompiledTable, Excerpt, Request, Surroundings, TableIdentity, compile_table, skim,
};
use tcpw::policy::DEBIAN_12;

const CASES: u64 = 3000;
/// As many of them libwrap is asked about.
const ASKED: u64 = 1500;

/// What a table is compiled to.
pub(super) fn compiled(table: &[u8]) -> Vec<u8> {
    compile_table(table, &TableIdentity::default(), [3, 5]).unwrap()
}

/// The line of `table` that settles a request, through its compiled form.
pub(super) fn excerpt(
    form: &[u8],
    table: &[u8],
    request: &Request,
    world: &dyn Surroundings,
) -> Excerpt {
    let mut read = |buffer: &mut [u8], at: u64| {
        let rest = table
            .get(usize::try_from(at).unwrap()..)
            .unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    };
    let form = CompiledTable::new(form).unwrap();
    form.excerpt(&mut read, request, world).unwrap()
}

#[test]
fn a_compiled_table_settles_a_request_by_the_line_that_settles_it() {
    let (mut settled, mut all) = (0_u32, 0_u32);
    for seed in 0..CASES {
        let case = case(seed, "/lists");
        let stage = Stage(&case);
        for table in [&case.allow, &case.deny] {
            let source = table.as_deref().unwrap_or_default();
            let form = compiled(source);
            for query in &case.queries {
                let request = request(query);
                let found = excerpt(&form, source, &request, &stage);
                let whole = skim(&mut &*source, &request, &stage).unwrap();
                assert_eq!(
                    found,
                    whole,
                    "seed {seed}, query {}\n{}",
                    query.escape_ascii(),
                    case.show()
                );
                settled += u32::from(!found.bytes.is_empty());
                all += 1;
            }
        }
    }
    assert!(settled > all / 10, "only {settled} of {all} were settled");
}

#[test]
fn libwrap_decides_as_the_lines_that_a_compiled_table_gives() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oracle-compiled");
    fs::create_dir_all(&dir).unwrap();
    let mut oracle = Oracle::start();
    let (mut asked, mut by_rule) = (0_u32, 0_u32);
    for seed in 0..ASKED {
        let case = case_from(Source::of(seed), seed, dir.to_str().unwrap());
        if !is_harmless(&case) {
            continue;
        }
        let tables = case.lay(&dir);
        let library = oracle.ask_together(&tables, &case.queries);
        let own = ask_compiled(&case, &tables, &DEBIAN_12);
        for ((query, library), own) in case.queries.iter().zip(&library).zip(own) {
            if library.is_comparable() {
                let query = query.escape_ascii();
                assert_eq!(
                    own,
                    library.text,
                    "seed {seed}, query {query}\n{}",
                    case.show()
                );
                asked += 1;
                by_rule += u32::from(!own.ends_with("\tdefault"));
            }
        }
    }
    assert!(
        by_rule > 2000,
        "only {by_rule} of {asked} verdicts are those of a rule"
    );
    say(&format!(
        "compiled tables: libwrap asked {asked} times, {by_rule} verdicts by a rule, 0 disagreements"
    ));
}
