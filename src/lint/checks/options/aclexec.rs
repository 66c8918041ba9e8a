//! `aclexec` as a decision: what overrules it, commands that cannot fail, and what becomes of those
//! whose command fails (F-ACL-01 to F-ACL-06).

use crate::engine::{Access, Cause, TableName, Verdict, always_succeeds};
use crate::lint::checks::commands::programs::{problem, program};
use crate::lint::finding::About;
use crate::lint::machine_files::Site;
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::lint::trial::{Client, Question, Trial, lists, meant_by};
use crate::lint::view::{RuleView, is_filter};
use crate::lint::words::quote;
use crate::policy::{OptionKind, Rule, RuleOption, rules};
use crate::syntax::{Line, Tree};

rows! {
    /// A failed aclexec in the allow table opens the deny table.
    ///
    /// libwrap remembers the failure: from then on a rule with options, but without allow, deny or
    /// a command of its own for aclexec, counts as no match. A default such as `ALL: ALL: spawn
    /// ...` in the deny table then lets everybody in.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-06 F-ACL-07
    MEMORY = Row::new("TW512", "aclexec-opens-deny-table", Error, LetsIn, Run::Elsewhere)
        .only_where(|dialect| dialect.aclexec).shown(claims::refuses_nobody);

    /// An `allow`, `deny` or `twist` stands after an aclexec.
    ///
    /// That option decides, whatever the command says: with `allow` everybody the rule matches gets
    /// in, with `deny` everybody is refused.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-03
    CHECK = Row::new("TW520", "aclexec-overruled", Error, Either, Run::Site(check))
        .shown(claims::of_line);

    /// The command of an aclexec always succeeds.
    ///
    /// libwrap asks for the exit status of the shell, and a shell that ends in `&`, `|| true` or `;
    /// true` exits with 0 whatever the filter says. So the rule counts for everybody it matches.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-04
    ALWAYS = Row::new("TW521", "aclexec-always-succeeds", Error, Either, Run::Elsewhere)
        .shown(claims::of_line);

    /// A rule of the deny table with an aclexec comes before a rule that refuses the same clients.
    ///
    /// Where the command fails, is missing or is killed, libwrap leaves the deny table and lets the
    /// client in, although a later rule such as `ALL: ALL` would refuse it.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-04 F-ACL-05
    IN_DENY = Row::new("TW523", "aclexec-in-deny-table", Error, LetsIn, Run::Elsewhere)
        .shown(claims::refuses_nobody);

    /// No rule of the deny table refuses those for whom an aclexec of the allow table fails.
    ///
    /// A failed command only means that the allow table does not match. Whom the deny table does
    /// not refuse gets in.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-01
    REFUSES_NOBODY = Row::new("TW525", "aclexec-refuses-nobody", Error, LetsIn, Run::Elsewhere)
        .shown(claims::refuses_nobody);

    /// A rule has several aclexec.
    ///
    /// All commands run, and only the last one decides: what the others say is ignored.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-03
    SUPERSEDED = Row::new("TW526", "aclexec-superseded", Error, Broad, Run::Elsewhere)
        .shown(claims::nothing);

    /// A rule of the allow table comes after an aclexec about some of its clients.
    ///
    /// Where the command fails, libwrap leaves the table and goes on with the deny table, so these
    /// clients do not come to the later rule.
    ///
    /// Repair: by hand
    /// Facts: F-ACL-02
    BEFORE = Row::new("TW527", "aclexec-before-rule", Warning, LocksOut, Run::Elsewhere)
        .shown(|_| {
            let refused = claim(Some(false), Decider::Other, Reach::Both).if_failed();
            vec![(refused, &[Group::Line])]
        });
}

/// Rules whose clients are tried, and questions about each: the rest says nothing new.
const RULE_LIMIT: usize = 64;
const QUESTION_LIMIT: usize = 32;

