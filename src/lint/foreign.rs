//! Words that are not a form of a pattern: what stands in them that no name has, and what was meant.
//!
//! A name that the resolver returns holds ASCII letters, digits, `-`, `_` and `.` only, and does
//! not begin with `-`: glibc drops every other answer of DNS (`res_hnok`).

use super::words::plain;
use std::net::Ipv4Addr;

/// What a word holds that no name holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Quotes, ASCII or typographic.
    Quote(char),
    /// A sign that separates elsewhere: `;`, `|`, a full-width comma.
    Separator(char),
    /// `(`, `<` and the like.
    Bracket(char),
    /// A character that cannot be seen, or looks like a space.
    Invisible(char),
    /// A letter, digit or sign that only looks like the ASCII one.
    Lookalike(char),
    /// A letter that is not ASCII.
    Letter(char),
    /// `-` at the beginning.
    Dash,
    /// Any other sign.
    Sign(char),
}

/// The first character of `text` that no name and no address holds; `spared` are let pass.
pub(super) fn oddity(text: &[u8], spared: &[u8]) -> Option<Oddity> {
    let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    if text
        .iter()
        .all(|byte| is_fine(byte) || spared.contains(byte))
    {
        return (text.starts_with(b"-") && text.len() > 1).then_some(Oddity::Dash);
    }
    let all = String::from_utf8_lossy(text);
    let mut odd = all.chars().filter(|c| {
        let byte = u8::try_from(u32::from(*c)).ok().filter(u8::is_ascii);
        byte.is_none_or(|byte| !is_fine(&byte) && !spared.contains(&byte))
    });
    let first = odd.next()?;
    // Latin-1: a lone A0 is the space that does not break.
    if first == char::REPLACEMENT_CHARACTER && text.contains(&0xA0) {
        return Some(Oddity::Invisible('\u{a0}'));
    }
    Some(kind_of(first))
}

