//! A database of the gate, of either format and with any bytes, gives answers or faults: for single
//! addresses, and for all of them at once, which agree.
//!
//! Input: a database.

use std::fs;
use std::net::IpAddr;
use std::thread;
use tcpw_event::now::now;
use tcpw_gate::{Call, Settings, Sources, Why, admitted, decide};

/// What the database is asked.
const CALLS: [&str; 3] = ["--country KR", "--asn 64500", "--except CN,AS64500"];
/// For whom.
const CLIENTS: [&str; 6] = [
    "0.0.0.0",
    "203.0.113.9",
    "255.255.255.255",
    "::",
    "2001:db8::9",
    "2002:cb00:7109::1",
];

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    let name = format!(
        "tcpw-fuzz-{}-{:?}",
        std::process::id(),
        thread::current().id()
    );
    let path = std::env::temp_dir().join(name);
    fs::write(&path, bytes).unwrap();
    for call in CALLS {
        let line = format!(
            "{call} --keep none --strict --database {} -- %a",
            path.display()
        );
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let call = Call::of_words(&words).unwrap();
        let (settings, mut sources) = (Settings::default(), Sources::new(None));
        let all = admitted(&call, &settings, &mut sources, now());
        for client in CLIENTS {
            let client: IpAddr = client.parse().unwrap();
            let one = decide(&call, Some(client), &settings, &mut sources, now());
            assert!(!one.why.to_string().contains(char::is_control));
            if let (Ok(all), false) = (&all, matches!(one.why, Why::Broken { .. })) {
                let is_in = all.iter().any(|network| network.contains(client));
                assert_eq!(is_in, one.admits, "{client}: {}", one.why);
            }
        }
    }
    fs::remove_file(&path).unwrap();
}