fn check(policy: &Policy<'_>, site: &Site<'_>, sink: &mut Sink) {
    let dialect = site.world.dialect();
    if !dialect.aclexec || !dialect.options {
        return;
    }
    let mut open = Vec::new();
    for (table, tree) in policy.tables() {
        sink.turn_to(table);
        for rule in rules(tree).filter(|rule| rule.has_options()) {
            let view = RuleView::new_in(table, rule, dialect);
            if view.has(OptionKind::Aclexec) && !view.has_broken_option() {
                certain(&view, site, sink);
                if is_decided_by_command(&view) && open.len() < RULE_LIMIT {
                    open.push((table, rule));
                }
            }
        }
    }
    if open.is_empty() {
        return;
    }
    let trial = Trial::new(policy, site.world);
    if trial.is_too_long {
        return;
    }
    for &(table, rule) in &open {
        match table {
            TableName::Allow => {
                refuses_nobody(rule, &trial, sink);
                if let Some(allow) = policy.allow {
                    hides(rule, allow, &trial, sink);
                }
            }
            TableName::Deny => in_deny(rule, &trial, sink),
        }
    }
    if let Some(deny) = policy.deny {
        memory(&open, deny, &trial, sink);
    }
}

fn is_aclexec(option: &RuleOption<'_>) -> bool {
    option
        .spec()
        .is_some_and(|spec| spec.kind == OptionKind::Aclexec)
}

/// Whether the end of a command chooses what the rule does: no option after it decides, and the
/// command can fail.
pub(in crate::lint::checks) fn is_decided_by_command(rule: &RuleView<'_, '_>) -> bool {
    let last = rule.options.iter().rfind(|option| is_aclexec(option));
    let command = last.and_then(|option| option.value.as_deref());
    command.is_some_and(|command| !always_succeeds(command.trim_ascii()))
        && overruling(rule).is_none()
}

/// The option that decides in place of the command: `allow`, `deny` or `twist` at the end.
fn overruling<'v, 's>(rule: &'v RuleView<'_, 's>) -> Option<&'v RuleOption<'s>> {
    let last = rule.options.last()?;
    let kind = last.spec()?.kind;
    let kinds = [OptionKind::Allow, OptionKind::Deny, OptionKind::Twist];
    kinds.contains(&kind).then_some(last)
}

/// What needs no client to be seen.
fn certain(rule: &RuleView<'_, '_>, site: &Site<'_>, sink: &mut Sink) {
    let asked: Vec<_> = rule
        .options
        .iter()
        .filter(|option| is_aclexec(option))
        .collect();
    let Some((last, others)) = asked.split_last() else {
        return;
    };
    let everybody = if rule.grants() {
        "everybody the rule matches gets in"
    } else {
        "everybody the rule matches is refused"
    };
    if let Some(option) = overruling(rule) {
        overruled(rule, last, option, everybody, sink);
        return;
    }
    for option in others {
        sink.report_as(
            &SUPERSEDED.check,
            option.name_span.cover(option.value_span),
            || {
                (
                    "only the last aclexec of a rule decides: this one is run, and what it says is \
                     ignored"
                        .to_owned(),
                    "write one aclexec with both commands: `aclexec FIRST && SECOND`".to_owned(),
                )
            },
        );
    }
    let command = last.value.as_deref().unwrap_or_default().trim_ascii();
    // One that is not there fails for everybody, and is reported as such.
    let is_missing = || {
        let path = Some(program(command)).filter(|path| path.starts_with(b"/"));
        let look = path.and_then(|path| site.files.look(path));
        is_filter(rule.rule, last.value_span) && look.as_ref().and_then(problem).is_some()
    };
    if !always_succeeds(command) || is_missing() {
        return;
    }
    sink.report_as(&ALWAYS.check, last.name_span.cover(last.value_span), || {
        let help = if command.ends_with(b"&") {
            "remove the `&`, so that libwrap waits for the command and takes its exit status"
        } else {
            "let the command end with the exit status of the filter"
        };
        (
            format!("this command always succeeds and filters nothing: {everybody}"),
            help.to_owned(),
        )
    });
}

