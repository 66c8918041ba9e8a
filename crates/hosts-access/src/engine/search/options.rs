//! Running the options of a rule that matched, as far as the verdict goes.

use crate::engine::model::actor::Actor;
use crate::engine::model::request::Request;
use crate::engine::model::surroundings::{Account, Surroundings};
use crate::engine::model::verdict::{Effect, Outcome};
use crate::engine::search::command::always_succeeds;
use crate::engine::search::expand::expand;
use crate::policy::{OptionKind, OptionProblem, OptionSpec, Rule, RuleOption, setenv};

/// How the options of a rule ended: with an outcome, and these effects on the way.
pub(crate) type Ran = (Outcome, Vec<Effect>);

/// Runs `options` from left to right. `aclexec` is libwrap's memory of the last `aclexec`
/// (F-ACL-03, F-ACL-06), nothing if it is not known how that one ended; filtering may change
/// `request` (F-PCT-05). `actor` does what they do, if there is one.
pub(crate) fn run_options(
    options: &[RuleOption<'_>],
    request: &mut Request,
    world: &dyn Surroundings,
    aclexec: &mut Option<bool>,
    actor: Option<&dyn Actor>,
) -> Ran {
    let act = |effect: &Effect, request: &mut Request| {
        if let Some(actor) = actor {
            actor.effect(effect, request);
        }
    };
    let mut effects = Vec::new();
    let mut accounts = Accounts::default();
    for option in options {
        if let Some(actor) = actor {
            actor.option(option);
        }
        match run(option, request, world, aclexec, &mut accounts) {
            Ok(Step::Effect(effect)) => {
                act(&effect, request);
                effects.push(effect);
            }
            Ok(Step::End(outcome, effect)) => {
                if let Some(effect) = &effect {
                    act(effect, request);
                }
                effects.extend(effect);
                return (outcome, effects);
            }
            Err(problem) => {
                let span = if option.value.is_some() && problem == OptionProblem::BadValue {
                    option.value_span
                } else {
                    option.name_span
                };
                return (Outcome::Broken { problem, span }, effects);
            }
        }
    }
    (Outcome::Table, effects)
}

/// Runs what stands in place of options in a build that has none: one shell command, whatever its
/// words are; the verdict is the table's (7.6, `hosts_access(5)`).
pub(crate) fn run_command(
    rule: Rule<'_, '_>,
    request: &mut Request,
    world: &dyn Surroundings,
) -> Ran {
    match expand(&rule.command(), request, world) {
        Some(command) => (
            Outcome::Table,
            vec![Effect::Spawn(command.trim_ascii().to_vec())],
        ),
        None => (
            Outcome::ExpansionTooLong {
                span: rule.line().span(),
            },
            Vec::new(),
        ),
    }
}

enum Step {
    Effect(Effect),
    End(Outcome, Option<Effect>),
}

fn run(
    option: &RuleOption<'_>,
    request: &mut Request,
    world: &dyn Surroundings,
    aclexec: &mut Option<bool>,
    accounts: &mut Accounts,
) -> Result<Step, OptionProblem> {
    let dialect = world.dialect();
    let spec = option.check_form_in(dialect)?;
    let Some(value) = value_of(option, spec, request, world) else {
        return Ok(Step::End(
            Outcome::ExpansionTooLong {
                span: option.value_span,
            },
            None,
        ));
    };
    spec.kind
        .check_value_in(option.value.as_ref().map(|_| value.as_slice()), dialect)?;
    check_accounts(spec.kind, &value, world, accounts)?;
    Ok(match spec.kind {
        OptionKind::Allow => Step::End(Outcome::Allow, None),
        OptionKind::Deny => Step::End(Outcome::Deny, None),
        OptionKind::Twist if dialect.is_resident => return Err(OptionProblem::Resident),
        OptionKind::Twist => Step::End(Outcome::Twist, Some(Effect::Twist(value))),
        OptionKind::Spawn => Step::Effect(Effect::Spawn(value)),
        OptionKind::Setenv => {
            let (name, value) = setenv(&value);
            Step::Effect(Effect::Setenv(name.to_vec(), value.to_vec()))
        }
        OptionKind::Aclexec => {
            let said = world.aclexec(&value);
            *aclexec = if always_succeeds(&value) {
                Some(true)
            } else {
                said
            };
            Step::Effect(Effect::Aclexec(value, *aclexec))
        }
        OptionKind::Banners
        | OptionKind::Group
        | OptionKind::Keepalive
        | OptionKind::Linger
        | OptionKind::Nice
        | OptionKind::Rfc931
        | OptionKind::Severity
        | OptionKind::Umask
        | OptionKind::User => Step::Effect(Effect::Other(spec.name, value)),
    })
}

/// The value, expanded if the option wants that; empty where there is none.
fn value_of(
    option: &RuleOption<'_>,
    spec: &OptionSpec,
    request: &mut Request,
    world: &dyn Surroundings,
) -> Option<Vec<u8>> {
    let value = option.value.as_deref().unwrap_or_default();
    if !spec.expands {
        return Some(value.to_vec());
    }
    let expanded = expand(value, request, world)?;
    let start = expanded
        .iter()
        .position(|&byte| !crate::syntax::is_white(byte));
    let end = expanded
        .iter()
        .rposition(|&byte| !crate::syntax::is_white(byte));
    let trimmed = start
        .zip(end)
        .and_then(|(start, end)| expanded.get(start..=end));
    Some(trimmed.unwrap_or_default().to_vec())
}

/// The accounts that a process became, in a build where `user` and `group` switch. Both begin as root.
#[derive(Default)]
struct Accounts {
    user: Option<Vec<u8>>,
    group: Option<Vec<u8>>,
}

impl Accounts {
    /// Becomes the group, then the user; only root can become another one (F-OPT-13).
    fn switch(&mut self, user: Option<&[u8]>, group: Option<&[u8]>) -> Result<(), OptionProblem> {
        let is_root = |user: &Option<Vec<u8>>| user.as_deref().is_none_or(|name| name == b"root");
        for (wanted, is_user) in [(group, false), (user, true)] {
            let Some(wanted) = wanted else {
                continue;
            };
            let may_switch = is_root(&self.user);
            let now = if is_user {
                &mut self.user
            } else {
                &mut self.group
            };
            if !may_switch && now.as_deref() != Some(wanted) {
                return Err(OptionProblem::SwitchedAway);
            }
            *now = Some(wanted.to_vec());
        }
        Ok(())
    }
}

/// `user name`, `user name.group`, `group name`: checked, and in most builds without any further
/// effect (F-OPT-13).
fn check_accounts(
    kind: OptionKind,
    value: &[u8],
    world: &dyn Surroundings,
    accounts: &mut Accounts,
) -> Result<(), OptionProblem> {
    let dot = memchr::memchr(b'.', value);
    let (user, group) = if kind == OptionKind::User {
        (
            value.get(..dot.unwrap_or(value.len())),
            dot.and_then(|dot| value.get(dot + 1..)),
        )
    } else if kind == OptionKind::Group {
        (None, Some(value))
    } else {
        return Ok(());
    };
    let exists = |account, name: Option<&[u8]>| name.is_none_or(|n| world.has_account(account, n));
    if !exists(Account::Group, group) || !exists(Account::User, user) {
        return Err(OptionProblem::UnknownAccount);
    }
    if world.dialect().accounts_switch {
        accounts.switch(user, group)?;
    }
    Ok(())
}
