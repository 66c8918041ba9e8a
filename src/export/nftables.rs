//! The policy as a table of nftables, one chain a port, with sets of intervals.
//!
//! The text is what `nft list table inet tcpw` prints of it, so that one reader reads both. The table
//! is ours alone: the script makes it if it is missing, deletes it and makes it again, in one
//! transaction. It only refuses: whoever it lets pass is still asked by all other tables.

use super::intervals::{Interval, Kind, complement};
use super::policy::AddressPolicy;
use super::served::Protocol;
use std::fmt::Write as _;

/// How nftables refuses.
#[derive(Debug, Clone, Copy, Default)]
pub struct NftablesTerms {
    /// Whether the client is answered; without it packets are dropped.
    pub rejects: bool,
    /// Whether refusals are logged, with the prefix that `tcpw report` reads.
    pub logs: bool,
    /// The time from which timeouts count, in seconds since 1970.
    pub now: i64,
}

/// The head of the script: the table is there, and then it is not.
const AFRESH: &str = "table inet tcpw\ndelete table inet tcpw\n";

/// The script that removes the table, and does nothing where there is none.
pub fn removal() -> &'static str {
    AFRESH
}

/// The script. Each policy must have a port of its own.
pub fn nftables(policies: &[AddressPolicy], terms: NftablesTerms) -> String {
    let mut text = format!("{AFRESH}table inet tcpw {{\n");
    let ported = policies.iter().filter_map(|policy| {
        let (protocol, port) = policy.daemon.port()?;
        Some((policy, protocol, port))
    });
    let mut chains = String::new();
    let mut entries = String::new();
    for (policy, protocol, port) in ported {
        let chain = format!("{}{port}", protocol.name());
        let mut writer = Writer {
            chain: &chain,
            sets: &mut text,
            rules: String::new(),
        };
        writer.policy(policy, terms.now);
        push(
            &mut chains,
            format_args!("\tchain {chain} {{\n{}\t}}\n\n", writer.rules),
        );
        refusal(&mut chains, (policy, protocol), &chain, terms);
        push(
            &mut entries,
            format_args!(
                "\t\tct state new {} dport {port} jump {chain} comment \"{}\"\n",
                protocol.name(),
                policy.daemon.name
            ),
        );
    }
    text.push_str(&chains);
    push(
        &mut text,
        format_args!(
            "\tchain input {{\n\t\ttype filter hook input priority filter - 5; policy accept;\n{entries}\t}}\n}}\n"
        ),
    );
    text
}

/// Writing to a string cannot fail.
fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(what);
    debug_assert!(written.is_ok());
}

fn refusal(
    text: &mut String,
    (policy, protocol): (&AddressPolicy, Protocol),
    chain: &str,
    terms: NftablesTerms,
) {
    push(text, format_args!("\tchain refuse_{chain} {{\n"));
    if terms.logs {
        let name = &policy.daemon.name;
        push(
            text,
            format_args!(
                "\t\tlimit rate 10/second burst 20 packets log prefix \"tcpw refused {name}: \"\n"
            ),
        );
    }
    text.push_str(match (terms.rejects, protocol) {
        (false, _) => "\t\tdrop\n",
        (true, Protocol::Tcp) => "\t\tmeta l4proto tcp reject with tcp reset\n\t\tdrop\n",
        (true, Protocol::Udp) => "\t\treject\n\t\tdrop\n",
    });
    text.push_str("\t}\n\n");
}

/// Writes the sets and the rules of one chain.
struct Writer<'a> {
    chain: &'a str,
    sets: &'a mut String,
    rules: String,
}

impl Writer<'_> {
    fn policy(&mut self, policy: &AddressPolicy, now: i64) {
        for step in 0..policy.steps() {
            for (kind, name) in [(Kind::Four, "4"), (Kind::Six, "6")] {
                for (is, word) in [(true, "granted"), (false, "denied")] {
                    let passing: Vec<(Interval, i64)> = policy.passing(kind, step, is).collect();
                    if passing.is_empty() {
                        continue;
                    }
                    let set = format!("{}_{word}{name}_{}", self.chain, step + 1);
                    let flags = "flags interval,timeout";
                    self.set(
                        &set,
                        kind,
                        flags,
                        passing
                            .iter()
                            .map(|(interval, until)| (*interval, Some((*until - now).max(1)))),
                    );
                    let verdict = if is {
                        "return".to_owned()
                    } else {
                        format!("goto refuse_{}", self.chain)
                    };
                    let family = family(kind);
                    push(
                        &mut self.rules,
                        format_args!("\t\t{family} saddr @{set} {verdict}\n"),
                    );
                }
            }
        }
        for (kind, name) in [(Kind::Four, "4"), (Kind::Six, "6")] {
            let granted = policy.granted_at_last(kind);
            let denied = complement(kind, &granted);
            // The shorter of the two; of two alike that which refuses whom nothing is known of.
            let (word, sign, all) = if granted.len() <= denied.len() {
                ("granted", "!= ", granted)
            } else {
                ("denied", "", denied)
            };
            let set = format!("{}_{word}{name}", self.chain);
            self.set(
                &set,
                kind,
                "flags interval\n\t\tauto-merge",
                all.into_iter().map(|interval| (interval, None)),
            );
            let (chain, family) = (self.chain, family(kind));
            push(
                &mut self.rules,
                format_args!("\t\t{family} saddr {sign}@{set} goto refuse_{chain}\n"),
            );
        }
    }

    fn set(
        &mut self,
        name: &str,
        kind: Kind,
        flags: &str,
        elements: impl Iterator<Item = (Interval, Option<i64>)>,
    ) {
        let of = match kind {
            Kind::Four => "ipv4_addr",
            Kind::Six => "ipv6_addr",
        };
        push(
            self.sets,
            format_args!("\tset {name} {{\n\t\ttype {of}\n\t\t{flags}\n"),
        );
        let mut is_first = true;
        for ((low, high), timeout) in elements {
            let head = if is_first {
                "\t\telements = { "
            } else {
                ",\n\t\t\t     "
            };
            is_first = false;
            self.sets.push_str(head);
            push(self.sets, format_args!("{}", kind.address(low)));
            if high != low {
                push(self.sets, format_args!("-{}", kind.address(high)));
            }
            if let Some(timeout) = timeout {
                push(self.sets, format_args!(" timeout {timeout}s"));
            }
        }
        self.sets
            .push_str(if is_first { "\t}\n\n" } else { " }\n\t}\n\n" });
    }
}

fn family(kind: Kind) -> &'static str {
    match kind {
        Kind::Four => "ip",
        Kind::Six => "ip6",
    }
}
