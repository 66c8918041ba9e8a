//! The manual page of the configuration.

use std::fs;
use std::path::Path;
use tcpw::config::{KEYS, parse};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/tcpw.toml.5");

#[test]
fn every_key_is_described() {
    let page = fs::read_to_string(PAGE).unwrap();
    for (table, keys) in KEYS {
        let heads = [format!(".Sh [{table}]\n"), format!(".Sh [[{table}]]\n")];
        let head = heads.iter().find(|head| page.contains(*head));
        assert!(table.is_empty() || head.is_some(), "{table}");
        let section = head.and_then(|head| page.split(head).nth(1));
        let section = section.unwrap_or(&page);
        let section = section.split("\n.Sh ").next().unwrap();
        for key in keys.iter().filter(|_| !table.is_empty()) {
            let is_table = KEYS
                .iter()
                .any(|(name, _)| *name == format!("{table}.{key}"));
            assert!(
                is_table || section.contains(&format!(".It Cm {key}\n")),
                "{table}.{key}"
            );
        }
    }
}

#[test]
fn every_described_key_exists_and_the_example_is_valid() {
    let page = fs::read_to_string(PAGE).unwrap();
    for key in page.lines().filter_map(|line| line.strip_prefix(".It Cm ")) {
        assert!(KEYS.iter().any(|(_, keys)| keys.contains(&key)), "{key}");
    }
    let example = page.split(".Bd -literal").nth(1).unwrap();
    let example = example
        .split_once('\n')
        .unwrap()
        .1
        .split(".Ed")
        .next()
        .unwrap();
    let config = parse(example.as_bytes(), Path::new("example"), &Path::to_path_buf).unwrap();
    assert!(!config.mail.to.is_empty());
}

#[test]
fn the_entries_of_the_system_log_can_be_found_as_it_says() {
    let page = fs::read_to_string(PAGE).unwrap();
    let wanted = format!("journalctl MESSAGE_ID={}\n", tcpw::system::EVENT_MESSAGE_ID);
    assert!(page.contains(&wanted), "{wanted}");
}
