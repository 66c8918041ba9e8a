//! A transaction, from the locks to the last look at what it replaced.

use crate::editor::change::worked_out::Change;
use crate::editor::commit::commit_terms::{Others, Terms};
use crate::editor::commit::entry::{Author, Reversal};
use crate::editor::commit::error::EditError;
use crate::editor::commit::plan::{Editor, Files, Purpose, Receipt};
use crate::editor::commit::provisional::Provisional;
use crate::editor::transaction::fault::TransactionFault;
use crate::editor::transaction::guard::{Guard, Kept, OpeningNotice, check, depends_on_names};
use crate::editor::transaction::intent::{Intent, ShownCompanion};
use crate::editor::transaction::outcome::{Committed, TransactionOutcome};
use crate::editor::transaction::view::View;
use crate::editor::transaction::with_lists::WithLists;
use crate::editor::trial::order::order;
use crate::editor::trial::table_pair::Ground;
use crate::engine::{Surroundings, TableName};
use std::path::PathBuf;

/// How often a change is worked out again because another program wrote a table meanwhile.
const ATTEMPTS: u32 = 20;

/// A change of the tables that is about to be made, or shown.
pub struct Transaction<'a> {
    /// The tables, and where their history is kept.
    pub files: Files<'a>,
    /// Who makes it.
    pub author: Author,
    /// Until when it has to be confirmed; none if it is for good.
    pub provisional: Option<Provisional>,
    /// Whether it is only shown.
    pub is_preview: bool,
}

impl Transaction<'_> {
    /// Works the change out, verifies it, asks the guard and commits it; if another program writes
    /// a table meanwhile, again on what is there then.
    ///
    /// # Errors
    /// The tables are then what they were, except after [`EditError::HalfDone`].
    pub fn run<E>(
        &self,
        intent: &Intent<'_>,
        guard: &mut dyn Guard<Error = E>,
    ) -> Result<TransactionOutcome, TransactionFault<E>> {
        let mut left = ATTEMPTS;
        loop {
            let others = if left > ATTEMPTS / 2 {
                Others::Obstruct
            } else {
                Others::MayAppend
            };
            match self.attempt(intent, others, guard) {
                Err(TransactionFault::Disk(EditError::ChangedMeanwhile(_))) if left > 1 => {
                    left -= 1;
                }
                result => return result,
            }
        }
    }

    fn attempt<E>(
        &self,
        intent: &Intent<'_>,
        others: Others,
        guard: &mut dyn Guard<Error = E>,
    ) -> Result<TransactionOutcome, TransactionFault<E>> {
        let (mut outcome, receipt) = self.commit(intent, others, guard)?;
        // The locks are given up, so that nobody waits for this last look.
        outcome.committed = receipt.map(|mut receipt| Committed {
            missed: receipt.look_again().err(),
            number: receipt.number,
            paths: receipt.written,
        });
        Ok(outcome)
    }

    /// Everything that needs the locks.
    fn commit<E>(
        &self,
        intent: &Intent<'_>,
        others: Others,
        guard: &mut dyn Guard<Error = E>,
    ) -> Result<(TransactionOutcome, Option<Receipt>), TransactionFault<E>> {
        let editor = self.open(intent, guard)?;
        let tables = [TableName::Allow, TableName::Deny].map(|name| editor.table(name).bytes());
        let world = guard.world();
        let world = WithLists::new(&*world, intent.lists);
        let mut attempt = Attempt {
            editor: &editor,
            intent,
            world: &world,
            terms: self.terms(intent, others),
            is_preview: self.is_preview,
            guard,
        };
        if let Some(view) = attempt.focused(tables)?
            && let Some(outcome) = attempt.make(&view)?
        {
            return Ok(outcome);
        }
        let outcome = attempt.make(&View::whole(tables))?;
        outcome.ok_or(TransactionFault::Unreadable)
    }

    /// Opens the tables, and reports what was repaired.
    fn open<E>(
        &self,
        intent: &Intent<'_>,
        guard: &mut dyn Guard<Error = E>,
    ) -> Result<Editor, TransactionFault<E>> {
        let purpose = match intent.reversal {
            _ if self.is_preview => Purpose::Preview,
            Some(Reversal::Rollback(_)) => Purpose::Rollback,
            Some(Reversal::Undo(_) | Reversal::Redo(_)) | None => Purpose::Write,
        };
        let alone = intent.alone;
        let files = Files {
            allow: self.files.allow.filter(|_| alone != Some(TableName::Deny)),
            deny: self.files.deny.filter(|_| alone != Some(TableName::Allow)),
            history: self.files.history,
        };
        let editor = Editor::open(files, purpose)?;
        let overridden = editor
            .overridden()
            .iter()
            .cloned()
            .map(OpeningNotice::Overridden);
        for notice in overridden.chain(editor.repair().map(OpeningNotice::Repaired)) {
            guard.notice(&notice).map_err(TransactionFault::Guard)?;
        }
        Ok(editor)
    }

    fn terms(&self, intent: &Intent<'_>, others: Others) -> Terms {
        let companion = intent.companion.filter(|shown| shown.file.is_changed());
        Terms {
            author: self.author.clone(),
            others,
            provisional: self.provisional.clone(),
            reversal: intent.reversal,
            companion: companion.map(|shown| shown.file.clone()),
            lists: Vec::new(),
        }
    }
}

