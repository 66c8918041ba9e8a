//! `allow`, `deny` and `revoke` with `--country`, `--asn` or `--in`: a rule that asks the gate.

use super::answer::{How, answer};
use super::gate_args::{ConditionArgs, PolicyArgs};
use crate::cli::base::{Context, Exit, Failure, Paths, background};
use crate::cli::machine::gate::{GATE, Gates, programs};
use crate::cli::machine::own_program;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFile;
use crate::editor::{
    AskedGate, Asks, Daemon, Ground, Intent, Label, Recourse, RevokedGate, Scope, Wish, gate,
    revoke_gate, verify_gate,
};
use crate::engine::Change;
use crate::syntax::parse;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is asked of a gate.
pub(crate) struct Wanted<'a> {
    /// Whether its clients shall get in.
    pub(crate) wish: Wish,
    /// Who they are.
    pub(crate) conditions: &'a ConditionArgs,
    /// Who of them is not meant.
    pub(crate) except: &'a [String],
    /// What it does where it cannot know.
    pub(crate) policies: &'a PolicyArgs,
    /// For which daemons; none stands for all.
    pub(crate) daemons: Vec<Daemon>,
    /// What the comment above a new rule says.
    pub(crate) label: Option<Label>,
    /// Whether others may lose access, too.
    pub(crate) is_forced: bool,
}

/// Writes the rule.
///
/// # Errors
/// When it cannot be written, or would not do what is asked for; nothing is changed then.
pub(crate) fn run(wanted: &Wanted<'_>, how: How, context: &mut Context) -> Result<Exit, Failure> {
    let terms = wanted.conditions.terms(wanted.except, wanted.policies)?;
    let program = program(context)?;
    if let Some(fault) = Gates::new(&context.paths).fault(&terms) {
        return Err(Failure::new(fault).hint(
            "install a database of countries or networks, or name it in [geo] of tcpw.toml(5); `tcpw \
             set build` compiles a set; nothing was written",
        ));
    }
    let daemons = match &*wanted.daemons {
        [] => vec![Daemon::All],
        daemons => daemons.to_vec(),
    };
    let asked = AskedGate {
        wish: wanted.wish,
        terms: &terms,
        unknown: wanted.policies.unknown(),
        broken: wanted.policies.broken(),
        daemons: &daemons,
        label: wanted.label.as_ref(),
        program: &program,
    };
    let has_exceptions = !wanted.except.is_empty();
    let (changes, recourse): (&[Change], _) = match wanted.wish {
        Wish::Grant if has_exceptions => (&[Change::Gains, Change::Loses], Recourse::ByHand),
        Wish::Grant => (&[Change::Gains], Recourse::ByHand),
        Wish::Refuse => (&[Change::Loses], Recourse::Force),
    };
    let asks = Asks::Gated(&daemons, changes);
    let scope = if wanted.is_forced {
        Scope::Forced(asks)
    } else {
        Scope::Only(asks, recourse)
    };
    // Without exceptions nobody loses by an allowance.
    let is_guarded = wanted.wish == Wish::Refuse || has_exceptions;
    let change_of = |ground: &Ground<'_>| gate(ground, &asked);
    let verify = |before: &Ground<'_>, after: &Ground<'_>, change: &crate::editor::Change| {
        verify_gate(before, after, &asked, change)
    };
    let intent = Intent::new(&change_of, &verify, scope);
    answer(
        context,
        how,
        &intent.guarded(is_guarded && !wanted.is_forced),
    )
}

/// Takes conditions out of the gates.
///
/// # Errors
/// When that cannot be done; nothing is changed then.
pub(crate) fn revoke(
    conditions: &ConditionArgs,
    daemons: &[Daemon],
    is_forced: bool,
    how: How,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let terms = conditions.terms(&[], &PolicyArgs::default())?;
    let asked = RevokedGate {
        terms: &terms,
        daemons,
    };
    // By the end of a ban nobody is meant to lose.
    let changes: &[Change] = if only_ends_bans(&asked, &context.paths)? {
        &[Change::Gains]
    } else {
        &[Change::Gains, Change::Loses]
    };
    let asks = Asks::Gated(daemons, changes);
    let change_of = |ground: &Ground<'_>| revoke_gate(ground, &asked);
    let intent = Intent::new(&change_of, &|_, _, _| Ok(()), Scope::new(asks, is_forced));
    answer(context, how, &intent.guarded(!is_forced))
}

/// Whether no gate of the tables admits by what is revoked.
fn only_ends_bans(asked: &RevokedGate<'_>, paths: &Paths) -> Result<bool, Failure> {
    let (allow, deny) = (
        TableFile::read(&paths.allow)?,
        TableFile::read(&paths.deny)?,
    );
    let (allow, deny) = (parse(allow.source()), parse(deny.source()));
    let world = Machine::new(paths, Aclexec::Ask);
    Ok(asked.only_ends_bans(&Ground::new(&allow, &deny, &world)))
}

/// The program that rules call: beside this one, or where it is below `--root`.
pub(super) fn program(context: &Context) -> Result<PathBuf, Failure> {
    let is_program = |path: &Path| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
    };
    if let Some(root) = &context.paths.root {
        let mut found = programs(Path::new(GATE)).into_iter();
        let found = found.find(|path| is_program(&context.paths.inside(path)));
        return found.ok_or_else(|| {
            Failure::new(format_args!("there is no {GATE} below {}", root.display()))
                .hint("install it there, for example as /usr/sbin/tcpw-gate; nothing was written")
        });
    }
    let own = background::program().map_err(|error| {
        Failure::new(format_args!("cannot find the path of tcpw itself: {error}"))
            .hint("run it by its absolute path")
    })?;
    let gate = own.with_file_name(GATE);
    if !is_program(&gate) {
        return Err(Failure::new(format_args!(
            "there is no program {}, which the rule would ask",
            gate.display()
        ))
        .hint("install it beside tcpw; nothing was written"));
    }
    if !context.is_rehearsal {
        own_program::check_as(std::slice::from_ref(&gate), "rules would run it as root")?;
    }
    Ok(gate)
}
