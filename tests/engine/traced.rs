//! The trace against the verdict: on generated tables the explained search decides as `decide`
//! does, and what it tells leads to that verdict and to no other.

use super::generate::case;
use super::indexed::{Stage, request};
use std::collections::BTreeSet;
use tcpw::engine::{
    Access, Account, Cause, Effect, Index, ListFile, Matched, Outcome, Step, Surroundings, Table,
    TableName, Tables, Trace, decide, explain,
};
use tcpw::policy::{DEBIAN_12, DIALECTS, Dialect, rules};
use tcpw::syntax::parse;

const CASES: u64 = 3000;

/// What a trace says came out, worked out from its steps alone.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Rule(Matched, Option<Outcome>),
    Broken(TableName, usize),
    Unreadable(TableName),
    NoRule,
    Untold,
}

/// Reads a trace as a person would.
fn end_of(trace: &Trace) -> (End, Vec<Effect>) {
    let mut end = End::NoRule;
    let mut all = Vec::new();
    for step in &trace.steps {
        assert!(
            matches!(end, End::NoRule | End::Rule(_, None))
                || matches!(
                    (&end, step),
                    (End::Rule(..), Step::Left(_) | Step::Forked(_))
                ),
            "a step behind the end: {step:?}"
        );
        match step {
            Step::Opened(_) | Step::Absent(_) => assert_eq!(end, End::NoRule, "{step:?}"),
            Step::Unreadable(TableName::Allow) => (),
            Step::Unreadable(table) => end = End::Unreadable(*table),
            Step::Compared(comparison) => {
                assert_eq!(end, End::NoRule, "a rule behind the one that matched");
                if let Some(matched) = comparison.matched() {
                    end = End::Rule(matched, None);
                }
            }
            Step::Ran { effects, outcome } => {
                assert!(matches!(end, End::Rule(_, None)), "options of no rule");
                if let End::Rule(matched, _) = end {
                    end = End::Rule(matched, Some(*outcome));
                }
                all.extend(effects.iter().cloned());
            }
            Step::Left(_) | Step::Forked(_) => end = End::NoRule,
            Step::Broken {
                table: TableName::Deny,
                line,
                ..
            } => end = End::Broken(TableName::Deny, *line),
            Step::Broken { .. } => (),
            Step::Doubtful { .. } => end = End::Untold,
        }
    }
    (end, all)
}

/// Whether the end of a trace is the cause of a verdict.
fn agrees(end: &End, cause: &Cause) -> bool {
    match (end, cause) {
        (End::Rule(told, ran), Cause::Rule { outcome, matched }) => {
            told == matched && ran.unwrap_or(Outcome::Table) == *outcome
        }
        (End::Untold, Cause::Undecided(undecided)) => undecided.rule.is_none(),
        (End::Broken(told, at), Cause::BrokenTable { table, line, .. }) => {
            told == table && at == line
        }
        (End::Unreadable(told), Cause::Unreadable(table)) => told == table,
        (End::NoRule, Cause::NoRule) => true,
        _ => false,
    }
}

/// Every rule is compared or unreached, and none is both.
fn check_reach(trace: &Trace, tables: &Tables<'_>) {
    let unreached = trace.unreached(tables);
    for (name, table) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        let Table::Read(tree) = table else { continue };
        let mut compared = BTreeSet::new();
        let mut broken = false;
        for step in &trace.steps {
            if let Step::Compared(rule) = step
                && rule.table == name
            {
                assert!(compared.insert(rule.line), "compared twice");
            } else if let Step::Doubtful { table, line, .. } = step
                && *table == name
            {
                compared.insert(*line);
            } else if let Step::Broken { table, .. } = step {
                broken |= *table == name;
            }
        }
        let left = unreached.iter().find(|left| left.table == name);
        let left = left.map_or(0, |left| left.rules);
        if broken {
            assert_eq!(compared.len(), rules(tree).count());
        } else {
            assert_eq!(compared.len() + left, rules(tree).count());
        }
    }
}

