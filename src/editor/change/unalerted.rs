//! Who is refused without an alert: the rules that refuse before the last one, or for some daemons
//! only.

use crate::editor::change::deny_all::{find, is_unconditional};
use crate::editor::change::own_alert::own_alert;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, Answer, ClientSet, Host, Request, TableName};
use crate::policy::{Element, Rule, rules};

/// As many rules are shown as are worth reading.
const SHOWN: usize = 3;

/// Rules that refuse and raise no alert of tcpw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unalerted {
    /// The first of them.
    pub shown: Vec<Place>,
    /// How many more there are.
    pub more: usize,
}

impl Unalerted {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    fn of<'a>(ground: &Ground<'_>, found: impl Iterator<Item = (TableName, Rule<'a, 'a>)>) -> Self {
        let mut unalerted = Self::default();
        for (table, rule) in found {
            if own_alert(rule).is_some() {
                continue;
            }
            if unalerted.shown.len() < SHOWN {
                let line = rule.line().index();
                unalerted.shown.push(ground.place(table, line));
            } else {
                unalerted.more += 1;
            }
        }
        unalerted
    }
}

/// The rules that refuse anybody without an alert of tcpw, as far as the first one that refuses
/// everybody, which nobody passes.
pub fn unalerted(ground: &Ground<'_>) -> Unalerted {
    let mut last = None;
    let found = refusing(ground).take_while(|&(table, rule)| {
        if last.is_some() {
            return false;
        }
        let is_last = find(ground, table)
            .is_some_and(|default| default.line().index() == rule.line().index());
        last = is_last.then_some(());
        true
    });
    Unalerted::of(ground, found)
}

/// The rules that refuse clients on no list without an alert of tcpw.
pub(crate) fn unalerted_strangers(ground: &Ground<'_>) -> Unalerted {
    Unalerted::of(ground, refusing_strangers(ground, &|_| true).into_iter())
}

/// The rules that refuse some clients on no list, for any daemon that they are about, the allow table
/// first; only clients that `is_wanted` count.
pub(crate) fn refusing_strangers<'a>(
    ground: &Ground<'a>,
    is_wanted: &dyn Fn(&Request) -> bool,
) -> Vec<(TableName, Rule<'a, 'a>)> {
    let hosts = strangers();
    let decides = |&(table, rule): &(TableName, Rule<'a, 'a>)| {
        let hosts = reached(ground, rule, &hosts);
        if hosts.is_empty() {
            return false;
        }
        let daemons = Daemons::of_rule(rule);
        let requests = hosts.iter().flat_map(|host| daemons.requests(host));
        requests.filter(is_wanted).any(|request| {
            let decider = ground.decider(&ground.decide(&request));
            decider.is_some_and(|at| at.table == table && at.line == rule.line().index())
        })
    };
    refusing(ground).filter(decides).collect()
}

/// Those of the hosts that the clients of a rule may reach.
fn reached(ground: &Ground<'_>, rule: Rule<'_, '_>, hosts: &[Host]) -> Vec<Host> {
    let set = ClientSet::of(rule.clients().elements(), ground.world.dialect());
    let some = Daemons::some();
    let is_in = |host: &&Host| {
        let requests = some.requests(host);
        requests
            .iter()
            .any(|request| set.contains(request) != Answer::No)
    };
    hosts.iter().filter(is_in).cloned().collect()
}

/// Whether a rule refuses everybody but some, so that its alert is one for clients on no list.
pub(crate) fn takes_alert(ground: &Ground<'_>, rule: Rule<'_, '_>) -> bool {
    let has_all = rule
        .clients()
        .elements()
        .map_while(|element| match element {
            Element::Pattern { text, .. } => Some(text),
            Element::Except { .. } => None,
        })
        .any(|text| text.eq_ignore_ascii_case(b"ALL"));
    has_all && is_unconditional(ground, rule)
}

/// The rules that refuse, the allow table first.
fn refusing<'a>(ground: &Ground<'a>) -> impl Iterator<Item = (TableName, Rule<'a, 'a>)> {
    [TableName::Allow, TableName::Deny]
        .into_iter()
        .flat_map(|table| rules(ground.tree(table)).map(move |rule| (table, rule)))
        .filter(|&(table, rule)| ending(table, rule) == Access::Denied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Bare;
    use crate::syntax::parse;

    /// The numbers of the rules of the deny table that refuse without an alert: anybody, and clients
    /// on no list.
    fn found(deny: &str) -> [Vec<u32>; 2] {
        let (allow, deny) = (parse(b""), parse(deny.as_bytes()));
        let ground = Ground::new(&allow, &deny, &Bare);
        let numbers = |found: Unalerted| found.shown.iter().map(|place| place.number).collect();
        [
            numbers(unalerted(&ground)),
            numbers(unalerted_strangers(&ground)),
        ]
    }

    #[test]
    fn each_rule_before_the_last_is_asked_for_its_own_daemons() {
        const OURS: &str = "ALL: ALL: spawn /usr/sbin/tcpw-notify --addr %a -- %h : deny\n";
        let many: Vec<String> = (0..20).map(|at| format!("d{at}: 10.\n")).collect();
        let many = many.concat();
        for (before, anybody, strangers) in [
            ("", vec![], vec![]),
            ("sshd: ALL\n", vec![1], vec![1]),
            ("ALL: ALL EXCEPT LOCAL\n", vec![1], vec![1]),
            ("sshd: 192.0.2.7\n", vec![1], vec![]),
            ("vsftpd: 0.0.0.0/0.0.0.0\n", vec![1], vec![1]),
            ("sshd: ALL EXCEPT ALL\n", vec![1], vec![]),
            ("sshd: ALL: allow\n", vec![], vec![]),
        ] {
            let deny = format!("{before}{OURS}nfsd: ALL\n");
            assert_eq!(found(&deny), [anybody, strangers], "{deny}");
        }
        let deny = format!("{many}z: ALL\n{OURS}");
        assert_eq!(found(&deny)[1], [21], "{deny}");
        assert_eq!(found("ALL: ALL\nsshd: ALL\n"), [vec![1], vec![1]]);
    }
}
