//! Zones and ipsets of firewalld, as their XML files have them.
//!
//! In a zone, rules of lower priority come first; of one priority those that deny, then those that allow,
//! among which are the services and ports of the zone; then its target.

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
    /// The zones, each with the name of its file.
    zones: Vec<(String, Vec<Element>)>,
}

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
    /// Reads a file; zones wait for the ipsets that they name.
    ///
    /// # Errors
    /// When it cannot be read; inside, in words, when it is not a zone or an ipset.
    pub(crate) fn read(
        &mut self,
        stem: &str,
        input: &mut dyn BufRead,
        intake: &mut Intake<'_>,
    ) -> io::Result<Result<(), String>> {
        let text = whole(input)?;
        let found = match elements(&text) {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        Ok(match found.first().map(|root| root.name.as_str()) {
            Some("zone") => {
                self.zones.push((intake.file().to_owned(), found));
                Ok(())
            }
            Some("ipset") => {
                let set = entries(&found, intake);
                self.sets.insert(stem.to_owned(), set);
                Ok(())
            }
            Some(_) | None => Err("it is neither a zone nor an ipset of firewalld".to_owned()),
        })
    }

    /// All files are read.
    pub(crate) fn end(self, intake: &mut Intake<'_>) {
        for (file, zone) in &self.zones {
            intake.begin(file);
            self.zone(zone, intake);
        }
    }

    fn zone(&self, found: &[Element], intake: &mut Intake<'_>) {
        let Some((root, rest)) = found.split_first() else {
            return;
        };
        let mut sources = RangeSet::default();
        let mut has_sources = false;
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some(element) = rest.get(at) {
            let inside = rest
                .iter()
                .skip(at + 1)
                .take_while(|one| one.depth > element.depth)
                .count();
            let parts = rest.get(at + 1..=at + inside).unwrap_or_default();
            at += inside + 1;
            let place = SourcePlace::Line(element.line);
            let taken = match element.name.as_str() {
                "source" => {
                    has_sources = true;
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
                | "forward-port" => Ok(()),
                other => Err(format!("`{}` is not understood", shown(other))),
            };
            if let Err(what) = taken {
                intake.fault(&place, &what);
            }
        }
        rows.sort_by_key(|row| row.stage);
        let limit = has_sources.then_some(&sources);
        for row in &rows {
            take(row, limit, intake);
        }
        if root.get("target") != Some("ACCEPT") {
            let ranges = sources.ranges();
            let whom = if has_sources {
                Whom::Ranges(ranges)
            } else {
                Whom::everybody()
            };
            intake.take(Entry::new(EntryVerdict::Deny, whom));
        }
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
