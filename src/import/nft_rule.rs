//! A rule of nft as a rule of a packet filter.

use crate::import::firewall::{Effect, FilterRule, LOOPBACK, Matching, loopback};
use crate::import::intake::Intake;
use crate::import::nft_item::RuleItem;
use crate::import::nft_sets::{Groups, Sets, groups};
use crate::import::notes::SourcePlace;
use crate::import::ranges::RangeSet;
use crate::import::words::shown;
use serde_json::Value;
use std::rc::Rc;
use tcpw_gate::Network;

/// What the statements of a rule say so far.
#[derive(Default)]
struct Statements {
    ports: Option<Vec<String>>,
    /// The addresses, by what is left of their time in seconds.
    from: Option<Rc<Groups>>,
    /// Whether it is about the loopback interface.
    is_loopback: bool,
    /// The family that it is about, if it names one without addresses.
    family: Option<Network>,
    /// Whether it is about new connections to programs.
    is_aside: bool,
    /// Whether it is about one protocol of those that have ports.
    is_of_one_protocol: bool,
    effect: Option<Effect>,
}

/// The rules that this one is: one for each time at which elements of its set run out.
pub(crate) fn rule(
    item: &RuleItem,
    place: &SourcePlace,
    sets: &mut Sets<'_>,
    intake: &mut Intake<'_>,
) -> Vec<FilterRule> {
    let reason = item
        .comment
        .as_deref()
        .and_then(|comment| intake.reason(comment));
    let now = intake.terms.now;
    let frame = |until: Option<i64>, from: Option<Rc<RangeSet>>, ports, effect| FilterRule {
        place: place.clone(),
        matching: Matching {
            from,
            ports,
            until: until.map(|rest| now.saturating_add(rest)),
        },
        effect,
        reason: reason.clone(),
    };
    let mut read = Statements::default();
    let mut unknown = None;
    for statement in &item.expr {
        if let Err(why) = read.statement(statement, sets) {
            unknown.get_or_insert(why);
        }
    }
    let effect = read.effect.unwrap_or(Effect::Nothing);
    if read.is_aside || effect == Effect::Nothing {
        return Vec::new();
    }
    if read.is_of_one_protocol && read.ports.is_none() {
        unknown.get_or_insert_with(|| "it is about all ports of one protocol".to_owned());
    }
    if read.is_loopback && effect == Effect::Accept {
        intake.remark(place, LOOPBACK);
    } else if read.is_loopback {
        unknown.get_or_insert_with(|| "it is about the loopback interface".to_owned());
    }
    if let Some(why) = unknown {
        return vec![frame(None, None, None, effect.left_out(&why))];
    }
    let own = read.is_loopback.then(loopback);
    let cut = |from: &Rc<RangeSet>| match &own {
        Some(own) => Rc::new(RangeSet::of(&own.common(from))),
        None => Rc::clone(from),
    };
    match read.from {
        None => {
            let family = read.family.map(|family| Rc::new(RangeSet::of(&[family])));
            let from = match (&family, &own) {
                (Some(family), _) => Some(cut(family)),
                (None, own) => own.clone().map(Rc::new),
            };
            vec![frame(None, from, read.ports, effect)]
        }
        Some(groups) => {
            let rules = groups.iter().map(|(until, from)| {
                frame(*until, Some(cut(from)), read.ports.clone(), effect.clone())
            });
            rules.collect()
        }
    }
}

impl Statements {
    fn statement(&mut self, statement: &Value, sets: &mut Sets<'_>) -> Result<(), String> {
        let object = statement
            .as_object()
            .ok_or("a statement is not understood")?;
        let (kind, value) = object
            .iter()
            .next()
            .ok_or("a statement is not understood")?;
        let effect = match kind.as_str() {
            "match" => return self.matching(value, sets),
            "counter" | "log" | "comment" => return Ok(()),
            "accept" => Effect::Accept,
            "drop" | "reject" => Effect::Deny,
            "return" => Effect::Return,
            "jump" | "goto" => {
                let target = value.get("target").and_then(Value::as_str);
                let target = target.unwrap_or_default().to_owned();
                if kind == "jump" {
                    Effect::Jump(target)
                } else {
                    Effect::Goto(target)
                }
            }
            other => {
                // Such as a limit or a map: what happens to whom is not known.
                self.effect.get_or_insert(Effect::Unknown(String::new()));
                return Err(format!("`{}` is not understood", shown(other)));
            }
        };
        self.effect = Some(effect);
        Ok(())
    }

