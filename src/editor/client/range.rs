//! `10.0.0.5-10.0.0.20`: a range of addresses as the fewest networks.

use crate::editor::client::pattern::Client;
use crate::editor::client::word_error::{WordError, refuse};
use crate::policy::networks;
use std::net::IpAddr;

/// Reads a CLIENT that may also be a range of addresses.
///
/// # Errors
/// As [`Client::parse`]; and when a range ends before it begins, or mixes IPv4 and IPv6.
pub fn clients(text: &str) -> Result<Vec<Client>, WordError> {
    let ends = text
        .split_once('-')
        .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    let Some(ends) = ends else {
        return Ok(vec![Client::parse(text)?]);
    };
    let example = "give the lower address first, as in 10.0.0.5-10.0.0.20";
    let (first, last): (IpAddr, IpAddr) = ends;
    let Some(networks) = networks(first, last) else {
        let problem = if first.is_ipv4() == last.is_ipv4() {
            "it ends before it begins"
        } else {
            "one end is IPv4 and the other IPv6"
        };
        return refuse(text, problem, example);
    };
    networks
        .into_iter()
        .map(|network| Client::parse(&format!("{}/{}", network.address, network.length)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let found = clients(text).map_err(|error| error.hint)?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_fewest_networks() {
        for (text, expected) in [
            (
                "10.0.0.5-10.0.0.20",
                "10.0.0.5 10.0.0.6/31 10.0.0.8/29 10.0.0.16/30 10.0.0.20",
            ),
            ("10.0.0.0-10.0.0.255", "10.0.0.0/24"),
            ("10.0.0.7-10.0.0.7", "10.0.0.7"),
            ("255.255.255.254-255.255.255.255", "255.255.255.254/31"),
            ("2001:db8::-2001:db8::ffff", "[2001:db8::]/112"),
            ("2001:db8::1-2001:db8::2", "[2001:db8::1] [2001:db8::2]"),
            ("a-b.example", "a-b.example"),
            ("10.0.0.0/24", "10.0.0.0/24"),
        ] {
            let found = read(text).map(|found| found.join(" "));
            assert_eq!(found.as_deref(), Ok(expected), "{text}");
        }
        // All of it is a network that libwrap does not match by: its two halves would work.
        assert!(read("0.0.0.0-255.255.255.255").is_err_and(|hint| hint.contains("0.0.0.0/1")));
        for text in ["10.0.0.2-10.0.0.1", "10.0.0.1-2001:db8::1"] {
            assert!(
                read(text).is_err_and(|hint| hint.contains("10.0.0.5-10.0.0.20")),
                "{text}"
            );
        }
    }
}
