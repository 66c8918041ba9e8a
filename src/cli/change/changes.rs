//! What the commands that change tables share: open, plan, check, show, commit.

use super::effect;
use super::guard::{self, Kept};
use super::number::tell_number;
use super::refusal::{internal, refused, told};
use super::remarks::{remark, show_diff};
pub(crate) use super::scope::{BY_HAND, Scope};
use super::trial::{Trial, patience};
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::real_name::depend_on_names;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::editor::{
    Author, Change, Client, Companion, DiffLine, EditError, Editor, Effect, Files, Focus, Ground,
    Note, Others, Purpose, Receipt, Refusal, Repair, Reversal, Seen, Terms, order, unified,
};
use crate::engine::TableName;
use crate::system::{Clock as _, SystemClock, operator};
use clap::Args;
use std::path::PathBuf;

/// How often a change is worked out again because another program wrote a table meanwhile.
const ATTEMPTS: u32 = 20;
/// As many remarks as anybody reads.
const REMARKS: usize = 40;

/// Options of every command that changes tables.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ChangeArgs {
    /// Show what would be changed, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the change back after this time, such as `5m`, unless `tcpw confirm` says from a new
    /// login that it is well
    ///
    /// An open session survives rules that let nobody in, so only a login that began after the
    /// change can confirm it, or whoever has the word that the change prints. It is taken back
    /// also if this session ends. If the machine is started anew meanwhile, the next `tcpw
    /// expire` of a timer does it, an alarm, or the next command that changes or lists changes.
    #[arg(long, value_name = "TIME", value_parser = patience, conflicts_with = "dry_run")]
    pub(crate) confirm_within: Option<u32>,
}

impl ChangeArgs {
    /// Those of a command that has options of its own.
    pub(crate) fn preview(dry_run: bool) -> Self {
        Self {
            dry_run,
            confirm_within: None,
        }
    }
}

/// Options of the commands that may lock out whoever types them.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ForceArgs {
    /// Go on even if your own ssh session, another one, or an address of `keep_in` in the
    /// configuration could not log in again, or if others gain or lose access than those it is
    /// asked for
    #[arg(long)]
    pub(crate) force: bool,
}

/// What is to be said about tables.
pub(crate) type Outlook<'a> = &'a dyn Fn(&Ground<'_>) -> Vec<Note>;

/// One change: how it is worked out, and how the result is checked.
pub(crate) struct Intent<'a> {
    /// Works it out.
    pub(crate) change: &'a dyn Fn(&Ground<'_>) -> Result<Change, Refusal>,
    /// Compares the tables before and after.
    pub(crate) verify: &'a dyn Fn(&Ground<'_>, &Ground<'_>, &Change) -> Result<(), Refusal>,
    /// The clients that it is about, if it is about nothing else.
    pub(crate) about: &'a [Client],
    /// Whose access it is asked to change, and what is to be done if it changes that of others.
    pub(crate) scope: Scope<'a>,
    /// What is to be said about the tables as they will be.
    pub(crate) outlook: Option<Outlook<'a>>,
    /// Whether whoever must still get in is asked for.
    pub(crate) is_guarded: bool,
    /// Whether it is written, and whether for good.
    pub(crate) options: ChangeArgs,
    /// The only table at hand, if there is only one.
    pub(crate) alone: Option<TableName>,
    /// What is done about another change, if anything is.
    pub(crate) undoes: Option<Reversal>,
    /// The file that is written together with the tables, if there is one.
    pub(crate) companion: Option<Beside<'a>>,
}

/// A file that is written together with the tables.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    /// What it held and shall hold.
    pub(crate) file: &'a Companion,
    /// The same without what must not be shown.
    pub(crate) shown: [&'a str; 2],
}

impl Beside<'_> {
    /// What changes in it.
    fn preview(&self) -> Vec<DiffLine> {
        let [old, new] = self.shown.map(str::as_bytes);
        unified(&self.file.path, old, new)
    }
}

