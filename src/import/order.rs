//! From entries, whose first one decides, to pieces of tables, where the allow table decides first.
//!
//! Whatever an entry allows is allowed without those that an earlier entry denies; what an entry denies
//! can stay whole, because whoever was allowed before it is found in the allow table first.

use crate::import::entry::{Entry, EntryVerdict, Origin, Whom};
use crate::import::form::Terms;
use crate::import::notes::{Notes, SourcePlace};
use crate::import::ranges::RangeSet;
use crate::import::rule::{DAEMON_ROOM, Piece};
use std::rc::Rc;
use tcpw_gate::Network;

/// The most daemons that entries may name.
const MOST_DAEMONS: usize = 16;

/// What is known of one daemon.
#[derive(Debug, Clone, Default)]
struct State {
    denied: RangeSet,
    /// Those of the denied whose entry runs out.
    denied_for_a_time: RangeSet,
    /// A name is denied.
    has_denied_name: bool,
}

/// All daemons that are named; the last state is of every other one.
struct Daemons {
    names: Vec<String>,
    states: Vec<State>,
}

/// The pieces of these entries, and what cannot be said with them.
pub(crate) fn pieces(entries: Vec<Entry>, terms: &Terms, faults: &mut Notes) -> Vec<Piece> {
    let mut daemons = Daemons::of(&entries, terms);
    if daemons.names.len() > MOST_DAEMONS || daemons.names.concat().len() > DAEMON_ROOM {
        let what =
            format!("more than {MOST_DAEMONS} daemons, or their names are too long for a rule");
        faults.add("", &SourcePlace::Whole, &what);
        return Vec::new();
    }
    let has_allowed = entries
        .iter()
        .any(|entry| entry.verdict == EntryVerdict::Allow);
    let mut pieces = Vec::new();
    for entry in entries {
        let at = daemons.of_entry(&entry, terms);
        match entry.verdict {
            EntryVerdict::Deny => {
                if has_allowed {
                    daemons.deny(&at, &entry);
                }
                let daemons = daemons.text(&at);
                pieces.push(piece(
                    EntryVerdict::Deny,
                    daemons,
                    entry.whom,
                    &entry.origin,
                ));
            }
            EntryVerdict::Allow => match daemons.allowed(&at, &entry) {
                Ok(parts) => {
                    for (at, whom) in parts {
                        let daemons = daemons.text(&at);
                        pieces.push(piece(EntryVerdict::Allow, daemons, whom, &entry.origin));
                    }
                }
                Err(what) => faults.add("", &SourcePlace::Whole, &what),
            },
        }
    }
    pieces
}

fn piece(verdict: EntryVerdict, daemons: String, whom: Whom, origin: &Origin) -> Piece {
    Piece {
        verdict,
        daemons,
        whom,
        origin: origin.clone(),
    }
}

impl Daemons {
    fn of(entries: &[Entry], terms: &Terms) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut last: Option<&Rc<[String]>> = None;
        let of_terms = terms.daemons.iter();
        of_terms.for_each(|name| add(&mut names, name));
        for list in entries.iter().filter_map(|entry| entry.daemons.as_ref()) {
            if !last.is_some_and(|last| Rc::ptr_eq(last, list)) {
                list.iter().for_each(|name| add(&mut names, name));
            }
            last = Some(list);
        }
        let states = vec![State::default(); names.len() + 1];
        Self { names, states }
    }

    /// The numbers of the daemons of an entry.
    fn of_entry(&self, entry: &Entry, terms: &Terms) -> Vec<usize> {
        let named = entry.daemons.as_deref().unwrap_or(&terms.daemons);
        if named.is_empty() || named.iter().any(|name| name == "ALL") {
            return (0..self.states.len()).collect();
        }
        let number = |name: &String| self.names.iter().position(|known| known == name);
        let mut numbers: Vec<usize> = named.iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// These daemons as a table has them.
    fn text(&self, at: &[usize]) -> String {
        let is_in = |number: &usize| at.binary_search(number).is_ok();
        let pick = |wanted: bool| {
            let all = self.names.iter().enumerate();
            let some = all.filter(|(number, _)| is_in(number) == wanted);
            let some: Vec<&str> = some.map(|(_, name)| name.as_str()).collect();
            some.join(" ")
        };
        if !is_in(&self.names.len()) {
            return pick(true);
        }
        match pick(false) {
            none if none.is_empty() => "ALL".to_owned(),
            except => format!("ALL EXCEPT {except}"),
        }
    }

    fn deny(&mut self, at: &[usize], entry: &Entry) {
        for number in at {
            let Some(state) = self.states.get_mut(*number) else {
                continue;
            };
            match &entry.whom {
                Whom::Named(_) => state.has_denied_name = true,
                Whom::Ranges(ranges) => {
                    for range in ranges {
                        state.denied.add(*range);
                        if entry.origin.until.is_some() {
                            state.denied_for_a_time.add(*range);
                        }
                    }
                }
            }
        }
    }

    /// What an entry allows at which daemons.
    ///
    /// # Errors
    /// In words, when the tables cannot say it.
    fn allowed(&self, at: &[usize], entry: &Entry) -> Result<Vec<(Vec<usize>, Whom)>, String> {
        let states = at
            .iter()
            .filter_map(|number| Some((*number, self.states.get(*number)?)));
        let mut parts: Vec<(Vec<usize>, Whom)> = Vec::new();
        for (number, state) in states {
            let whom = allowed_by(state, &entry.whom)?;
            if matches!(&whom, Whom::Ranges(ranges) if ranges.is_empty()) {
                continue;
            }
            match parts.iter_mut().find(|(_, other)| *other == whom) {
                Some((numbers, _)) => numbers.push(number),
                None => parts.push((vec![number], whom)),
            }
        }
        Ok(parts)
    }
}

