//! `[alert] mute`: clients whose alerts tell nobody, written into the text of a configuration and
//! removed from it; everything else in it stays byte for byte.

use super::revise::ReviseError;
use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;
use toml_edit::{Array, DocumentMut, Item, Value};

/// The bits before an IPv4 address that is written as part of IPv6 (RFC 4291, 2.5.5.2).
const MAPPED: u8 = 96;

/// An address, or a network whose bits after the prefix are zero, as `mute` takes it.
///
/// # Errors
/// A sentence.
pub fn muted_client(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_| address()).map_err(|_| {
        format!("{text:?} is not an address or a network, such as 192.0.2.7 or 2001:db8::/32")
    })?;
    if network.trunc() != network {
        return Err(format!(
            "{text:?} has bits after its prefix; the network is {}",
            network.trunc()
        ));
    }
    Ok(canonical_network(network))
}

/// An IPv4 network that is written as part of IPv6 (`::ffff:192.0.2.0/120`) as what it is, as addresses of
/// clients are (`IpAddr::to_canonical`).
pub fn canonical_network(network: IpNet) -> IpNet {
    let IpNet::V6(long) = network else {
        return network;
    };
    let prefix = long.prefix_len().checked_sub(MAPPED);
    let address = long.addr().to_ipv4_mapped();
    address
        .zip(prefix)
        .and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok())
        .map_or(network, IpNet::V4)
}

/// The text of a configuration in which alerts about `client` tell nobody; nothing if it says so
/// already. `None` is one that does not exist yet.
///
/// # Errors
/// When the text is not TOML, or has something else in the place.
pub fn with_mute(text: Option<&str>, client: IpNet) -> Result<Option<String>, ReviseError> {
    let mut document = read(text.unwrap_or_default())?;
    let array = array(&mut document)?;
    if array.iter().any(|value| is(value, client)) {
        return Ok(None);
    }
    array.push(shown_client(client));
    let header = if text.is_none() {
        super::revise::HEADER
    } else {
        ""
    };
    Ok(Some(format!("{header}{document}")))
}

/// The text without it; nothing if it does not say so.
///
/// # Errors
/// When the text is not TOML, or has something else in the place.
pub fn without_mute(text: &str, client: IpNet) -> Result<Option<String>, ReviseError> {
    let mut document = read(text)?;
    let is_there = document
        .get("alert")
        .and_then(|alert| alert.get("mute"))
        .is_some();
    if !is_there {
        return Ok(None);
    }
    let array = array(&mut document)?;
    let before = array.len();
    array.retain(|value| !is(value, client));
    Ok((array.len() < before).then(|| document.to_string()))
}

fn read(text: &str) -> Result<DocumentMut, ReviseError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        ReviseError::Syntax(error.message().trim().replace('\n', ", "))
    })
}

/// The list `alert.mute`; one text becomes a list.
fn array(document: &mut DocumentMut) -> Result<&mut Array, ReviseError> {
    const NAME: &str = "alert.mute";
    let alert = document
        .as_table_mut()
        .entry("alert")
        .or_insert_with(toml_edit::table)
        .as_table_like_mut()
        .ok_or(ReviseError::NotOne("alert"))?;
    let item = alert
        .entry("mute")
        .or_insert_with(|| Item::Value(Value::Array(Array::new())));
    if let Some(text) = item.as_str() {
        let mut list = Array::new();
        list.push(text);
        *item = Item::Value(Value::Array(list));
    }
    item.as_array_mut().ok_or(ReviseError::NotOne(NAME))
}

fn is(value: &Value, client: IpNet) -> bool {
    value
        .as_str()
        .is_some_and(|text| muted_client(text) == Ok(client))
}

/// As people write it: an address alone without its prefix length.
pub fn shown_client(client: IpNet) -> String {
    if client.prefix_len() == client.max_prefix_len() {
        client.addr().to_string()
    } else {
        client.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_added_once_and_removed_without_a_trace() {
        let one = muted_client("192.0.2.7").unwrap();
        let net = muted_client("2001:db8::/32").unwrap();
        for old in [
            "# mine\n[mail]\nto = 'a@b' # me\n",
            "[alert]\nquiet = '1h' # well\n[[alert.rule]]\ndaemon = 'x'\n",
            "[alert]\nmute = [\"10.0.0.1\"] # them\n",
        ] {
            let new = with_mute(Some(old), one).unwrap().unwrap();
            assert!(new.contains("\"192.0.2.7\""), "{new}");
            assert_eq!(with_mute(Some(&new), one), Ok(None));
            let both = with_mute(Some(&new), net).unwrap().unwrap();
            let left = without_mute(&both, net).unwrap().unwrap();
            assert_eq!(left, new);
            let left = without_mute(&new, one).unwrap().unwrap();
            assert_eq!(without_mute(&left, one), Ok(None));
            for line in old.lines().filter(|line| !line.contains("mute")) {
                assert!(left.contains(line), "{left}");
            }
        }
        let fresh = with_mute(None, one).unwrap().unwrap();
        assert!(
            fresh.ends_with("[alert]\nmute = [\"192.0.2.7\"]\n"),
            "{fresh}"
        );
        let single = with_mute(Some("[alert]\nmute = '10.0.0.1'\n"), one)
            .unwrap()
            .unwrap();
        assert_eq!(single, "[alert]\nmute = [\"10.0.0.1\", \"192.0.2.7\"]\n");
        assert_eq!(without_mute("", one), Ok(None));
        assert!(with_mute(Some("alert = 1\n"), one).is_err());
        assert!(with_mute(Some("[alert]\nmute = 1\n"), one).is_err());
    }

    #[test]
    fn an_address_of_ipv4_is_one_however_it_is_written() {
        for (written, meant) in [
            ("::ffff:192.0.2.9", "192.0.2.9/32"),
            ("::FFFF:192.0.2.9/128", "192.0.2.9/32"),
            ("::ffff:c000:200/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("::fffe:c000:209", "::fffe:c000:209/128"),
        ] {
            let wanted: IpNet = meant.parse().unwrap();
            assert_eq!(muted_client(written), Ok(wanted), "{written}");
        }
        let old = "[alert]\nmute = ['::ffff:192.0.2.9']\n";
        let one = muted_client("192.0.2.9").unwrap();
        assert_eq!(with_mute(Some(old), one), Ok(None));
        assert!(without_mute(old, one).unwrap().is_some());
    }

    #[test]
    fn only_addresses_and_networks_are_clients() {
        for bad in [
            "",
            "x",
            "192.0.2.7/24",
            "192.0.2.0/33",
            "a.example",
            "fe80::1%eth0",
        ] {
            assert!(muted_client(bad).is_err(), "{bad}");
        }
    }
}
