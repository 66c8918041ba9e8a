//! Tables of any number of rules, of several shapes: a `sshd: ADDRESS`; dh, the two lines of `DenyHosts`; b
//! a network by its length, b2 by its mask, b6 of IPv6; c `.domain`; d 160 addresses a line; e a list
//! file.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// The deny table of a shape; shape e writes its list to `list`.
pub(crate) fn table_of(shape: &str, size: u32, list: &Path) -> String {
    let mut text = String::new();
    match shape {
        "d" => {
            let mut line = "sshd:".to_owned();
            for n in 0..size {
                let word = format!(" {}", client(shape, n));
                if line.len() + word.len() > 2045 {
                    writeln!(text, "{line}").unwrap();
                    line.truncate(5);
                }
                line += &word;
            }
            writeln!(text, "{line}").unwrap();
        }
        "e" => {
            let mut words = std::io::BufWriter::new(fs::File::create(list).unwrap());
            (0..size).for_each(|n| writeln!(words, "{}", client(shape, n)).unwrap());
            writeln!(text, "sshd: {}", list.display()).unwrap();
        }
        _ => (0..size).for_each(|n| text += &rule(shape, n)),
    }
    text
}

fn rule(shape: &str, n: u32) -> String {
    let net = client("b", n).replace(".7", ".0");
    match shape {
        "b" => format!("ALL: {net}/24\n"),
        "b2" => format!("ALL: {net}/255.255.255.0\n"),
        "b6" => format!("ALL: [{}::]/64\n", client(shape, n).trim_end_matches("::7")),
        "c" => format!("sshd: .host{n}.example\n"),
        "dh" => {
            let rule = format!("sshd: {}", client(shape, n));
            format!("# DenyHosts: Tue Jan  6 10:00:00 2026 | {rule}\n{rule}\n")
        }
        _ => format!("sshd: {}\n", client(shape, n)),
    }
}

/// The address of a client that rule `n` matches.
pub(crate) fn client(shape: &str, n: u32) -> String {
    match shape {
        "b" | "b2" => {
            let [first, second, third, _] = (0x0100_0000 + n * 256).to_be_bytes();
            format!("{first}.{second}.{third}.7")
        }
        "b6" => format!("2001:db8:{:x}:{:x}::7", n >> 16, n & 0xffff),
        _ => std::net::Ipv4Addr::from(0x0102_0304 + n * 97).to_string(),
    }
}
