//! `expire` and `list`: rules with what their comments say about them.

use crate::edit::Edit;
use crate::editor::change::gate_rules::{open_gates, refusal_behind};
use crate::editor::change::own_alert::own_alert;
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::history::written::Written;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::{Access, TableName};
use crate::metadata::{Label, Stray, Why, bond, strays};
use crate::policy::{Element, List, OptionKind, Rule, RuleOption, rules};
use crate::span::Span;

/// The name of the program that gates call.
const GATE: &[u8] = b"tcpw-gate";

/// A rule as people think of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whether it grants or refuses.
    pub access: Access,
    /// Its daemons, as they are written.
    pub daemons: String,
    /// Its clients, as they are written.
    pub clients: String,
    /// What stands after its clients, as it is written.
    pub options: String,
    /// The command of an `aclexec`, on whose success it hangs.
    pub condition: Option<String>,
    /// What is known about it.
    pub label: Option<Label>,
    /// The program that wrote it, as far as its marks tell.
    pub writer: Option<&'static str>,
    /// Whether it raises the alert of tcpw.
    pub has_alert: bool,
    /// Where it stands.
    pub place: Place,
}

/// Every rule libwrap reads, the allow table first.
pub fn listed(ground: &Ground<'_>) -> Vec<Listed> {
    let of = |table: TableName| {
        rules(ground.tree(table)).map(move |rule| listed_rule(ground, table, rule))
    };
    of(TableName::Allow).chain(of(TableName::Deny)).collect()
}

/// One of them.
pub(crate) fn listed_rule(ground: &Ground<'_>, table: TableName, rule: Rule<'_, '_>) -> Listed {
    Listed {
        access: ending(table, rule),
        daemons: words(rule.daemons()),
        clients: words(rule.clients()),
        options: String::from_utf8_lossy(&rule.command()).trim().to_owned(),
        condition: condition(rule),
        writer: writer(rule),
        label: own_label(rule),
        has_alert: rule.has_options() && own_alert(rule).is_some(),
        place: ground.place(table, rule.line().index()),
    }
}

/// The command of the last `aclexec`, which decides (F-ACL-03).
fn condition(rule: Rule<'_, '_>) -> Option<String> {
    let options = rule.has_options().then(|| rule.options())?;
    let is_condition = |option: &&RuleOption<'_>| {
        let kind = option.spec().map(|spec| spec.kind);
        kind == Some(OptionKind::Aclexec)
    };
    let command = options.iter().rev().find(is_condition)?.value.as_deref()?;
    Some(String::from_utf8_lossy(command).trim().to_owned())
}

/// What the comment that carries a rule's identity says.
pub(crate) fn own_label(rule: Rule<'_, '_>) -> Option<Label> {
    bond(rule)
        .filter(|bond| bond.is_named)
        .map(|bond| bond.label)
}

/// The program that wrote a rule: tcpw and fail2ban by the label above it, `DenyHosts` by its comment
/// above it, sshguard by the marks around its block.
fn writer(rule: Rule<'_, '_>) -> Option<&'static str> {
    let line = rule.line();
    if let Some(label) = own_label(rule) {
        let is_fail2ban = label.by.is_some_and(|by| by.starts_with("fail2ban/"));
        return Some(if is_fail2ban { "fail2ban" } else { "tcpw" });
    }
    let tree = line.tree();
    let above = line.index().checked_sub(1).and_then(|at| tree.line(at))?;
    let text = above.text(above.span());
    if text.starts_with(b"# DenyHosts:") {
        return Some("DenyHosts");
    }
    // Its block holds one rule, spliced from many lines, between two equal marks.
    let below = tree.line(line.index() + 1);
    let is_mark = |text: &[u8]| text.starts_with(b"###sshguard###");
    let is_between = is_mark(&text) && below.is_some_and(|line| is_mark(&line.text(line.span())));
    is_between.then_some("sshguard")
}

fn words(list: List<'_, '_>) -> String {
    let words: Vec<String> = list
        .elements()
        .map(|element| match element {
            Element::Except { .. } => "EXCEPT".to_owned(),
            Element::Pattern { text, .. } => String::from_utf8_lossy(&text).into_owned(),
        })
        .collect();
    words.join(" ")
}

