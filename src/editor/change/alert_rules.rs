//! `install-alert`: the rules that raise an alert for whoever is turned away.

use crate::edit::{Edit, apply};
use crate::editor::change::deny_all::{SPELLING, check_reached, defaults, find, lists};
use crate::editor::change::line::{put, with_deny_ended};
use crate::editor::change::own_alert::{ARGUMENTS, FAST_NAME, own_alert, program};
use crate::editor::change::unalerted::{refusing_strangers, takes_alert};
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::label::{in_endings, in_style};
use crate::editor::client::word_error::{WordError, refuse};
use crate::editor::trial::effect::Effect;
use crate::editor::trial::rule_parts::patterns;
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::Ground;
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine;
use crate::engine::{Access, Cause, Request, TableName};
use crate::policy::{Element, List, OptionKind, Rule, RuleOption, rules};
use crate::span::Span;
use crate::syntax::{LINE_LIMIT, Tree, parse};
use std::ffi::OsStr;
use std::path::Path;

/// Who raises an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Triggers {
    /// Whoever is on no list and has no name.
    pub unknown: bool,
    /// Whoever is on no list.
    pub unlisted: bool,
}

/// The command line for `spawn`: `binary notify`, or `binary` alone if that is the program for
/// alerts, with `--config` and `--drop` where they are given.
///
/// # Errors
/// When a path is not absolute, or has a character that libwrap or the shell would take for
/// something else.
pub fn alert_command(
    binary: &Path,
    config: Option<&Path>,
    drop: Option<&Path>,
) -> Result<String, WordError> {
    let mut command = plain(binary)?.to_owned();
    if binary.file_name() != Some(OsStr::new(FAST_NAME)) {
        command.push_str(" notify");
    }
    for (option, path) in [("--config", config), ("--drop", drop)] {
        if let Some(path) = path {
            command = format!("{command} {option} {}", plain(path)?);
        }
    }
    Ok(format!("{command} {ARGUMENTS}"))
}

/// An absolute path of characters that mean nothing to libwrap's options and to the shell.
fn plain(path: &Path) -> Result<&str, WordError> {
    let text = path.to_string_lossy();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-@,".contains(&byte);
    let hint = "install it, or link to it, at a path of letters, digits and /._+-@, only; \
                /usr/local/bin/tcpw is one";
    match path.to_str() {
        Some(plain) if plain.starts_with('/') && plain.bytes().all(is_plain) => Ok(plain),
        Some(plain) if !plain.starts_with('/') => refuse(plain, "the path is not absolute", hint),
        _ => refuse(
            &text,
            "libwrap and the shell would take the path apart",
            hint,
        ),
    }
}

/// The edits that install alert rules which run `command`.
///
/// # Errors
/// When the allow table grants everybody the alert is for, or a table cannot be added to.
pub fn install_alert(
    ground: &Ground<'_>,
    triggers: Triggers,
    command: &str,
) -> Result<Change, Refusal> {
    if !triggers.unlisted {
        let mut change = Change::default();
        unknown(&mut change, ground, command)?;
        renew_gone(&mut change, ground, command)?;
        return Ok(change);
    }
    with_deny_ended(ground, |ground| {
        let alone = |is_unknown: bool| {
            let mut change = Change::default();
            if is_unknown {
                unknown(&mut change, ground, command)?;
            }
            unlisted(&mut change, ground, command)?;
            renew_gone(&mut change, ground, command)?;
            Ok::<_, Refusal>(change)
        };
        let all = alone(triggers.unknown)?;
        if !triggers.unknown {
            return Ok(all);
        }
        let less = alone(false)?;
        if are_alike(ground, &less, &all)? {
            return Ok(all);
        }
        // A rule for the nameless would refuse some who get in, and what it is for is done already.
        let mut less = less;
        less.notes.push(Note::LeftOut);
        Ok(less)
    })
}

/// Whether the tables do the same to everybody after both changes.
fn are_alike(ground: &Ground<'_>, one: &Change, other: &Change) -> Result<bool, Refusal> {
    let planned = |change: &Change| -> Result<[Vec<u8>; 2], Refusal> {
        let internal = |error: crate::edit::ApplyError| Refusal::Internal(error.to_string());
        let allow = apply(ground.allow.source(), &change.edits.allow).map_err(internal)?;
        let deny = apply(ground.deny.source(), &change.edits.deny).map_err(internal)?;
        Ok([allow, deny])
    };
    let (one, other) = (planned(one)?, planned(other)?);
    let trees = [&one[0], &one[1], &other[0], &other[1]].map(|text| parse(text));
    let [a, b, c, d] = &trees;
    let (one, other) = (
        Ground::new(a, b, ground.world),
        Ground::new(c, d, ground.world),
    );
    Ok(Effect::between(&one, &other, &[]).parts.is_empty())
}

