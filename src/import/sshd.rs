//! A configuration of sshd: the addresses from which nobody can log in, by `AllowUsers user@host`,
//! `DenyUsers *@host`, and `DenyUsers *` or `RefuseConnection yes` after `Match Address`.
//!
//! Which of the users may log in stays a matter of sshd: an address from which somebody may is allowed.
//! `DenyUsers` is asked before `AllowUsers`. All lines of a list count; but where a block of `Match` that is
//! for a client has the list, those of all such blocks count instead of those before the first `Match`.
//! Of other keywords the first value counts.

use crate::import::entry::{Entry, EntryVerdict, Whom};
use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::notes::SourcePlace;
use crate::import::ranges::RangeSet;
use crate::import::sshd_hosts::{Hosts, hosts};
use crate::import::sshd_keywords::is_keyword;
use crate::import::words::{shown, words};
use std::io::{self, BufRead};
use std::rc::Rc;
use tcpw_gate::Network;

/// For which connections a block is.
#[derive(Debug, Clone)]
enum Block {
    /// What stands before the first `Match`: for all that no block says otherwise about.
    Global,
    /// From these addresses.
    Addresses(RangeSet),
    /// By something else too, which a table does not know.
    Other,
}

/// Addresses that a list names.
#[derive(Debug, Default)]
struct Listed {
    /// Before the first `Match`.
    global: RangeSet,
    /// Whether there is such a list before the first `Match`.
    has_global: bool,
    /// In blocks, as far as they are for these addresses.
    blocks: RangeSet,
    /// For whom blocks have such a list: that before the first `Match` is not for them.
    region: RangeSet,
}

/// What is known so far.
#[derive(Debug)]
struct Policy {
    block: Block,
    /// From where everybody is denied.
    denied: Listed,
    /// From where somebody is allowed; nobody else is.
    allowed: Listed,
    /// Names among those of the global list.
    names: Vec<(SourcePlace, Whom)>,
    /// From where connections are refused, and about whom that is decided.
    refused: RangeSet,
    decided: RangeSet,
    refuses_others: Option<bool>,
    uses_dns: Option<bool>,
    /// Whether the line has a network with link-local addresses.
    is_cut: bool,
}

/// What is to be known of a network with link-local addresses.
const CUT: &str = "sshd finds no link-local client, which has a zone (fe80::7%eth0), in a network: it is \
                   imported without fe80::/10";

fn everybody() -> RangeSet {
    RangeSet::of(&[Network::ALL_V4, Network::ALL_V6])
}

/// Reads a configuration, or what `sshd -T` prints.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(input: &mut dyn BufRead, intake: &mut Intake<'_>) -> io::Result<()> {
    let mut policy = Policy {
        block: Block::Global,
        denied: Listed::default(),
        allowed: Listed::default(),
        names: Vec::new(),
        refused: RangeSet::default(),
        decided: RangeSet::default(),
        refuses_others: None,
        uses_dns: None,
        is_cut: false,
    };
    each_line(input, &mut |place, line| {
        let read = line
            .map_err(str::to_owned)
            .and_then(|line| policy.line(&place, line));
        if let Err(what) = read {
            intake.fault(&place, &what);
        }
        if std::mem::take(&mut policy.is_cut) {
            intake.remark(&place, CUT);
        }
    })?;
    policy.end(intake);
    Ok(())
}

impl Policy {
    fn line(&mut self, place: &SourcePlace, line: &str) -> Result<(), String> {
        let line = line.trim();
        let end = line
            .find(|one: char| one.is_whitespace() || one == '=')
            .unwrap_or(line.len());
        let (keyword, rest) = line.split_at_checked(end).unwrap_or_default();
        let rest = rest.trim_start();
        let rest = rest.strip_prefix('=').unwrap_or(rest);
        let values = || words(rest, true).ok_or_else(|| "a quote has no end".to_owned());
        match keyword.to_ascii_lowercase().as_str() {
            "match" => {
                self.block = Block::Other;
                let (block, is_cut) = block(&values()?)?;
                self.block = block;
                self.is_cut |= is_cut;
                Ok(())
            }
            "include" => Err(
                "what it includes is not read: give what `sshd -T` prints, or those files too"
                    .to_owned(),
            ),
            "usedns" => {
                let value = is_yes(&values()?)?;
                self.uses_dns.get_or_insert(value);
                Ok(())
            }
            "allowusers" => self.allow_users(place, &values()?),
            "denyusers" => self.deny_users(&values()?),
            "refuseconnection" => self.refuse(is_yes(&values()?)?),
            other if other.is_empty() || other.starts_with('#') || is_keyword(other) => Ok(()),
            other => Err(format!("`{}` is not a keyword of sshd", shown(other))),
        }
    }

    /// The addresses of the block; nothing before the first `Match`.
    fn region(&self) -> Result<Option<RangeSet>, String> {
        match &self.block {
            Block::Global => Ok(None),
            Block::Addresses(set) => Ok(Some(set.clone())),
            Block::Other => {
                Err("it stands in a block of `Match` that is not about addresses alone".to_owned())
            }
        }
    }

    /// The first value that is for a client counts.
    fn refuse(&mut self, is_refused: bool) -> Result<(), String> {
        let Some(region) = self.region()? else {
            self.refuses_others.get_or_insert(is_refused);
            return Ok(());
        };
        if is_refused {
            add(&mut self.refused, &without(&region, &self.decided));
        }
        add(&mut self.decided, &region);
        Ok(())
    }

