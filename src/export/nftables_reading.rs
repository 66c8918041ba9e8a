//! Reads the table of nftables again, from the script or from what `nft list table inet tcpw` prints.
//!
//! Only what the writer writes is understood. Every other line is a [`Misread`]: whoever changed the
//! table by hand knows what it does, and nobody else.

use super::installed::{Installed, Layer, Misread};
use super::intervals::{Interval, Kind};
use super::nftables_later::{seconds, written_at};
use std::collections::BTreeMap;

/// The name that the table has, as its head is printed.
const HEAD: &str = "table inet tcpw {";
/// How a rule begins that logs, up to the name of the daemon.
const LOGS: &str = "limit rate 10/second burst 20 packets log prefix \"tcpw refused ";

/// A set of the table.
struct Set {
    kind: Kind,
    intervals: Vec<Interval>,
    /// When each of them ends, if they do.
    ends: Option<Vec<Option<i64>>>,
}

/// The rules of a chain, with the numbers of their lines.
type Chain = Vec<(usize, String)>;

/// Reads the table, which stands alone in the text but for comments. What nft printed it printed at
/// `as_of`, in seconds since 1970; a script says itself when it was written.
///
/// # Errors
/// At the first line that is not one of ours, or if the table is not there.
pub fn read_nftables(text: &str, as_of: i64) -> Result<Installed, Misread> {
    let mut reader = Reader {
        as_of,
        written: written_at(text),
        lines: text.lines().enumerate(),
        sets: BTreeMap::new(),
        chains: BTreeMap::new(),
    };
    let from = loop {
        match reader.next() {
            // The script makes the table if it is not there, and deletes it.
            Some((_, "table inet tcpw" | "delete table inet tcpw")) => {}
            Some((number, HEAD)) => break number,
            Some((number, line)) => return Err(Misread::strange(number, line)),
            None => return Err(Misread::new(1, "there is no table inet tcpw")),
        }
    };
    reader.table(from)?;
    if let Some((number, line)) = reader.next() {
        return Err(Misread::strange(number, line));
    }
    reader.installed()
}

struct Reader<'t> {
    as_of: i64,
    /// When the script was written, if it says that.
    written: Option<i64>,
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
    sets: BTreeMap<String, Set>,
    chains: BTreeMap<String, Chain>,
}

impl<'t> Reader<'t> {
    /// The next line that says something, and its number.
    fn next(&mut self) -> Option<(usize, &'t str)> {
        let mut lines = self.lines.by_ref().map(|(at, line)| (at + 1, line.trim()));
        lines.find(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    }

    fn table(&mut self, from: usize) -> Result<(), Misread> {
        while let Some((number, line)) = self.next() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words.as_slice() {
                ["}"] => return Ok(()),
                // nft would add to what has this name already.
                ["set", name, "{"] if !self.sets.contains_key(*name) => {
                    let set = self.set(number)?;
                    self.sets.insert((*name).to_owned(), set);
                }
                ["chain", name, "{"] if !self.chains.contains_key(*name) => {
                    let mut chain = Chain::new();
                    loop {
                        match self.next() {
                            Some((_, "}")) => break,
                            Some((number, line)) => chain.push((number, line.to_owned())),
                            None => return Err(cut(number)),
                        }
                    }
                    self.chains.insert((*name).to_owned(), chain);
                }
                _ => return Err(Misread::strange(number, line)),
            }
        }
        Err(cut(from))
    }

    fn set(&mut self, from: usize) -> Result<Set, Misread> {
        let mut kind = None;
        let mut ends: Option<Vec<Option<i64>>> = None;
        let mut intervals = Vec::new();
        while let Some((number, line)) = self.next() {
            match line {
                _ if !intervals.is_empty() && line != "}" => {
                    return Err(Misread::strange(number, line));
                }
                "}" => {
                    let kind =
                        kind.ok_or_else(|| Misread::strange(from, "a set without a type"))?;
                    return Ok(Set {
                        kind,
                        intervals,
                        ends,
                    });
                }
                "type ipv4_addr" => kind = Some(Kind::Four),
                "type ipv6_addr" => kind = Some(Kind::Six),
                "flags interval" | "auto-merge" => {}
                "flags interval,timeout" => ends = Some(Vec::new()),
                _ => {
                    let first = line
                        .strip_prefix("elements = {")
                        .ok_or_else(|| Misread::strange(number, line))?;
                    self.elements((number, first), kind, (&mut intervals, ends.as_mut()))?;
                }
            }
        }
        Err(cut(from))
    }

