//! `tcpw queue`: the letters that gather, wait or were given up, and why.

use super::deliver::as_owner_of_journal;
use super::queue_words::{ahead_line, ahead_object, describe, explain, full, head, object, row};
use crate::alert::{self, Journal, JournalError, Queued, State};
use crate::cli::base::{Context, Exit, Failure, ListFormat, background};
use crate::cli::machine::settings;
use crate::cli::machine::waiting::Waiting;
use crate::config::Config;
use crate::system::{Clock as _, SystemClock};
use crate::values::counted;
use clap::{Args, Subcommand};
use std::thread::sleep;
use std::time::Duration;

/// As many rows as anybody reads; `--all` has settled letters too.
const MOST: u32 = 1000;
/// How long the deliverer at work may take to make room.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// Show, retry or drop the messages that are not delivered yet
///
/// One row per message and channel: mail, and the commands and webhooks of the configuration.
/// Alerts that no deliverer has collected yet are counted too. Exit code 0: no message was given
/// up, and a deliverer handles what waits. 1: some were given up, or no deliverer is running
/// although something waits. 2: the journal or a drop directory cannot be read.
///
/// In JSON each drop directory in which alerts wait, or which cannot be read, is an object too
/// (drop, events, oldest, problem), and so are a deliverer that is needed but not running
/// (deliverer) and times in the journal that are in the future (clock, latest, events): they count
/// as now.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct QueueArgs {
    #[command(subcommand)]
    command: Option<QueueCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// List the messages (what `tcpw queue` alone does)
    List(ListArgs),
    /// Show everything about one message: its events, every attempt, and why it waits
    Show {
        /// The number of the message
        #[arg(value_name = "N")]
        letter: i64,
    },
    /// Try messages again now, with all their recipients, including those given up
    Retry {
        /// The numbers of the messages
        #[arg(value_name = "N", required_unless_present = "all")]
        letters: Vec<i64>,
        /// Every message that waits or was given up
        #[arg(long, conflicts_with = "letters")]
        all: bool,
    },
    /// Remove messages from the queue; their events stay in the journal
    Drop {
        /// The numbers of the messages
        #[arg(value_name = "N", required = true)]
        letters: Vec<i64>,
    },
}

#[derive(Debug, Clone, Copy, Args)]
struct ListArgs {
    /// Say for each message why it exists and what it waits for
    #[arg(long)]
    explain: bool,
    /// Include delivered and dropped messages
    #[arg(long)]
    all: bool,
    /// A table for people, or JSON with one object per line
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ListFormat,
}

/// Runs the command.
pub(crate) fn run(args: &QueueArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    match &args.command {
        None => list(args.list, &config, context),
        Some(QueueCommand::List(list_args)) => list(*list_args, &config, context),
        Some(QueueCommand::Show { letter }) => show(*letter, &config, context),
        Some(QueueCommand::Retry { letters, all }) => {
            let letters = if *all {
                open_letters(&config)?
            } else {
                letters.clone()
            };
            retry(&letters, &config, context)
        }
        Some(QueueCommand::Drop { letters }) => drop_letters(letters, &config, context),
    }
}

fn list(args: ListArgs, config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    let mut outside = Waiting::look(None, &context.paths, config);
    let now = SystemClock.now();
    let (mut queued, ahead, failed) = match open(config)? {
        Some(mut journal) => (
            journal.queued(args.all, MOST).map_err(cannot)?,
            journal.ahead(&config.alert, now).map_err(cannot)?,
            journal.waiting().map_err(cannot)?.failed,
        ),
        None => (Vec::new(), None, 0),
    };
    for letter in &mut queued {
        letter.believe(&config.alert, now);
    }
    outside.look_for_deliverer(config)?;
    if !queued.is_empty() && args.format == ListFormat::Table && !args.explain {
        context.out.line(head())?;
    }
    for letter in &queued {
        match args.format {
            ListFormat::Json => context.out.data(object(letter))?,
            ListFormat::Table if args.explain => {
                context.out.line(describe(letter))?;
                for line in explain(letter, &config.alert) {
                    context.out.line(format!("  {line}"))?;
                }
            }
            ListFormat::Table => context.out.line(row(letter))?,
        }
    }
    let mut more = match args.format {
        ListFormat::Json => outside.objects(),
        ListFormat::Table if queued.is_empty() && outside.is_nothing() => {
            vec!["the queue is empty".to_owned()]
        }
        ListFormat::Table => outside.lines(),
    };
    more.extend(ahead.map(|ahead| match args.format {
        ListFormat::Json => ahead_object(&ahead),
        ListFormat::Table => ahead_line(&ahead),
    }));
    for line in more {
        context.out.line(line)?;
    }
    if u32::try_from(queued.len()) == Ok(MOST) {
        context
            .out
            .note(&format!("no more than {MOST} are shown"))?;
    }
    let exit = if failed > 0 {
        Exit::Negative
    } else {
        Exit::Done
    };
    outside.exit(exit, context)
}

fn show(letter: i64, config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    let mut journal = open(config)?.ok_or_else(|| absent(letter))?;
    let facts = journal.letter(letter).map_err(cannot)?;
    let facts = facts.ok_or_else(|| absent(letter))?;
    let mut ways = journal.ways(letter).map_err(cannot)?;
    for way in &mut ways {
        way.believe(&config.alert, SystemClock.now());
    }
    let attempts = journal.attempts(letter).map_err(cannot)?;
    for line in full(&facts, &ways, &attempts, &config.alert) {
        context.out.line(line)?;
    }
    Ok(exit(&ways))
}

