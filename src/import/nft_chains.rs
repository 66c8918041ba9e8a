//! Which chain of a ruleset of nft is read, and which others refuse connections to this machine.

use crate::import::intake::Intake;
use crate::import::nft_item::{ChainItem, Item};
use crate::import::notes::SourcePlace;
use crate::import::words::shown;
use serde_json::Value;
use std::collections::BTreeSet;

/// The name of a chain or a set, with its family and its table.
pub(crate) fn full(family: &str, table: &str, name: &str) -> String {
    format!("{family} {table} {name}")
}

/// Whether a name that was typed means this object: with or without its family and table.
pub(crate) fn means(wanted: &str, family: &str, table: &str, name: &str) -> bool {
    wanted == name || wanted == full(family, table, name)
}

/// Whether a table decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Live,
    Dormant,
    /// It has flags that cannot be read.
    Unknown,
}

/// The chain that the terms name, or the only one for incoming connections. Others that refuse some of
/// these are faults; where the terms name a chain, they are remarks.
///
/// # Errors
/// In words, when there is none or it is not clear which is meant.
pub(crate) fn chosen<'r>(
    items: &'r [Item],
    intake: &mut Intake<'_>,
) -> Result<&'r ChainItem, String> {
    let chains = || items.iter().filter_map(|item| item.chain.as_ref());
    let wanted = intake.terms.chain.clone();
    let is_meant = |chain: &&ChainItem| {
        let is_ip = matches!(chain.family.as_str(), "inet" | "ip" | "ip6");
        wanted.as_ref().map_or_else(
            || is_ip && chain.hook.as_deref() == Some("input"),
            |wanted| means(wanted, &chain.family, &chain.table, &chain.name),
        )
    };
    let mut meant = Vec::new();
    for chain in chains().filter(is_meant) {
        match life(items, chain) {
            Life::Live => meant.push(chain),
            Life::Dormant => {
                let what = format!(
                    "{} is left out: its table is dormant and decides nothing",
                    name(chain)
                );
                intake.remark(&SourcePlace::Whole, &what);
            }
            Life::Unknown if wanted.is_some() => meant.push(chain),
            Life::Unknown => {
                return Err(format!(
                    "the table of {} has flags that this nft does not print: if it is dormant, it decides \
                     nothing; name the chain that decides with --chain",
                    name(chain)
                ));
            }
        }
    }
    let chain = only(&meant)?;
    name_others(items, chain, wanted.is_some(), intake);
    Ok(chain)
}

/// The only one of these chains.
fn only<'r>(meant: &[&'r ChainItem]) -> Result<&'r ChainItem, String> {
    match meant {
        [chain] => Ok(*chain),
        [] => Err(
            "it has no such chain: a set is read with --into, a chain for incoming connections \
             without it"
                .to_owned(),
        ),
        several => {
            let names: Vec<String> = several.iter().map(|chain| name(chain)).collect();
            Err(format!(
                "it has the chains {}, each of which may deny: name one with --chain",
                names.join(", ")
            ))
        }
    }
}

/// Names the other chains that refuse connections to this machine.
fn name_others(items: &[Item], chain: &ChainItem, is_chosen: bool, intake: &mut Intake<'_>) {
    let chains = items.iter().filter_map(|item| item.chain.as_ref());
    for other in chains.filter(|other| !std::ptr::eq(*other, chain) && is_asked(other)) {
        if life(items, other) == Life::Dormant || !refuses(items, other) {
            continue;
        }
        let what = format!(
            "{} (hook {}) may refuse connections, too, and is not read",
            name(other),
            shown(other.hook.as_deref().unwrap_or_default())
        );
        if is_chosen {
            intake.remark(&SourcePlace::Whole, &what);
        } else {
            intake.fault(&SourcePlace::Whole, &what);
        }
    }
}

fn name(chain: &ChainItem) -> String {
    shown(&full(&chain.family, &chain.table, &chain.name))
}

/// Whether the kernel asks a chain about packets to this machine.
fn is_asked(chain: &ChainItem) -> bool {
    let is_ip = matches!(chain.family.as_str(), "inet" | "ip" | "ip6" | "netdev");
    is_ip
        && matches!(
            chain.hook.as_deref(),
            Some("ingress" | "prerouting" | "input")
        )
}

fn life(items: &[Item], chain: &ChainItem) -> Life {
    let mut tables = items.iter().filter_map(|item| item.table.as_ref());
    let table = tables.find(|table| table.family == chain.family && table.name == chain.table);
    let Some(flags) = table.and_then(|table| table.flags.as_ref()) else {
        return Life::Live;
    };
    let words = flags
        .as_array()
        .map_or(std::slice::from_ref(flags), Vec::as_slice);
    if words.iter().any(|word| word == "dormant") {
        Life::Dormant
    } else if words
        .iter()
        .all(|word| word == "owner" || word == "persist")
    {
        Life::Live
    } else {
        Life::Unknown
    }
}

/// Whether a chain, or one that it calls, may refuse.
fn refuses(items: &[Item], chain: &ChainItem) -> bool {
    if chain.policy.as_deref() == Some("drop") {
        return true;
    }
    let mut seen = BTreeSet::new();
    let mut left = vec![chain.name.as_str()];
    while let Some(name) = left.pop() {
        if !seen.insert(name) {
            continue;
        }
        let rules = items.iter().filter_map(|item| item.rule.as_ref());
        let of_chain = rules.filter(|rule| {
            rule.family == chain.family && rule.table == chain.table && rule.chain == name
        });
        for statement in of_chain.flat_map(|rule| &rule.expr) {
            if ["drop", "reject", "vmap"]
                .iter()
                .any(|verdict| statement.get(*verdict).is_some())
            {
                return true;
            }
            let target = ["jump", "goto"]
                .iter()
                .find_map(|kind| statement.get(*kind)?.get("target"));
            left.extend(target.and_then(Value::as_str));
        }
    }
    false
}
