//! `allow --country` and `deny --country`: a rule of the allow table that asks a gate, where it
//! decides.
//!
//! A command that fails leaves the rest of the allow table unread (F-ACL-02), so the gate comes after
//! the rules about single clients. It is then the deny table that refuses, by rules that count
//! although a command has failed: those that say so with `deny`, or that have no option (F-ACL-06).

use crate::edit::{ApplyError, Edit, apply};
use crate::editor::change::gate_rules::{
    AllowDefault, DaemonRelation, GateRule, allow_default, gate_rules, is_neutral, relation,
};
use crate::editor::change::line::put;
use crate::editor::change::worked_out::{Change, GateConflict, Note, Refusal};
use crate::editor::client::daemon::Daemon;
use crate::editor::client::gate_command::gate_command;
use crate::editor::client::label::{in_endings, in_style, labelled, relabel};
use crate::editor::trial::asked::Wish;
use crate::editor::trial::sample::strangers;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::editor::trial::tried_daemons::Daemons;
use crate::engine::{Access, AssumedCommands, Request, Table, TableName, Tables, decide};
use crate::metadata::{Label, bond, identity};
use crate::policy::{Rule, RuleOption, rules};
use crate::span::Span;
use crate::syntax::{LINE_LIMIT, parse};
use std::path::Path;
use tcpw_gate::{Call, Exception, Policy};

/// What a gate shall admit, or leave out.
#[derive(Debug, Clone)]
pub struct AskedGate<'a> {
    /// Whether the conditions are of those who shall be admitted, or of those who shall not.
    pub wish: Wish,
    /// The conditions.
    pub terms: &'a Call,
    /// What happens to addresses that no database knows, if that is said.
    pub unknown: Option<Policy>,
    /// What happens if something is broken, if that is said.
    pub broken: Option<Policy>,
    /// For which daemons.
    pub daemons: &'a [Daemon],
    /// What the comment above a new rule says.
    pub label: Option<&'a Label>,
    /// The program.
    pub program: &'a Path,
}

/// The edits that put a gate where it decides.
///
/// # Errors
/// When a rule contradicts, the gate would not be reached or would overrule a refusal, or a table
/// cannot be added to.
pub fn gate(ground: &Ground<'_>, asked: &AskedGate<'_>) -> Result<Change, Refusal> {
    if !ground.world.dialect().aclexec || !ground.world.dialect().options {
        let title = ground.world.dialect().title.to_owned();
        return Err(Refusal::NoGate(title));
    }
    let mut change = Change::default();
    let own = own_gate(ground, asked.daemons)?;
    let default = allow_default(
        ground,
        asked.daemons,
        own.as_ref().map(|own| own.rule.line().index()),
    );
    // One behind its own gate is not reached by those whom the gate decides about.
    let default = default.filter(|default| {
        own.as_ref()
            .is_none_or(|own| line_of(default).number() < own.rule.number())
    });
    let line = match default {
        Some(AllowDefault::Asks(rule)) => return Err(conflict(ground, rule, GateConflict::Before)),
        Some(AllowDefault::Grants(rule)) => {
            let place = ground.place(TableName::Allow, rule.line().index());
            if asked.wish == Wish::Refuse {
                return Err(Refusal::Granted {
                    client: None,
                    place,
                });
            }
            change.notes.push(held(asked, place));
            return Ok(change);
        }
        Some(AllowDefault::Refuses(rule)) => Some(rule),
        None => None,
    };
    let terms = match &own {
        Some(own) => {
            let terms = joined(ground, own, asked)?;
            renew(&mut change, ground, (own, &terms), asked)?;
            terms
        }
        None => fresh(asked),
    };
    if own.is_none() && asked.wish == Wish::Refuse && fallback(ground, asked.daemons, false).1 {
        // Whoever is on no list is refused already.
        let place = fallback(ground, asked.daemons, false).0;
        change.notes.extend(place.map(|place| held(asked, place)));
        return Ok(change);
    }
    write_gate(&mut change, ground, asked, (own.as_ref(), line), &terms)?;
    close(&mut change, ground, (asked.daemons, asked.wish), line)?;
    tell(&mut change, ground, asked, &terms)?;
    Ok(change)
}