fn kind_of(c: char) -> Oddity {
    match c {
        '"' | '\'' | '`' | '´' | '‘'..='‟' | '«' | '»' | '‹' | '›' | '「'..='』' | '＂' | '＇' => {
            Oddity::Quote(c)
        }
        ';' | '|' | '，' | '、' | '；' | '｜' | '､' | '،' | '·' | '•' => {
            Oddity::Separator(c)
        }
        '(' | ')' | '<' | '>' | '{' | '}' | '[' | ']' => Oddity::Bracket(c),
        _ if is_invisible(c) => Oddity::Invisible(c),
        _ if ascii(c) != c => Oddity::Lookalike(c),
        _ if c.is_alphanumeric() || c == char::REPLACEMENT_CHARACTER => Oddity::Letter(c),
        _ => Oddity::Sign(c),
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// The ASCII character that `c` looks like; `c` itself if there is none.
fn ascii(c: char) -> char {
    let code = u32::from(c);
    let code = match c {
        '\u{ff01}'..='\u{ff5e}' => code - 0xFEE0,
        '‐'..='―' | '−' | '﹣' => u32::from('-'),
        '、' | '､' | '،' => u32::from(','),
        '。' | '｡' | '․' => u32::from('.'),
        '∶' | '﹕' => u32::from(':'),
        '⁄' | '∕' => u32::from('/'),
        '∗' => u32::from('*'),
        _ => code,
    };
    char::from_u32(code).unwrap_or(c)
}

impl Oddity {
    /// What is wrong, as the end of a sentence that begins with the word.
    pub(super) fn clause(self) -> String {
        let code = |c: char| format!("U+{:04X}", u32::from(c));
        match self {
            Self::Quote(c) => format!("the quote `{c}` is part of the word, and no name holds it"),
            Self::Separator(c) => format!("`{c}` separates nothing, and no name holds it"),
            Self::Bracket(c) | Self::Sign(c) => format!("no name holds `{c}`"),
            Self::Invisible(c) => {
                format!("the invisible character {} is part of the word", code(c))
            }
            Self::Lookalike(c) => {
                format!(
                    "`{c}` ({}) only looks like the ASCII `{}`",
                    code(c),
                    ascii(c)
                )
            }
            Self::Letter(c) if c == char::REPLACEMENT_CHARACTER => {
                "it is not UTF-8, and no name holds such bytes".to_owned()
            }
            Self::Letter(c) => format!("`{c}` is not ASCII, and names in DNS are"),
            Self::Dash => "no name begins with `-`".to_owned(),
        }
    }

    /// What to write instead of `text`.
    pub(super) fn help(self, text: &[u8]) -> String {
        let meant = meant(text);
        let write = if meant.is_empty() {
            "write an address, a network (`192.0.2.0/24`), a prefix (`192.0.2.`) or the name of a \
             host"
                .to_owned()
        } else {
            format!("write `{}`", meant.join(", "))
        };
        let how = match self {
            Self::Quote(_) => ", without quotes",
            Self::Separator(_) => "; a comma or a space separates",
            Self::Bracket(_) => ", without brackets",
            Self::Invisible(_) | Self::Lookalike(_) => ", in ASCII only",
            Self::Letter(_) => return "write the name as DNS has it: `xn--...`".to_owned(),
            Self::Dash => {
                return "for an exception write `EXCEPT` and the clients after it".to_owned();
            }
            Self::Sign(_) => "",
        };
        format!("{write}{how}")
    }
}

/// The words that `text` was meant as, in ASCII, without quotes and brackets around them.
pub(super) fn meant(text: &[u8]) -> Vec<String> {
    let text: String = String::from_utf8_lossy(text)
        .chars()
        .map(|c| match kind_of(c) {
            Oddity::Separator(_) => ',',
            Oddity::Quote(_)
            | Oddity::Invisible(_)
            | Oddity::Letter(char::REPLACEMENT_CHARACTER)
            | Oddity::Bracket('(' | ')' | '<' | '>' | '{' | '}') => ' ',
            Oddity::Bracket(_)
            | Oddity::Lookalike(_)
            | Oddity::Letter(_)
            | Oddity::Dash
            | Oddity::Sign(_) => ascii(c),
        })
        .collect();
    let words = text.split([' ', ',']).filter(|word| !word.is_empty());
    let is_plain = |word: &&str| {
        let is_form = |c: char| c.is_ascii_alphanumeric() || "._-/:[]*@".contains(c);
        word.chars().all(is_form)
    };
    words
        .filter(is_plain)
        .map(|word| plain(word.as_bytes()))
        .collect()
}

/// The words of which the places that a recipe leaves open are made up.
const BLANKS: [&str; 34] = [
    "ip",
    "ips",
    "addr",
    "address",
    "addresses",
    "ipaddr",
    "ipaddress",
    "ipv",
    "hostname",
    "host",
    "my",
    "our",
    "your",
    "the",
    "here",
    "client",
    "clients",
    "server",
    "admin",
    "trusted",
    "allowed",
    "blocked",
    "remote",
    "local",
    "network",
    "range",
    "subnet",
    "netmask",
    "some",
    "goes",
    "of",
    "list",
    "public",
    "static",
];
/// One of these must be there: `client-host` may be the name of a host.
const SUBJECTS: [&str; 9] = [
    "ip",
    "ips",
    "addr",
    "address",
    "addresses",
    "ipaddr",
    "ipaddress",
    "netmask",
    "subnet",
];
/// What manual pages write for the fields of a rule.
const FIELDS: &[&str] = &["client_list", "daemon_list", "shell_command"];

/// Whether `text` is a place that somebody was to fill in: `$IP`, `<IP>`, `{{ ip }}`, `[IP]`,
/// `your.ip.here`.
pub(super) fn is_placeholder(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else {
        return false;
    };
    if text.contains("{{") || text.contains("<%") || text.contains("}}") {
        return true;
    }
    if FIELDS.iter().any(|field| text.eq_ignore_ascii_case(field)) {
        return true;
    }
    let after_dollar = text
        .split_once('$')
        .and_then(|(_, rest)| rest.chars().next());
    if after_dollar.is_some_and(|c| c.is_ascii_alphabetic() || "_{(".contains(c)) {
        return true;
    }
    let enclosed = [("<", ">"), ("{", "}"), ("[", "]"), ("%", "%"), ("(", ")")];
    for (open, close) in enclosed {
        let inner = text
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner {
            // Brackets belong to IPv6, and digits to addresses.
            let is_address = inner.contains(|c: char| c.is_ascii_digit() || c == ':' || c == '/');
            return is_blank(inner) || (open != "[" && open != "(" && !is_address);
        }
    }
    let count = text.split(['-', '_', '.']).count();
    let is_upper = !text.contains(|c: char| c.is_ascii_lowercase());
    (count > 1 || is_upper) && is_blank(text)
}

/// Whether a text is made up of the words above, and names what is to be filled in.
fn is_blank(text: &str) -> bool {
    // The last word first: most texts are names, whose last word is none of these.
    let words = || {
        text.rsplit(['-', '_', '.', ' '])
            .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
    };
    let is_in = |list: &[&str], word: &str| list.iter().any(|one| one.eq_ignore_ascii_case(word));
    words().all(|word| is_in(&BLANKS, word)) && words().any(|word| is_in(&SUBJECTS, word))
}

/// The numbers before the letters of `192.0.2.x`, as a prefix; empty for `x.x.x.x`.
pub(super) fn letters_for_numbers(text: &[u8]) -> Option<String> {
    let text = str::from_utf8(text).ok()?;
    let (bare, mask) = text.split_once('/').unwrap_or((text, ""));
    let parts: Vec<&str> = bare.split('.').collect();
    if !(3..=4).contains(&parts.len()) || mask.contains(|c: char| !c.is_ascii_digit()) {
        return None;
    }
    let is_number = |part: &&str| part.parse::<u8>().is_ok();
    let is_letters = |part: &&str| {
        let mut letters = part.chars().map(|c| c.to_ascii_lowercase());
        let first = letters.next();
        first.is_some_and(|first| "xnyz#%".contains(first) && letters.all(|c| c == first))
    };
    let head: Vec<&str> = parts
        .iter()
        .copied()
        .take_while(|part| is_number(part))
        .collect();
    let rest = parts.get(head.len()..)?;
    let is_meant = !rest.is_empty() && rest.iter().all(is_letters);
    let is_spelt = bare.eq_ignore_ascii_case("a.b.c.d");
    if !is_meant && !is_spelt {
        return None;
    }
    let mut prefix = head.join(".");
    if !head.is_empty() {
        prefix.push('.');
    }
    Some(prefix)
}

/// Whether a word is an address or a network by its form: nobody calls a daemon so.
pub(super) fn is_address_like(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else {
        return false;
    };
    if let Some(inner) = text.strip_prefix('[') {
        return inner.contains(':');
    }
    let (bare, mask) = text.split_once('/').unwrap_or((text, ""));
    let is_number = |part: &str| part.parse::<u8>().is_ok() || part == "*";
    let numbers: Vec<&str> = bare.trim_end_matches('.').split('.').collect();
    let has_mask = !mask.is_empty() && mask.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_whole = numbers.len() == 4 || (numbers.len() >= 2 && bare.ends_with('.')) || has_mask;
    is_whole
        && (text.contains('/') == has_mask)
        && numbers.len() <= 4
        && numbers.first().is_some_and(|part| *part != "*")
        && numbers.into_iter().all(is_number)
}

/// The network of an address and a mask written apart, if the mask is one.
pub(super) fn network(address: &[u8], mask: &[u8]) -> Option<String> {
    let address: Ipv4Addr = str::from_utf8(address).ok()?.parse().ok()?;
    let mask: Ipv4Addr = str::from_utf8(mask).ok()?.parse().ok()?;
    let ones = mask.to_bits().leading_ones();
    // Routers write the mask the other way round.
    let inverse = (!mask.to_bits()).leading_ones();
    let length = if ones > 0 && u32::MAX.checked_shl(32 - ones).unwrap_or(0) == mask.to_bits() {
        ones
    } else if inverse > 0
        && inverse < 32
        && !u32::MAX.checked_shl(32 - inverse).unwrap_or(0) == mask.to_bits()
    {
        inverse
    } else {
        return None;
    };
    if length == 32 {
        return Some(address.to_string());
    }
    let bits = u32::MAX.checked_shl(32 - length).unwrap_or(0);
    let net = Ipv4Addr::from_bits(address.to_bits() & bits);
    Some(format!("{net}/{}", Ipv4Addr::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_to_fill_in_are_told_from_names() {
        for text in [
            "$IP",
            "${IP}",
            "$(hostname)",
            "<IP>",
            "{{",
            "{RANGE}",
            "[IP]",
            "%IP%",
            "IP-Address1",
            "your.ip.here",
            "YOUR_IP",
            "<your-ip>",
            "client_list",
            "IP",
            "ip_address",
            "{{ip}}",
        ] {
            assert!(is_placeholder(text.as_bytes()), "{text}");
        }
        for text in [
            "ip-10-0-0-1.ec2.internal",
            "client-host",
            "host",
            "[2001:db8::1]",
            "<192.0.2.6>",
            "my.example.org",
            "address",
            "ip",
            "server.local",
            "[fe80::1%eth0]",
            "a_b.example.org",
            "my-server",
            "%h",
            "network",
            "local",
        ] {
            assert!(!is_placeholder(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn letters_stand_for_numbers_in_addresses_only() {
        let prefix = |text: &str| letters_for_numbers(text.as_bytes());
        assert_eq!(prefix("192.0.2.x").as_deref(), Some("192.0.2."));
        assert_eq!(prefix("10.0.X.X").as_deref(), Some("10.0."));
        assert_eq!(prefix("192.0.2.xxx").as_deref(), Some("192.0.2."));
        assert_eq!(prefix("x.x.x.x").as_deref(), Some(""));
        assert_eq!(prefix("192.0.2.x/24").as_deref(), Some("192.0.2."));
        for name in ["x.org", "www.x.org", "192.0.2.7", "n.example.x", "10.x"] {
            assert_eq!(prefix(name), None, "{name}");
        }
    }

    #[test]
    fn what_was_meant_is_cleaned() {
        let all = |text: &str| meant(text.as_bytes()).join(" ");
        assert_eq!(all("\"192.0.2.5\""), "192.0.2.5");
        assert_eq!(all("192.0.2.3|192.0.2.4;"), "192.0.2.3 192.0.2.4");
        assert_eq!(all("192.0.2.8，192.0.2.9"), "192.0.2.8 192.0.2.9");
        assert_eq!(all("\u{3000}１９２.0.2.12"), "192.0.2.12");
        assert_eq!(all("ＡＬＬ"), "ALL");
        assert_eq!(all("<192.0.2.6>"), "192.0.2.6");
        assert_eq!(all(".example.org\u{a0}"), ".example.org");
        assert_eq!(
            oddity(b".example.org\xa0", b""),
            Some(Oddity::Invisible('\u{a0}'))
        );
        assert_eq!(oddity(b"a_b.example-1.org", b""), None);
        assert_eq!(oddity(b"*.example.org", b"*?"), None);
    }

    #[test]
    fn masks_apart_become_networks() {
        let net = |a: &str, m: &str| network(a.as_bytes(), m.as_bytes());
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(
            net("192.0.2.7", "255.255.255.0"),
            is("192.0.2.0/255.255.255.0")
        );
        assert_eq!(net("192.0.2.0", "0.0.0.255"), is("192.0.2.0/255.255.255.0"));
        assert_eq!(net("192.0.2.7", "255.255.255.255"), is("192.0.2.7"));
        assert_eq!(net("192.0.2.7", "192.0.2.8"), None);
        assert_eq!(net("192.0.2.7", "0.0.0.0"), None);
    }

    #[test]
    fn addresses_are_told_from_daemons() {
        for text in [
            "192.0.2.7",
            "192.0.2.",
            "192.0.2.0/24",
            "[2001:db8::1]",
            "192.0.2.*",
            "10.0.0.0/255.0.0.0",
        ] {
            assert!(is_address_like(text.as_bytes()), "{text}");
        }
        for text in [
            "22",
            "sshd",
            "in.ftpd",
            "*",
            "*.*",
            "22.",
            "ssh/tcp",
            "1.2",
            "icecast2.4",
        ] {
            assert!(!is_address_like(text.as_bytes()), "{text}");
        }
    }
}
