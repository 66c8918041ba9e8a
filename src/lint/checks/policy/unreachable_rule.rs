//! Rules that never decide anything, because earlier ones match everybody they match (F-ORDER-01),
//! and duplicates among them.

use super::default_words::is_plain_default;
use super::plain_rule::is_plain_rule;
use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::engine::TableName;
use crate::lint::check::Check;
use crate::lint::checks::lists::never_matches::never_matches;
use crate::lint::checks::options::aclexec::is_decided_by_command;
use crate::lint::claims::{Decider, Group, Reach, Shown, Step, claim};
use crate::lint::cover::{Cover, CoveredBy, Terms, are_about_the_same};
use crate::lint::finding::About;
use crate::lint::fix::{Broken, safe};
use crate::lint::group::Cause;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words;
use crate::metadata::bond;
use crate::policy::{Element, List, OptionKind, Rule, rules};
use crate::syntax::Tree;

rows! {
    /// A rule of the allow table comes after an aclexec about the same daemons and clients.
    ///
    /// Where the command fails, libwrap leaves the table and goes on with the deny table; where it
    /// succeeds, it lets the client in. Nobody is left for the later rule.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-01 F-ACL-02
    AFTER_COMMAND = Row::new("TW522", "aclexec-hides-rule", Error, Dead, Run::Elsewhere)
        .shown(shown_after_command);

    /// A rule is never reached.
    ///
    /// Earlier rules decide about everybody whom it matches; the first match ends the search, the
    /// allow table first.
    ///
    /// Repair: by hand
    /// Facts: F-ORDER-01 F-ORDER-02
    CHECK = Row::new("TW701", "unreachable-rule", Error, Dead, Run::Policy(check))
        .shown(claims::decided_before);

    /// A rule stands twice.
    ///
    /// The second one does nothing.
    ///
    /// Repair: --fix
    /// Facts: F-ORDER-01
    DUPLICATE = Row::new("TW702", "duplicate-rule", Warning, Dead, Run::Elsewhere)
        .fixed(Repair::Line(fix_copy)).shown(claims::decided_before);

    /// A rule changes nothing.
    ///
    /// Earlier rules decide the same about everybody whom it matches.
    ///
    /// Repair: --fix
    /// Facts: F-ORDER-01
    REDUNDANT = Row::new("TW706", "redundant-rule", Warning, Dead, Run::Elsewhere)
        .fixed(Repair::Line(fix_redundant)).shown(claims::decided_before);

    /// Two rules about the same clients contradict each other.
    ///
    /// Only the first one counts.
    ///
    /// Repair: by hand
    /// Facts: F-ORDER-02
    CONTRADICTION = Row::new("TW707", "contradiction", Error, Dead, Run::Elsewhere)
        .shown(shown_contradiction);
}

fn check(policy: &Policy<'_>, sink: &mut Sink) {
    let mut earlier = Earlier {
        policy,
        allow: Cover::default(),
        deny: Cover::default(),
        asked: Cover::default(),
        is_certain: true,
    };
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        let mut view: Option<RuleView<'_, '_>> = None;
        for rule in rules(tree) {
            match &mut view {
                Some(view) => view.turn_to(rule),
                None => view = Some(RuleView::new_in(table, rule, sink.dialect())),
            }
            if let Some(view) = &view {
                earlier.meet(view, tree, sink);
            }
        }
    }
}

/// What the rules so far have decided.
struct Earlier<'p, 't> {
    policy: &'p Policy<'t>,
    allow: Cover,
    deny: Cover,
    /// The rules of the allow table whose commands decide.
    asked: Cover,
    /// Whether no `aclexec` can have skipped the rest of its table.
    is_certain: bool,
}

impl Earlier<'_, '_> {
    /// Reports the rule if nothing is left for it, and else remembers it.
    fn meet(&mut self, view: &RuleView<'_, '_>, tree: &Tree<'_>, sink: &mut Sink) {
        // What matches nobody as it is written is reported as such, and covers nobody.
        if never_matches(view) {
            return;
        }
        let terms = Terms::of(view);
        let own = match view.table {
            TableName::Allow => &self.allow,
            TableName::Deny => &self.deny,
        };
        if let Some(by) = own.covers(&terms) {
            report(view, view.table, tree, by, sink);
            return;
        }
        if view.table == TableName::Deny
            && let Some(by) = self.allow.covers_for_good(&terms)
            && let Some(allow) = self.policy.allow
        {
            report(view, TableName::Allow, allow, by, sink);
            return;
        }
        if view.table == TableName::Allow
            && let Some(by) = self.asked.covers(&terms)
        {
            report_after_command(view, tree, by, sink);
            return;
        }
        if view.has(OptionKind::Aclexec) && is_decided_by_command(view) {
            // When its command fails, the rest of the table is skipped (F-ACL-02): nothing
            // after it keeps anybody from the deny table for certain.
            self.is_certain = false;
            if view.table == TableName::Allow {
                self.asked.add(&terms, false);
            }
            return;
        }
        // A rule that runs out leaves all to those after it.
        let label = bond(view.rule).filter(|bond| bond.is_named);
        if label.is_some_and(|bond| bond.label.until.is_some()) {
            return;
        }
        match view.table {
            TableName::Allow => {
                let is_final = self.is_certain && ends_the_search(view);
                self.allow.add(&terms, is_final);
            }
            TableName::Deny => self.deny.add(&terms, true),
        }
    }
}

