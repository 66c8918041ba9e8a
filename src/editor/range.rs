//! `10.0.0.5-10.0.0.20`: a range of addresses as the fewest networks.

use super::client::Client;
use super::word::{WordError, refuse};
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
    let (first, last, width) = match ends {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            (u128::from(first.to_bits()), u128::from(last.to_bits()), 32)
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), 128),
        _ => return refuse(text, "one end is IPv4 and the other IPv6", example),
    };
    if first > last {
        return refuse(text, "it ends before it begins", example);
    }
    networks(first, last, width)
        .into_iter()
        .map(|(net, length)| Client::parse(&spelling(net, length, width)))
        .collect()
}

/// The fewest networks, as address and prefix length, that are `first` to `last` together.
fn networks(first: u128, last: u128, width: u32) -> Vec<(u128, u32)> {
    let mut found = Vec::new();
    let mut at = first;
    loop {
        // As large as the address is round and the rest is long.
        let round = at.trailing_zeros().min(width);
        let fits = (0..=round).rev().find(|&bits| ones(bits) <= last - at);
        let bits = fits.unwrap_or(0);
        found.push((at, width - bits));
        let end = at + ones(bits);
        if end >= last {
            return found;
        }
        at = end + 1;
    }
}

fn ones(bits: u32) -> u128 {
    u128::MAX.checked_shr(128 - bits).unwrap_or(0)
}

fn spelling(net: u128, length: u32, width: u32) -> String {
    let address = match u32::try_from(net) {
        Ok(net) if width == 32 => IpAddr::from(net.to_be_bytes()),
        _ => IpAddr::from(net.to_be_bytes()),
    };
    format!("{address}/{length}")
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

    #[test]
    fn every_small_range_is_covered_once() {
        for first in 0..40_u128 {
            for last in first..40 {
                let found = networks(first, last, 32);
                let mut at = first;
                for (net, length) in &found {
                    assert_eq!(*net, at);
                    at += 1 << (32 - length);
                }
                assert_eq!(at, last + 1, "{first}-{last}: {found:?}");
                assert!(found.len() <= 10);
            }
        }
    }
}