/// Brings every other alert up to date whose program is gone.
fn renew_gone(change: &mut Change, ground: &Ground<'_>, command: &str) -> Result<(), Refusal> {
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let Some(alert) = own_alert(rule) else {
                continue;
            };
            let span = rule.line().span();
            let is_done = |edit: &Edit| edit.span.start < span.end && edit.span.end > span.start;
            let has_program = program(&alert).is_none_or(|path| path.exists());
            if !has_program && !change.edits.of(table).iter().any(is_done) {
                renew(change, ground, table, rule, &alert, command)?;
            }
        }
    }
    Ok(())
}

/// The classic rule: in the allow table, after every rule that grants.
fn unknown(change: &mut Change, ground: &Ground<'_>, command: &str) -> Result<(), Refusal> {
    if let Some((rule, alert)) = rules(ground.allow)
        .filter(|rule| is_for_unknown(*rule))
        .find_map(|rule| Some((rule, own_alert(rule)?)))
    {
        return renew(change, ground, TableName::Allow, rule, &alert, command);
    }
    let mut line: Option<usize> = None;
    for request in nameless() {
        let verdict = ground.decide(&request);
        match ground.decider(&verdict) {
            Some(rule) if rule.table == TableName::Deny => {}
            Some(rule) if verdict.access == Access::Granted => {
                return Err(Refusal::Granted {
                    client: None,
                    place: ground.place_of(&rule),
                });
            }
            Some(rule) => line = Some(line.map_or(rule.line, |is| is.min(rule.line))),
            None => {}
        }
    }
    let text = format!("ALL: UNKNOWN: spawn {command} : deny");
    let text = in_style(ground.allow, &ended(ground.allow, text)?);
    put(change, ground, TableName::Allow, line, text)
}

/// Whether a rule is about all clients without a name and nobody else.
pub(crate) fn is_for_unknown(rule: Rule<'_, '_>) -> bool {
    is_only(rule.daemons(), b"ALL") && is_only(rule.clients(), b"UNKNOWN")
}

/// The last rule of the policy, `ALL: ALL`, with the alert in it. That is the first one that
/// refuses everybody: in the deny table, unless the allow table has one.
fn unlisted(change: &mut Change, ground: &Ground<'_>, command: &str) -> Result<(), Refusal> {
    check_reached(ground)?;
    let found = [TableName::Allow, TableName::Deny]
        .into_iter()
        .find_map(|table| Some((table, find(ground, table)?)));
    let last = found.map(|(table, rule)| (table, rule.line().index()));
    let is_unknown_caught = !change.edits.allow.is_empty();
    let is_wanted =
        |request: &Request| !is_unknown_caught || request.client().name().as_bytes() != b"unknown";
    let before = refusing_strangers(ground, &is_wanted);
    let mut is_broad = false;
    for (table, rule) in before {
        if last == Some((table, rule.line().index())) {
            continue;
        }
        is_broad |= raise_before(change, ground, table, rule, command);
    }
    match found {
        Some((table, rule)) => raise(change, ground, table, rule, command),
        // Those who are on no list are refused by these rules, or not at all.
        None if is_broad => {
            change.notes.push(Note::Partly);
            Ok(())
        }
        None => {
            let text = format!("{SPELLING}: spawn {command} : deny");
            let text = in_style(ground.deny, &ended(ground.deny, text)?);
            put(change, ground, TableName::Deny, None, text)
        }
    }
}

/// Puts the alert into a rule that refuses clients on no list before the last rule, if it refuses
/// everybody but some and takes one; else notes it. Says whether it refuses everybody but some.
fn raise_before(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    rule: Rule<'_, '_>,
    command: &str,
) -> bool {
    let is_broad = takes_alert(ground, rule);
    let has_alert = own_alert(rule).is_some();
    let is_raised = is_broad && raise(change, ground, table, rule, command).is_ok();
    if !has_alert && !is_raised {
        let place = ground.place(table, rule.line().index());
        change.notes.push(Note::Silent(place));
    }
    is_broad && (has_alert || is_raised)
}

/// Requests of clients on no list for every daemon that the tables tell apart.
fn unlisted_hosts(ground: &Ground<'_>) -> impl Iterator<Item = Request> {
    let daemons = ground.daemons();
    let hosts = strangers();
    hosts
        .into_iter()
        .flat_map(move |host| daemons.requests(&host))
}

/// Puts the alert into a rule that refuses.
fn raise(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    rule: Rule<'_, '_>,
    command: &str,
) -> Result<(), Refusal> {
    if let Some(alert) = own_alert(rule) {
        return renew(change, ground, table, rule, &alert, command);
    }
    let options = kept_options(rule)
        .ok_or_else(|| Refusal::Unusable(ground.place(table, rule.line().index())))?;
    let source = rule.line().tree().source();
    let is_default =
        defaults(ground, table).any(|default| default.line().index() == rule.line().index());
    let mut text = if is_default {
        SPELLING.as_bytes().to_vec()
    } else {
        lists(rule).of(source).to_vec()
    };
    text.extend_from_slice(options.of(source).trim_ascii_end());
    text.extend_from_slice(format!(": spawn {command} : deny").as_bytes());
    let text = ended(ground.tree(table), text)?;
    let text = restyled(rule, text);
    change
        .edits
        .push(table, Edit::replace(rule.line().span(), text));
    Ok(())
}