fn line_of<'t>(default: &AllowDefault<'t>) -> crate::syntax::Line<'t, 't> {
    match default {
        AllowDefault::Grants(rule) | AllowDefault::Refuses(rule) | AllowDefault::Asks(rule) => {
            rule.line()
        }
    }
}

fn held(asked: &AskedGate<'_>, place: Place) -> Note {
    Note::Held {
        client: None,
        daemon: asked.daemons.first().cloned().unwrap_or(Daemon::All),
        access: asked.wish.access(),
        place,
    }
}

fn conflict(ground: &Ground<'_>, rule: Rule<'_, '_>, why: GateConflict) -> Refusal {
    Refusal::Gate {
        place: ground.place(TableName::Allow, rule.line().index()),
        why,
    }
}

/// The gate that is there for these daemons.
fn own_gate<'t>(ground: &Ground<'t>, daemons: &[Daemon]) -> Result<Option<GateRule<'t>>, Refusal> {
    let mut own = None;
    for gate in gate_rules(ground) {
        match relation(gate.rule.daemons(), daemons) {
            DaemonRelation::None => {}
            // One for some daemons comes before one for all.
            DaemonRelation::Some if daemons.contains(&Daemon::All) => {}
            DaemonRelation::Same if own.is_none() => own = Some(gate),
            DaemonRelation::Same => {
                return Err(conflict(ground, gate.rule, GateConflict::Doubled));
            }
            DaemonRelation::More | DaemonRelation::Some => {
                return Err(conflict(ground, gate.rule, GateConflict::Shared));
            }
        }
    }
    Ok(own)
}

/// What a gate of its own says.
fn fresh(asked: &AskedGate<'_>) -> Call {
    let terms = match asked.wish {
        Wish::Grant => asked.terms.clone(),
        Wish::Refuse => asked.terms.inverted(),
    };
    with_policies(terms, asked)
}

fn with_policies(terms: Call, asked: &AskedGate<'_>) -> Call {
    terms.with_policies(asked.terms, (asked.unknown, asked.broken))
}

/// What the gate that is there says together with what is asked for.
fn joined(ground: &Ground<'_>, own: &GateRule<'_>, asked: &AskedGate<'_>) -> Result<Call, Refusal> {
    let mut terms = match &own.call {
        Ok(terms) => terms.clone(),
        Err(error) => {
            let why = GateConflict::Wrong(error.to_string());
            return Err(conflict(ground, own.rule, why));
        }
    };
    let wanted = asked.terms.conditions();
    let opposed = match asked.wish {
        Wish::Grant => terms.except().to_vec(),
        Wish::Refuse => terms.conditions(),
    };
    if wanted.iter().any(|one| opposed.contains(one)) {
        return Err(conflict(ground, own.rule, GateConflict::Opposite));
    }
    match asked.wish {
        Wish::Grant => {
            if !terms.is_open() {
                terms.admit(asked.terms);
            }
            terms.leave_out(asked.terms.except());
        }
        Wish::Refuse => terms.leave_out(&new_exceptions(&terms, wanted)),
    }
    Ok(with_policies(terms, asked))
}

