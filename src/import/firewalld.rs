//! Zones, policy objects and ipsets of firewalld, as their XML files have them.
//!
//! Policy objects of negative priority are asked before the zones, the lowest first; then the zone that a
//! client's address is a source of, then the one of its interface or the default zone (`DefaultZone=` of
//! firewalld.conf), then the other policy objects. In each of
//! them, rules of lower priority come first; of one priority those that deny, then those that allow, among
//! which are its services and ports; then its target.

use crate::import::address::masked;
use crate::import::entry::{Entry, EntryVerdict, Whom};
use crate::import::input::whole;
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::ranges::RangeSet;
use crate::import::words::shown;
use crate::import::xml::{Element, elements};
use std::collections::HashMap;
use std::io::{self, BufRead};
use std::rc::Rc;
use tcpw_gate::Network;

/// What is known of the files so far.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    /// The addresses of each ipset.
    sets: HashMap<String, RangeSet>,
    /// The zones and policy objects.
    parts: Vec<Part>,
    /// The default zone, if firewalld.conf is among the files.
    default: Option<String>,
}

/// A zone or a policy object, and the name of its file.
#[derive(Debug)]
struct Part {
    file: String,
    /// The name of the zone or policy object.
    name: String,
    found: Vec<Element>,
}

/// When a part is asked: its priority, and of zones those with sources first, then the open one.
type Turn = (i32, bool);

/// When a rule comes: its priority, and whether it allows.
type Stage = (i32, bool);

/// A part of a zone that is about clients.
struct Row {
    stage: Stage,
    from: Option<RangeSet>,
    /// The port or service; nothing for all.
    port: Option<String>,
    place: SourcePlace,
}

