//! What a ban costs each client: from connect to banner at Debian's sshd, with banned addresses as
//! rules, packed to long lines, in a `/file` list, and in a compiled set that `tcpw-gate` asks;
//! beside the shell alone that libwrap starts for any command, the shell with a program that does
//! nothing, and a shell script with `geoiplookup`, where that is installed. All in one run, in turn.
//!
//! `cargo bench --bench banner`; needs root, namespaces, sshd and ssh-keygen. `TCPW_BANNED` is how
//! many are banned (1000000), `TCPW_ROUNDS` how often each form is measured (41).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

#[path = "support/gate_program.rs"]
mod gate_program;

use gate_program::GATE;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
/// New mount, network and process namespaces that end with the script.
const NAMESPACES: [&str; 6] = ["-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc"];
/// The goal of the gate: milliseconds more than with no rule.
const MOST_OVER_NONE: f64 = 2.0;

fn main() {
    gate_program::build();
    let stage = TempDir::with_prefix("tcpw-banner-").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/banned.sh");
    let banned = number("TCPW_BANNED", 1_000_000);
    let rounds = number("TCPW_ROUNDS", 41);
    let output = Command::new("unshare")
        .args(NAMESPACES)
        .args(["--propagation", "private", "bash"])
        .arg(script)
        .arg(stage.path())
        .arg(TCPW)
        .arg(GATE)
        .args([banned, rounds].map(|count| count.to_string()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{banned} banned addresses, from connect to banner, in milliseconds");
    println!(
        "{:10} {:>10} {:>10} {:>12}",
        "form", "median", "95 %", "over none"
    );
    let mut none = 0.0;
    for line in said.lines().filter_map(|line| line.strip_prefix("form ")) {
        let words: Vec<&str> = line.split(' ').collect();
        let figures = || {
            words
                .iter()
                .skip(1)
                .map(|word| word.parse::<f64>().unwrap())
        };
        let (median, late) = (figures().next().unwrap(), figures().nth(1).unwrap());
        let form = words.first().copied().unwrap_or_default();
        if form == "none" {
            none = median;
        }
        let over = median - none;
        let goal = if form == "gate" {
            format!(
                "at most 2: {}",
                if over <= MOST_OVER_NONE {
                    "reached"
                } else {
                    "MISSED"
                }
            )
        } else {
            String::new()
        };
        println!("{form:10} {median:>10.3} {late:>10.3} {over:>12.3} {goal}");
    }
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}