    fn allow_users(&mut self, place: &SourcePlace, patterns: &[String]) -> Result<(), String> {
        let region = self.region()?;
        let mut fault = None;
        for pattern in patterns {
            let (_, host) = pattern.rsplit_once('@').unwrap_or((pattern, "*"));
            match hosts(host) {
                Ok(hosts) => {
                    self.is_cut |= hosts.is_cut;
                    self.allowed.add(&hosts.addresses, region.as_ref());
                    if !hosts.names.is_empty() && region.is_some() {
                        fault = Some(
                            "a name in a block of `Match` cannot be said in a table".to_owned(),
                        );
                        continue;
                    }
                    let names = hosts.names.into_iter();
                    self.names.extend(names.map(|name| (place.clone(), name)));
                }
                Err(why) => {
                    self.allowed.add(&RangeSet::default(), region.as_ref());
                    fault = Some(why);
                }
            }
        }
        fault.map_or(Ok(()), Err)
    }

    fn deny_users(&mut self, patterns: &[String]) -> Result<(), String> {
        let region = self.region()?;
        for pattern in patterns {
            let (user, host) = pattern.rsplit_once('@').unwrap_or((pattern, "*"));
            let hosts = match is_everybody(user) {
                Some(true) => hosts(host)?,
                // Others may still log in from there.
                Some(false) => Hosts::default(),
                None => {
                    let user = shown(user);
                    return Err(format!(
                        "how many users `{user}` leaves cannot be said in a table"
                    ));
                }
            };
            self.is_cut |= hosts.is_cut;
            if !hosts.names.is_empty() {
                return Err("a name that is denied may have an address that is allowed".to_owned());
            }
            self.denied.add(&hosts.addresses, region.as_ref());
        }
        Ok(())
    }

    fn end(self, intake: &mut Intake<'_>) {
        let mut names = Vec::new();
        for (place, name) in self.names {
            let Whom::Named(text) = &name else { continue };
            let text = shown(text);
            let fault = if self.uses_dns != Some(true) {
                format!("sshd never matches the name `{text}`: it has no `UseDNS yes`")
            } else if self.allowed.region != RangeSet::default() {
                format!(
                    "the name `{text}` is not for all, because a block of `Match` has `AllowUsers`"
                )
            } else {
                names.push(name);
                continue;
            };
            intake.fault(&place, &fault);
        }
        let daemons: Option<Rc<[String]>> = intake
            .terms
            .daemons
            .is_empty()
            .then(|| Rc::from(["sshd".to_owned()]));
        let mut take = |verdict, whom| {
            intake.take(Entry {
                daemons: daemons.clone(),
                ..Entry::new(verdict, whom)
            });
        };
        let mut denied = self.denied.total();
        add(&mut denied, &self.refused);
        if self.refuses_others == Some(true) {
            add(&mut denied, &without(&everybody(), &self.decided));
        }
        if denied != RangeSet::default() {
            take(EntryVerdict::Deny, Whom::Ranges(denied.ranges()));
        }
        let allowed = self.allowed.total();
        let restricted = if self.allowed.has_global {
            everybody()
        } else {
            self.allowed.region.clone()
        };
        if without(&restricted, &allowed) == RangeSet::default() {
            return;
        }
        for name in names {
            take(EntryVerdict::Allow, name);
        }
        take(EntryVerdict::Allow, Whom::Ranges(allowed.ranges()));
        take(EntryVerdict::Deny, Whom::Ranges(restricted.ranges()));
    }
}

impl Listed {
    /// The list has these addresses, in a block for `region` or before the first one.
    fn add(&mut self, addresses: &RangeSet, region: Option<&RangeSet>) {
        match region {
            None => {
                self.has_global = true;
                add(&mut self.global, addresses);
            }
            Some(region) => {
                add(&mut self.region, region);
                add(&mut self.blocks, &RangeSet::of(&addresses.common(region)));
            }
        }
    }

    /// All addresses that it has in the end.
    fn total(&self) -> RangeSet {
        let mut total = without(&self.global, &self.region);
        add(&mut total, &self.blocks);
        total
    }
}

/// What of a set is not in another.
fn without(set: &RangeSet, other: &RangeSet) -> RangeSet {
    let ranges = set.ranges().into_iter();
    let rest: Vec<Network> = ranges.flat_map(|range| other.rest_of(range)).collect();
    RangeSet::of(&rest)
}

fn add(set: &mut RangeSet, other: &RangeSet) {
    other.ranges().into_iter().for_each(|range| set.add(range));
}

/// The value of a switch.
fn is_yes(values: &[String]) -> Result<bool, String> {
    let value = values.first().map(String::as_str).unwrap_or_default();
    if value.eq_ignore_ascii_case("yes") {
        Ok(true)
    } else if value.eq_ignore_ascii_case("no") {
        Ok(false)
    } else {
        Err(format!("`{}` is neither yes nor no", shown(value)))
    }
}

/// Whether a pattern is about all users; nothing if it is about those with long names.
fn is_everybody(pattern: &str) -> Option<bool> {
    if pattern.is_empty() || !pattern.bytes().all(|byte| matches!(byte, b'*' | b'?')) {
        return Some(false);
    }
    let letters = pattern.matches('?').count();
    // Each user has a name.
    (letters <= 1 && pattern.contains('*')).then_some(true)
}

/// For which connections the block after this `Match` is, and whether that has networks with
/// link-local addresses.
fn block(words: &[String]) -> Result<(Block, bool), String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [all] if all.eq_ignore_ascii_case("all") => Ok((Block::Addresses(everybody()), false)),
        [address, list] if address.eq_ignore_ascii_case("address") => {
            let hosts = hosts(list)?;
            if hosts.names.is_empty() {
                Ok((Block::Addresses(hosts.addresses), hosts.is_cut))
            } else {
                Err("`Match Address` has a name, which is not an address".to_owned())
            }
        }
        _ => Ok((Block::Other, false)),
    }
}