/// A rule whose clients all meet a command before it: who passes is let in there, and who fails goes
/// on with the deny table (F-ACL-02).
fn report_after_command(rule: &RuleView<'_, '_>, tree: &Tree<'_>, by: CoveredBy, sink: &mut Sink) {
    sink.report_as(&AFTER_COMMAND.check, rule.span(), || {
        let earlier = tree.line(by.line).and_then(Rule::of);
        let number = earlier.map_or(0, Rule::number);
        (
            format!(
                "this rule is never reached: whoever fails the aclexec in line {number} goes on \
                 with the deny table, and whoever passes is let in there"
            ),
            format!("move it before line {number}"),
        )
    });
}

/// Whether a match leaves nothing to the next table. A rule with neutral options only may count as
/// no match, when an earlier request left a failed `aclexec` behind (F-ACL-06, F-ACL-07).
fn ends_the_search(rule: &RuleView<'_, '_>) -> bool {
    rule.options.last().is_none_or(|last| {
        let kind = last.spec().map(|spec| spec.kind);
        matches!(
            kind,
            Some(OptionKind::Allow | OptionKind::Deny | OptionKind::Twist)
        )
    })
}

/// A rule for which nothing is left, and the earlier one that takes it.
struct Hidden<'v, 't, 's> {
    rule: &'v RuleView<'t, 's>,
    by: CoveredBy,
    /// The table of the earlier rule, and the rule.
    table: TableName,
    earlier: Option<Rule<'t, 's>>,
}

fn report(
    rule: &RuleView<'_, '_>,
    table: TableName,
    tree: &Tree<'_>,
    by: CoveredBy,
    sink: &mut Sink,
) {
    let hidden = Hidden {
        rule,
        by,
        table,
        earlier: tree.line(by.line).and_then(Rule::of),
    };
    let is_here = table == rule.table;
    // In the deny table `ALL: ALL` is what audits search for, so it stays where no earlier rule is
    // spelt like that.
    let is_default = table == TableName::Deny && is_plain_default(&rule.rule.text());
    let is_copy_of = |own: Rule<'_, '_>| {
        (!is_default || is_plain_default(&own.text())) && same_words(own, rule.rule)
    };
    if is_here && by.is_alone && hidden.earlier.is_some_and(is_copy_of) {
        hidden.report_copy(sink);
    } else if by.grants == Some(rule.grants()) && rule.options.is_empty() {
        // A second wall after the first, such as `ALL: ALL` after an alert for everybody.
        if is_here && !is_default {
            hidden.report_redundant(sink);
        }
    } else if hidden.contradicts() {
        hidden.report_contradiction(sink);
    } else {
        hidden.report_unreached(sink);
    }
}

impl Hidden<'_, '_, '_> {
    /// All rules that one line hides in one way are one finding.
    fn cause(&self) -> Cause {
        let flags = [
            u8::from(self.table == TableName::Allow),
            u8::from(self.by.is_alone),
            self.by.grants.map_or(2, u8::from),
            u8::from(self.rule.grants()),
        ];
        Cause::of_rules(&[&self.by.line.to_ne_bytes(), &flags])
    }

    fn place(&self) -> String {
        let number = self.earlier.map_or(0, Rule::number);
        if self.table == self.rule.table {
            format!("line {number}")
        } else {
            format!("line {number} of {}", words::table(self.table))
        }
    }

    fn others(&self) -> &'static str {
        if self.by.is_alone {
            "decides"
        } else {
            "and other rules decide"
        }
    }

    fn contradicts(&self) -> bool {
        let is_same = |earlier| {
            same_lists(earlier, self.rule.rule)
                || are_about_the_same(&RuleView::new(self.table, earlier), self.rule)
        };
        self.by.is_alone
            && self.by.grants == Some(!self.rule.grants())
            && self.earlier.is_some_and(is_same)
    }

    fn put(
        &self,
        check: &'static Check,
        sink: &mut Sink,
        words: impl FnOnce() -> (String, String),
        several: impl FnOnce(&str) -> String,
    ) {
        let marked = || About::Marked;
        sink.report_group(
            check,
            self.rule.span(),
            self.cause(),
            marked,
            words,
            several,
        );
    }

    fn report_copy(&self, sink: &mut Sink) {
        let words = || {
            let place = self.place();
            (
                format!("this rule stands in {place} already and does nothing here"),
                "remove it".to_owned(),
            )
        };
        self.put(&DUPLICATE.check, sink, words, |places| {
            format!(
                "{places} stand in {} already and do nothing here",
                self.place()
            )
        });
    }

    fn report_redundant(&self, sink: &mut Sink) {
        let others = self.others();
        let words = || {
            let place = self.place();
            (
                format!("this rule changes nothing: {place} {others} the same before it"),
                "remove it".to_owned(),
            )
        };
        self.put(&REDUNDANT.check, sink, words, |places| {
            let place = self.place();
            format!("{places} change nothing: {place} {others} the same before them")
        });
    }

    fn report_contradiction(&self, sink: &mut Sink) {
        let words = || {
            let place = self.place();
            (
                format!("{place} says the opposite about the same clients, and decides first"),
                "remove the one that is not meant".to_owned(),
            )
        };
        self.put(&CONTRADICTION.check, sink, words, |places| {
            let place = self.place();
            format!(
                "{place} says the opposite of {places} about the same clients, and decides first"
            )
        });
    }

    fn report_unreached(&self, sink: &mut Sink) {
        let (others, what) = (self.others(), outcome(self.rule, self.by));
        let words = || {
            let place = self.place();
            (
                format!(
                    "this rule is never reached: {place} {others} first about everybody it \
                     matches{what}"
                ),
                remedy(self.rule, self.table, &place),
            )
        };
        self.put(&CHECK.check, sink, words, |places| {
            format!(
                "{} hides {places}: it {others} first about everybody they match{what}",
                self.place()
            )
        });
    }
}