/// The edits that remove every rule whose comment says that its time is over; `now` has the form
/// of [`Label::until`]. The comment must carry the identity of the rule, or be `written` together
/// with it by a change of the history. A gate that admits everybody but some goes with the rule of the
/// deny table that refuses these; if that is not there as it was written, the gate stays, since nobody
/// would get in without it. A note names each comment from which nothing follows.
pub fn expire(ground: &Ground<'_>, now: &str, written: &Written) -> Change {
    let mut change = Change::default();
    let over = Over::of(ground, now, written);
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)).filter(|rule| over.has(table, *rule)) {
            for span in with_label(rule) {
                change.edits.push(table, Edit::delete(span));
            }
        }
    }
    change.notes = stray_notes(ground, written);
    let needed = over.needed.iter();
    let needed = needed.map(|line| Note::Needed(ground.place(TableName::Allow, *line)));
    change.notes.extend(needed);
    change
}

/// The rules whose time is over.
struct Over<'o> {
    now: &'o str,
    written: &'o Written,
    /// The lines of rules of the deny table that go with a gate.
    behind: Vec<usize>,
    /// The lines of gates of the allow table without which nobody would get in.
    needed: Vec<usize>,
}

impl<'o> Over<'o> {
    fn of(ground: &Ground<'_>, now: &'o str, written: &'o Written) -> Self {
        let mut over = Self {
            now,
            written,
            behind: Vec::new(),
            needed: Vec::new(),
        };
        // Tables of a million lines are not searched for gates for nothing.
        if memchr::memmem::find(ground.allow.source(), GATE).is_none() {
            return over;
        }
        for gate in open_gates(ground).filter(|gate| is_over(gate.rule, now, written)) {
            match refusal_behind(ground, gate.rule) {
                Some(rule) => over.behind.push(rule.line().index()),
                None => over.needed.push(gate.rule.line().index()),
            }
        }
        over
    }

    fn has(&self, table: TableName, rule: Rule<'_, '_>) -> bool {
        let line = rule.line().index();
        match table {
            TableName::Allow if self.needed.contains(&line) => false,
            TableName::Deny if self.behind.contains(&line) => true,
            TableName::Allow | TableName::Deny => is_over(rule, self.now, self.written),
        }
    }
}

/// Whether the time of a rule is over, and its comment is its own.
fn is_over(rule: Rule<'_, '_>, now: &str, written: &Written) -> bool {
    bond(rule).is_some_and(|bond| {
        let is_over = bond.label.until.is_some_and(|until| until.as_str() <= now);
        is_over && (bond.is_named || written.holds(rule, bond.line))
    })
}

/// After planning: the rules whose time is over are gone, and every other one is where it was.
///
/// # Errors
/// When a rule is missing, or one is there that was not.
pub fn verify_expire(
    before: &Ground<'_>,
    after: &Ground<'_>,
    now: &str,
    written: &Written,
) -> Result<(), Refusal> {
    let over = Over::of(before, now, written);
    for table in [TableName::Allow, TableName::Deny] {
        let left = rules(before.tree(table)).filter(|rule| !over.has(table, *rule));
        let left = left.map(Rule::text);
        if !left.eq(rules(after.tree(table)).map(Rule::text)) {
            let what = "a rule would go whose time is not over";
            return Err(Refusal::Internal(what.to_owned()));
        }
    }
    Ok(())
}

/// A note for each comment about a rule from which nothing follows.
pub fn stray_notes(ground: &Ground<'_>, written: &Written) -> Vec<Note> {
    let mut notes = Vec::new();
    for table in [TableName::Allow, TableName::Deny] {
        let tree = ground.tree(table);
        let is_proven = |stray: &Stray<'_, '_>| {
            let rule = tree.line(stray.line.index() + 1).and_then(Rule::of);
            matches!(stray.why, Why::Unnamed(_))
                && rule.is_some_and(|rule| written.holds(rule, stray.line))
        };
        for stray in strays(tree) {
            if !is_proven(&stray) {
                notes.push(Note::Stray {
                    place: ground.place(table, stray.line.index()),
                    ends_rule: stray.ends_rule && stray.why != Why::Orphan,
                    why: stray.why,
                });
            }
        }
    }
    notes
}

/// The whole line of a rule, and its comment: in one piece, if nothing stands between them.
pub(crate) fn with_label(rule: Rule<'_, '_>) -> Vec<Span> {
    let own = rule.line().span();
    match bond(rule).map(|bond| bond.line.span()) {
        Some(label) if label.end == own.start => vec![Span::new(label.start, own.end)],
        Some(label) => vec![label, own],
        None => vec![own],
    }
}