    fn elements(
        &mut self,
        first: (usize, &'t str),
        kind: Option<Kind>,
        (intervals, mut ends): (&mut Vec<Interval>, Option<&mut Vec<Option<i64>>>),
    ) -> Result<(), Misread> {
        let mut next = Some(first);
        while let Some((number, line)) = next {
            let (line, is_last) = match line.strip_suffix('}') {
                Some(line) => (line, true),
                None => (line, false),
            };
            for element in line
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty())
            {
                let wrong = || Misread::strange(number, element);
                let (entry, end) = self.element(element, ends.is_some()).ok_or_else(wrong)?;
                let (of, interval) = Kind::read(entry).ok_or_else(wrong)?;
                if kind != Some(of) {
                    return Err(wrong());
                }
                intervals.push(interval);
                if let Some(ends) = ends.as_mut() {
                    ends.push(end);
                }
            }
            if is_last {
                return Ok(());
            }
            next = self.next();
        }
        Err(cut(first.0))
    }

    /// The addresses of an element, and when it ends, if that is known.
    fn element<'e>(&self, element: &'e str, has_timeouts: bool) -> Option<(&'e str, Option<i64>)> {
        let words: Vec<&str> = element.split_ascii_whitespace().collect();
        match *words.as_slice() {
            [entry] if !has_timeouts => Some((entry, None)),
            [entry, "timeout", timeout] if has_timeouts => {
                let length = seconds(timeout)?;
                Some((
                    entry,
                    self.written.map(|written| written.saturating_add(length)),
                ))
            }
            [entry, "timeout", _, "expires", rest] if has_timeouts => {
                Some((entry, Some(self.as_of.saturating_add(seconds(rest)?))))
            }
            _ => None,
        }
    }

    fn installed(mut self) -> Result<Installed, Misread> {
        let mut installed = Installed::default();
        let entries = self.chains.remove("input").unwrap_or_default();
        for (number, line) in entries {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            if let [
                "ct",
                "state",
                "new",
                _,
                "dport",
                _,
                "jump",
                chain,
                "comment",
                _,
            ] = words.as_slice()
            {
                self.part(chain, number, &mut installed)?;
            }
            installed.line(line);
        }
        if let Some(line) = self.chains.into_values().flatten().next() {
            return Err(Misread::strange(line.0, &line.1));
        }
        Ok(installed)
    }

    /// A chain and its refusal.
    fn part(&mut self, chain: &str, from: usize, to: &mut Installed) -> Result<(), Misread> {
        let refuse = format!("refuse_{chain}");
        let missing =
            |name: &str| Misread::strange(from, &format!("a jump to {name}, which is not there"));
        let rules = self.chains.remove(chain).ok_or_else(|| missing(chain))?;
        let refusal = self
            .chains
            .remove(&refuse)
            .ok_or_else(|| missing(&refuse))?;
        for (number, line) in &refusal {
            let is_known = matches!(
                line.as_str(),
                "drop" | "reject" | "meta l4proto tcp reject with tcp reset"
            );
            if !is_known && !is_log(line) {
                return Err(Misread::strange(*number, line));
            }
        }
        if refusal.last().is_none_or(|(_, line)| line != "drop") {
            return Err(Misread::strange(
                from,
                &format!("{refuse} does not end with drop"),
            ));
        }
        let mut layers = Vec::new();
        let mut rest: BTreeMap<Kind, bool> = BTreeMap::new();
        for (number, line) in rules {
            let wrong = || Misread::strange(number, &line);
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let (family, sign, set, verdict) = match *words.as_slice() {
                [family, "saddr", set, "return"] => (family, "", set, true),
                [family, "saddr", set, "goto", to] if to == refuse => (family, "", set, false),
                [family, "saddr", "!=", set, "goto", to] if to == refuse => {
                    (family, "!=", set, false)
                }
                _ => return Err(wrong()),
            };
            let name = set.strip_prefix('@').ok_or_else(wrong)?;
            let set = self.sets.remove(name).ok_or_else(wrong)?;
            let is_family = family == if set.kind == Kind::Four { "ip" } else { "ip6" };
            let is_passing = set.ends.is_some();
            let is_ours = if is_passing { sign != "!=" } else { !verdict };
            if !is_family || !is_ours || rest.contains_key(&set.kind) {
                return Err(wrong());
            }
            if !is_passing {
                rest.insert(set.kind, sign != "!=");
            }
            layers.push(Layer {
                kind: set.kind,
                intervals: set.intervals,
                is_granted: verdict || sign == "!=",
                ends: set.ends,
            });
        }
        to.part(chain, layers, |kind| {
            rest.get(&kind).copied().unwrap_or(true)
        });
        Ok(())
    }
}

