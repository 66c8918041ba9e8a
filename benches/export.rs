//! Tables of 1,000 to 1,000,000 banned networks: how long `tcpw export` to each program takes and how much
//! memory, beside what the real nft needs to check the same script, and what `--check` takes.
//!
//! `cargo bench --bench export`, as root; needs Debian's nftables and python3. A tenth of the networks is
//! IPv6. `TCPW_NETWORKS` is the largest table. The goal: an export costs less than half of what nft does
//! with it, in processor time, which other work on the machine does not change much, and in memory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot go on must stop, and prints its table"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

const TCPW: &str = env!("CARGO_BIN_EXE_tcpw");
/// Runs a command, and prints its seconds, those of a processor, and its peak of memory in kB.
const MEASURE: &str = "import resource, subprocess, sys, time
begin = time.monotonic()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
assert done.returncode == 0, done.stderr
end, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
print(end - begin, used.ru_utime + used.ru_stime, used.ru_maxrss)";
const GOAL: f64 = 0.5;

/// A number that looks random, always the same for the same `n`.
fn scattered(n: u64) -> u64 {
    let mut x = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A table of so many networks, twenty a rule.
fn table(path: &Path, count: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for n in 0..count {
        if n % 20 == 0 {
            file.write_all(if n == 0 { b"sshd:" } else { b"\nsshd:" })
                .unwrap();
        }
        if n % 10 == 9 {
            // Without host bits, with which a network matches nobody.
            let address = (u128::from(scattered(n) >> 4) | 0x2 << 60) << 64;
            write!(file, " [{}]/64", Ipv6Addr::from_bits(address)).unwrap();
        } else {
            // Not this host's own: `--to systemd` would ask about them.
            let address = u32::try_from(scattered(n) >> 33).unwrap() % 0x7f00_0000;
            write!(file, " {}", Ipv4Addr::from_bits(address)).unwrap();
        }
    }
    file.write_all(b"\n").unwrap();
    file.flush().unwrap();
}

/// Seconds, those of a processor, and MiB.
fn measure(words: &[&str]) -> [f64; 3] {
    let output = Command::new("/usr/bin/python3")
        .args(["-c", MEASURE])
        .args(words)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let numbers: Vec<f64> = text
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [seconds, processor, memory] = numbers.try_into().unwrap_or_else(|_| panic!("{errors}"));
    [seconds, processor, memory / 1024.0]
}

fn main() {
    let most: u64 = std::env::var("TCPW_NETWORKS").map_or(1_000_000, |text| text.parse().unwrap());
    let folder = tempfile::TempDir::new().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    fs::write(folder.path().join("etc/hosts.allow"), "").unwrap();
    let root = folder.path().to_str().unwrap();
    let script = folder.path().join("tcpw.nft");
    let script = script.to_str().unwrap();
    println!(
        "{:>9}  {:<24} {:>8} {:>8} {:>8}",
        "networks", "", "s", "cpu s", "MiB"
    );
    let mut count = 1000;
    while count <= most {
        table(&folder.path().join("etc/hosts.deny"), count);
        let show = |what: &str, words: &[&str]| {
            let found = measure(words);
            let [seconds, processor, memory] = found;
            println!("{count:>9}  {what:<24} {seconds:>8.2} {processor:>8.2} {memory:>8.0}");
            found
        };
        let nftables = ["export", "--to", "nftables", "-d", "sshd=22"];
        let export = [&[TCPW, "--root", root][..], &nftables].concat();
        let own = show(
            "export --to nftables",
            &[&export[..], &["--output", script]].concat(),
        );
        show(
            "--check of it",
            &[&export[..], &["--check", script]].concat(),
        );
        show(
            "export --to sshd",
            &[TCPW, "--root", root, "export", "--to", "sshd"],
        );
        for (what, target, daemon) in [
            ("export --to firewalld", "firewalld", "sshd=22"),
            ("export --to systemd", "systemd", "sshd=ssh.service"),
        ] {
            let to = folder.path().join(target);
            let words = ["export", "--to", target, "-d", daemon, "--output"];
            let words = [&[TCPW, "--root", root][..], &words, &[to.to_str().unwrap()]].concat();
            show(what, &words);
        }
        let nft = show("nft -c -f", &["unshare", "-n", "nft", "-c", "-f", script]);
        let [_, time, memory] = own;
        let [time, memory] = [time / nft[1], memory / nft[2]];
        println!("{count:>9}  export / nft: cpu {time:.2}, memory {memory:.2} (goal: {GOAL})");
        count *= 10;
    }
}
