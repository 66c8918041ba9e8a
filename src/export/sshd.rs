//! The policy of sshd as a file for `sshd_config.d`: one `Match Address` whose block refuses.
//!
//! In a list of addresses one negated match outweighs all others, and a list of nothing but negated
//! ones never matches: whoever may come in stands after `*`, which matches every address of both
//! families. Networks have no host bits, which would keep sshd from starting. Link-local clients are
//! matched by patterns of text ([`super::link_local`]).

use super::intervals::{Interval, Kind, complement};
use super::link_local::patterns_in;
use super::policy::AddressPolicy;
use std::str::FromStr;

/// A version of OpenSSH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SshdVersion {
    /// Before the point.
    pub major: u16,
    /// After it.
    pub minor: u16,
}

impl SshdVersion {
    /// The first one with `PerSourcePenaltyExemptList`.
    pub const PENALTIES: Self = Self { major: 9, minor: 8 };
    /// The first one with `RefuseConnection`.
    pub const REFUSES: Self = Self { major: 9, minor: 9 };
}

impl FromStr for SshdVersion {
    type Err = &'static str;

    /// Reads `9.9`, and what `sshd -V` says: `OpenSSH_9.9p1`.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "a version of OpenSSH is a number such as 9.9";
        let text = text.strip_prefix("OpenSSH_").unwrap_or(text);
        let (major, rest) = text.split_once('.').ok_or(WRONG)?;
        let minor = rest.split_once('p').map_or(rest, |(minor, _)| minor);
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number)
        };
        match (number(major), number(minor)) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(WRONG),
        }
    }
}

/// What sshd understands, and what is wanted of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SshdTerms {
    /// Its version; without it nothing is used that came after 9.0.
    pub version: Option<SshdVersion>,
    /// Whether those who are admitted get no penalties.
    pub exempts: bool,
}

impl SshdTerms {
    /// Whether `RefuseConnection` is used.
    pub fn refuses(self) -> bool {
        self.version
            .is_some_and(|version| version >= SshdVersion::REFUSES)
    }
}

/// The file.
pub fn sshd(policy: &AddressPolicy, terms: SshdTerms) -> String {
    let granted = Kind::BOTH.map(|kind| policy.granted_at_last(kind));
    let denied = [
        complement(Kind::Four, &granted[0]),
        complement(Kind::Six, &granted[1]),
    ];
    let has_penalties = terms
        .version
        .is_some_and(|version| version >= SshdVersion::PENALTIES);
    let [admitted, refused] = [&granted, &denied].map(count);
    let mut text = String::new();
    if terms.exempts && has_penalties && admitted > 0 {
        text.push_str("PerSourcePenaltyExemptList ");
        text.push_str(&entries(&granted).join(","));
        text.push('\n');
    }
    if refused == 0 {
        return text;
    }
    text.push_str("Match Address ");
    if admitted <= refused {
        text.push('*');
        for entry in entries(&granted) {
            text.push_str(",!");
            text.push_str(&entry);
        }
    } else {
        text.push_str(&entries(&denied).join(","));
    }
    text.push('\n');
    if terms.refuses() {
        text.push_str("\tRefuseConnection yes\n");
    }
    text.push_str("\tDenyUsers *\nMatch all\n");
    text
}

/// The networks of both families, and the patterns of link-local clients.
fn entries([four, six]: &[Vec<Interval>; 2]) -> Vec<String> {
    let mut found = Kind::Four.networks(four);
    found.extend(Kind::Six.networks(six));
    found.extend(patterns_in(six).map(str::to_owned));
    found
}

/// How many they are.
fn count([four, six]: &[Vec<Interval>; 2]) -> usize {
    Kind::Four.count(four) + Kind::Six.count(six) + patterns_in(six).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_sshd_says_them() {
        let read = |text: &str| text.parse::<SshdVersion>();
        assert_eq!(read("OpenSSH_9.9p1"), Ok(SshdVersion::REFUSES));
        assert_eq!(
            read("10.0p2"),
            Ok(SshdVersion {
                major: 10,
                minor: 0
            })
        );
        assert!(read("10.0").unwrap() > SshdVersion::REFUSES);
        for text in ["", "9", "9.", ".9", "9.x", "+9.1", "9.9p1.2.3 "] {
            assert!(read(text).is_err() || text.starts_with("9.9p1"), "{text}");
        }
    }
}