/// Whether a rule logs, and does nothing else.
fn is_log(line: &str) -> bool {
    let daemon = line
        .strip_prefix(LOGS)
        .and_then(|rest| rest.strip_suffix(": \""));
    daemon.is_some_and(|daemon| !daemon.contains('"'))
}

fn cut(line: usize) -> Misread {
    Misread::new(line, "the table has no end: it was cut")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{AddressPolicy, HeldRange, Mismatch, NftablesTerms, nftables};

    /// The first and the last address, whether they are admitted, and what comes then.
    type Row<'a> = (&'a str, &'a str, bool, &'a [(i64, bool)]);

    fn policy(held: &[Row<'_>]) -> AddressPolicy {
        let held = held.iter().map(|(low, high, is_granted, then)| HeldRange {
            low: low.parse().unwrap(),
            high: high.parse().unwrap(),
            is_granted: *is_granted,
            then: then.to_vec(),
        });
        AddressPolicy {
            daemon: "sshd=22".parse().unwrap(),
            held: held.collect(),
            unsaid: None,
        }
    }

    fn sample() -> AddressPolicy {
        policy(&[
            ("0.0.0.0", "9.255.255.255", false, &[]),
            ("10.0.0.0", "10.0.0.9", true, &[(100, false), (200, true)]),
            ("10.0.0.10", "10.255.255.255", true, &[]),
            ("11.0.0.0", "255.255.255.255", false, &[]),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, &[]),
        ])
    }

    #[test]
    fn what_was_written_is_read_and_every_change_is_seen() {
        let written = nftables(&[sample()], NftablesTerms::default());
        let installed = read_nftables(&written, 0).unwrap();
        assert_eq!(installed.mismatches(&installed), []);
        let logged = nftables(
            &[sample()],
            NftablesTerms {
                rejects: true,
                logs: true,
                now: 50,
            },
        );
        assert_eq!(
            read_nftables(&logged, 0).unwrap().mismatches(&installed),
            []
        );
        let other = nftables(
            &[policy(&[
                ("0.0.0.0", "255.255.255.255", false, &[]),
                ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, &[]),
            ])],
            NftablesTerms::default(),
        );
        let found = read_nftables(&other, 0).unwrap().mismatches(&installed);
        let fares = |mismatch: &Mismatch| match mismatch {
            Mismatch::Addresses {
                low,
                high,
                is_granted,
                should_be,
                ..
            } => {
                format!("{low}-{high} {is_granted:?} {should_be:?}")
            }
            Mismatch::Surplus(line) | Mismatch::Missing(line) => line.clone(),
            Mismatch::Ends {
                until, should_be, ..
            } => format!("until {until}, not {should_be}"),
        };
        let found: Vec<String> = found.iter().map(fares).collect();
        assert_eq!(
            found,
            [
                "10.0.0.0-10.0.0.9 Some(false) Some(true)",
                "10.0.0.10-10.255.255.255 Some(false) Some(true)"
            ]
        );
    }

    #[test]
    fn ends_are_compared_where_they_are_known() {
        let written = nftables(&[sample()], NftablesTerms::default());
        let dated = |at: &str| format!("# written {at}, and so on\n{written}");
        let [one, other, unknown] = [
            dated("2026-11-28T04:00:00Z"),
            dated("2026-11-28T04:10:00Z"),
            written.clone(),
        ]
        .map(|text| read_nftables(&text, 0).unwrap());
        assert!(!one.has_unknown_ends() && unknown.has_unknown_ends());
        assert_eq!(unknown.mismatches(&one), []);
        assert_eq!(one.mismatches(&one), []);
        let found = other.mismatches(&one);
        assert!(
            matches!(found.as_slice(), [Mismatch::Ends { until, should_be, .. }] if until - should_be == 600),
            "{found:?}"
        );
        // What nft prints says what is left.
        let listed = written
            .replace("timeout 100s", "timeout 100s expires 1m39s500ms")
            .replace("timeout 200s", "timeout 3m20s expires 3m19s");
        let start = written_at(&dated("2026-11-28T04:00:00Z")).unwrap();
        assert_eq!(
            read_nftables(&listed, start + 1).unwrap().mismatches(&one),
            []
        );
        assert_eq!(
            read_nftables(&listed, start + 400)
                .unwrap()
                .mismatches(&one)
                .len(),
            1
        );
    }

    #[test]
    fn a_line_of_somebody_else_is_not_passed_over() {
        let written = nftables(&[sample()], NftablesTerms::default());
        assert_eq!(written.matches("\t\tdrop\n").count(), 1);
        for (from, to) in [
            ("\t\tdrop\n", "\t\taccept\n\t\tdrop\n"),
            ("\t\tdrop\n", ""),
            ("ip saddr != @", "ip saddr @"),
            ("\t\tip6 saddr", "\t\taccept\n\t\tip6 saddr"),
            ("ct state new", "ct state established"),
            ("policy accept;", "policy drop;"),
            ("10.0.0.0-10.0.0.9", "10.0.0.0-10.0.0.8"),
            ("10.0.0.0-10.0.0.9", "10.0.0.0-::9"),
            (" }\n\t}", ""),
            (
                "\t\tdrop\n",
                "\t\tlimit rate 10/second burst 20 packets log prefix \"tcpw refused sshd: \" accept\n\t\tdrop\n",
            ),
            ("policy accept;\n", "policy accept;\n\t\taccept\n"),
            ("\t}\n}\n", "\t}\n}\ndelete table inet tcpw\n"),
            (
                "\t}\n}\n",
                "\t}\n}\ntable inet tcpw {\n\tchain input {\n\t\taccept\n\t}\n}\n",
            ),
            (
                "table inet tcpw {\n",
                "table inet  tcpw {\n}\ntable inet tcpw {\n",
            ),
            (
                "\tchain input",
                "\tset tcp22_granted6 {\n\t\ttype ipv6_addr\n\t\tflags interval\n\t\telements = { ::/0 }\n\t}\n\tchain input",
            ),
            ("\tchain input", "\tchain tcp22 {\n\t}\n\tchain input"),
            (
                "\tchain input",
                "\tchain more {\n\t\taccept\n\t}\n\tchain input",
            ),
            ("goto refuse_tcp22\n\t\tip6", "return\n\t\tip6"),
        ] {
            let changed = written.replacen(from, to, 1);
            assert_ne!(changed, written, "{from}");
            let wanted = read_nftables(&written, 0).unwrap();
            let found = read_nftables(&changed, 0).map(|read| read.mismatches(&wanted));
            assert_ne!(found, Ok(Vec::new()), "{from} -> {to}\n{changed}");
        }
    }
}