/// The command decides nothing, because `option` does.
fn overruled(
    rule: &RuleView<'_, '_>,
    command: &RuleOption<'_>,
    option: &RuleOption<'_>,
    everybody: &str,
    sink: &mut Sink,
) {
    sink.report(command.name_span.cover(command.value_span), || {
        let name = quote(&option.name.to_ascii_lowercase());
        let help = match (rule.grants(), rule.table) {
            (true, TableName::Allow) => format!(
                "remove {name}: the rule lets in those for whom the command succeeds, by itself"
            ),
            (true, TableName::Deny) => {
                format!("move the rule to the allow table and remove {name}")
            }
            (false, _) => {
                format!("remove {name}, or write `spawn` if the command is not to decide anything")
            }
        };
        let what = format!("the option {name} decides whatever this command says: {everybody}");
        (what, help)
    });
}

/// Clients of a rule: those that its words name, and some that no table names.
fn questions(rule: Rule<'_, '_>, more: impl IntoIterator<Item = Client>) -> Vec<Question> {
    let mut clients = Client::strangers();
    clients.extend(meant_by(rule.line()));
    clients.extend(more);
    let mut all = Trial::questions(rule, &clients);
    all.truncate(QUESTION_LIMIT);
    let failed = all.into_iter().map(|question| question.with_command(false));
    failed.collect()
}

/// Whether a verdict comes from this line.
fn is_by(verdict: &Verdict, line: Line<'_, '_>, table: TableName) -> bool {
    matches!(&verdict.cause, Cause::Rule { matched, .. }
        if matched.table == table && matched.line == line.index())
}

/// In the allow table: those for whom the command fails, and whom no rule of the deny table
/// refuses (F-ACL-01).
fn refuses_nobody(rule: Rule<'_, '_>, trial: &Trial<'_, '_>, sink: &mut Sink) {
    if !trial.has_deny() {
        return;
    }
    let line = rule.line();
    let found = questions(rule, []).into_iter().find(|failed| {
        let passed = failed.clone().with_command(true);
        is_by(&trial.decide(&passed), line, TableName::Allow)
            && trial.decide(failed).cause == Cause::NoRule
            && trial.without_allow(&passed).access == Access::Granted
    });
    let Some(seen) = found else {
        return;
    };
    sink.turn_to(TableName::Allow);
    sink.report_as_about(
        &REFUSES_NOBODY.check,
        RuleView::new(TableName::Allow, rule).span(),
        || About::Seen(seen),
        || {
            (
                "whoever fails the command of this rule gets in all the same: no rule of the deny \
                 table refuses them"
                    .to_owned(),
                "end the deny table with `ALL: ALL`, or with a rule for these daemons".to_owned(),
            )
        },
    );
}

/// In the allow table: a later rule about some of the same clients, who do not come to it if the
/// command fails (F-ACL-02). One that is left with nobody at all is reported by another check.
fn hides(rule: Rule<'_, '_>, allow: &Tree<'_>, trial: &Trial<'_, '_>, sink: &mut Sink) {
    let later = rules(allow).skip_while(|later| later.number() <= rule.number());
    for later in later.take(RULE_LIMIT) {
        let view = RuleView::new(TableName::Allow, later);
        if !view.grants() || view.has(OptionKind::Aclexec) {
            continue;
        }
        let [own, others] = [rule, later].map(lists);
        let is_in = |[daemons, clients]: &[Vec<u8>; 2], question: &Question| {
            trial.matches(daemons, clients, question)
        };
        let mut own_questions = questions(rule, meant_by(later.line()));
        let found = own_questions.drain(..).find(|failed| {
            let passed = failed.clone().with_command(true);
            is_in(&others, failed)
                && is_by(&trial.decide(&passed), rule.line(), TableName::Allow)
                && trial.decide(failed).access == Access::Denied
        });
        let has_others = || {
            let all = questions(later, meant_by(rule.line()));
            all.iter()
                .any(|question| is_in(&others, question) && !is_in(&own, question))
        };
        let Some(seen) = found.filter(|_| has_others()) else {
            continue;
        };
        sink.turn_to(TableName::Allow);
        sink.report_as_about(
            &BEFORE.check,
            view.span(),
            || About::Seen(seen),
            || {
                let number = rule.number();
                (
                    format!(
                        "whoever meets the aclexec in line {number} and fails it does not come to this \
                         rule, but to the deny table"
                    ),
                    format!("move this rule before line {number}, if it is to let them in"),
                )
            },
        );
    }
}