impl Zones {
    /// Reads a file; zones and policy objects wait for the ipsets that they name.
    ///
    /// # Errors
    /// When it cannot be read; inside, in words, when it is none of them.
    pub(crate) fn read(
        &mut self,
        stem: &str,
        input: &mut dyn BufRead,
        intake: &mut Intake<'_>,
    ) -> io::Result<Result<(), String>> {
        let text = whole(input)?;
        if let Some(zone) = default_zone(&text) {
            self.default = Some(zone.to_owned());
            return Ok(Ok(()));
        }
        let found = match elements(&text) {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        Ok(match found.first().map(|root| root.name.as_str()) {
            Some("zone" | "policy") => {
                let file = intake.file().to_owned();
                let name = stem.to_owned();
                self.parts.push(Part { file, name, found });
                Ok(())
            }
            Some("ipset") => {
                let set = entries(&found, intake);
                self.sets.insert(stem.to_owned(), set);
                Ok(())
            }
            Some(_) | None => {
                Err("it is neither a zone nor a policy object nor an ipset of firewalld".to_owned())
            }
        })
    }

    /// All files are read.
    pub(crate) fn end(mut self, intake: &mut Intake<'_>) {
        let parts = std::mem::take(&mut self.parts);
        let mut found: Vec<(Turn, &Part)> = Vec::new();
        for part in &parts {
            intake.begin(&part.file);
            match turn(&part.found) {
                Ok(Some(turn)) => {
                    found.push((turn, part));
                    // Whoever is in no zone is in the default one, of which others may be sources.
                    let (priority, is_open) = turn;
                    let is_default = self.default.as_ref() == Some(&part.name) && is_zone(part);
                    found.extend((is_default && !is_open).then_some(((priority, true), part)));
                }
                Ok(None) => {
                    let what =
                        "it is about what is forwarded or sent, not about clients of this host";
                    intake.remark(&SourcePlace::Whole, what);
                }
                Err(what) => intake.fault(&SourcePlace::Whole, &what),
            }
        }
        self.keep_one_without_sources(&mut found, intake);
        found.sort_by_key(|(turn, _)| *turn);
        let mut left = found.len();
        for ((_, is_open), part) in found {
            left -= 1;
            intake.begin(&part.file);
            self.part(&part.found, (is_open, left == 0), intake);
        }
    }

    /// Leaves of the zones without sources the one in which clients are.
    fn keep_one_without_sources(&self, found: &mut Vec<(Turn, &Part)>, intake: &mut Intake<'_>) {
        let is_open = |((_, is_open), _): &(Turn, &Part)| *is_open;
        let open: Vec<&Part> = found
            .iter()
            .filter(|one| is_open(one))
            .map(|(_, part)| *part)
            .collect();
        let names: Vec<String> = open.iter().map(|part| shown(&part.name)).collect();
        let is_default = |part: &Part| self.default.as_ref() == Some(&part.name);
        let has_default = open.iter().any(|part| is_default(part));
        if open.is_empty() || open.len() == 1 && (has_default || self.default.is_none()) {
            return;
        }
        for part in open.iter().filter(|part| has_default && !is_default(part)) {
            intake.begin(&part.file);
            let what = "it has no sources and is not the default zone: it is about interfaces, \
                        which a table does not know";
            intake.remark(&SourcePlace::Whole, what);
        }
        if let (Some(default), false) = (&self.default, has_default) {
            let what = format!(
                "the default zone is `{}`, which is not among the files: who is in {} is decided by \
                 interfaces",
                shown(default),
                names.join(", ")
            );
            intake.fault(&SourcePlace::Whole, &what);
        } else if !has_default {
            let what = format!(
                "the zones {} have no sources: the interface and the default zone decide in which of \
                 them a client is; give the file of one of them, or firewalld.conf too",
                names.join(", ")
            );
            intake.fault(&SourcePlace::Whole, &what);
        }
        found.retain(|one| !is_open(one) || is_default(one.1));
    }

    /// What a zone or a policy object says, to all if it is open; after the last one nothing is asked.
    fn part(&self, found: &[Element], (is_open, is_last): (bool, bool), intake: &mut Intake<'_>) {
        let Some((root, rest)) = found.split_first() else {
            return;
        };
        let (mut rows, sources) = self.rows(rest, intake);
        let sources = sources.filter(|_| !is_open);
        rows.sort_by_key(|row| row.stage);
        for row in &rows {
            take(row, sources.as_ref(), intake);
        }
        let ending = match (root.name.as_str(), root.get("target")) {
            // Nothing comes after it: whoever is left is admitted anyway.
            (_, Some("ACCEPT")) if is_last => None,
            (_, Some("ACCEPT")) => Some(EntryVerdict::Allow),
            ("policy", None | Some("CONTINUE")) => None,
            (_, _) => Some(EntryVerdict::Deny),
        };
        if let Some(verdict) = ending {
            let whom = sources.map_or_else(Whom::everybody, |set| Whom::Ranges(set.ranges()));
            intake.take(Entry::new(verdict, whom));
        }
    }

    /// What is about clients, and the sources of a zone that has some.
    fn rows(&self, elements: &[Element], intake: &mut Intake<'_>) -> (Vec<Row>, Option<RangeSet>) {
        let mut sources: Option<RangeSet> = None;
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some(element) = elements.get(at) {
            let inside = elements
                .iter()
                .skip(at + 1)
                .take_while(|one| one.depth > element.depth)
                .count();
            let parts = elements.get(at + 1..=at + inside).unwrap_or_default();
            at += inside + 1;
            let place = SourcePlace::Line(element.line);
            let taken = match element.name.as_str() {
                "source" => {
                    let sources = sources.get_or_insert_default();
                    self.addresses(element)
                        .map(|set| set.ranges().into_iter().for_each(|one| sources.add(one)))
                }
                "rule" => self.rule(element, parts).map(|row| rows.extend(row)),
                "service" | "port" => port(element).map(|port| {
                    rows.push(Row {
                        stage: (0, true),
                        from: None,
                        port: Some(port),
                        place: place.clone(),
                    });
                }),
                "short"
                | "description"
                | "forward"
                | "masquerade"
                | "icmp-block"
                | "icmp-block-inversion"
                | "ingress-zone"
                | "egress-zone"
                | "forward-port" => Ok(()),
                other => Err(format!("`{}` is not understood", shown(other))),
            };
            if let Err(what) = taken {
                intake.fault(&place, &what);
            }
        }
        (rows, sources)
    }

    /// A rich rule.
    fn rule(&self, rule: &Element, parts: &[Element]) -> Result<Option<Row>, String> {
        let priority = rule.get("priority").unwrap_or("0");
        let priority = priority
            .parse()
            .map_err(|_| "its priority is not a number".to_owned())?;
        let mut from = rule
            .get("family")
            .map(|family| RangeSet::of(&[all_of(family)]));
        let mut action = None;
        let mut element = None;
        for part in parts.iter().filter(|part| part.depth == rule.depth + 1) {
            match part.name.as_str() {
                "source" => {
                    let set = self.addresses(part)?;
                    from = Some(match from {
                        Some(family) => RangeSet::of(&family.common(&set)),
                        None => set,
                    });
                }
                "service" | "port" => element = Some(port(part)?),
                "accept" => action = Some(true),
                "reject" | "drop" => action = Some(false),
                "log" | "audit" | "nflog" => {}
                other => return Err(format!("`{}` in a rule is not understood", shown(other))),
            }
        }
        let has_limit = |part: &Element| part.name == "limit" && part.depth == rule.depth + 2;
        let is_logged = parts
            .iter()
            .any(|part| matches!(part.name.as_str(), "log" | "audit" | "nflog"));
        if parts.iter().any(has_limit) && !is_logged {
            return Err("how often one may connect cannot be said in a table".to_owned());
        }
        Ok(action.map(|allows| Row {
            stage: (priority, allows),
            from,
            port: element,
            place: SourcePlace::Line(rule.line),
        }))
    }

    /// The addresses of a `<source>`.
    fn addresses(&self, source: &Element) -> Result<RangeSet, String> {
        let set = match (source.get("address"), source.get("ipset")) {
            (Some(text), None) => {
                let network = masked(text).map_err(|why| format!("`{}`: {why}", shown(text)))?;
                RangeSet::of(&[network])
            }
            (None, Some(name)) => {
                let set = self.sets.get(name).cloned();
                set.ok_or_else(|| {
                    format!("the ipset `{}` is not here: give its file too", shown(name))
                })?
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err("a source is neither an address nor an ipset".to_owned());
            }
        };
        let is_inverted = source
            .get("invert")
            .is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "yes" | "true"));
        Ok(if is_inverted {
            RangeSet::of(&set.others())
        } else {
            set
        })
    }
}

