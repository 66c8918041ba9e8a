//! `tcpw setup`: who may connect, the default, the alert and the mail settings, in one change.

use super::args::SetupArgs;
use super::prompt::{Prompt, columns, is_possible, wrapped};
use super::sentence::after_this;
use super::words::{
    DIFFERS, DNS_COST, KEEP_SESSION, KEEP_TABLES, MAKE_IT, NOTHING_CHANGED, RESTORES, STAYS,
    STILL_RUNS, TEST_FAILED, WOULD_CHANGE, of_locale,
};
use super::work::{self, Work};
use super::{ask, needed};
use crate::cli::alert::mail_test::send_test;
use crate::cli::base::{Context, Exit, Failure, ListFormat, Paths, Style};
use crate::cli::change::changes::ChangeArgs;
use crate::cli::change::refusal::told;
use crate::cli::change::remarks::at;
use crate::cli::change::undo::UndoArgs;
use crate::cli::change::unguarded;
use crate::editor::{History, HistoryEntry, Side};
use crate::escape::visible_short;
use crate::values::Language;
use serde_json::json;

/// As much of a command as a remark shows.
const SHOWN: usize = 80;

/// What became of the test mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TestMail {
    /// The mail settings are as they were, or no test was wanted.
    NotNeeded,
    /// It was accepted.
    Sent,
    /// It was not.
    Failed,
}

pub(crate) fn run(args: &SetupArgs, context: &mut Context) -> Result<Exit, Failure> {
    let is_json = args.format == ListFormat::Json;
    if is_json && args.change.confirm_within.is_some() {
        return Err(Failure::new(
            "--confirm-within prints a word that confirms the change, which JSON has no place for",
        )
        .hint("leave one of the two out; nothing was changed"));
    }
    if !is_json {
        // In the language of the locale, where the terminal can show it; the demo, which is in English,
        // is in one language.
        if let (language, true) = of_locale()
            && !context.is_rehearsal
        {
            context.out.speak(language);
        }
        return set_up(args, context);
    }
    context.out.hold();
    let result = set_up(args, context);
    drop(context.out.release());
    result
}

fn set_up(args: &SetupArgs, context: &mut Context) -> Result<Exit, Failure> {
    let text = work::configuration(&context.paths)?;
    let needed = needed::of(args, text.as_deref());
    let is_asking = !needed.is_empty();
    let may_ask = is_possible() && !args.check && args.format == ListFormat::Table;
    let (asked, password);
    let args = if !is_asking {
        password = None;
        args
    } else if may_ask {
        (asked, password) = ask::complete(args, &needed, context)?;
        &asked
    } else {
        return Err(needed::failure(&needed));
    };
    let work = Work::prepare(args, text, password, context)?;
    unguarded::warn(context)?;
    if args.check || args.change.dry_run {
        return look(args, &work, context);
    }
    if is_asking {
        work.make(ChangeArgs::preview(true).asked(true), context)?;
        conclude(args, &work, context)?;
        let mut prompt = Prompt::new(context);
        let question = MAKE_IT.of(prompt.language);
        if !prompt.yes(question, true)? {
            context.out.say(NOTHING_CHANGED, &[])?;
            return Ok(Exit::Failed);
        }
    }
    carry_out(args, &work, is_asking, context)
}

/// Says what would be changed, and changes nothing.
fn look(args: &SetupArgs, work: &Work, context: &mut Context) -> Result<Exit, Failure> {
    work.make(ChangeArgs::preview(true), context)?;
    let (files, lines) = work.pending(context)?;
    for line in &lines {
        context.out.say(WOULD_CHANGE, &[line])?;
    }
    conclude(args, work, context)?;
    let is_pending = !files.is_empty() || !lines.is_empty();
    if args.format == ListFormat::Json {
        let object = json!({
            "changed": is_pending,
            "check": true,
            "changes": files
                .iter()
                .map(|path| DIFFERS.with(Language::English, &[path]))
                .chain(lines)
                .collect::<Vec<_>>(),
            "after": sentence(work, &context.paths, Language::English).join(" "),
        });
        context.out.data(object.to_string())?;
    }
    Ok(if args.check && is_pending {
        Exit::Negative
    } else {
        Exit::Done
    })
}