/// What an attempt came to.
struct Outcome {
    remarks: Vec<String>,
    diff: Vec<DiffLine>,
    /// Nothing if there was nothing to change, or nothing was to be written.
    receipt: Option<Receipt>,
    /// Who gains and who loses.
    effect: Option<Effect>,
    /// The tables that did not exist.
    fresh: Vec<PathBuf>,
    /// Whether something could not be followed.
    is_hindered: bool,
}

/// Makes the change, or shows it, and says what was done; gives its number, 0 if none was made. If
/// another program writes a table meanwhile, the change is worked out again on what is there then.
pub(crate) fn carry_out(
    context: &mut Context,
    intent: &Intent<'_>,
    trial: Option<&Trial>,
) -> Result<u64, Failure> {
    let mut left = ATTEMPTS;
    let mut outcome = loop {
        let others = if left > ATTEMPTS / 2 {
            Others::Obstruct
        } else {
            Others::MayAppend
        };
        match attempt(context, intent, others, trial) {
            Ok(outcome) => break outcome,
            Err(Obstacle::Moved(_)) if left > 1 => left -= 1,
            Err(Obstacle::Moved(error)) => return Err(told(error)),
            Err(Obstacle::Failed(failure)) => return Err(failure),
        }
    };
    if let Some(receipt) = &mut outcome.receipt {
        // The change is made and stays: what fails now is told, and does not end the command.
        if let Err(error) = receipt.look_again() {
            context.out.note(&format!(
                "the change is made, but a line that another program wrote at the same moment may \
                 be missing: {error}"
            ))?;
        }
    }
    for path in &outcome.fresh {
        let path = path.display();
        context
            .out
            .note(&format!("{path} does not exist: taken as an empty table"))?;
    }
    let shown = match outcome.remarks.len() {
        count if count > REMARKS + 1 => REMARKS,
        count => count,
    };
    for remark in outcome.remarks.iter().take(shown) {
        context.out.line(remark)?;
    }
    if shown < outcome.remarks.len() {
        let more = outcome.remarks.len() - shown;
        context.out.line(format!("and {more} more of this kind"))?;
    }
    show_diff(context, &outcome.diff)?;
    finish(context, &outcome, intent)?;
    let number = outcome.receipt.map_or(0, |receipt| receipt.number);
    if number > 0 && trial.is_none() {
        let is_beside = |beside: Beside<'_>| beside.file.is_changed();
        let is_beside = intent.companion.is_some_and(is_beside);
        tell_number(context, number, intent.undoes, is_beside)?;
    }
    Ok(number)
}

/// Why an attempt failed.
enum Obstacle {
    /// Another program wrote a table meanwhile: the next attempt may succeed.
    Moved(EditError),
    /// No attempt will.
    Failed(Failure),
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<EditError> for Obstacle {
    fn from(error: EditError) -> Self {
        if matches!(error, EditError::ChangedMeanwhile(_)) {
            Self::Moved(error)
        } else {
            Self::Failed(told(error))
        }
    }
}

fn attempt(
    context: &mut Context,
    intent: &Intent<'_>,
    others: Others,
    trial: Option<&Trial>,
) -> Result<Outcome, Obstacle> {
    let purpose = match intent.undoes {
        _ if intent.options.dry_run => Purpose::Preview,
        Some(Reversal::Rollback(_)) => Purpose::Rollback,
        Some(Reversal::Undo(_) | Reversal::Redo(_)) | None => Purpose::Write,
    };
    let paths = context.paths.clone();
    let editor = open(context, &paths, purpose, intent.alone)?;
    let tables = [TableName::Allow, TableName::Deny].map(|name| editor.table(name).bytes());
    let work = Work {
        editor: &editor,
        intent,
        others,
        trial,
        machine: Machine::new(&paths, Aclexec::Ask),
    };
    if let Some(view) = work.focused(context, tables)
        && let Some(outcome) = work.attempt(context, view)?
    {
        return Ok(outcome);
    }
    let view = View {
        seen: Seen::whole(tables),
        focus: None,
    };
    // The whole tables can always be looked at.
    let outcome = work.attempt(context, view)?;
    outcome.ok_or_else(|| Failure::new("the planned tables cannot be read").into())
}

/// What is looked at of the tables.
struct View<'t> {
    seen: Seen<'t>,
    /// If it is not all: by what it was chosen, and who must still get in.
    focus: Option<(Focus, Vec<Kept>)>,
}

