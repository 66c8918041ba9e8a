//! What is said of libwrap, before the installed libwrap.

use super::{requirements, word};
use crate::engine::{Oracle, Tables, case};
use crate::proof::say;
use crate::sandbox::program;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// As many pairs of tables are judged.
const CASES: u64 = 150;

fn judged(tables: &Tables) -> Value {
    let there = |path: &Path| {
        if path.exists() {
            path.to_owned()
        } else {
            "/dev/null".into()
        }
    };
    let profiles = ["cis-ubuntu-16.04", "GEN005540", "SOL-11.1-030050"];
    let output = Command::new(program())
        .arg("--allow-file")
        .arg(there(&tables.allow))
        .arg("--deny-file")
        .arg(there(&tables.deny))
        .args(["audit", "--format", "json"])
        .args(profiles.iter().flat_map(|profile| ["--profile", profile]))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).expect(&told)
}

/// What is asked about in all cases.
fn strangers() -> impl Iterator<Item = Vec<u8>> {
    let clients = [
        "198.51.100.77\tunknown",
        "203.0.113.9\thost.example.net",
        "2001:db8:77::1\tunknown",
        "1.2.3.4\tparanoid",
    ];
    ["sshd", "vsftpd", "nobody-asks-so"]
        .into_iter()
        .flat_map(move |daemon| clients.map(|client| format!("{daemon}\t{client}").into_bytes()))
}

/// Whether the client that is shown, who gets in by the allow table, does not without it.
fn refused_without_allow(requirement: &Value, tables: &Tables, oracle: &mut Oracle) -> bool {
    let client = &requirement["proofs"][0]["client"];
    let fields = ["daemon", "address", "name"].map(|key| client[key].as_str().unwrap());
    if fields.iter().any(|text| text.contains('\\')) {
        return true;
    }
    let query = fields.join("\t").into_bytes();
    let without = Tables {
        allow: "/nonexistent".into(),
        deny: tables.deny.clone(),
    };
    !oracle.ask(&without, &[query])[0]
        .text
        .starts_with("granted")
}

#[test]
fn what_is_said_of_libwrap_is_what_it_does() {
    let dir = TempDir::with_prefix("tcpw-audit-truth-").unwrap();
    let mut oracle = Oracle::start();
    let (mut shown, mut asked) = (0, 0);
    let mut rulings = std::collections::BTreeMap::new();
    for seed in 0..CASES {
        let case = case(seed, dir.path().to_str().unwrap());
        let tables = case.lay(dir.path());
        let document = judged(&tables);
        let queries: Vec<Vec<u8>> = case.queries.iter().cloned().chain(strangers()).collect();
        let answers = oracle.ask(&tables, &queries);
        for (profile, requirement) in requirements(&document) {
            let (id, ruling) = (word(requirement, "id"), word(requirement, "libwrap"));
            *rulings.entry(ruling.to_owned()).or_insert(0) += 1;
            for proof in requirement["proofs"].as_array().unwrap() {
                let Some(client) = proof.get("client") else {
                    continue;
                };
                let [daemon, address, name] =
                    ["daemon", "address", "name"].map(|key| client[key].as_str().unwrap());
                if [daemon, name].iter().any(|text| text.contains('\\')) {
                    continue;
                }
                let query = format!("{daemon}\t{address}\t{name}").into_bytes();
                let answer = &oracle.ask(&tables, &[query])[0].text;
                let is_granted = answer.starts_with("granted");
                let is_said = client["granted"].as_bool().unwrap();
                let is_told = answer.starts_with("died") || is_granted == is_said;
                assert!(is_told, "{seed}: {id}: {proof}: {answer}\n{}", case.show());
                shown += 1;
            }
            if (profile.as_str(), id, ruling) == ("cis-ubuntu-16.04", "3.4.2", "pass") {
                let without = refused_without_allow(requirement, &tables, &mut oracle);
                assert!(without, "{seed}: {requirement}\n{}", case.show());
                shown += 1;
            }
            for (query, answer) in queries.iter().zip(&answers) {
                let text = &answer.text;
                let is_sshd = query.starts_with(b"sshd\t");
                let holds = match (profile.as_str(), id, ruling) {
                    // Whoever gets in does so by the allow table.
                    ("cis-ubuntu-16.04", "3.4.3", "pass") => {
                        let by_allow = format!("granted\t{}:", tables.allow.display());
                        !text.starts_with("granted") || text.starts_with(&by_allow)
                    }
                    ("GEN005540", _, "fail") => !is_sshd || !text.starts_with("denied"),
                    ("SOL-11.1-030050", _, "fail") => !text.starts_with("denied"),
                    _ => continue,
                };
                let query = String::from_utf8_lossy(query);
                assert!(holds, "{seed}: {id}: {query}: {text}\n{}", case.show());
                asked += 1;
            }
        }
    }
    assert!(shown > 100 && asked > 500, "{shown} {asked} {rulings:?}");
    assert!(rulings["pass"] > 50 && rulings["fail"] > 20, "{rulings:?}");
    say(&format!(
        "audit: {CASES} pairs of tables: libwrap does with {shown} clients what is said, and with {asked} \
         more: 0 wrong"
    ));
}
