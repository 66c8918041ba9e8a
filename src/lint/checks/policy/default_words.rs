//! Two things that people believe of their defaults: that an audit finds them, and that UNKNOWN
//! means everybody on no list (F-DAEMON-02, F-MAGIC-01).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::engine::{Access, Effect, TableName};
use crate::lint::checks::list_words::matches_all;
use crate::lint::fix::{Broken, safe};
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::trial::{Client, Question, Trial};
use crate::lint::view::{RuleView, base, has_except};
use crate::policy::{OptionKind, Rule, rules};
use crate::span::Span;
use crate::syntax::Tree;

rows! {
    /// An alert for UNKNOWN is not an alert for every unlisted client.
    ///
    /// UNKNOWN means a client whose address has no name. A client with reverse DNS, confirmed or
    /// not, does not match it.
    ///
    /// Repair: by hand
    /// Facts: F-MAGIC-01
    UNKNOWN = Row::new("TW710", "unknown-is-not-everybody", Info, Style, Run::Site(unknown));

    /// The default denies everybody, but not in the words `ALL: ALL`.
    ///
    /// It works; audits that search for `ALL: ALL` do not see it.
    ///
    /// Repair: --fix
    /// Facts: F-DAEMON-02
    SPELLING = Row::new("TW711", "default-spelling", Info, Style, Run::Policy(spelling))
        .fixed(Repair::Line(fix));
}

fn spelling(policy: &Policy<'_>, sink: &mut Sink) {
    let Some(deny) = policy.deny else {
        return;
    };
    // What an alert adds after it does not hide it from a search.
    let is_found = |rule: Rule<'_, '_>| {
        reads_default(&rule.text()) && !RuleView::new(TableName::Deny, rule).grants()
    };
    if !denies_everybody(policy) || rules(deny).any(is_found) {
        return;
    }
    sink.turn_to(TableName::Deny);
    sink.report(Span::empty(0), || {
        (
            "everybody is denied, but no line of the deny table reads `ALL: ALL`, which audits \
             search for"
                .to_owned(),
            "end the deny table with `ALL: ALL`".to_owned(),
        )
    });
}

/// Whether one rule denies everybody whom no rule before it lets in: then a rule after it changes
/// nothing. Exceptions are not everybody, and a command that decides is not certain.
fn denies_everybody(policy: &Policy<'_>) -> bool {
    let runs_aclexec = |(table, tree): (TableName, &Tree<'_>)| {
        let mut rules = rules(tree).filter(|rule| rule.has_options());
        rules.any(|rule| RuleView::new(table, rule).has(OptionKind::Aclexec))
    };
    for (table, tree) in policy.tables() {
        for rule in rules(tree) {
            // Cheap first: few rules of a long table have options or are about all daemons.
            let is_bare = !rule.has_options();
            let first = rule.daemons().elements().next();
            let is_for_all = first.is_some_and(|first| matches_all(&[first]));
            if is_bare && !is_for_all {
                continue;
            }
            let view = RuleView::new(table, rule);
            let lists = [&view.daemons, &view.clients];
            let is_whole = |list: &&Vec<_>| matches_all(list) && !has_except(list);
            if !lists.iter().all(is_whole) || view.grants() {
                continue;
            }
            // A failed command, also one of an earlier client, takes the effect of a rule with
            // neutral options, and skips the rest of the allow table (F-ACL-02, F-ACL-06,
            // F-ACL-07).
            let is_final = table == TableName::Deny && (is_bare || view.has(OptionKind::Deny));
            if is_final || !policy.tables().any(runs_aclexec) {
                return true;
            }
        }
    }
    false
}

/// Whether a rule reads `ALL: ALL`, spaces aside.
pub(in crate::lint::checks) fn is_plain_default(text: &[u8]) -> bool {
    let mut words = text.split(|&byte| byte == b':').map(<[u8]>::trim_ascii);
    words.next() == Some(b"ALL") && words.next() == Some(b"ALL") && words.next().is_none()
}

/// Whether a rule begins so, whatever its options are.
fn reads_default(text: &[u8]) -> bool {
    let mut words = text.split(|&byte| byte == b':').map(<[u8]>::trim_ascii);
    words.next() == Some(b"ALL") && words.next() == Some(b"ALL")
}

fn unknown(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let mut alarm = None;
    for (table, tree) in policy.tables() {
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new(table, rule);
            if !view.has(OptionKind::Spawn) || view.grants() {
                continue;
            }
            let is_unknown = |(text, _): &(&[u8], Span)| text.eq_ignore_ascii_case(b"UNKNOWN");
            if matches_all(&view.clients) {
                return;
            }
            let found = base(&view.clients).find(is_unknown);
            if let Some((_, span)) = found {
                alarm.get_or_insert((table, span, rule));
            }
        }
    }
    let Some((table, span, rule)) = alarm else {
        return;
    };
    let trial = Trial::new(policy, site.world);
    // Only where somebody with a name is really refused, and no other rule says so to anybody.
    let named = Client::strangers().into_iter();
    let named: Vec<_> = named.filter(|client| client.name.is_some()).collect();
    let is_silent = |question: &Question| {
        let verdict = trial.decide(question);
        let is_spawn = |effect: &Effect| matches!(effect, Effect::Spawn(_));
        verdict.access == Access::Denied && !verdict.effects.iter().any(is_spawn)
    };
    if trial.is_too_long || !Trial::questions(rule, &named).iter().any(is_silent) {
        return;
    }
    sink.turn_to(table);
    sink.report(span, || {
        (
            "this alert is about clients whose address has no name: whoever has one is refused in \
             silence"
                .to_owned(),
            "for an alert about every unlisted client, write it with ALL, after all rules that \
             grant"
                .to_owned(),
        )
    });
}

/// `ALL: ALL` at the end of a table that denies everybody already.
fn fix(broken: &Broken<'_, '_>) -> Option<Fix> {
    let edit = Edit::insert(broken.end_of_table()?, "ALL: ALL\n");
    Some(safe("add `ALL: ALL`", edit))
}