/// One attempt at a change.
struct Work<'a> {
    editor: &'a Editor,
    intent: &'a Intent<'a>,
    others: Others,
    trial: Option<&'a Trial>,
    machine: Machine,
}

impl Work<'_> {
    /// The lines that matter to a change about few clients, if the tables are large.
    fn focused<'t>(&self, context: &mut Context, tables: [&'t [u8]; 2]) -> Option<View<'t>> {
        let about = self.intent.about;
        let is_alone = self.intent.companion.is_none();
        if about.is_empty() || !is_alone || self.intent.options.dry_run {
            return None;
        }
        let mut focus = Focus::new(tables, about, self.intent.scope.opposed())?;
        // A mistake in the configuration is told where it is told for small tables.
        let mut kept = guard::sessions(context).ok()?;
        let add = |focus: &mut Focus, kept: &[Kept]| {
            for request in kept.iter().flat_map(guard::requests) {
                focus.add(request.client());
            }
        };
        add(&mut focus, &kept);
        let mut seen = focus.tables(tables)?;
        let are_names = |client: &Client| matches!(client, Client::Name(_) | Client::Domain(_));
        let before = kept.clone();
        guard::name(&mut kept, context, || {
            let [allow, deny] = &seen.trees;
            about.iter().any(are_names) || depend_on_names(&Ground::new(allow, deny, &self.machine))
        });
        if kept != before {
            add(&mut focus, &kept);
            seen = focus.tables(tables)?;
        }
        let focus = Some((focus, kept));
        Some(View { seen, focus })
    }

    /// Nothing if all of the tables must be looked at.
    fn attempt(&self, context: &mut Context, view: View<'_>) -> Result<Option<Outcome>, Obstacle> {
        let (intent, paths) = (self.intent, context.paths.clone());
        let mut outcome = Outcome {
            remarks: Vec::new(),
            diff: Vec::new(),
            receipt: None,
            effect: None,
            fresh: absent(self.editor),
            is_hindered: false,
        };
        let View { seen, focus } = view;
        let samples = focus.as_ref().map(|(focus, _)| focus.samples());
        let [allow, deny] = &seen.trees;
        let before = Ground::new(allow, deny, &self.machine).with_samples(samples);
        let change = (intent.change)(&before).map_err(|refusal| refused(&paths, &refusal))?;
        let mut remark_on = |notes: &[Note]| {
            let remarks = notes.iter().map(|note| remark(&paths, note));
            outcome.remarks.extend(remarks);
        };
        remark_on(&change.notes);
        let is_stray = |note: &Note| matches!(note, Note::Stray { .. });
        outcome.is_hindered = change.notes.iter().any(is_stray);
        let outlook = |ground: &Ground<'_>| intent.outlook.map_or(Vec::new(), |tell| tell(ground));
        let beside = intent.companion.filter(|beside| beside.file.is_changed());
        if change.edits.is_empty() && beside.is_none() {
            remark_on(&outlook(&before));
            return Ok(Some(outcome));
        }
        let plan = self
            .editor
            .plan(&change.edits)
            .map_err(|error| internal(&error))?;
        let planned = [TableName::Allow, TableName::Deny].map(|name| plan.bytes(name));
        let Some(seen) = seen.planned(planned, &change.edits) else {
            return Ok(None);
        };
        let [allow, deny] = &seen.trees;
        let after = Ground::new(allow, deny, &self.machine).with_samples(samples);
        remark_on(&outlook(&after));
        (intent.verify)(&before, &after, &change).map_err(|refusal| refused(&paths, &refusal))?;
        let kept = match &focus {
            Some((_, kept)) => kept.clone(),
            None => guard::keep_list(context, &before, &after)?,
        };
        if intent.is_guarded {
            guard::check(&before, &after, &kept, &paths)?;
        }
        if !change.edits.is_empty() {
            let (scope, is_dry) = (intent.scope, intent.options.dry_run);
            outcome.effect = scope.effect(&paths, [&before, &after], &change, is_dry)?;
        }
        outcome.diff = plan.preview();
        outcome.diff.extend(beside.iter().flat_map(Beside::preview));
        if !intent.options.dry_run {
            let first = first(&before, &after, &change, &kept);
            outcome.receipt = Some(plan.commit(first, &self.terms(beside))?);
        }
        Ok(Some(outcome))
    }

    fn terms(&self, beside: Option<Beside<'_>>) -> Terms {
        Terms {
            author: author(),
            others: self.others,
            provisional: self.trial.map(|trial| trial.terms.clone()),
            reversal: self.intent.undoes,
            companion: beside.map(|beside| beside.file.clone()),
        }
    }
}