fn add(names: &mut Vec<String>, name: &str) {
    if name != "ALL" && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// What of these clients is not denied before.
fn allowed_by(state: &State, whom: &Whom) -> Result<Whom, String> {
    let is_denying = state.has_denied_name || state.denied != RangeSet::default();
    match whom {
        Whom::Named(name) if is_denying => Err(format!(
            "{name} is allowed after others are denied: whether its address is one of them cannot be known"
        )),
        Whom::Named(name) => Ok(Whom::Named(name.clone())),
        Whom::Ranges(_) if state.has_denied_name => Err(
            "addresses are allowed after a name is denied: whether it has one of them cannot be known"
                .to_owned(),
        ),
        Whom::Ranges(ranges) => {
            if let Some(range) = ranges.iter().find(|one| state.denied_for_a_time.meets(**one)) {
                return Err(format!(
                    "{range} is allowed, and a part of it is denied for a time: the tables cannot say \
                     that it is allowed afterwards"
                ));
            }
            let rest: Vec<Network> = ranges.iter().flat_map(|one| state.denied.rest_of(*one)).collect();
            Ok(Whom::Ranges(rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::form::SourceForm;
    use crate::import::rule::rules;

    fn terms(daemons: &[&str]) -> Terms {
        Terms {
            form: SourceForm::Lines,
            verdict: None,
            daemons: daemons.iter().map(ToString::to_string).collect(),
            ports: Vec::new(),
            set: None,
            chain: None,
            column: None,
            keeps_comments: false,
            now: 0,
            most_notes: 10,
        }
    }

    fn entry(verdict: EntryVerdict, clients: &str, daemon: &str) -> Entry {
        let whom = match clients {
            "ALL" => Whom::everybody(),
            _ => crate::import::address::whom(clients).unwrap(),
        };
        Entry {
            daemons: (!daemon.is_empty()).then(|| Rc::from([daemon.to_owned()])),
            ..Entry::new(verdict, whom)
        }
    }

    fn lines(entries: Vec<Entry>) -> (Vec<String>, Vec<String>) {
        let mut faults = Notes::new(10);
        let pieces = pieces(entries, &terms(&[]), &mut faults);
        let rules = rules(pieces, "x").into_iter().map(|rule| {
            let table = if rule.is_allow { "allow" } else { "deny" };
            format!("{table} {}: {}", rule.daemons, rule.clients)
        });
        (rules.collect(), faults.lines().to_vec())
    }

    #[test]
    fn the_first_entry_decides() {
        use EntryVerdict::{Allow, Deny};
        for (entries, wanted) in [
            (
                vec![
                    entry(Deny, "10.1.0.0/16", ""),
                    entry(Allow, "10.0.0.0/15", ""),
                    entry(Deny, "ALL", ""),
                ],
                vec!["deny ALL: ALL", "allow ALL: 10.0.0.0/16"],
            ),
            (
                vec![
                    entry(Deny, "10.1.0.0/16", "sshd"),
                    entry(Allow, "10.0.0.0/15", ""),
                ],
                vec![
                    "deny sshd: 10.1.0.0/16",
                    "allow sshd: 10.0.0.0/16",
                    "allow ALL EXCEPT sshd: 10.0.0.0/15",
                ],
            ),
            (
                vec![
                    entry(Allow, "10.0.0.0/15", "sshd"),
                    entry(Deny, "10.1.0.0/16", ""),
                ],
                vec!["allow sshd: 10.0.0.0/15", "deny ALL: 10.1.0.0/16"],
            ),
            (
                vec![entry(Deny, "10.0.0.0/8", ""), entry(Allow, "10.1.2.3", "")],
                vec!["deny ALL: 10.0.0.0/8"],
            ),
        ] {
            assert_eq!(
                lines(entries),
                (wanted.into_iter().map(str::to_owned).collect(), vec![])
            );
        }
    }

    #[test]
    fn what_the_tables_cannot_say_is_said() {
        use EntryVerdict::{Allow, Deny};
        let timed = Entry {
            origin: Origin {
                until: Some(9),
                ..Origin::default()
            },
            ..entry(Deny, "10.1.2.3", "")
        };
        for (entries, word) in [
            (
                vec![entry(Deny, "10.0.0.0/8", ""), entry(Allow, "a.example", "")],
                "a.example is allowed",
            ),
            (
                vec![entry(Deny, "a.example", ""), entry(Allow, "10.0.0.0/8", "")],
                "after a name is denied",
            ),
            (vec![timed, entry(Allow, "10.0.0.0/8", "")], "for a time"),
        ] {
            let (_, faults) = lines(entries);
            assert!(faults.iter().any(|line| line.contains(word)), "{faults:?}");
        }
    }
}
