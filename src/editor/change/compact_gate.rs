//! `compact --into gate`: addresses of rules that only decide go into a compiled set, and one rule of
//! the allow table asks the gate about it.
//!
//! Rules that refuse become a gate that admits whoever is not in the set. Whoever it admits never
//! reaches the deny table, so nothing else may stand there about its daemons. Rules that grant become a
//! gate that admits whoever is in the set. Either way the deny table refuses everybody else, so that a
//! gate that is broken or missing lets nobody in but those whom a rule before it names.

use crate::editor::change::address_runs::{AddressRange, FewestNetworks};
use crate::editor::change::batches::{Batch, Batches};
use crate::editor::change::gate::{close, gate_rule};
use crate::editor::change::gate_rules::{
    AllowDefault, DaemonRelation, allow_default, gate_rules, relation,
};
use crate::editor::change::line::put;
use crate::editor::change::replaced_lines::Lines;
use crate::editor::change::rule_frame::RuleFrame;
use crate::editor::change::worked_out::{Change, GateConflict, Note, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::gate_command::gate_command;
use crate::editor::client::label::{in_endings, in_style};
use crate::editor::commit::planned_list::{ListPlace, PlannedList, SET_END};
use crate::editor::trial::asked::Wish;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Access, TableName};
use crate::policy::{Network, Rule, is_crlf, rules};
use crate::syntax::LINE_LIMIT;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Cursor;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use tcpw_gate::Call;
use tcpw_gate::set::{SetSource, build};

/// What a set is said to be built from.
const SOURCE: &str = "tcpw compact";
/// The first and the last address that are IPv4 to a gate, although they are spelled as IPv6.
const MAPPED: (Ipv6Addr, Ipv6Addr) = (
    Ipv6Addr::from_bits(0xffff_0000_0000),
    Ipv6Addr::from_bits(0xffff_ffff_ffff),
);

/// What rules need that ask a gate about a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatePlace {
    /// Where sets are put.
    pub lists: ListPlace,
    /// The program that rules call.
    pub program: PathBuf,
    /// Who must get in, although the gate is missing.
    pub keep: Vec<IpAddr>,
}

/// Rules of a table with the same daemons that only decide, and alike.
struct Group<'b> {
    table: TableName,
    daemons: Vec<Daemon>,
    batches: Vec<&'b Batch>,
    networks: Vec<Network>,
    /// How many words they were.
    words: usize,
}

/// The networks of a group.
struct Parts {
    /// Those that a gate decides about as a rule does.
    set: Vec<Network>,
    /// Those that stay in rules, before the gate.
    rules: Vec<Network>,
}

/// Puts a gate in the place of each group of rules of a table that fills more than a line, and takes
/// these rules from the batches: the sets that the gates are asked about.
///
/// # Errors
/// When a gate would not decide as the rules do, and the rule that is in its way.
pub(crate) fn gated(
    ground: &Ground<'_>,
    (table, batches): (TableName, &mut Batches),
    place: &GatePlace,
    (lines, change): (&mut Lines<'_>, &mut Change),
) -> Result<Vec<PlannedList>, Refusal> {
    let mut sets = Vec::new();
    let mut packed: HashSet<usize> = HashSet::new();
    for group in groups(table, batches) {
        let dialect = ground.world.dialect();
        if !dialect.aclexec || !dialect.options {
            return Err(Refusal::NoGate(dialect.title.to_owned()));
        }
        let taken = gate_rules(ground)
            .into_iter()
            .find(|gate| group.is_about(gate.rule));
        if let Some(gate) = taken {
            return Err(group.conflict(ground, gate.rule, GateConflict::Taken));
        }
        let default = allow_default(ground, &group.daemons, None);
        let default = match (default, group.wish()) {
            (Some(AllowDefault::Asks(rule)), _) => {
                return Err(group.conflict(ground, rule, GateConflict::Before));
            }
            // The rules decide about nobody, or there is no need of them.
            (Some(AllowDefault::Grants(_)), _) | (Some(AllowDefault::Refuses(_)), Wish::Refuse) => {
                continue;
            }
            (Some(AllowDefault::Refuses(rule)), Wish::Grant) => Some(rule),
            (None, _) => None,
        };
        group.check(ground)?;
        let parts = group.parts(ground, place)?;
        if text_of(&parts.set).len() <= LINE_LIMIT {
            continue;
        }
        let set = set_of(&parts.set, group.words, place)?;
        let path = PathBuf::from(&set.name);
        let terms = match group.wish() {
            Wish::Grant => Call::of_set(path),
            Wish::Refuse => Call::but_set(path),
        };
        let command = gate_command(&terms, &place.program).map_err(Refusal::Unfit)?;
        let mut text = group.before(ground, &parts, place)?;
        text.extend(gate_rule(ground, &group.daemons, &command)?);
        group.write(ground, text, default, (&mut *lines, &mut *change))?;
        packed.extend(group.lines());
        change.notes.push(Note::GateAdmits {
            daemons: group.head(),
            whom: terms.admitted_words(),
        });
        sets.push(set);
    }
    let is_packed = |batch: &Batch| batch.lines.iter().any(|line| packed.contains(line));
    batches.all.retain(|batch| !is_packed(batch));
    Ok(sets)
}

/// The groups of a table that fill more than a line.
fn groups(table: TableName, batches: &Batches) -> Vec<Group<'_>> {
    let own = match table {
        TableName::Allow => Access::Granted,
        TableName::Deny => Access::Denied,
    };
    let mut found: Vec<(&str, Vec<&Batch>)> = Vec::new();
    let plain = batches.all.iter();
    for batch in plain.filter(|batch| !batch.has_effects && batch.access == own) {
        match found.iter_mut().find(|(head, _)| *head == batch.head) {
            Some((_, group)) => group.push(batch),
            None => found.push((&batch.head, vec![batch])),
        }
    }
    let all = found.into_iter();
    all.filter_map(|(head, batches)| Group::of(table, head, batches))
        .filter(|group| text_of(&group.networks).len() > LINE_LIMIT)
        .collect()
}