/// The options of a default that stay before the alert: from the end of the clients to a
/// final `deny`. None if nothing can be put after them.
fn kept_options(rule: Rule<'_, '_>) -> Option<Span> {
    let options = rule.options();
    let start = lists(rule).end;
    let mut end = start;
    for option in &options {
        let spec = option.check_form().ok()?;
        if spec.kind == OptionKind::Deny {
            break;
        }
        if matches!(spec.kind, OptionKind::Twist | OptionKind::Allow) {
            return None;
        }
        end = option.name_span.end.max(option.value_span.end);
    }
    Some(Span::new(start, end))
}

/// Brings the command of an installed alert up to date.
fn renew(
    change: &mut Change,
    ground: &Ground<'_>,
    table: TableName,
    rule: Rule<'_, '_>,
    alert: &RuleOption<'_>,
    command: &str,
) -> Result<(), Refusal> {
    if alert.value.as_deref() == Some(command.as_bytes()) {
        change.notes.push(Note::Held {
            client: None,
            daemon: Daemon::All,
            access: Access::Denied,
            place: ground.place(table, rule.line().index()),
        });
        return Ok(());
    }
    let old = usize::try_from(alert.value_span.len()).unwrap_or(usize::MAX);
    if (rule.text().len() + command.len()).saturating_sub(old) > LINE_LIMIT {
        return Err(Refusal::LineTooLong);
    }
    let (line, value) = (rule.line().span(), alert.value_span);
    let source = rule.line().tree().source();
    let parts = [
        Span::new(line.start, value.start).of(source),
        command.as_bytes(),
        Span::new(value.end, line.end).of(source),
    ];
    let new = restyled(rule, parts.concat());
    change.edits.push(table, Edit::replace(line, new));
    Ok(())
}

fn is_only(list: List<'_, '_>, word: &[u8]) -> bool {
    let mut elements = patterns(list.elements());
    let only = elements
        .next()
        .is_some_and(|(text, _)| text.eq_ignore_ascii_case(word));
    let has_except = list
        .elements()
        .any(|element| matches!(element, Element::Except { .. }));
    only && elements.next().is_none() && !has_except
}

/// A rule with its newline, as the lines of its table end.
fn ended(tree: &Tree<'_>, line: impl Into<Vec<u8>>) -> Result<Vec<u8>, Refusal> {
    let mut line = line.into();
    if line.len() > LINE_LIMIT {
        return Err(Refusal::LineTooLong);
    }
    line.push(b'\n');
    Ok(in_endings(tree, line))
}

/// What becomes of a rule, in the style of tables if the rule has it.
pub(crate) fn restyled(rule: Rule<'_, '_>, new: Vec<u8>) -> Vec<u8> {
    let tree = rule.line().tree();
    let old = rule.line().span().of(tree.source());
    if in_style(tree, old) == old {
        in_style(tree, &new)
    } else {
        new
    }
}

fn nameless() -> Vec<Request> {
    unlisted_requests(|request| !request.client().name().is_known())
        .into_iter()
        .filter(|request| request.client().name().as_bytes() == b"unknown")
        .collect()
}

fn unlisted_requests(is_wanted: impl Fn(&Request) -> bool) -> Vec<Request> {
    strangers()
        .into_iter()
        .flat_map(|host| Daemons::some().requests(&host))
        .filter(is_wanted)
        .collect()
}

/// After planning: the alert is raised for strangers, unless a rule before it decides first.
///
/// # Errors
/// When it is raised for none of them.
pub fn verify_alert(after: &Ground<'_>, triggers: Triggers, command: &str) -> Result<(), Refusal> {
    let mut requests = Vec::new();
    if triggers.unknown {
        requests.extend(nameless());
    }
    if triggers.unlisted {
        requests.extend(unlisted_hosts(after));
    }
    let program = command.split(" --addr").next().unwrap_or_default();
    let is_alert = |effect: &engine::Effect| matches!(effect, engine::Effect::Spawn(line) if line.starts_with(program.as_bytes()));
    let mut silent = None;
    for request in requests {
        let verdict = after.decide(&request);
        if let Cause::Undecided(undecided) = verdict.cause {
            return Err(Refusal::Undecided(undecided.what));
        }
        match after.decider(&verdict) {
            Some(_) if verdict.effects.iter().any(is_alert) => return Ok(()),
            Some(rule) => silent = Some(after.place_of(&rule)),
            None => {}
        }
    }
    Err(match silent {
        Some(place) => Refusal::Silenced(place),
        None => Refusal::Internal("the alert would not be raised".to_owned()),
    })
}
