//! Clients as sources write them: addresses, networks, ranges and names.

use crate::import::entry::Whom;
use std::net::{IpAddr, Ipv4Addr};
use tcpw_gate::{Network, NetworkError};

/// Words that mean something else in a list of clients.
const WORDS: [&str; 6] = ["ALL", "KNOWN", "UNKNOWN", "LOCAL", "PARANOID", "EXCEPT"];

/// An address, a network (`10.0.0.0/8`, `10.0.0.0/255.0.0.0`) or a range of addresses.
///
/// # Errors
/// In words, when it is none of them.
pub(crate) fn network(text: &str) -> Result<Network, String> {
    if let Some((address, mask)) = text.split_once('/')
        && let Ok(mask) = mask.parse::<Ipv4Addr>()
    {
        let length = mask.to_bits().leading_ones();
        if mask.to_bits().count_ones() != length {
            return Err("its mask is not a prefix".to_owned());
        }
        return network(&format!("{address}/{length}"));
    }
    text.parse()
        .map_err(|error: NetworkError| error.to_string())
}

/// The network of an address whose bits after the prefix do not count, as packet filters read it.
///
/// # Errors
/// In words, when it is none.
pub(crate) fn masked(text: &str) -> Result<Network, String> {
    let Some((address, length)) = text.split_once('/') else {
        return network(text);
    };
    let address = address.parse::<IpAddr>();
    match (address, length.parse::<u8>()) {
        (Ok(address), Ok(length)) => {
            Network::of_prefix(address, length).ok_or_else(|| "its prefix is too long".to_owned())
        }
        (Ok(IpAddr::V4(address)), Err(_)) => {
            let mask: Ipv4Addr = length
                .parse()
                .map_err(|_| "what follows the slash is not a mask".to_owned())?;
            let net = Ipv4Addr::from_bits(address.to_bits() & mask.to_bits());
            network(&format!("{net}/{mask}"))
        }
        (Ok(IpAddr::V6(_)), Err(_)) | (Err(_), _) => network(text),
    }
}

/// A client of a plain list: a network, a range or a name.
///
/// # Errors
/// In words, when it is none of them.
pub(crate) fn whom(text: &str) -> Result<Whom, String> {
    let error = match network(text) {
        Ok(network) => return Ok(Whom::Ranges(vec![network])),
        Err(error) => error,
    };
    named(text).ok_or(error)
}

/// A host name or a domain with a leading dot, in lower case.
pub(crate) fn named(text: &str) -> Option<Whom> {
    let bare = text.strip_prefix('.').unwrap_or(text);
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = bare.rsplit('.').next().unwrap_or_default();
    let is_name = bare.len() < 128
        && bare.split('.').all(is_label)
        && last.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(bare));
    is_name.then(|| Whom::Named(text.to_ascii_lowercase()))
}

/// `192.0.2.*`, and so on: the addresses whose text begins so.
pub(crate) fn prefix_of_text(text: &str) -> Option<Network> {
    let stem = text.strip_suffix(".*")?;
    let stem = stem.trim_end_matches(".*");
    let parts: Vec<u8> = stem
        .split('.')
        .map(|part| {
            part.parse()
                .ok()
                .filter(|number: &u8| number.to_string() == part)
        })
        .collect::<Option<_>>()?;
    let length = u8::try_from(parts.len() * 8)
        .ok()
        .filter(|length| *length < 32)?;
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(&parts) {
        *octet = *part;
    }
    Network::of_prefix(IpAddr::V4(Ipv4Addr::from(octets)), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_read_or_refused() {
        let net = |text: &str| Ok(Whom::Ranges(vec![text.parse().unwrap()]));
        for (text, wanted) in [
            ("192.0.2.7", net("192.0.2.7")),
            ("10.0.0.0/255.255.0.0", net("10.0.0.0/16")),
            ("10.0.0.1-10.0.0.9", net("10.0.0.1-10.0.0.9")),
            ("10.0.0.1 - 10.0.0.9", net("10.0.0.1-10.0.0.9")),
            ("2001:db8::/32", net("2001:db8::/32")),
            (
                "Host.Example.org",
                Ok(Whom::Named("host.example.org".to_owned())),
            ),
            (".example.org", Ok(Whom::Named(".example.org".to_owned()))),
        ] {
            assert_eq!(whom(text), wanted, "{text}");
        }
        for text in [
            "",
            "ALL",
            "except",
            "10.0.0.1/8",
            "10.0.0.0/255.0.255.0",
            "a b",
            "a,b",
            "300.1.1.1",
            "10.0.0",
            "a\nb",
            "*.example.org",
            "x..y",
            "10.0.0.9-10.0.0.1",
            "@group",
            "u@host",
        ] {
            assert!(whom(text).is_err(), "{text}");
        }
        assert_eq!(masked("10.1.2.3/8"), Ok("10.0.0.0/8".parse().unwrap()));
        assert_eq!(
            masked("10.1.2.3/255.255.0.0"),
            Ok("10.1.0.0/16".parse().unwrap())
        );
        assert!(masked("10.1.2.3/33").is_err());
        assert_eq!(prefix_of_text("10.1.*"), "10.1.0.0/16".parse().ok());
        assert_eq!(prefix_of_text("10.1.*.*"), "10.1.0.0/16".parse().ok());
        for text in ["*", "10.*.1", "10.01.*", "1.2.3.4.*", "a.*", ".*"] {
            assert_eq!(prefix_of_text(text), None, "{text}");
        }
    }
}