/// One attempt at a change, with the tables open.
struct Attempt<'a, E> {
    editor: &'a Editor,
    intent: &'a Intent<'a>,
    world: &'a dyn Surroundings,
    terms: Terms,
    is_preview: bool,
    guard: &'a mut dyn Guard<Error = E>,
}

impl<E> Attempt<'_, E> {
    /// The part of large tables that the change is about.
    fn focused<'t>(
        &mut self,
        tables: [&'t [u8]; 2],
    ) -> Result<Option<View<'t>>, TransactionFault<E>> {
        let is_narrow = !self.intent.about.is_empty() && self.intent.companion.is_none();
        if !is_narrow || self.is_preview {
            return Ok(None);
        }
        View::focused(self.intent, tables, self.guard, self.world)
    }

    /// Nothing if all of the tables must be looked at.
    fn make(
        &mut self,
        view: &View<'_>,
    ) -> Result<Option<(TransactionOutcome, Option<Receipt>)>, TransactionFault<E>> {
        let (intent, editor) = (self.intent, self.editor);
        let [allow, deny] = &view.seen.trees;
        let before = Ground::new(allow, deny, self.world).with_samples(view.samples());
        let change = (intent.change)(&before)?;
        let mut outcome = TransactionOutcome {
            notes: change.notes.clone(),
            absent: absent(editor),
            ..TransactionOutcome::default()
        };
        let outlook = |ground: &Ground<'_>| intent.outlook.map_or(Vec::new(), |says| says(ground));
        let companion = intent.companion.filter(|shown| shown.file.is_changed());
        if change.edits.is_empty() && companion.is_none() {
            outcome.notes.extend(outlook(&before));
            return Ok(Some((outcome, None)));
        }
        let plan = editor.plan(&change.edits)?;
        let planned = [TableName::Allow, TableName::Deny].map(|name| plan.bytes(name));
        let Some(seen) = view.seen.planned(planned, &change.edits) else {
            return Ok(None);
        };
        let [allow, deny] = &seen.trees;
        let after = Ground::new(allow, deny, self.world).with_samples(view.samples());
        outcome.notes.extend(outlook(&after));
        (intent.verify)(&before, &after, &change)?;
        let kept = self.kept(view, [&before, &after])?;
        if intent.is_guarded {
            check(&before, &after, &kept).map_err(TransactionFault::LockedOut)?;
        }
        if !change.edits.is_empty() {
            outcome.effect = intent
                .scope
                .effect([&before, &after], &change, self.is_preview)?;
        }
        outcome.diff = plan.preview(&change.edits, intent.most_lines);
        outcome
            .diff
            .extend(companion.iter().flat_map(ShownCompanion::preview));
        if self.is_preview {
            return Ok(Some((outcome, None)));
        }
        // Whoever stands by to roll it back has looked by now, and saw nothing: the locks are held.
        if self.terms.is_overdue() {
            return Err(TransactionFault::Overdue);
        }
        if let Some(lists) = intent.lists {
            self.terms.lists.clone_from(&lists.borrow());
        }
        let first = first([&before, &after], &change, &kept);
        let receipt = plan.commit(first, &self.terms)?;
        Ok(Some((outcome, Some(receipt))))
    }

    /// Who must still get in, by the names they have now if the tables are about names.
    fn kept(
        &mut self,
        view: &View<'_>,
        [before, after]: [&Ground<'_>; 2],
    ) -> Result<Vec<Kept>, TransactionFault<E>> {
        if let Some((_, kept)) = &view.focus {
            return Ok(kept.clone());
        }
        let mut kept = self.guard.kept().map_err(TransactionFault::Guard)?;
        if !kept.is_empty() && (depends_on_names(before) || depends_on_names(after)) {
            self.guard.name(&mut kept);
        }
        Ok(kept)
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

/// Which table is written first.
fn first([before, after]: [&Ground<'_>; 2], change: &Change, kept: &[Kept]) -> TableName {
    match (change.edits.allow.is_empty(), change.edits.deny.is_empty()) {
        (true, _) => TableName::Deny,
        (false, true) => TableName::Allow,
        (false, false) => {
            let kept: Vec<_> = kept.iter().flat_map(Kept::requests).collect();
            order(before, after, &kept)
        }
    }
}