    fn matching(&mut self, value: &Value, sets: &mut Sets<'_>) -> Result<(), String> {
        let is_negated = match value.get("op").and_then(Value::as_str) {
            Some("==" | "in") => false,
            Some("!=") => true,
            Some(other) => return Err(format!("`{}` is not understood", shown(other))),
            None => return Err("a match is not understood".to_owned()),
        };
        let left = value.get("left").unwrap_or(&Value::Null);
        let right = value.get("right").unwrap_or(&Value::Null);
        let field = |object: &str, key: &str| {
            let text = left.get(object).and_then(|object| object.get(key));
            text.and_then(Value::as_str)
        };
        let payload = (field("payload", "protocol"), field("payload", "field"));
        match (payload, field("ct", "key"), field("meta", "key")) {
            ((Some(family @ ("ip" | "ip6")), Some("saddr")), ..) => {
                let without = is_negated.then_some(if family == "ip" {
                    Network::ALL_V4
                } else {
                    Network::ALL_V6
                });
                self.from(right, without, sets)
            }
            ((Some("tcp" | "th"), Some("dport")), ..) if !is_negated => self.ports(right, ""),
            ((Some("udp"), Some("dport")), ..) if !is_negated => self.ports(right, "/udp"),
            ((Some("icmp" | "icmpv6"), _), ..) => {
                self.is_aside = true;
                Ok(())
            }
            ((Some("ip"), Some("protocol")), ..) if !is_negated => {
                self.family = Some(Network::ALL_V4);
                self.protocol(right)
            }
            ((Some("ip6"), Some("nexthdr")), ..) if !is_negated => {
                self.family = Some(Network::ALL_V6);
                self.protocol(right)
            }
            (_, _, Some("l4proto")) if !is_negated => self.protocol(right),
            (_, _, Some("iif" | "iifname")) if !is_negated && right.as_str() == Some("lo") => {
                self.is_loopback = true;
                Ok(())
            }
            (_, Some("state"), _) if !is_negated => {
                let has_new = texts(right).any(|state| state == "new");
                self.is_aside |= !has_new;
                Ok(())
            }
            _ => {
                let what = shown(&left.to_string());
                Err(format!("a match of {what} is not understood"))
            }
        }
    }

    /// A protocol: whatever is not about ports asks no daemon.
    fn protocol(&mut self, right: &Value) -> Result<(), String> {
        let mut names = texts(right).peekable();
        if names.peek().is_none() {
            return Err("a protocol is not understood".to_owned());
        }
        let names: Vec<&str> = names.collect();
        if !names.contains(&"tcp") && !names.contains(&"udp") {
            self.is_aside = true;
        } else if !names.contains(&"tcp") {
            return Err("it is about UDP without a port".to_owned());
        }
        self.is_of_one_protocol = names.len() == 1;
        Ok(())
    }

    fn ports(&mut self, right: &Value, protocol: &str) -> Result<(), String> {
        let set = right.get("set").and_then(Value::as_array);
        let values = set.map_or(std::slice::from_ref(right), Vec::as_slice);
        let port = |value: &Value| value.as_u64().map(|number| format!("{number}{protocol}"));
        let ports: Option<Vec<String>> = values.iter().map(port).collect();
        self.ports = Some(ports.ok_or("a range or a set of ports is not understood")?);
        Ok(())
    }

    /// The addresses of a value; or those of a whole family without them.
    fn from(
        &mut self,
        right: &Value,
        without: Option<Network>,
        sets: &mut Sets<'_>,
    ) -> Result<(), String> {
        if self.from.is_some() {
            return Err("it asks for the address twice".to_owned());
        }
        let named = right.as_str().and_then(|text| text.strip_prefix('@'));
        self.from = Some(if let Some(name) = named {
            sets.groups(name, without)?
        } else {
            let values = right
                .get("set")
                .cloned()
                .unwrap_or(Value::Array(vec![right.clone()]));
            let elements: Vec<_> =
                serde_json::from_value(values).map_err(|error| shown(&error.to_string()))?;
            Rc::new(groups(&elements, without)?)
        });
        Ok(())
    }
}

/// The texts of a value: one, or those of an array or a set.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let set = value.get("set").unwrap_or(value);
    let values = set
        .as_array()
        .map_or(std::slice::from_ref(set), Vec::as_slice);
    values.iter().filter_map(Value::as_str)
}