/// The tables that do not exist.
fn absent(editor: &Editor) -> Vec<PathBuf> {
    let tables = [TableName::Allow, TableName::Deny].map(|name| editor.table(name));
    tables
        .into_iter()
        .filter(|table| !table.exists() && !table.is_nowhere())
        .map(|table| table.path().to_owned())
        .collect()
}

/// Opens the tables, and says what was repaired.
fn open(
    context: &mut Context,
    paths: &Paths,
    purpose: Purpose,
    alone: Option<TableName>,
) -> Result<Editor, Failure> {
    let files = Files {
        allow: (alone != Some(TableName::Deny)).then_some(&paths.allow),
        deny: (alone != Some(TableName::Allow)).then_some(&paths.deny),
        history: &paths.history,
    };
    let editor = Editor::open(files, purpose).map_err(told)?;
    for path in editor.overridden() {
        let path = path.display();
        context.out.note(&format!(
            "another program holds a lock (flock) on {path} for longer than 2 seconds, which tcpw \
             does not wait for: `lslocks` shows which one"
        ))?;
    }
    match editor.repair() {
        Some(Repair::Finished(number)) => context.out.note(&format!(
            "change {number} had been cut short and is now finished: see `tcpw show {number}`"
        ))?,
        Some(Repair::Forgotten) => context
            .out
            .note("a change had been cut short before it changed anything")?,
        None => {}
    }
    Ok(editor)
}

/// Which table is written first.
fn first(before: &Ground<'_>, after: &Ground<'_>, change: &Change, kept: &[Kept]) -> TableName {
    match (change.edits.allow.is_empty(), change.edits.deny.is_empty()) {
        (true, _) => TableName::Deny,
        (false, true) => TableName::Allow,
        (false, false) => {
            let kept: Vec<_> = kept.iter().flat_map(guard::requests).collect();
            order(before, after, &kept)
        }
    }
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

fn finish(context: &mut Context, outcome: &Outcome, intent: &Intent<'_>) -> Result<(), Failure> {
    let Some(receipt) = &outcome.receipt else {
        if let Some(effect) = &outcome.effect {
            effect::show(effect, context)?;
        }
        let is_pending = intent.options.dry_run && !outcome.diff.is_empty();
        context.out.line(match (is_pending, outcome.is_hindered) {
            (true, _) => "dry run: nothing was written",
            (false, true) => "nothing was changed",
            (false, false) => "nothing to change",
        })?;
        return Ok(());
    };
    if receipt.written.is_empty() {
        context.out.line("nothing to change")?;
    }
    for path in &receipt.written {
        let is_beside = |beside: Beside<'_>| beside.file.path == *path;
        let is_new = match intent.companion.filter(|beside| is_beside(*beside)) {
            Some(beside) => beside.file.before.is_none(),
            None => outcome.fresh.contains(path),
        };
        let verb = if is_new { "created" } else { "changed" };
        context.out.line(format!("{verb} {}", path.display()))?;
    }
    if let Some(effect) = &outcome.effect {
        effect::show(effect, context)?;
    }
    Ok(())
}
