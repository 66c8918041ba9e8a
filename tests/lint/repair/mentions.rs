//! Whether a word of a line names a client, in the widest sense: judged without any code of the
//! linter.

use super::granted::Visitor;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether any word of the line names the client; `list` is the only list file, and what it names.
pub(super) fn names(line: &str, of: &Visitor, list: &str) -> bool {
    let close = line
        .replace(" / ", "/")
        .replace("/ ", "/")
        .replace(" /", "/");
    let texts = [line, &close];
    let words = texts.iter().flat_map(|text| text.split([' ', ',', '\t']));
    words.filter(|word| !word.is_empty()).any(|word| {
        let parts = [word, word.trim_matches(':'), word.trim_end_matches(':')];
        let cut = word.split(':').filter(|_| !is_ipv6(word));
        parts.into_iter().chain(cut).any(|word| {
            let word = word.trim_start_matches('!');
            let word = word.split_once('@').map_or(word, |(_, host)| host);
            if word == list {
                return of.address == "198.51.100.9" || is_below(of.name, ".example.org");
            }
            names_address(word, of.address) || names_name(word, of)
        })
    })
}

fn is_ipv6(word: &str) -> bool {
    let net = word.trim_start_matches('!').split('/').next().unwrap();
    net.parse::<Ipv6Addr>().is_ok()
}

fn is_below(name: &str, domain: &str) -> bool {
    name.len() > domain.len() && name.ends_with(domain)
}

fn names_name(word: &str, of: &Visitor) -> bool {
    let is_known = !["unknown", "paranoid"].contains(&of.name);
    match word {
        "ALL" | "ANY" | "*" => return true,
        "KNOWN" => return is_known,
        "UNKNOWN" => return of.name == "unknown",
        "PARANOID" => return of.name == "paranoid",
        "LOCAL" => return is_known && !of.name.contains('.'),
        _ => {}
    }
    if !is_known {
        return false;
    }
    let bare = word.trim_start_matches('*').trim_start_matches('.');
    let is_domain = word.starts_with(['*', '.']);
    let is_address = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    of.name == word.trim_end_matches('.')
        || (is_domain && (is_below(of.name, &format!(".{bare}")) || of.name == bare))
        || (word.starts_with('*') && of.name.ends_with(bare))
        || (word.ends_with('*') && of.name.starts_with(word.trim_end_matches('*')))
        || (word.ends_with('.') && !is_address(word) && of.name.starts_with(word))
}

fn names_address(word: &str, address: &str) -> bool {
    if ["0/0", "0.0.0.0/0", "::/0", "[::]/0"].contains(&word) || word == address {
        return true;
    }
    let bare = word.replace(['[', ']'], "");
    match address.parse::<IpAddr>().unwrap() {
        IpAddr::V4(ip) => names_ipv4(&bare, ip) || range(word, ip),
        IpAddr::V6(ip) => names_ipv6(&bare, ip),
    }
}

fn names_ipv4(word: &str, ip: Ipv4Addr) -> bool {
    let word = word.strip_prefix("::ffff:").unwrap_or(word);
    let (net, mask) = word.split_once('/').unwrap_or((word, "32"));
    if let Ok(net) = net.parse::<Ipv4Addr>() {
        let dotted = mask.parse::<Ipv4Addr>().ok().map(Ipv4Addr::to_bits);
        let length = mask.parse::<u32>().ok().filter(|length| *length <= 32);
        let mask = dotted.or(length.map(|length| u32::MAX.checked_shl(32 - length).unwrap_or(0)));
        return mask.is_some_and(|mask| ip.to_bits() & mask == net.to_bits() & mask);
    }
    let head = word.trim_end_matches('*').trim_end_matches('.');
    let count = head.split('.').count();
    let is_head = head.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_open = head.len() < word.len();
    is_head && (count > 1 || is_open) && ip.to_string().starts_with(&format!("{head}."))
}

fn names_ipv6(word: &str, ip: Ipv6Addr) -> bool {
    let (net, length) = word.split_once('/').unwrap_or((word, "128"));
    let (Ok(net), Ok(length)) = (net.parse::<Ipv6Addr>(), length.parse::<u32>()) else {
        return false;
    };
    let mask = u128::MAX.checked_shl(128 - length.min(128)).unwrap_or(0);
    ip.to_bits() & mask == net.to_bits() & mask
}

/// `10.1.2.1-9` and `10.1.2.[1-9]`.
fn range(word: &str, ip: Ipv4Addr) -> bool {
    let bare = word.replace(['[', ']'], "");
    let Some((first, last)) = bare.split_once('-') else {
        return false;
    };
    let Ok(first) = first.parse::<Ipv4Addr>() else {
        return false;
    };
    let [a, b, c, _] = first.octets();
    let last = last.parse::<u8>().map(|last| Ipv4Addr::new(a, b, c, last));
    last.is_ok_and(|last| (first..=last).contains(&ip))
}