/// Does it.
fn carry_out(
    args: &SetupArgs,
    work: &Work,
    is_asking: bool,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let before = newest(context)?.map(|entry| entry.number);
    let changes_mail = work.changes_mail(&context.paths);
    let options = args.change.asked(is_asking);
    work.make(options.bringing_schedule(work.brings_schedule()), context)?;
    let made = newest(context)?.filter(|entry| {
        let has_tables = entry.sides().into_iter().any(Side::is_changed);
        has_tables && Some(entry.number) != before
    });
    let number = made.map(|entry| entry.number);
    work.explain(context)?;
    if !is_asking {
        conclude(args, work, context)?;
    }
    let tested = if work.sends_mail() && changes_mail && !args.mail.no_test_mail {
        test_mail(context, number, is_asking)?
    } else {
        TestMail::NotNeeded
    };
    context.out.say(KEEP_SESSION, &[])?;
    if args.format == ListFormat::Json {
        let done = context.out.done().to_vec();
        let object = json!({
            "changed": !done.is_empty(),
            "check": false,
            "changes": done,
            "change": number,
            "test_mail": match tested {
                TestMail::NotNeeded => "not needed",
                TestMail::Sent => "sent",
                TestMail::Failed => "failed",
            },
            "after": sentence(work, &context.paths, Language::English).join(" "),
        });
        context.out.data(object.to_string())?;
    }
    Ok(match tested {
        TestMail::NotNeeded | TestMail::Sent => Exit::Done,
        TestMail::Failed => Exit::Negative,
    })
}

/// Says what is left of old, and who gets in afterwards.
fn conclude(args: &SetupArgs, work: &Work, context: &mut Context) -> Result<(), Failure> {
    let language = context.out.language();
    if !args.alert.no_alarm && args.alert.triggers().unknown {
        context.out.line(DNS_COST.of(language))?;
    }
    if work.tables.alert.is_some() {
        let old = work.tables.with_after(|after| after.old.clone());
        for alert in old {
            let place = at(&context.paths, &alert.place);
            let command = visible_short(&alert.command, SHOWN);
            let text = if alert.is_mailer { STILL_RUNS } else { STAYS };
            let note = context.out.words(text, &[&place, &command]);
            context.out.note(&note)?;
        }
    }
    for line in sentence(work, &context.paths, language) {
        let line = wrapped(&line, columns());
        let line = context.out.paint(Style::Strong, &line);
        context.out.line(line)?;
    }
    Ok(())
}

fn sentence(work: &Work, paths: &Paths, language: Language) -> Vec<String> {
    let others = (work.others(), &work.whom(paths));
    work.tables
        .with_after(|after| after_this(&after.effect, others, language))
}

/// The newest change of the history.
fn newest(context: &Context) -> Result<Option<HistoryEntry>, Failure> {
    let history = History::new(&context.paths.history);
    let number = history.numbers().map_err(told)?.last().copied();
    number
        .map(|number| history.entry(number).map_err(told))
        .transpose()
}

/// Sends the test mail; if it does not get out, says what that means and what to do. `made` is the
/// change, if it changed a table.
fn test_mail(context: &mut Context, made: Option<u64>, may_ask: bool) -> Result<TestMail, Failure> {
    if let Exit::Done = send_test(context)? {
        return Ok(TestMail::Sent);
    }
    let path = context.paths.config.display().to_string();
    let note = context.out.words(TEST_FAILED, &[&path]);
    context.out.note(&note)?;
    let Some(number) = made else {
        return Ok(TestMail::Failed);
    };
    let mut prompt = Prompt::new(context);
    let question = KEEP_TABLES.of(prompt.language);
    if may_ask && !prompt.yes(question, true)? {
        crate::cli::change::undo::run(&UndoArgs::of(number), context)?;
    } else {
        let note = context.out.words(RESTORES, &[&number.to_string()]);
        context.out.note(&note)?;
    }
    Ok(TestMail::Failed)
}
