//! The rules of the allow table that ask a gate, and the rules around them that matter to it.

use crate::editor::change::deny_all::has_all;
use crate::editor::client::daemon::Daemon;
use crate::editor::trial::rule_parts::ending;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Access, TableName};
use crate::policy::{
    DaemonPattern, Element, List, OptionKind, Process, Rule, RuleOption, TextPattern, rules,
};
use tcpw_gate::{Call, CallError};

/// A rule of the allow table that asks a gate about everybody.
pub(crate) struct GateRule<'t> {
    pub(crate) rule: Rule<'t, 't>,
    /// The option that asks.
    pub(crate) option: RuleOption<'t>,
    pub(crate) call: Result<Call, CallError>,
}

/// The gates whose conditions are about everybody but some: they admit all others.
pub(crate) fn open_gates<'t>(ground: &Ground<'t>) -> impl Iterator<Item = GateRule<'t>> {
    let all = gate_rules(ground).into_iter();
    all.filter(|gate| gate.call.as_ref().is_ok_and(Call::is_open))
}

/// The last rule `DAEMONS: ALL: deny` of the deny table for the same daemons, which refuses whom a gate
/// does not admit.
pub(crate) fn refusal_behind<'t>(ground: &Ground<'t>, gate: Rule<'_, '_>) -> Option<Rule<'t, 't>> {
    let own = elements(gate);
    let refusing =
        rules(ground.deny).filter(|rule| is_plain_refusal(*rule) && elements(*rule) == own);
    refusing.last()
}

/// The words of both lists.
fn elements(rule: Rule<'_, '_>) -> Vec<String> {
    let of = |list: List<'_, '_>| {
        let text = rule.line().text(list.span());
        String::from_utf8_lossy(&text).to_ascii_lowercase()
    };
    [of(rule.daemons()), of(rule.clients())]
        .iter()
        .map(|list| {
            list.split([' ', ',', '\t'])
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

/// Whether a rule has the option `deny` and no other.
fn is_plain_refusal(rule: Rule<'_, '_>) -> bool {
    let options = rule.options();
    let mut kinds = options
        .iter()
        .map(|option| option.spec().map(|spec| spec.kind));
    rule.has_options() && kinds.all(|kind| kind == Some(OptionKind::Deny))
}

/// How the daemons of a rule are related to those that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DaemonRelation {
    /// They are the same.
    Same,
    /// The rule is for all of them, and for others.
    More,
    /// The rule is for some of them.
    Some,
    /// It is for none of them.
    None,
}

/// The gates of the allow table.
pub(crate) fn gate_rules<'t>(ground: &Ground<'t>) -> Vec<GateRule<'t>> {
    let all = rules(ground.allow).filter(|rule| rule.has_options() && has_all(rule.clients()));
    all.filter_map(|rule| {
        let option = deciding_command(rule)?;
        let call = Call::of_command(option.value.as_deref()?.trim_ascii())?;
        Some(GateRule { rule, option, call })
    })
    .collect()
}

/// The `aclexec` whose command decides what a rule does, if one does (F-ACL-03).
pub(crate) fn deciding_command<'t>(rule: Rule<'t, 't>) -> Option<RuleOption<'t>> {
    let options = rule.options();
    if options.last().is_some_and(|option| {
        is_kind(option, |kind| {
            matches!(
                kind,
                OptionKind::Allow | OptionKind::Deny | OptionKind::Twist
            )
        })
    }) {
        return None;
    }
    let is_aclexec = |option: &RuleOption<'_>| is_kind(option, |kind| kind == OptionKind::Aclexec);
    options.into_iter().rfind(is_aclexec)
}

/// Whether a rule of the deny table has options of which none decides: after a gate has failed it
/// counts for nothing (F-ACL-06).
pub(crate) fn is_neutral(rule: Rule<'_, '_>) -> bool {
    let decides = |kind| {
        matches!(
            kind,
            OptionKind::Allow | OptionKind::Deny | OptionKind::Twist | OptionKind::Aclexec
        )
    };
    let options = rule.options();
    let is_sound = |option: &RuleOption<'_>| option.check_form().is_ok();
    rule.has_options()
        && options.iter().all(is_sound)
        && !options.iter().any(|option| is_kind(option, decides))
}

fn is_kind(option: &RuleOption<'_>, is_wanted: impl Fn(OptionKind) -> bool) -> bool {
    option.spec().is_some_and(|spec| is_wanted(spec.kind))
}

/// What the first rule of the allow table does that is for all of these daemons and for every client.
pub(crate) enum AllowDefault<'t> {
    /// It grants.
    Grants(Rule<'t, 't>),
    /// It refuses.
    Refuses(Rule<'t, 't>),
    /// It asks a command that is not a gate, or a gate that is for other daemons, too.
    Asks(Rule<'t, 't>),
}

/// The first rule of the allow table that is for all of these daemons and for every client; `own` is
/// left out.
pub(crate) fn allow_default<'t>(
    ground: &Ground<'t>,
    daemons: &[Daemon],
    own: Option<usize>,
) -> Option<AllowDefault<'t>> {
    let mut all = rules(ground.allow).filter(|rule| {
        let relation = relation(rule.daemons(), daemons);
        own != Some(rule.line().index())
            && has_all(rule.clients())
            && matches!(relation, DaemonRelation::Same | DaemonRelation::More)
    });
    let rule = all.next()?;
    Some(if rule.has_options() && deciding_command(rule).is_some() {
        AllowDefault::Asks(rule)
    } else if ending(TableName::Allow, rule) == Access::Granted {
        AllowDefault::Grants(rule)
    } else {
        AllowDefault::Refuses(rule)
    })
}

/// Whether `ALL` is in a list before any exception.
pub(crate) fn begins_with_all(list: List<'_, '_>) -> bool {
    let mut named = list.elements().map_while(|element| match element {
        Element::Pattern { text, .. } => Some(text),
        Element::Except { .. } => None,
    });
    named.any(|text| text.eq_ignore_ascii_case(b"ALL") || text.as_ref() == b"*")
}

/// How the daemons of a list are related to those that are asked for.
pub(crate) fn relation(list: List<'_, '_>, asked: &[Daemon]) -> DaemonRelation {
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut is_plain = true;
    for element in list.elements() {
        match element {
            Element::Except { .. } => is_plain = false,
            Element::Pattern { text, .. } => match DaemonPattern::read(&text).process {
                Process::Name(TextPattern::Exact(name)) => names.push(name.to_ascii_lowercase()),
                Process::Name(_) | Process::Port(_) | Process::Overflow => is_plain = false,
            },
        }
    }
    let is_asked = |name: &Vec<u8>| {
        asked.iter().any(|daemon| match daemon {
            Daemon::All => false,
            Daemon::Named(asked) => name.eq_ignore_ascii_case(asked.as_bytes()),
        })
    };
    let has = |daemon: &Daemon| match daemon {
        Daemon::All => false,
        Daemon::Named(asked) => names.contains(&asked.to_ascii_lowercase().into_bytes()),
    };
    match (has_all(list), asked.contains(&Daemon::All)) {
        (true, true) => DaemonRelation::Same,
        (true, false) => DaemonRelation::More,
        (false, true) => DaemonRelation::Some,
        // A pattern, or an exception: it may be for any of them.
        (false, false) if !is_plain => DaemonRelation::Some,
        (false, false) if asked.iter().all(has) => {
            if names.iter().all(is_asked) {
                DaemonRelation::Same
            } else {
                DaemonRelation::More
            }
        }
        (false, false) if names.iter().any(is_asked) => DaemonRelation::Some,
        (false, false) => DaemonRelation::None,
    }
}
