//! The name of an address, found and doubted the way libwrap does it (F-NAME-07), with the words that
//! libwrap logs of a doubt.

use super::log::reason;
use super::name_service::{Patience, addresses, getent};
use hosts_access::escape::visible;
use std::io;
use std::net::IpAddr;

/// The words for a host without a name, and for one whose name is not believed.
const UNKNOWN: &str = "unknown";
const PARANOID: &str = "paranoid";
/// The longest text that libwrap shows of a name.
const SHOWN: usize = 127;

/// A name, and what is wrong about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundName {
    pub(crate) name: String,
    pub(crate) warning: Option<String>,
}

/// Asks for the name of an address, and for its addresses, where the same one must be.
pub(crate) fn name_of(address: IpAddr, patience: Patience) -> FoundName {
    // libwrap looks up mapped addresses as the IPv4 address inside (F-NAME-08).
    let address = address.to_canonical();
    let text = address.to_string();
    let found = getent(&[b"--", b"hosts", text.as_bytes()], patience);
    let unknown = |warning| FoundName {
        name: UNKNOWN.to_owned(),
        warning,
    };
    let line = match found {
        Ok(Some(line)) => line,
        Ok(None) => return unknown(None),
        Err(error) => return unknown(Some(not_asked(&text, &error))),
    };
    let mut words = line
        .lines()
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace();
    match words.nth(1) {
        Some(name) => doubted(address, name, addresses(name.as_bytes(), patience)),
        None => unknown(None),
    }
}

fn not_asked(what: &str, error: &io::Error) -> String {
    let why = if error.kind() == io::ErrorKind::TimedOut {
        "the name service took too long".to_owned()
    } else {
        reason(error)
    };
    format!("can't look up {}: {why}", visible(what.as_bytes()))
}

/// What libwrap makes of `name` when the name service says this of it.
fn doubted(
    address: IpAddr,
    name: &str,
    answer: io::Result<Option<(Vec<String>, String)>>,
) -> FoundName {
    let shown = visible(name.as_bytes());
    let paranoid = |warning: String| FoundName {
        name: PARANOID.to_owned(),
        warning: Some(warning),
    };
    if name.parse::<IpAddr>().is_ok() {
        return paranoid(format!(
            "host name/name mismatch: reverse lookup results in non-FQDN {shown}"
        ));
    }
    let (found, canonical) = match answer {
        Ok(Some(found)) => found,
        Ok(None) => (Vec::new(), String::new()),
        Err(error) => return paranoid(not_asked(name, &error)),
    };
    let addresses = found.iter().filter_map(|text| text.parse::<IpAddr>().ok());
    let of_family: Vec<IpAddr> = addresses
        .map(|found| found.to_canonical())
        .filter(|found| found.is_ipv4() == address.is_ipv4())
        .collect();
    if of_family.is_empty() || canonical.is_empty() {
        let family = if address.is_ipv4() {
            "AF_INET"
        } else {
            "AF_INET6"
        };
        return paranoid(format!(
            "can't verify hostname: getaddrinfo({shown}, {family}) failed"
        ));
    }
    let mut official = visible(canonical.as_bytes());
    let end = (0..=SHOWN.min(official.len())).rev();
    official.truncate(
        end.into_iter()
            .find(|&at| official.is_char_boundary(at))
            .unwrap_or(0),
    );
    // `localhost` is exempt from this test.
    if !canonical.eq_ignore_ascii_case(name) && !name.eq_ignore_ascii_case("localhost") {
        return paranoid(format!("host name/name mismatch: {shown} != {official}"));
    }
    if !of_family.contains(&address) {
        return paranoid(format!(
            "host name/address mismatch: {address} != {official}"
        ));
    }
    FoundName {
        name: name.to_owned(),
        warning: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(address: &str, name: &str, found: &[&str], canonical: &str) -> (String, String) {
        let found = found.iter().map(|&text| text.to_owned()).collect();
        let answer = Ok(Some((found, canonical.to_owned())));
        let found = doubted(address.parse().unwrap(), name, answer);
        (found.name, found.warning.unwrap_or_default())
    }

    #[test]
    fn f_name_07_a_name_must_lead_back() {
        let name = "pc.example";
        let (found, warning) = judged("192.0.2.7", name, &["192.0.2.9", "192.0.2.7"], name);
        assert_eq!((found.as_str(), warning.as_str()), (name, ""));
        for (address, name, found, canonical, wanted) in [
            (
                "192.0.2.7",
                name,
                &["192.0.2.9"][..],
                name,
                "host name/address mismatch: 192.0.2.7 != pc.example",
            ),
            (
                "192.0.2.7",
                name,
                &["192.0.2.7"],
                "other.example",
                "host name/name mismatch: pc.example != other.example",
            ),
            (
                "192.0.2.7",
                "192.0.2.7",
                &["192.0.2.7"],
                "192.0.2.7",
                "host name/name mismatch: reverse lookup results in non-FQDN 192.0.2.7",
            ),
            (
                "192.0.2.7",
                name,
                &["2001:db8::7"],
                name,
                "can't verify hostname: getaddrinfo(pc.example, AF_INET) failed",
            ),
            (
                "2001:db8::7",
                name,
                &[],
                "",
                "can't verify hostname: getaddrinfo(pc.example, AF_INET6) failed",
            ),
        ] {
            let (found, warning) = judged(address, name, found, canonical);
            assert_eq!((found.as_str(), warning.as_str()), ("paranoid", wanted));
        }
        let (found, _) = judged("127.0.0.9", "localhost", &["127.0.0.9"], "other");
        assert_eq!(found, "localhost", "it is exempt");
    }
}
