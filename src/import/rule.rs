//! Rules of the tables: which clients one rule has room for, and what its comment says.

use crate::import::entry::{EntryVerdict, Origin, Whom};
use crate::import::ranges::RangeSet;
use crate::policy::networks;
use chrono::DateTime;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use tcpw_gate::Network;

/// As many bytes of clients are in one rule: with its daemons it is shorter than libwrap reads.
const ROOM: usize = 1200;
/// As many ranges are tried as exceptions from everybody.
const MOST_EXCEPTIONS: usize = 64;
/// As many bytes of daemons.
pub(crate) const DAEMON_ROOM: usize = 700;

/// A rule as `tcpw apply` reads it: the fields are those of `grammar/apply.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportedRule {
    /// Whether it stands in the allow table; else in the deny table.
    pub is_allow: bool,
    /// Its daemons, as a table has them.
    pub daemons: String,
    /// Its clients.
    pub clients: String,
    /// What stands after them, without the colon.
    pub options: String,
    /// When the source had it, in UTC, as `2026-11-22T19:30:00Z`.
    pub since: Option<String>,
    /// When it runs out.
    pub until: Option<String>,
    /// By whom.
    pub by: Option<String>,
    /// The name that its clients follow.
    pub follow: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Clients that are treated alike, and what is known about them.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) verdict: EntryVerdict,
    /// The daemons, as a table has them.
    pub(crate) daemons: String,
    pub(crate) whom: Whom,
    pub(crate) origin: Origin,
}

/// The rules of these pieces; those that say the same but for their clients become one, as far as
/// there is room.
pub(crate) fn rules(pieces: Vec<Piece>, by: &str) -> Vec<ImportedRule> {
    let mut places: HashMap<(EntryVerdict, String, Origin), usize> = HashMap::new();
    let mut groups: Vec<(ImportedRule, Vec<Whom>)> = Vec::new();
    for piece in pieces {
        let key = (piece.verdict, piece.daemons, piece.origin);
        let at = if let Some(at) = places.get(&key) {
            *at
        } else {
            groups.push((frame(key.0, &key.1, &key.2, by), Vec::new()));
            places.insert(key, groups.len() - 1);
            groups.len() - 1
        };
        if let Some((_, group)) = groups.get_mut(at) {
            group.push(piece.whom);
        }
    }
    let mut rules = Vec::new();
    for (frame, group) in groups {
        for clients in packed(words(group)) {
            rules.push(ImportedRule {
                clients,
                ..frame.clone()
            });
        }
    }
    rules
}

/// A rule without clients.
fn frame(verdict: EntryVerdict, daemons: &str, origin: &Origin, by: &str) -> ImportedRule {
    ImportedRule {
        is_allow: verdict == EntryVerdict::Allow,
        daemons: daemons.to_owned(),
        since: origin.since.and_then(time),
        until: origin.until.and_then(time),
        by: Some(origin.by.as_deref().unwrap_or(by).to_owned()),
        reason: origin.reason.as_deref().map(str::to_owned),
        ..ImportedRule::default()
    }
}

/// A time as labels have it; nothing outside the years that they know.
pub(crate) fn time(seconds: i64) -> Option<String> {
    let time = DateTime::from_timestamp(seconds, 0)?;
    let text = time.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    crate::metadata::is_time(&text).then_some(text)
}

/// The words of these clients: the names, then the fewest networks.
fn words(group: Vec<Whom>) -> Vec<String> {
    let mut words = Vec::new();
    let mut seen = HashSet::new();
    let mut set = RangeSet::default();
    for whom in group {
        match whom {
            Whom::Named(name) => {
                if seen.insert(name.clone()) {
                    words.push(name);
                }
            }
            Whom::Ranges(ranges) => ranges.into_iter().for_each(|range| set.add(range)),
        }
    }
    let others = set.others();
    if others.is_empty() {
        return vec!["ALL".to_owned()];
    }
    let is_most = set.meets(Network::ALL_V4) && set.meets(Network::ALL_V6);
    if is_most && words.is_empty() && others.len() <= MOST_EXCEPTIONS {
        let except = cover(&others).join(" ");
        let clients = cover(&set.ranges());
        if except.len() < ROOM && except.len() < clients.iter().map(String::len).sum() {
            return vec![format!("ALL EXCEPT {except}")];
        }
        return clients;
    }
    words.extend(cover(&set.ranges()));
    words
}

/// Networks of these ranges as tables have them. libwrap matches nobody by the length 0 (F-V4-08):
/// everybody of a family is two halves.
fn cover(ranges: &[Network]) -> Vec<String> {
    let mut words = Vec::new();
    for range in ranges {
        for network in networks(range.first(), range.last()).unwrap_or_default() {
            match (network.address, network.length) {
                (IpAddr::V4(_), 0) => words.extend(["0.0.0.0/1", "128.0.0.0/1"].map(str::to_owned)),
                (IpAddr::V6(_), 0) => words.extend(["[::]/1", "[8000::]/1"].map(str::to_owned)),
                (IpAddr::V4(address), 32) => words.push(address.to_string()),
                (IpAddr::V6(address), 128) => words.push(format!("[{address}]")),
                (IpAddr::V4(address), length) => words.push(format!("{address}/{length}")),
                (IpAddr::V6(address), length) => words.push(format!("[{address}]/{length}")),
            }
        }
    }
    words
}

/// Lists of clients, none longer than a rule has room for.
fn packed(words: Vec<String>) -> Vec<String> {
    let mut lists = Vec::new();
    let mut list = String::new();
    for word in words {
        if !list.is_empty() && list.len() + 1 + word.len() > ROOM {
            lists.push(std::mem::take(&mut list));
        }
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(&word);
    }
    if !list.is_empty() {
        lists.push(list);
    }
    lists
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(ranges: &[&str]) -> Vec<String> {
        let ranges = ranges.iter().map(|text| text.parse().unwrap()).collect();
        packed(words(vec![Whom::Ranges(ranges)]))
    }

    #[test]
    fn clients_are_written_as_libwrap_reads_them() {
        for (ranges, wanted) in [
            (
                &["10.0.0.0/9", "10.128.0.0/9", "192.0.2.7"][..],
                "10.0.0.0/8 192.0.2.7",
            ),
            (
                &["2001:db8::1", "2001:db8:1::/48"],
                "[2001:db8::1] [2001:db8:1::]/48",
            ),
            (&["0.0.0.0/0"], "0.0.0.0/1 128.0.0.0/1"),
            (&["0.0.0.0/0", "::/0"], "ALL"),
            (
                &["0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255", "::/0"],
                "ALL EXCEPT 10.0.0.0/8",
            ),
        ] {
            assert_eq!(clients(ranges), [wanted], "{ranges:?}");
        }
    }

    #[test]
    fn a_long_list_is_several_rules() {
        let many: Vec<String> = (0..1000)
            .map(|n| format!("10.{}.{}.1", n / 256, n % 256))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let lists = clients(&many);
        assert!(lists.len() > 5 && lists.iter().all(|list| list.len() <= ROOM));
        assert_eq!(lists.join(" "), many.join(" "));
    }
}