/// What the earlier rule does with those whom the later one treats otherwise.
fn outcome(rule: &RuleView<'_, '_>, by: CoveredBy) -> &'static str {
    match by.grants {
        Some(true) if !rule.grants() => ", and lets them in",
        Some(false) if rule.grants() => ", and refuses them",
        Some(_) | None => "",
    }
}

fn remedy(rule: &RuleView<'_, '_>, table: TableName, place: &str) -> String {
    if table == rule.table {
        format!("remove it, or move it before {place}")
    } else {
        format!("remove it, or put a rule with `: deny` before {place}")
    }
}

/// Whether two rules are about the same daemons and clients, in the same words.
fn same_lists(a: Rule<'_, '_>, b: Rule<'_, '_>) -> bool {
    let is_same = |a: &Element<'_>, b: &Element<'_>| match (a, b) {
        (Element::Pattern { text: a, .. }, Element::Pattern { text: b, .. }) => {
            a.eq_ignore_ascii_case(b)
        }
        (Element::Except { .. }, Element::Except { .. }) => true,
        (Element::Pattern { .. }, Element::Except { .. })
        | (Element::Except { .. }, Element::Pattern { .. }) => false,
    };
    let are_same = |a: List<'_, '_>, b: List<'_, '_>| {
        let (mut a, mut b) = (a.elements(), b.elements());
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if is_same(&a, &b) => {}
                _ => return false,
            }
        }
    };
    are_same(a.daemons(), b.daemons()) && are_same(a.clients(), b.clients())
}

fn letters(text: &[u8]) -> impl Iterator<Item = u8> {
    let kept = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    kept.map(u8::to_ascii_lowercase)
}

/// Whether two rules are equal; spaces and case count only where there are options.
fn same_words(a: Rule<'_, '_>, b: Rule<'_, '_>) -> bool {
    let (left, right) = (a.text(), b.text());
    let may_fold = !a.has_options() && !b.has_options();
    left == right || (may_fold && letters(&left).eq(letters(&right)))
}

/// The rule gone: its words stand elsewhere.
fn fix_copy(broken: &Broken<'_, '_>) -> Option<Fix> {
    (!broken.line.is_joined()).then(|| removed(broken))
}

/// The rule gone, if it can have no other meaning than that it has.
fn fix_redundant(broken: &Broken<'_, '_>) -> Option<Fix> {
    let is_plain = !broken.line.is_joined() && is_plain_rule(&broken.rule()?);
    is_plain.then(|| removed(broken))
}

fn removed(broken: &Broken<'_, '_>) -> Fix {
    safe("remove the rule", Edit::delete(broken.line.span()))
}

/// What shows that nobody comes to the rule: whoever fails the command before it is not decided here.
fn shown_after_command(shown: &Shown<'_>) -> Vec<Step> {
    let groups: &[Group] = &[Group::Line, Group::Strangers];
    let failed = |granted| claim(granted, Decider::Other, Reach::Both).if_failed();
    vec![
        (failed(Some(!shown.effect)), groups),
        (failed(None), groups),
    ]
}

fn shown_contradiction(shown: &Shown<'_>) -> Vec<Step> {
    let earlier = claim(Some(!shown.effect), Decider::Earlier, Reach::Both);
    vec![(earlier, &[Group::Line, Group::Strangers])]
}
