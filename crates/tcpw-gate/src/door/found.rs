//! The name of an address, found and doubted the way libwrap does it (F-NAME-07), with the words that
//! libwrap logs of a doubt.

use super::ends::address_text;
use super::log::reason;
use super::name_service::{FoundAddress, Patience, addresses, getent};
use hosts_access::HostName;
use hosts_access::escape::visible;
use std::io;
use std::net::{IpAddr, SocketAddr};

/// What is wrong about a name, if that is not believed.
type Warning = Option<String>;
/// The addresses of a name, and its canonical name, as the name service has them.
type Answer = io::Result<Option<(Vec<FoundAddress>, Vec<u8>)>>;

/// A name, and what is wrong about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundName {
    pub(crate) name: HostName,
    pub(crate) warning: Warning,
}

/// Asks for the name of an address, and for its addresses, where the same one must be.
pub(crate) fn name_of(address: SocketAddr, patience: Patience) -> FoundName {
    // libwrap looks up mapped addresses as the IPv4 address inside (F-NAME-08).
    let address = match address.ip().to_canonical() {
        IpAddr::V4(inside) => SocketAddr::from((inside, address.port())),
        IpAddr::V6(_) => address,
    };
    let text = address.ip().to_string();
    let found = getent(b"hosts", &[text.as_bytes()], patience);
    let unknown = |warning| FoundName {
        name: HostName::unknown(),
        warning,
    };
    let lines = match found {
        Ok(Some(lines)) => lines,
        Ok(None) => return unknown(None),
        Err(error) => return unknown(Some(not_asked(text.as_bytes(), &error))),
    };
    let line = lines.split(|&byte| byte == b'\n').next();
    let mut words = line
        .unwrap_or_default()
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let Some(name) = words.nth(1) else {
        return unknown(None);
    };
    // What libwrap keeps of a name is what leads back or does not, and what rules are compared with.
    let name = HostName::new(name);
    let answer = addresses(name.as_bytes(), patience);
    match doubt(address, name.as_bytes(), answer) {
        None => FoundName {
            name,
            warning: None,
        },
        warning => FoundName {
            name: HostName::paranoid(),
            warning,
        },
    }
}

fn not_asked(what: &[u8], error: &io::Error) -> String {
    let why = if error.kind() == io::ErrorKind::TimedOut {
        "the name service took too long".to_owned()
    } else {
        reason(error)
    };
    format!("can't look up {}: {why}", visible(what))
}

/// What libwrap doubts about `name` when the name service says this of it.
fn doubt(address: SocketAddr, name: &[u8], answer: Answer) -> Warning {
    let shown = visible(name);
    if str::from_utf8(name).is_ok_and(|name| name.parse::<IpAddr>().is_ok()) {
        return Some(format!(
            "host name/name mismatch: reverse lookup results in non-FQDN {shown}"
        ));
    }
    let (mut found, canonical) = match answer {
        Ok(Some(found)) => found,
        Ok(None) => (Vec::new(), Vec::new()),
        Err(error) => return Some(not_asked(name, &error)),
    };
    let own = FoundAddress::of(address);
    found.retain(|found| found.ip.is_ipv4() == own.ip.is_ipv4());
    if found.is_empty() || canonical.is_empty() {
        let family = if own.ip.is_ipv4() {
            "AF_INET"
        } else {
            "AF_INET6"
        };
        return Some(format!(
            "can't verify hostname: getaddrinfo({shown}, {family}) failed"
        ));
    }
    let official = visible(HostName::new(&canonical).as_bytes());
    // `localhost` is exempt from this test.
    if !canonical.eq_ignore_ascii_case(name) && !name.eq_ignore_ascii_case(b"localhost") {
        return Some(format!("host name/name mismatch: {shown} != {official}"));
    }
    // Addresses of one link are alike only on the same link.
    if !found.contains(&own) {
        let address = address_text(address);
        return Some(format!(
            "host name/address mismatch: {address} != {official}"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubted(address: &str, name: &str, found: &[&str], canonical: &str) -> String {
        let address = address.parse().unwrap();
        let found = found.iter().map(|text| FoundAddress::read(text).unwrap());
        let answer = Ok(Some((found.collect(), canonical.as_bytes().to_vec())));
        doubt(address, name.as_bytes(), answer).unwrap_or_default()
    }

    #[test]
    fn f_name_07_a_name_must_lead_back() {
        let name = "pc.example";
        let (v4, v6) = ("192.0.2.7:22", "[2001:db8::7]:22");
        for (address, name, found, canonical, wanted) in [
            (v4, name, &["192.0.2.9", "192.0.2.7"][..], name, ""),
            (
                v4,
                name,
                &["192.0.2.9"],
                name,
                "host name/address mismatch: 192.0.2.7 != pc.example",
            ),
            (
                v4,
                name,
                &["192.0.2.7"],
                "other.example",
                "host name/name mismatch: pc.example != other.example",
            ),
            (
                v4,
                "192.0.2.7",
                &["192.0.2.7"],
                "192.0.2.7",
                "host name/name mismatch: reverse lookup results in non-FQDN 192.0.2.7",
            ),
            (
                v4,
                name,
                &["2001:db8::7"],
                name,
                "can't verify hostname: getaddrinfo(pc.example, AF_INET) failed",
            ),
            (
                v6,
                name,
                &[],
                "",
                "can't verify hostname: getaddrinfo(pc.example, AF_INET6) failed",
            ),
            (v4, "localhost", &["192.0.2.7"], "other", ""),
        ] {
            assert_eq!(doubted(address, name, found, canonical), wanted);
        }
    }

    #[test]
    fn an_address_of_a_link_is_one_of_that_link() {
        let name = "pc.example";
        let client = "[fe80::7%4294967295]:22";
        assert_eq!(doubted(client, name, &["fe80::7%4294967295"], name), "");
        for other in ["fe80::7", "fe80::7%1"] {
            assert_eq!(
                doubted(client, name, &[other], name),
                "host name/address mismatch: fe80::7%4294967295 != pc.example"
            );
        }
    }
}
