//! What the commands that change tables share: a transaction, and what is said about it.

use super::effect;
use super::guard::MachineGuard;
use super::number::tell_number;
use super::refusal::Stop;
use super::remarks::{remark, show_diff};
use super::trial::{Trial, patience};
use super::words::{
    ABSENT, CHANGED, CREATED, DRY_RUN, MORE_OF_THIS_KIND, NOTHING_CHANGED, NOTHING_TO_CHANGE,
};
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Failure};
use crate::cli::machine::compiled_tables;
use crate::editor::{
    Author, DIFF_LINES, Files, Intent, ShownCompanion, Transaction, TransactionOutcome,
};
use crate::system::{Clock as _, SystemClock, operator};
use crate::values::Language;
use clap::Args;

/// As many remarks as anybody reads.
const REMARKS: usize = 40;

/// Options of every command that changes tables.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ChangeArgs {
    /// Show what would be changed, and write nothing
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,
    /// Roll the change back after this time, such as `5m`, unless `tcpw confirm` says from a new
    /// login that all is well
    ///
    /// An open session survives rules that let nobody in, so only a login that began after the
    /// change can confirm it, or whoever has the word that the change prints. A timer of systemd
    /// rolls it back, or a process that is started before the tables change and rolls it back
    /// at once if it is told to end. If the machine restarts meanwhile, the next `tcpw expire` of
    /// a schedule does it, an alert, or the next command that changes or lists rules or changes.
    #[arg(long, value_name = "TIME", value_parser = patience, conflicts_with = "dry_run")]
    pub(crate) confirm_within: Option<u32>,
    #[command(flatten)]
    pub(crate) diff: WholeDiffArgs,
    /// The command shows the change first and asks whether to make it.
    #[arg(skip)]
    pub(crate) is_asked: bool,
    /// The command installs what runs `tcpw expire`, as soon as the tables are changed.
    #[arg(skip)]
    pub(crate) brings_schedule: bool,
}

/// How a change is carried out, and how much is said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It is shown, and nothing is written.
    Preview,
    /// It is shown before the question whether to make it.
    Question,
    /// It is made and shown.
    Make,
    /// It is made; what it changes was on the screen when it was asked for.
    MakeAsShown,
}

impl Manner {
    pub(crate) fn of(options: ChangeArgs) -> Self {
        match (options.dry_run, options.is_asked) {
            (true, false) => Self::Preview,
            (true, true) => Self::Question,
            (false, false) => Self::Make,
            (false, true) => Self::MakeAsShown,
        }
    }

    fn is_preview(self) -> bool {
        matches!(self, Self::Preview | Self::Question)
    }
}

impl ChangeArgs {
    /// Those of a command that has options of its own.
    pub(crate) fn preview(dry_run: bool) -> Self {
        Self {
            dry_run,
            confirm_within: None,
            diff: WholeDiffArgs::default(),
            is_asked: false,
            brings_schedule: false,
        }
    }

    /// These, of a command that asks whether to make the change.
    pub(crate) fn asked(self, is_asked: bool) -> Self {
        Self { is_asked, ..self }
    }

    /// These, of a command that installs a schedule, or none.
    pub(crate) fn bringing_schedule(self, brings_schedule: bool) -> Self {
        Self {
            brings_schedule,
            ..self
        }
    }

    /// These, with as much of the diff as is wanted.
    pub(crate) fn showing(self, diff: WholeDiffArgs) -> Self {
        Self { diff, ..self }
    }
}

/// How much of a diff is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct WholeDiffArgs {
    /// Show the whole diff, however long it is; else 1000 lines of each file
    #[arg(long)]
    pub(crate) whole_diff: bool,
}

impl WholeDiffArgs {
    /// As many lines of the diff of a file are shown.
    pub(crate) fn most(self) -> usize {
        if self.whole_diff {
            usize::MAX
        } else {
            DIFF_LINES
        }
    }
}

/// Options of the commands that may lock out whoever types them.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ForceArgs {
    /// Go on even if your own ssh session, another one, or an address of `keep_in` in the
    /// configuration could not log in again, or if others gain or lose access than those it is
    /// asked for
    #[arg(long, short)]
    pub(crate) force: bool,
}

/// Makes the change, or shows it, and says what was done; gives its number, 0 if none was made.
pub(crate) fn carry_out(
    context: &mut Context,
    manner: Manner,
    intent: &Intent<'_>,
    trial: Option<&Trial>,
) -> Result<u64, Stop> {
    let outcome = transact(context, manner.is_preview(), intent, trial)?;
    report(context, manner, intent, &outcome)?;
    let number = outcome.number();
    if number > 0 && trial.is_none() {
        let is_beside = |shown: ShownCompanion<'_>| shown.file.is_changed();
        let is_beside = intent.companion().is_some_and(is_beside);
        tell_number(context, number, intent.reversal(), is_beside)?;
    }
    Ok(number)
}

