//! `nft -j list ruleset`: one set, or the rules of the chain for connections to this machine.

use crate::import::entry::{Entry, Origin, Whom};
use crate::import::firewall::{Filter, FilterRule};
use crate::import::input::whole;
use crate::import::intake::Intake;
use crate::import::nft_item::{ChainItem, Element, Item, Ruleset, SetItem};
use crate::import::nft_rule::rule;
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use std::collections::HashMap;
use std::io::{self, BufRead};
use tcpw_gate::Network;

/// The name of a chain or a set, with its family and its table.
fn full(family: &str, table: &str, name: &str) -> String {
    format!("{family} {table} {name}")
}

/// Reads a ruleset.
///
/// # Errors
/// When it cannot be read; inside, in words, when it is none, or it is not clear what is meant.
pub(crate) fn read(
    input: &mut dyn BufRead,
    intake: &mut Intake<'_>,
) -> io::Result<Result<(), String>> {
    let text = whole(input)?;
    let ruleset: Ruleset = match serde_json::from_str(&text) {
        Ok(ruleset) => ruleset,
        Err(error) => {
            return Ok(Err(format!(
                "it is not what `nft -j list ruleset` prints: {error}"
            )));
        }
    };
    drop(text);
    let items = ruleset.nftables;
    Ok(if intake.terms.verdict.is_some() {
        set(&items, intake)
    } else {
        chain(&items, intake)
    })
}

/// Whether a name that was typed means this object: with or without its family and table.
fn means(wanted: &str, family: &str, table: &str, name: &str) -> bool {
    wanted == name || wanted == full(family, table, name)
}

/// The elements of one set of addresses.
fn set(items: &[Item], intake: &mut Intake<'_>) -> Result<(), String> {
    let verdict = intake.list_verdict()?;
    let is_addresses =
        |set: &&SetItem| matches!(set.kind.as_str(), Some("ipv4_addr" | "ipv6_addr"));
    let sets: Vec<&SetItem> = items.iter().filter_map(|item| item.set.as_ref()).collect();
    let wanted = intake.terms.set.as_deref();
    let is_meant = |set: &&&SetItem| match wanted {
        Some(wanted) => means(wanted, &set.family, &set.table, &set.name),
        None => is_addresses(set),
    };
    let meant: Vec<&&SetItem> = sets.iter().filter(is_meant).collect();
    let names = |sets: &[&SetItem]| {
        let names = sets
            .iter()
            .map(|set| shown(&full(&set.family, &set.table, &set.name)));
        names.collect::<Vec<_>>().join(", ")
    };
    let set = match meant.as_slice() {
        [set] if is_addresses(set) => set,
        [_] => return Err("the elements of that set are more than addresses".to_owned()),
        [] => return Err(format!("it has no such set; it has: {}", names(&sets))),
        _ => {
            return Err(format!(
                "it has the sets {}: name one with --set",
                names(&sets)
            ));
        }
    };
    for (number, element) in (1..).zip(&set.elem) {
        match element.read() {
            Ok((network, rest, comment)) => {
                let now = intake.terms.now;
                let mut entry = Entry::new(verdict, Whom::Ranges(vec![network]));
                entry.origin = Origin {
                    until: rest.map(|rest| now.saturating_add(rest)),
                    reason: comment.and_then(|comment| intake.reason(comment)),
                    ..Origin::default()
                };
                intake.take(entry);
            }
            Err(what) => intake.fault(&SourcePlace::Element(number), &what),
        }
    }
    Ok(())
}

/// The rules of a chain, and of those that it calls.
fn chain(items: &[Item], intake: &mut Intake<'_>) -> Result<(), String> {
    let chains = || items.iter().filter_map(|item| item.chain.as_ref());
    let wanted = intake.terms.chain.as_deref();
    let meant: Vec<&ChainItem> = chains()
        .filter(|chain| {
            let is_ip = matches!(chain.family.as_str(), "inet" | "ip" | "ip6");
            wanted.map_or_else(
                || is_ip && chain.hook.as_deref() == Some("input"),
                |wanted| means(wanted, &chain.family, &chain.table, &chain.name),
            )
        })
        .collect();
    let chain = match meant.as_slice() {
        [chain] => chain,
        [] => {
            return Err("it has no such chain: a set is read with --into, a chain for incoming connections \
                        without it"
                .to_owned());
        }
        several => {
            let names = several
                .iter()
                .map(|chain| shown(&full(&chain.family, &chain.table, &chain.name)));
            let names: Vec<String> = names.collect();
            return Err(format!(
                "it has the chains {}, each of which may deny: name one with --chain",
                names.join(", ")
            ));
        }
    };
    let is_own = |family: &str, table: &str| family == chain.family && table == chain.table;
    let sets = items.iter().filter_map(|item| item.set.as_ref());
    let sets = sets.filter(|set| is_own(&set.family, &set.table));
    let sets: HashMap<&str, &[Element]> = sets
        .map(|set| (set.name.as_str(), set.elem.as_slice()))
        .collect();
    let mut filter = Filter {
        family: match chain.family.as_str() {
            "ip" => vec![Network::ALL_V4],
            "ip6" => vec![Network::ALL_V6],
            _ => vec![Network::ALL_V4, Network::ALL_V6],
        },
        ..Filter::default()
    };
    for own in chains().filter(|one| is_own(&one.family, &one.table)) {
        filter.chains.entry(own.name.clone()).or_default();
    }
    let rules = items.iter().filter_map(|item| item.rule.as_ref());
    for item in rules.filter(|rule| is_own(&rule.family, &rule.table)) {
        let place = item.handle.map_or(SourcePlace::Whole, SourcePlace::Handle);
        let rules: Vec<FilterRule> = rule(item, &place, &sets, intake);
        filter
            .chains
            .entry(item.chain.clone())
            .or_default()
            .extend(rules);
    }
    let is_denying = chain.policy.as_deref() == Some("drop");
    filter.walk(&chain.name, is_denying, intake);
    Ok(())
}
