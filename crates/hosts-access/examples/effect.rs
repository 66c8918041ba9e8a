//! Reads an old and a new pair of tables, asks for a verdict, and prints who gains and who loses.

#![expect(clippy::print_stdout, reason = "an example prints")]

use hosts_access::{Access, AccessTables, Change, Host, HostName, Request};

fn main() {
    let old = AccessTables::parse(b"sshd: 192.0.2.0/24\n", b"ALL: ALL\n");
    let new = AccessTables::parse(b"sshd: 192.0.2.0/25 [2001:db8::]/32\n", b"ALL: ALL\n");
    let client = Host::new("192.0.2.200", HostName::unknown());
    let verdict = new.decide(&Request::new("sshd", client));
    println!(
        "192.0.2.200 is granted: {}",
        verdict.access == Access::Granted
    );
    for claim in old.differences(&new).claims {
        let sign = match claim.change {
            Change::Gains => '+',
            Change::Loses => '-',
            Change::Unknown => '?',
        };
        let network = claim.network.map_or_else(String::new, |it| it.to_string());
        println!("{sign} {network} (such as {})", claim.example.address);
    }
}