#[test]
fn the_trace_leads_to_the_verdict() {
    let (mut granted, mut ran, mut excepted, mut forked) = (0_u32, 0_u32, 0_u32, 0_u32);
    for seed in 0..CASES {
        let case = case(seed, "/lists");
        let allow = case.allow.as_deref().map(parse);
        let deny = case.deny.as_deref().map(parse);
        let tables = Tables {
            allow: allow.as_ref().map_or(Table::Absent, Table::Read),
            deny: deny.as_ref().map_or(Table::Absent, Table::Read),
        };
        let stage = Stage(&case);
        for query in &case.queries {
            let request = request(query);
            let (verdict, trace) = explain(&tables, &request, &stage);
            let shown = || format!("seed {seed}, query {}", query.escape_ascii());
            assert_eq!(verdict, decide(&tables, &request, &stage), "{}", shown());
            let (end, effects) = end_of(&trace);
            // Where a command is not run, the trace goes on as if it had failed.
            let last = verdict.ways.last();
            let reason = last.map_or(&verdict.cause, |way| &way.cause);
            assert!(agrees(&end, reason), "{}: {end:?}", shown());
            let later = last.map_or(&[][..], |way| &way.effects);
            let told = [&verdict.effects, later].concat();
            assert_eq!(effects, told, "{}", shown());
            forked += u32::from(last.is_some());
            check_reach(&trace, &tables);
            granted += u32::from(verdict.access == Access::Granted);
            ran += u32::from(!effects.is_empty());
            excepted += u32::from(trace.steps.iter().any(|step| {
                matches!(step, Step::Compared(rule) if !rule.daemons.exceptions.is_empty()
                    || rule.clients.as_ref().is_some_and(|list| !list.exceptions.is_empty()))
            }));
        }
    }
    for (what, count) in [("granted", granted), ("ran", ran), ("excepted", excepted)] {
        assert!(count > 1000, "only {count} {what}");
    }
    assert!(forked > 50, "only {forked} go two ways");
}

#[test]
fn a_deny_table_that_cannot_be_opened_ends_the_trace() {
    let tree = parse(b"sshd: 10.\n");
    let tables = Tables {
        allow: Table::Read(&tree),
        deny: Table::Unreadable,
    };
    let (verdict, trace) = explain(&tables, &request(b"sshd\t1.2.3.4"), &tcpw::engine::Bare);
    assert!(agrees(&end_of(&trace).0, &verdict.cause));
}

/// A machine with another build of the library.
struct Foreign<'c>(Stage<'c>, &'static Dialect);

impl Surroundings for Foreign<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        self.0.list_file(path)
    }
    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        self.0.in_netgroup(group, name)
    }
    fn has_interface(&self, name: &[u8]) -> bool {
        self.0.has_interface(name)
    }
    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        self.0.has_account(account, name)
    }
    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        self.0.aclexec(command)
    }
    fn dialect(&self) -> &'static Dialect {
        self.1
    }
}

/// The index files patterns as the tested library reads them; in no dialect may a rule be lost.
#[test]
fn the_index_holds_in_every_dialect() {
    for dialect in DIALECTS {
        let mut others = 0_u32;
        for seed in 0..600 {
            let case = case(seed, "/lists");
            let allow = parse(case.allow.as_deref().unwrap_or_default());
            let deny = parse(case.deny.as_deref().unwrap_or_default());
            let tables = Tables {
                allow: Table::Read(&allow),
                deny: Table::Read(&deny),
            };
            let index = Index::new(tables);
            let here = Foreign(Stage(&case), dialect);
            for query in &case.queries {
                let request = request(query);
                let verdict = decide(&tables, &request, &here);
                assert_eq!(index.decide(&request, &here), verdict, "{}", dialect.name);
                others += u32::from(verdict != decide(&tables, &request, &Stage(&case)));
            }
        }
        let is_default = dialect == &DEBIAN_12;
        assert_eq!(others == 0, is_default, "{}: {others} differ", dialect.name);
    }
}
