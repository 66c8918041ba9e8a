//! `nft -j list ruleset`: one set, or the rules of the chain for connections to this machine.

use crate::import::entry::{Entry, Origin, Whom};
use crate::import::firewall::{Filter, FilterRule};
use crate::import::input::whole;
use crate::import::intake::Intake;
use crate::import::nft_chains::{self, full, means};
use crate::import::nft_item::{Item, Ruleset, SetItem};
use crate::import::nft_rule::rule;
use crate::import::nft_sets::Sets;
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use std::io::{self, BufRead};
use tcpw_gate::Network;

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
    let chain = nft_chains::chosen(items, intake)?;
    let is_own = |family: &str, table: &str| family == chain.family && table == chain.table;
    let mut sets = Sets::default();
    let all = items.iter().filter_map(|item| item.set.as_ref());
    for set in all.filter(|set| is_own(&set.family, &set.table)) {
        sets.add(&set.name, &set.elem);
    }
    let mut filter = Filter {
        family: match chain.family.as_str() {
            "ip" => vec![Network::ALL_V4],
            "ip6" => vec![Network::ALL_V6],
            _ => vec![Network::ALL_V4, Network::ALL_V6],
        },
        ..Filter::default()
    };
    let chains = items.iter().filter_map(|item| item.chain.as_ref());
    for own in chains.filter(|one| is_own(&one.family, &one.table)) {
        filter.chains.entry(own.name.clone()).or_default();
    }
    let rules = items.iter().filter_map(|item| item.rule.as_ref());
    for item in rules.filter(|rule| is_own(&rule.family, &rule.table)) {
        let place = item.handle.map_or(SourcePlace::Whole, SourcePlace::Handle);
        let rules: Vec<FilterRule> = rule(item, &place, &mut sets, intake);
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