impl<'b> Group<'b> {
    /// Nothing if the daemons are not names alone.
    fn of(table: TableName, head: &str, batches: Vec<&'b Batch>) -> Option<Self> {
        let daemons: Result<Vec<Daemon>, _> = head.split(' ').map(Daemon::parse).collect();
        let ranges = batches.iter().flat_map(|batch| &batch.ranges);
        let ranges: Vec<AddressRange> = ranges.copied().collect();
        Some(Self {
            table,
            daemons: daemons.ok()?,
            batches,
            words: ranges.len(),
            networks: FewestNetworks::of(ranges).networks,
        })
    }

    fn wish(&self) -> Wish {
        match self.table {
            TableName::Allow => Wish::Grant,
            TableName::Deny => Wish::Refuse,
        }
    }

    fn head(&self) -> String {
        let names: Vec<String> = self.daemons.iter().map(ToString::to_string).collect();
        names.join(" ")
    }

    fn conflict(&self, ground: &Ground<'_>, rule: Rule<'_, '_>, why: GateConflict) -> Refusal {
        let is_gate = matches!(why, GateConflict::Before | GateConflict::Taken);
        let table = if is_gate {
            TableName::Allow
        } else {
            self.table
        };
        Refusal::Gate {
            place: ground.place(table, rule.line().index()),
            why,
        }
    }

    /// Whether a rule is for one of the daemons.
    fn is_about(&self, rule: Rule<'_, '_>) -> bool {
        relation(rule.daemons(), &self.daemons) != DaemonRelation::None
    }