/// In the deny table: those for whom the command fails, and whom a later rule would refuse
/// (F-ACL-05).
fn in_deny(rule: Rule<'_, '_>, trial: &Trial<'_, '_>, sink: &mut Sink) {
    let line = rule.line();
    let found = questions(rule, []).into_iter().find_map(|failed| {
        let passed = failed.clone().with_command(true);
        let is_first = is_by(&trial.without_allow(&passed), line, TableName::Deny)
            && trial.decide(&failed).cause == Cause::NoRule;
        let later = is_first.then(|| trial.after(TableName::Deny, line, &passed))?;
        let number = match later.cause {
            Cause::Rule { matched, .. } => matched.number,
            Cause::BrokenTable { number, .. } => number,
            Cause::NoRule | Cause::Unreadable(_) | Cause::EitherWay(_) | Cause::Undecided(_) => {
                return None;
            }
        };
        (later.access == Access::Denied).then_some((failed, number))
    });
    let Some((seen, number)) = found else {
        return;
    };
    sink.turn_to(TableName::Deny);
    sink.report_as_about(
        &IN_DENY.check,
        RuleView::new(TableName::Deny, rule).span(),
        || About::Seen(seen),
        || {
            (
                format!(
                    "where the command of this rule fails or is missing, everybody it matches gets \
                     in: the rest of the table is not read, though line {number} would refuse them"
                ),
                "put the rule into the allow table, with a command that succeeds for those who may \
                 get in"
                    .to_owned(),
            )
        },
    );
}

/// Rules of the deny table with neutral options only: after a failed `aclexec` they count as no
/// match (F-ACL-06).
fn memory(
    open: &[(TableName, Rule<'_, '_>)],
    deny: &Tree<'_>,
    trial: &Trial<'_, '_>,
    sink: &mut Sink,
) {
    let asking: Vec<_> = open
        .iter()
        .filter(|(table, _)| *table == TableName::Allow)
        .map(|(_, rule)| *rule)
        .collect();
    if asking.is_empty() {
        return;
    }
    sink.turn_to(TableName::Deny);
    let mut tried = 0;
    for rule in rules(deny).filter(|rule| rule.has_options()) {
        let view = RuleView::new(TableName::Deny, rule);
        let is_neutral = overruling(&view).is_none()
            && !view.has(OptionKind::Aclexec)
            && !view.has_broken_option();
        if !is_neutral || tried == RULE_LIMIT {
            continue;
        }
        tried += 1;
        let found = asking.iter().find_map(|asking| {
            let clients = meant_by(rule.line());
            let failed = questions(*asking, clients).into_iter().find(|failed| {
                let passed = failed.clone().with_command(true);
                is_by(&trial.decide(&passed), asking.line(), TableName::Allow)
                    && is_by(&trial.without_allow(&passed), rule.line(), TableName::Deny)
                    && trial.decide(failed).cause == Cause::NoRule
            });
            failed.map(|failed| (failed, asking.number()))
        });
        let Some((seen, condition)) = found else {
            continue;
        };
        sink.report_as_about(
            &MEMORY.check,
            view.span(),
            || About::Seen(seen),
            || {
                (
                    format!(
                        "when the aclexec in line {condition} of the allow table fails, this rule counts \
                         as no match and refuses nobody"
                    ),
                    "put `: deny` at its end".to_owned(),
                )
            },
        );
    }
}