fn is_zone(part: &Part) -> bool {
    part.found.first().is_some_and(|root| root.name == "zone")
}

/// The default zone that firewalld.conf names; nothing if the file is another one.
fn default_zone(text: &str) -> Option<&str> {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|_| !text.trim_start().starts_with('<'));
    let value = lines.find_map(|line| line.strip_prefix("DefaultZone="))?;
    Some(value.trim())
}

/// When a zone or a policy object is asked; nothing if it is not about clients of this host.
///
/// # Errors
/// In words, when it is not known of whom it is asked.
fn turn(found: &[Element]) -> Result<Option<Turn>, String> {
    let Some((root, rest)) = found.split_first() else {
        return Ok(None);
    };
    let names = |element: &str| -> Vec<&str> {
        let all = rest
            .iter()
            .filter(|one| one.depth == 1 && one.name == element);
        all.filter_map(|one| one.get("name")).collect()
    };
    if root.name == "zone" {
        let has_sources = rest
            .iter()
            .any(|one| one.depth == 1 && one.name == "source");
        return Ok(Some((0, !has_sources)));
    }
    if names("egress-zone") != ["HOST"] || names("ingress-zone") == ["HOST"] {
        return Ok(None);
    }
    if names("ingress-zone") != ["ANY"] {
        return Err("it is asked about clients of some zones only".to_owned());
    }
    let priority = root.get("priority").unwrap_or("-1");
    let priority = priority
        .parse()
        .map_err(|_| "its priority is not a number".to_owned())?;
    Ok(Some((priority, false)))
}

/// All addresses of a family.
fn all_of(family: &str) -> Network {
    if family == "ipv6" {
        Network::ALL_V6
    } else {
        Network::ALL_V4
    }
}

/// The entries of an ipset.
fn entries(found: &[Element], intake: &mut Intake<'_>) -> RangeSet {
    let mut set = RangeSet::default();
    for element in found.iter().filter(|element| element.name == "entry") {
        match masked(element.text.trim()) {
            Ok(network) => set.add(network),
            Err(why) => {
                let text = shown(element.text.trim());
                intake.fault(
                    &SourcePlace::Line(element.line),
                    &format!("`{text}`: {why}"),
                );
            }
        }
    }
    set
}

/// The port or service of an element, as the terms name it.
fn port(element: &Element) -> Result<String, String> {
    if let Some(service) = element.get("name") {
        return Ok(service.to_owned());
    }
    match (element.get("port"), element.get("protocol")) {
        (Some(port), Some("tcp")) => Ok(port.to_owned()),
        (Some(port), Some("udp")) => Ok(format!("{port}/udp")),
        (Some(_) | None, _) => Err("it is not a port of TCP or UDP".to_owned()),
    }
}

/// Takes what a part of a zone says of those clients for whom the zone is.
fn take(row: &Row, sources: Option<&RangeSet>, intake: &mut Intake<'_>) {
    let from = match (&row.from, sources) {
        (Some(from), Some(sources)) => Whom::Ranges(from.common(sources)),
        (Some(set), None) | (None, Some(set)) => Whom::Ranges(set.ranges()),
        (None, None) => Whom::everybody(),
    };
    let (_, allows) = row.stage;
    let verdict = if allows {
        EntryVerdict::Allow
    } else {
        EntryVerdict::Deny
    };
    let mut entry = Entry::new(verdict, from);
    match row.port.as_deref().map(|port| intake.daemon_at(port)) {
        None => intake.take(entry),
        Some(Ok(daemon)) => {
            entry.daemons = Some(Rc::from([daemon.to_owned()]));
            intake.take(entry);
        }
        Some(Err(what)) => intake.fault(&row.place, &what),
    }
}
