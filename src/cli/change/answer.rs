//! What a change came to: told to people while it is made, or as one JSON object for programs.

use super::changes::{ChangeArgs, warnings};
use super::effect;
use super::make::{Made, make, make_untold};
use super::remarks::remark;
use super::trial::Trial;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::verdict::diff;
use crate::editor::{DiffLine, Intent, Part, TransactionOutcome};
use crate::engine::Change;
use crate::escape::visible;
use crate::values::Language;
use chrono::DateTime;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// The option of commands whose answer programs read.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct AnswerArgs {
    /// How to print what was changed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ChangeFormat,
}

/// How a change is made and told.
pub(crate) type How = (AnswerArgs, ChangeArgs);

/// Makes the change or shows it, and says what it came to, where nothing else is to be said.
///
/// # Errors
/// When it is refused or cannot be made; nothing is changed then.
pub(crate) fn answer(
    context: &mut Context,
    (args, options): How,
    intent: &Intent<'_>,
) -> Result<Exit, Failure> {
    let answer = args.make(context, options, intent)?;
    answer.give(context, &[], Vec::new())?;
    Ok(Exit::Done)
}

/// How a change is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ChangeFormat {
    /// For people
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Human,
    /// For programs: one JSON object, which `tcpw apply --schema answer` describes
    Json,
}

/// A change that was made or shown, and what is still to be said about it.
#[must_use = "nothing is said before give()"]
pub(crate) struct Answer {
    /// What a program is to be told; nothing if people were told.
    made: Option<Made>,
}

impl AnswerArgs {
    /// Whether a program is to be told.
    pub(crate) fn is_for_programs(self) -> bool {
        self.format == ChangeFormat::Json
    }

    /// Makes the change or shows it. For programs, what is said to people from now on is kept.
    ///
    /// # Errors
    /// When it is refused or cannot be made; nothing is changed then.
    pub(crate) fn make(
        self,
        context: &mut Context,
        options: ChangeArgs,
        intent: &Intent<'_>,
    ) -> Result<Answer, Failure> {
        let made = match self.format {
            ChangeFormat::Human => {
                make(context, options, intent)?;
                None
            }
            ChangeFormat::Json => {
                context.out.hold();
                Some(make_untold(context, options, intent)?)
            }
        };
        Ok(Answer { made })
    }
}

impl Answer {
    /// Whether a program is to be told.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.made.is_some()
    }

    /// Says what is still to be said: `pending` is what a dry run would change beside the tables,
    /// `notes` are what the operator should know besides.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn give(
        self,
        context: &mut Context,
        pending: &[String],
        mut notes: Vec<String>,
    ) -> Result<(), Failure> {
        let Some(Made { outcome, trial }) = self.made else {
            for note in notes {
                context.out.note(&note)?;
            }
            return Ok(());
        };
        if let Some(effect) = &outcome.effect {
            effect::show(effect, context)?;
        }
        let said = context.out.release();
        let done = context.out.done().to_vec();
        let of_tables = outcome.notes.iter();
        notes.splice(
            0..0,
            warnings(&outcome, Language::English)
                .into_iter()
                .chain(of_tables.map(|note| remark(&context.paths, note, Language::English))),
        );
        let has_diff = !outcome.diff.is_empty();
        let mut answer = of_outcome(&outcome);
        if let Some(fields) = answer.as_object_mut() {
            fields.extend([
                (
                    "changed".to_owned(),
                    json!(has_diff || !done.is_empty() || !pending.is_empty()),
                ),
                ("notes".to_owned(), json!(notes)),
                ("said".to_owned(), json!(said)),
                ("done".to_owned(), json!(done)),
                ("pending".to_owned(), json!(pending)),
                ("confirm".to_owned(), json!(trial.as_ref().map(of_trial))),
            ]);
        }
        context.out.data(answer.to_string())
    }
}

/// What of the answer the transaction alone says.
fn of_outcome(outcome: &TransactionOutcome) -> Value {
    let effect = outcome.effect.as_ref();
    let parts = effect.map(|effect| effect.parts.as_slice());
    let of = |change: Change| -> Vec<Value> {
        let parts = parts.unwrap_or_default().iter();
        let parts = parts.filter(|part| part.claim.change == change);
        parts.map(of_part).collect()
    };
    let committed = outcome.committed.as_ref();
    let files = committed.map_or(&[][..], |done| &done.paths);
    let files: Vec<String> = files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let number = Some(outcome.number()).filter(|number| *number > 0);
    json!({
        "written": number.is_some(),
        "change": number,
        "files": files,
        "diff": text(&outcome.diff),
        "gained": of(Change::Gains),
        "lost": of(Change::Loses),
        "unknown": of(Change::Unknown),
        "not_computed": effect.map(|effect| &effect.notes),
    })
}

fn of_part(part: &Part) -> Value {
    let mut claim = diff::object(&part.claim);
    if let Some(fields) = claim.as_object_mut() {
        let user = part.user.as_ref().map(|user| visible(user));
        fields.insert("user".to_owned(), json!(user));
    }
    claim
}

fn of_trial(trial: &Trial) -> Value {
    let due = DateTime::from_timestamp(trial.terms.due, 0).unwrap_or_default();
    json!({ "due": stamp(due), "word": trial.token })
}

/// The diff as one text, each line ended.
fn text(lines: &[DiffLine]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    text
}
