//! Reads the files of firewalld again.

use super::file::ExportedFile;
use super::firewalld::{POLICY, PRIORITY, families};
use super::installed::{Installed, Layer, Misread};
use super::intervals::{Interval, Kind, complement, union};
use crate::import::{Element, elements};
use std::collections::BTreeMap;

/// An ipset.
struct Set {
    kind: Kind,
    intervals: Vec<Interval>,
}

/// Reads the files: the policy object and its ipsets.
///
/// # Errors
/// At the first element that is not one of ours, or if the policy object is not there.
pub fn read_firewalld(files: &[ExportedFile]) -> Result<Installed, Misread> {
    let mut sets = BTreeMap::new();
    let mut policy = None;
    for file in files {
        let here = |misread: Misread| misread.of(&file.path);
        let found = elements(&file.text).map_err(|why| here(Misread::new(1, why)))?;
        if file.path == POLICY {
            policy = Some(found);
            continue;
        }
        let name = file.path.strip_prefix("ipsets/");
        let name = name.and_then(|name| name.strip_suffix(".xml"));
        let name = name.ok_or_else(|| here(Misread::strange(1, &file.path)))?;
        sets.insert(name.to_owned(), set(&found).map_err(here)?);
    }
    let Some(policy) = policy else {
        return Err(Misread::new(1, "there is no such file").of(POLICY));
    };
    read_policy(&policy, sets).map_err(|misread| misread.of(POLICY))
}

fn strange(element: &Element) -> Misread {
    let line = usize::try_from(element.line).unwrap_or(usize::MAX);
    Misread::strange(line, &shown(element))
}

/// An element on one line: its name and its attributes in order.
fn shown(element: &Element) -> String {
    let mut attributes: Vec<String> = element
        .attributes
        .iter()
        .map(|(key, value)| format!(" {key}=\"{value}\""))
        .collect();
    attributes.sort();
    format!("<{}{}>", element.name, attributes.concat())
}

fn set(found: &[Element]) -> Result<Set, Misread> {
    let Some((root, rest)) = found.split_first() else {
        return Err(Misread::new(1, "there is no element"));
    };
    if shown(root) != "<ipset type=\"hash:net\">" {
        return Err(strange(root));
    }
    let mut kind = None;
    let mut intervals = Vec::new();
    for element in rest {
        let read = match element.name.as_str() {
            _ if element.depth != 1 => None,
            "option" => match (element.get("name"), element.get("value")) {
                (Some("maxelem"), Some(_)) => Some(()),
                (Some("family"), Some(family)) if kind.is_none() => {
                    let mut both = Kind::BOTH.into_iter();
                    kind = both.find(|kind| families(*kind).1 == family);
                    kind.map(drop)
                }
                _ => None,
            },
            "entry" => {
                let text = element.text.trim();
                let entry = Kind::read(text).filter(|_| !text.contains('-'));
                let entry = entry.filter(|(of, _)| kind == Some(*of));
                entry.map(|(_, interval)| intervals.push(interval))
            }
            _ => None,
        };
        read.ok_or_else(|| strange(element))?;
    }
    let kind = kind.ok_or_else(|| strange(root))?;
    Ok(Set { kind, intervals })
}

fn read_policy(found: &[Element], mut sets: BTreeMap<String, Set>) -> Result<Installed, Misread> {
    let mut installed = Installed::default();
    let Some((root, rest)) = found.split_first() else {
        return Err(Misread::new(1, "there is no element"));
    };
    if shown(root) != format!("<policy priority=\"{PRIORITY}\" target=\"CONTINUE\">") {
        return Err(strange(root));
    }
    let mut parts: BTreeMap<String, Vec<Layer>> = BTreeMap::new();
    let mut rest = rest.iter().peekable();
    while let Some(element) = rest.next() {
        match element.name.as_str() {
            _ if element.depth != 1 => return Err(strange(element)),
            "short" | "description" => {}
            "ingress-zone" | "egress-zone" => installed.line(shown(element)),
            "rule" => {
                let mut inside = Vec::new();
                while let Some(part) = rest.next_if(|next| next.depth > 1) {
                    inside.push(part);
                }
                let (port, layer) = rule(element, &inside, &mut sets)?;
                parts.entry(port).or_default().push(layer);
            }
            _ => return Err(strange(element)),
        }
    }
    for (port, layers) in parts {
        installed.part(&port, layers, |_| true);
    }
    // What no rule names decides nothing, and should not be there.
    for name in sets.into_keys() {
        installed.line(format!("the ipset {name}"));
    }
    Ok(installed)
}

/// The port of a rule, and whom it refuses.
fn rule(
    rule: &Element,
    inside: &[&Element],
    sets: &mut BTreeMap<String, Set>,
) -> Result<(String, Layer), Misread> {
    let mut both = Kind::BOTH.into_iter();
    let kind = both.find(|kind| shown(rule) == format!("<rule family=\"{}\">", families(*kind).0));
    let kind = kind.ok_or_else(|| strange(rule))?;
    let (mut port, mut source, mut refuses) = (None, None, false);
    for element in inside {
        match (element.name.as_str(), element.depth) {
            ("source", 2) if source.is_none() => source = Some(*element),
            ("port", 2) if port.is_none() => port = Some(*element),
            ("drop" | "reject", 2) if !refuses => refuses = true,
            ("log", 2) => {}
            // A limit of a refusal would let pass who comes after it.
            ("limit", 3) if !refuses => {}
            _ => return Err(strange(element)),
        }
    }
    let port = port.filter(|_| refuses).ok_or_else(|| strange(rule))?;
    let (Some(number), Some(protocol)) = (port.get("port"), port.get("protocol")) else {
        return Err(strange(port));
    };
    let intervals = match source {
        None => vec![(0, kind.last())],
        Some(source) => {
            let is_inverted = match source.attributes.as_slice() {
                [_] => false,
                [_, _] if source.get("invert") == Some("True") => true,
                _ => return Err(strange(source)),
            };
            let name = source.get("ipset").ok_or_else(|| strange(source))?;
            let set = sets.remove(name).filter(|set| set.kind == kind);
            let set = set.ok_or_else(|| strange(source))?;
            if is_inverted {
                complement(kind, &union(set.intervals))
            } else {
                set.intervals
            }
        }
    };
    let layer = Layer {
        kind,
        intervals,
        is_granted: false,
        ends: None,
    };
    Ok((format!("{protocol}{number}"), layer))
}