fn exit(queued: &[Queued]) -> Exit {
    if queued.iter().any(|letter| letter.state == State::Failed) {
        return Exit::Negative;
    }
    Exit::Done
}

fn retry(letters: &[i64], config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    let outside = Waiting::look(None, &context.paths, config);
    let rights = as_owner_of_journal(config)?;
    let mut journal = open_to_write(config)?;
    let now = SystemClock.now();
    let can_go = [State::Waiting, State::Failed, State::Dropped];
    check_all(&mut journal, letters, &can_go)?;
    let mut ways = 0;
    for letter in letters {
        // One that was delivered just now needs no other try.
        ways += journal.retry(*letter, now).map_err(cannot)?;
    }
    drop(journal);
    drop(rights);
    if ways == 0 {
        context.out.line("no message is waiting or was given up")?;
        for line in outside.lines() {
            context.out.line(line)?;
        }
        return outside.exit(Exit::Done, context);
    }
    wake(config, context)?;
    let letters = counted(letters.len(), "message");
    context.out.line(format!(
        "{letters} will be tried now; `tcpw queue` shows what becomes of it"
    ))?;
    Ok(Exit::Done)
}

fn drop_letters(letters: &[i64], config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    let _rights = as_owner_of_journal(config)?;
    let mut journal = open_to_write(config)?;
    let can_be_dropped = [State::Gathering, State::Waiting, State::Failed];
    check_all(&mut journal, letters, &can_be_dropped)?;
    for letter in letters {
        if journal.drop_letter(*letter).map_err(cannot)? == 0 {
            return Err(not_open(&mut journal, *letter)?);
        }
        context.out.line(format!(
            "message {letter} will not be sent; its events stay in the journal"
        ))?;
    }
    Ok(Exit::Done)
}

/// Whether each of the letters has a way in one of these states: nothing is done with any of them if it
/// cannot be done with all.
fn check_all(journal: &mut Journal, letters: &[i64], wanted: &[State]) -> Result<(), Failure> {
    for letter in letters {
        let ways = journal.ways(*letter).map_err(cannot)?;
        if !ways.iter().any(|way| wanted.contains(&way.state)) {
            return Err(not_open(journal, *letter)?);
        }
    }
    Ok(())
}

/// Why nothing can be done with a letter.
fn not_open(journal: &mut Journal, letter: i64) -> Result<Failure, Failure> {
    let ways = journal.ways(letter).map_err(cannot)?;
    let Some(way) = ways.first() else {
        return Ok(absent(letter));
    };
    Ok(Failure::new(format_args!(
        "message {letter} is already {}",
        way.state.word()
    ))
    .hint("`tcpw queue` lists the messages that can still be retried or dropped"))
}

fn absent(letter: i64) -> Failure {
    Failure::new(format_args!("the journal has no message {letter}"))
        .hint("`tcpw queue --all` lists all messages with their numbers")
}

/// The numbers of the messages that wait or were given up.
fn open_letters(config: &Config) -> Result<Vec<i64>, Failure> {
    let Some(mut journal) = open(config)? else {
        return Ok(Vec::new());
    };
    let mut letters: Vec<i64> = journal
        .queued(false, u32::MAX)
        .map_err(cannot)?
        .iter()
        .filter(|letter| matches!(letter.state, State::Waiting | State::Failed))
        .map(|letter| letter.letter)
        .collect();
    letters.dedup();
    Ok(letters)
}

/// Starts a deliverer in the place of one that sleeps until the next time something is due.
fn wake(config: &Config, context: &mut Context) -> Result<(), Failure> {
    let is_busy = || alert::is_deliverer_alive(&config.journal).unwrap_or(false);
    for _ in 0..TRIES {
        if !is_busy() {
            break;
        }
        // Without it the messages are tried a little later.
        drop(alert::request_handover(&config.journal));
        sleep(PAUSE);
    }
    background::start(&context.paths, None).map_err(|cause| {
        Failure::new(format_args!(
            "cannot start the deliverer in the background: {cause}"
        ))
        .hint("run tcpw deliver: it tries every message now")
    })
}

/// The journal, to read it; nothing if there is none yet.
pub(crate) fn open(config: &Config) -> Result<Option<Journal>, Failure> {
    Journal::open_to_read(&config.journal).map_err(cannot)
}

fn open_to_write(config: &Config) -> Result<Journal, Failure> {
    if open(config)?.is_none() {
        let path = config.journal.display();
        return Err(
            Failure::new(format_args!("the journal {path} does not exist yet"))
                .hint("the first alert creates it"),
        );
    }
    Journal::open(&config.journal).map_err(cannot)
}

/// What to do about a journal that cannot be used.
pub(crate) fn cannot(error: JournalError) -> Failure {
    let hint = match &error {
        error if error.is_damage() => {
            "run tcpw deliver: it moves the damaged journal aside and starts a new one"
        }
        JournalError::Newer { .. } => "use the newer tcpw",
        JournalError::Directory { .. }
        | JournalError::Unreadable { .. }
        | JournalError::Database { .. }
        | JournalError::SetAside { .. } => "run it as the user who owns the journal, usually root",
    };
    Failure::new(error).hint(hint)
}