/// Makes the change, or works it out, and says nothing about it.
pub(crate) fn transact(
    context: &mut Context,
    is_preview: bool,
    intent: &Intent<'_>,
    trial: Option<&Trial>,
) -> Result<TransactionOutcome, Stop> {
    let paths = context.paths.clone();
    let transaction = Transaction {
        files: Files {
            allow: Some(&paths.allow),
            deny: Some(&paths.deny),
            history: &paths.history,
        },
        author: author(),
        provisional: trial.map(|trial| trial.terms.clone()),
        is_preview,
    };
    let progress = Progress::of("working out the change of the tables");
    let outcome = transaction
        .run(intent, &mut MachineGuard::new(context))
        .map_err(Stop::Fault)?;
    drop(progress);
    if outcome.committed.is_some() {
        compiled_tables::follow(context)?;
    }
    Ok(outcome)
}

/// Who makes this change, for the history.
fn author() -> Author {
    let sudo = std::env::var_os("SUDO_USER");
    Author {
        time: SystemClock.now().timestamp(),
        user: operator(sudo.as_ref().and_then(|name| name.to_str())),
        command: std::env::args_os()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    }
}

/// Says what the transaction came to.
fn report(
    context: &mut Context,
    manner: Manner,
    intent: &Intent<'_>,
    outcome: &TransactionOutcome,
) -> Result<(), Failure> {
    for warning in warnings(outcome, context.out.language()) {
        context.out.note(&warning)?;
    }
    if manner != Manner::MakeAsShown {
        show(context, outcome)?;
    }
    let Some(committed) = &outcome.committed else {
        return conclude(context, manner, outcome);
    };
    if committed.paths.is_empty() {
        context.out.say(NOTHING_TO_CHANGE, &[])?;
    }
    for path in &committed.paths {
        let is_beside = |shown: &ShownCompanion<'_>| shown.file.path == *path;
        let is_new = match intent.companion().filter(is_beside) {
            Some(shown) => shown.file.before.is_none(),
            None => outcome.absent.contains(path),
        };
        let text = if is_new { CREATED } else { CHANGED };
        let text = context.out.words(text, &[&path.display().to_string()]);
        context.out.did(&text)?;
    }
    if manner != Manner::MakeAsShown
        && let Some(effect) = &outcome.effect
    {
        effect::show(effect, context)?;
    }
    Ok(())
}

/// What went otherwise than it should at a change that is made and stays, and what was missing.
pub(crate) fn warnings(outcome: &TransactionOutcome, language: Language) -> Vec<String> {
    let committed = outcome.committed.as_ref();
    let missed = committed.and_then(|done| done.missed.as_ref());
    let missed = missed.map(|error| {
        format!(
            "the change is made, but a line that another program wrote at the same moment may be \
             missing: {error}"
        )
    });
    let absent = outcome.absent.iter().map(|path| {
        let path = path.display().to_string();
        ABSENT.with(language, &[&path])
    });
    missed.into_iter().chain(absent).collect()
}

/// Shows the remarks on a change and its diff.
fn show(context: &mut Context, outcome: &TransactionOutcome) -> Result<(), Failure> {
    let shown = match outcome.notes.len() {
        count if count > REMARKS + 1 => REMARKS,
        count => count,
    };
    let paths = context.paths.clone();
    for note in outcome.notes.iter().take(shown) {
        let language = context.out.language();
        context.out.prose(remark(&paths, note, language))?;
    }
    if shown < outcome.notes.len() {
        let more = (outcome.notes.len() - shown).to_string();
        context.out.say(MORE_OF_THIS_KIND, &[&more])?;
    }
    show_diff(context, &outcome.diff)
}

/// Says what a change comes to that is not made.
fn conclude(
    context: &mut Context,
    manner: Manner,
    outcome: &TransactionOutcome,
) -> Result<(), Failure> {
    if let Some(effect) = &outcome.effect {
        effect::show(effect, context)?;
    }
    let has_diff = !outcome.diff.is_empty();
    let text = match manner {
        Manner::Question if has_diff => return Ok(()),
        Manner::Preview if has_diff => DRY_RUN,
        Manner::Preview | Manner::Question | Manner::Make | Manner::MakeAsShown => {
            if outcome.is_hindered() {
                NOTHING_CHANGED
            } else {
                NOTHING_TO_CHANGE
            }
        }
    };
    context.out.say(text, &[])
}