/// Gives a gate with an end the new one, if nothing else of it changes: it ends as a whole.
fn renew(
    change: &mut Change,
    ground: &Ground<'_>,
    (own, terms): (&GateRule<'_>, &Call),
    asked: &AskedGate<'_>,
) -> Result<(), Refusal> {
    let bond = bond(own.rule).filter(|bond| bond.is_named);
    let until = bond.as_ref().and_then(|bond| bond.label.until.clone());
    let wanted = asked.label.and_then(|label| label.until.clone());
    match (bond, until, wanted) {
        (_, None, None) => Ok(()),
        (Some(bond), Some(_), Some(until)) if own.call.as_ref().is_ok_and(|is| is == terms) => {
            let label = Label {
                until: Some(until),
                ..bond.label
            };
            let line = label.line(&identity(own.rule)).into_bytes();
            let edit = Edit::replace(bond.line.span(), in_endings(ground.allow, line));
            change.edits.push(TableName::Allow, edit);
            Ok(())
        }
        (_, Some(until), _) => Err(conflict(ground, own.rule, GateConflict::Ends(until))),
        (_, None, Some(_)) => Err(conflict(ground, own.rule, GateConflict::Endless)),
    }
}

/// Those exceptions that change something: of a gate that admits countries only, no other country.
fn new_exceptions(terms: &Call, wanted: Vec<Exception>) -> Vec<Exception> {
    let is_by_country = !terms.is_open() && terms.asns().is_empty() && terms.sets().is_empty();
    let is_new = |one: &Exception| !(is_by_country && matches!(one, Exception::Country(_)));
    wanted.into_iter().filter(is_new).collect()
}

/// Writes the rule, or what becomes of the one that is there.
fn write_gate(
    change: &mut Change,
    ground: &Ground<'_>,
    asked: &AskedGate<'_>,
    (own, default): (Option<&GateRule<'_>>, Option<Rule<'_, '_>>),
    terms: &Call,
) -> Result<(), Refusal> {
    let command = gate_command(terms, asked.program).map_err(Refusal::Unfit)?;
    if let Some(own) = own {
        let is_same = own.call.as_ref().is_ok_and(|call| call == terms);
        if !is_same {
            rewrite(change, own, &command)?;
        }
        return Ok(());
    }
    let text = labelled(asked.label, gate_rule(ground, asked.daemons, &command)?);
    let line = default.map(|rule| rule.line().index());
    put(change, ground, TableName::Allow, line, text)
}

/// The rule of the allow table by which a command is asked about every client of these daemons.
pub(crate) fn gate_rule(
    ground: &Ground<'_>,
    daemons: &[Daemon],
    command: &str,
) -> Result<Vec<u8>, Refusal> {
    let daemons: Vec<String> = daemons.iter().map(ToString::to_string).collect();
    let rule = format!("{}: ALL: aclexec {command}", daemons.join(" "));
    if rule.len() > LINE_LIMIT {
        return Err(Refusal::LineTooLong);
    }
    Ok(in_style(ground.allow, format!("{rule}\n").as_bytes()))
}

/// Puts another command into a rule, and its new identity into its comment.
pub(crate) fn rewrite(
    change: &mut Change,
    own: &GateRule<'_>,
    command: &str,
) -> Result<(), Refusal> {
    let edit = Edit::replace(own.option.value_span, command);
    amend(change, (TableName::Allow, own.rule), edit)
}

/// Changes a rule by one edit, and its comment with it.
fn amend(
    change: &mut Change,
    (table, rule): (TableName, Rule<'_, '_>),
    edit: Edit,
) -> Result<(), Refusal> {
    let line = rule.line().span();
    let inside = Edit {
        span: Span::new(edit.span.start - line.start, edit.span.end - line.start),
        ..edit.clone()
    };
    let text = line.of(rule.line().tree().source());
    let new = apply(text, &[inside]).map_err(|error| internal(&error))?;
    if new.len() > LINE_LIMIT {
        return Err(Refusal::LineTooLong);
    }
    let tree = parse(&new);
    let renamed = bond(rule).filter(|bond| bond.is_named);
    if let (Some(bond), Some(new)) = (renamed, tree.line(0).and_then(Rule::of))
        && let Some(comment) = relabel(&bond, new)
    {
        change.edits.push(table, comment);
    }
    change.edits.push(table, edit);
    Ok(())
}

pub(crate) fn internal(error: &ApplyError) -> Refusal {
    Refusal::Internal(error.to_string())
}

/// Makes the deny table refuse those whom the gate does not admit.
pub(crate) fn close(
    change: &mut Change,
    ground: &Ground<'_>,
    (daemons, wish): (&[Daemon], Wish),
    default: Option<Rule<'_, '_>>,
) -> Result<(), Refusal> {
    for rule in rules(ground.deny).filter(|rule| is_neutral(*rule)) {
        if relation(rule.daemons(), daemons) == DaemonRelation::None {
            continue;
        }
        if let Some(end) = rule.options().last().map(end_of) {
            let edit = Edit::insert(end, " : deny");
            amend(change, (TableName::Deny, rule), edit)?;
        }
    }
    let deny = apply(ground.deny.source(), &change.edits.deny).map_err(|error| internal(&error))?;
    let deny = parse(&deny);
    let after = Ground::new(ground.allow, &deny, ground.world);
    if fallback(&after, daemons, true).1 {
        return Ok(());
    }
    let options = match (default, wish) {
        // What refuses everybody in the allow table is not read when the gate fails.
        (Some(rule), _) => {
            let options = rule.options();
            let first = options.first().map(|first| first.name_span.start);
            let last = options.last().map(end_of);
            let source = rule.line().tree().source();
            first
                .zip(last)
                .map(|(first, last)| Span::new(first, last).of(source).to_vec())
        }
        (None, Wish::Refuse) => Some(b"deny".to_vec()),
        (None, Wish::Grant) => None,
    };
    let Some(options) = options else {
        return Ok(());
    };
    let names: Vec<String> = daemons.iter().map(ToString::to_string).collect();
    let lists = format!("{}: ALL: ", names.join(" "));
    let rule = [lists.as_bytes(), &options, b"\n"].concat();
    let text = in_style(ground.deny, &rule);
    put(change, ground, TableName::Deny, None, text)
}

fn end_of(option: &RuleOption<'_>) -> u32 {
    option.name_span.end.max(option.value_span.end)
}

/// What the deny table does to clients on no list, after a command has failed or none has: the rule
/// that refuses one of them, and whether all are refused.
fn fallback(ground: &Ground<'_>, daemons: &[Daemon], has_failed: bool) -> (Option<Place>, bool) {
    let failing = parse(if has_failed {
        b"ALL: ALL: aclexec /bin/false\n"
    } else {
        b""
    });
    let tables = Tables {
        allow: Table::Read(&failing),
        deny: Table::Read(ground.deny),
    };
    let mut place = None;
    let mut are_all = true;
    for request in unlisted(daemons) {
        let verdict = decide(
            &tables,
            &request,
            &AssumedCommands::new(ground.world, Some(false)),
        );
        are_all &= verdict.access == Access::Denied;
        if let Some(rule) = ground.decider(&verdict)
            && verdict.access == Access::Denied
            && place.is_none()
        {
            place = Some(ground.place_of(&rule));
        }
    }
    (place, are_all)
}

/// Requests of clients on no list for each of these daemons.
pub(crate) fn unlisted(daemons: &[Daemon]) -> Vec<Request> {
    let hosts = strangers();
    let of = |daemon: &Daemon| match daemon {
        Daemon::All => Daemons::some(),
        Daemon::Named(_) => Daemons::of(daemon, &Daemons::some()),
    };
    let daemons: Vec<Daemons> = daemons.iter().map(of).collect();
    let requests = daemons
        .iter()
        .flat_map(|of| hosts.iter().flat_map(|host| of.requests(host)));
    requests.collect()
}

/// Says in two lines what the gate does.
fn tell(
    change: &mut Change,
    ground: &Ground<'_>,
    asked: &AskedGate<'_>,
    terms: &Call,
) -> Result<(), Refusal> {
    let daemons: Vec<String> = asked.daemons.iter().map(ToString::to_string).collect();
    if change.edits.is_empty() {
        if let Some(own) = own_gate(ground, asked.daemons)? {
            let place = ground.place(TableName::Allow, own.rule.line().index());
            change.notes.push(held(asked, place));
        }
        return Ok(());
    }
    let deny = apply(ground.deny.source(), &change.edits.deny).map_err(|error| internal(&error))?;
    let deny = parse(&deny);
    let after = Ground::new(ground.allow, &deny, ground.world);
    let (refusal, _) = fallback(&after, asked.daemons, true);
    change.notes.push(Note::GateAdmits {
        daemons: daemons.join(", "),
        whom: terms.admitted_words(),
    });
    change.notes.push(Note::GateRefuses(refusal));
    Ok(())
}