    /// The lines of the rules.
    fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.batches.iter().flat_map(|batch| &batch.lines).copied()
    }

    fn has(&self, rule: Rule<'_, '_>) -> bool {
        let line = rule.line().index();
        let mut batches = self.batches.iter();
        batches.any(|batch| batch.lines.binary_search(&line).is_ok())
    }

    /// Whether nothing is in the way of a gate.
    fn check(&self, ground: &Ground<'_>) -> Result<(), Refusal> {
        if self.table == TableName::Deny
            && let Some(rule) =
                rules(ground.deny).find(|rule| self.is_about(*rule) && !self.has(*rule))
        {
            return Err(self.conflict(ground, rule, GateConflict::Unread));
        }
        let remarked = self.batches.iter().filter(|batch| batch.has_comment);
        let second = remarked.skip(1).find_map(|batch| {
            let line = ground.tree(self.table).line(*batch.lines.first()?)?;
            Rule::of(line)
        });
        match second {
            Some(rule) => Err(self.conflict(ground, rule, GateConflict::Remarked)),
            None => Ok(()),
        }
    }

    /// Parts the networks: what a gate always admits, and who must get in although it is missing, stays
    /// in rules, and so does what is IPv4 to a gate alone.
    fn parts(&self, ground: &Ground<'_>, place: &GatePlace) -> Result<Parts, Refusal> {
        let mut apart = vec![AddressRange::between(MAPPED.0.into(), MAPPED.1.into())];
        apart.extend(
            place
                .keep
                .iter()
                .map(|one| AddressRange::between(*one, *one)),
        );
        if self.wish() == Wish::Refuse {
            let all = format!(
                "{} --except 0.0.0.0/0,::/0 -- %a",
                place.program.to_string_lossy()
            );
            let admitted = ground.world.aclexec_clients(all.as_bytes());
            let Some(admitted) = admitted else {
                let what = "whom a gate of this machine always admits";
                return Err(Refusal::Undecided(what.to_owned()));
            };
            let ranges = admitted.ranges.iter();
            apart.extend(ranges.map(|(low, high)| AddressRange::between(*low, *high)));
        }
        let (rules, set) = self.networks.iter().partition(|network| {
            let range = AddressRange::of_network(network);
            apart.iter().any(|other| other.meets(range))
        });
        Ok(Parts { set, rules })
    }

    /// The rules that go before the gate.
    fn before(
        &self,
        ground: &Ground<'_>,
        parts: &Parts,
        place: &GatePlace,
    ) -> Result<Vec<u8>, Refusal> {
        let head = self.head();
        let rules = |networks: &[Network], tail| {
            let frame = RuleFrame {
                head: &head,
                tail,
                ends_in_cr: is_crlf(ground.allow),
            };
            let rules = frame.rules(networks);
            rules
                .map(|rules| rules.concat())
                .ok_or(Refusal::LineTooLong)
        };
        match self.wish() {
            Wish::Grant => rules(&parts.rules, ""),
            Wish::Refuse => {
                let keep = place
                    .keep
                    .iter()
                    .map(|one| AddressRange::between(*one, *one));
                let keep = FewestNetworks::of(keep.collect()).networks;
                Ok([rules(&parts.rules, "deny")?, rules(&keep, "")?].concat())
            }
        }
    }

    /// Puts the gate where it decides, and removes the rules.
    fn write(
        &self,
        ground: &Ground<'_>,
        text: Vec<u8>,
        default: Option<Rule<'_, '_>>,
        (lines, change): (&mut Lines<'_>, &mut Change),
    ) -> Result<(), Refusal> {
        let (anchor, rule) = match self.wish() {
            Wish::Grant => {
                close(change, ground, (&self.daemons, Wish::Grant), default)?;
                let last = self.last(ground, default);
                if last.is_none() {
                    let line = default.map(|rule| rule.line().index());
                    put(change, ground, TableName::Allow, line, text.clone())?;
                }
                (last, text)
            }
            Wish::Refuse => {
                put(change, ground, TableName::Allow, None, text)?;
                let refusal = format!("{}: ALL: deny\n", self.head());
                let refusal = in_style(ground.deny, refusal.as_bytes());
                (self.first(), refusal)
            }
        };
        for line in self.lines() {
            let is_anchor = anchor == Some(line);
            let new = if is_anchor { rule.clone() } else { Vec::new() };
            lines.replace(line, in_endings(ground.tree(self.table), new));
        }
        for batch in self.batches.iter().filter(|batch| !batch.has_comment) {
            lines.loose.extend(&batch.lines);
        }
        Ok(())
    }

    /// The line below the comment, if one stands above some of the rules, or else the first one.
    fn first(&self) -> Option<usize> {
        let remarked = self.batches.iter().find(|batch| batch.has_comment);
        let batch = remarked.or(self.batches.first());
        batch.and_then(|batch| batch.lines.first().copied())
    }

    /// The line that a gate may take the place of: the last one, if no later rule but the default is
    /// about these daemons.
    fn last(&self, ground: &Ground<'_>, default: Option<Rule<'_, '_>>) -> Option<usize> {
        if let Some(batch) = self.batches.iter().find(|batch| batch.has_comment) {
            return batch.lines.last().copied();
        }
        let last = self.lines().max()?;
        let default = default.map(|rule| rule.line().index());
        let is_later = |rule: Rule<'_, '_>| {
            let line = rule.line().index();
            line > last && default.is_none_or(|default| line < default) && self.is_about(rule)
        };
        let is_before = default.is_none_or(|default| last < default);
        (is_before && !rules(ground.allow).any(is_later)).then_some(last)
    }
}

/// Networks as words, each followed by a newline.
fn text_of(networks: &[Network]) -> String {
    let mut text = String::new();
    for network in networks {
        // Writing to a String cannot fail.
        _ = writeln!(text, "{network}");
    }
    text
}

/// The compiled set of these networks, which were so many words. Nothing in it tells when it was
/// built: the same networks are the same file.
fn set_of(networks: &[Network], words: usize, place: &GatePlace) -> Result<PlannedList, Refusal> {
    let digest = ring::digest::digest(&ring::digest::SHA256, text_of(networks).as_bytes());
    let mut source = SetSource::new(SOURCE);
    source.entries = u64::try_from(words).unwrap_or(u64::MAX);
    source.digest = digest.as_ref().try_into().unwrap_or_default();
    let mut bytes = Cursor::new(Vec::new());
    let all = networks.iter().filter_map(|network| {
        let network = tcpw_gate::Network::of_prefix(network.address, network.length);
        Some((network?, None, 0))
    });
    let built = build(all, (vec![source], 0), &mut tempfile::tempfile, &mut bytes);
    built.map_err(|error| Refusal::Internal(format!("a set could not be built: {error}")))?;
    let list = place
        .lists
        .list(bytes.into_inner(), SET_END, networks.len());
    Ok(list)
}
