//! What `tcpw lint --fix` and `--unsafe-fixes` make of the fixture of each code.

use super::super::world::World;
use super::super::{Stage, folders, name_of};
use std::path::Path;
use tcpw::lint::{Boldness, CHECKS, Policy, Repaired, Site, docs, repair, run};
use tcpw::policy::{CLASSIC, DEBIAN_12, DEBIAN_13, FREEBSD, NETBSD};
use tcpw::syntax::parse_as;

/// The two tables of a kind, as far as they are there.
type Pair = [Option<Vec<u8>>; 2];

fn pair(folder: &Path, kind: &str) -> Pair {
    ["allow", "deny"].map(|table| std::fs::read(folder.join(format!("{kind}.{table}"))).ok())
}

fn site(folder: &Path) -> Site<'static> {
    let arguments = std::fs::read_to_string(folder.join("arguments")).unwrap_or_default();
    let world: &'static World = match arguments.trim() {
        "--dialect classic" => const { &World::of(&CLASSIC) },
        "--dialect debian13" => const { &World::of(&DEBIAN_13) },
        "--dialect freebsd" => const { &World::of(&FREEBSD) },
        "--dialect netbsd" => const { &World::of(&NETBSD) },
        _ => const { &World::of(&DEBIAN_12) },
    };
    Site {
        world,
        ..Site::NOWHERE
    }
}

/// How many findings of this code the tables have.
fn count(code: &str, pair: &Pair, site: &Site<'_>) -> usize {
    let reading = site.world.dialect().reading;
    let [allow, deny] = pair
        .each_ref()
        .map(|table| table.as_ref().map(|table| parse_as(table, reading)));
    let policy = Policy {
        allow: allow.as_ref(),
        deny: deny.as_ref(),
    };
    let report = run(&policy, site, usize::MAX);
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.diagnostic.code == code)
        .count()
}

fn repaired(pair: &Pair, site: &Site<'_>, boldness: Boldness) -> Pair {
    let [allow, deny] = pair.each_ref().map(Option::as_deref);
    let Repaired {
        allow: new_allow,
        deny: new_deny,
        ..
    } = repair(allow, deny, site, boldness);
    [allow.map(|_| new_allow), deny.map(|_| new_deny)]
}

/// What repairs a finding of the folder, as `codes.txt` has it, and the tables afterwards. Where
/// several ways to make the mistake are shown, one is enough.
fn remedy(code: &str, folder: &Path) -> (&'static str, Option<Pair>) {
    let (bad, site) = (pair(folder, "bad"), site(folder));
    let before = count(code, &bad, &site);
    if before > 0 {
        for (boldness, word) in [
            (Boldness::Safe, "--fix"),
            (Boldness::Unsafe, "--unsafe-fixes"),
        ] {
            let fixed = repaired(&bad, &site, boldness);
            if count(code, &fixed, &site) < before {
                return (word, Some(fixed));
            }
        }
    }
    ("by hand", None)
}

#[test]
fn the_repairs_make_the_fixed_tables_of_every_code() {
    let mut wrong = Vec::new();
    for folder in folders() {
        let code = name_of(&folder).split('-').next().unwrap();
        let stage = Stage::of(&folder);
        let (word, fixed) = remedy(code, stage.path());
        if docs::of(code).repair != word {
            wrong.push(format!("{code}: repair: {word}"));
        }
        let [allow, deny] = fixed.unwrap_or_default();
        for (table, bytes) in [("allow", allow), ("deny", deny)] {
            let path = folder.join(format!("fixed.{table}"));
            let bytes = bytes.map(|bytes| match String::from_utf8(bytes) {
                Ok(text) => text
                    .replace(stage.path().to_str().unwrap(), "[DIR]")
                    .into_bytes(),
                Err(error) => error.into_bytes(),
            });
            if std::env::var_os("TCPW_UPDATE").is_some() {
                match &bytes {
                    Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                    None => drop(std::fs::remove_file(&path)),
                }
            }
            let kept = std::fs::read(&path).ok();
            assert_eq!(
                kept.as_deref().map(String::from_utf8_lossy),
                bytes.as_deref().map(String::from_utf8_lossy),
                "{}",
                path.display()
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "codes.txt must say:\n{}",
        wrong.join("\n")
    );
    assert_eq!(folders().len(), CHECKS.len());
}
