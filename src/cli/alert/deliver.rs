//! `tcpw deliver`: events become journal rows and mails.

use crate::alert::transport::{self, Transport};
use crate::alert::{
    DeliverError, Deliverer, DeliveryReport, Event, FiredRule, RuleFinder, Verdict, Workplace,
    has_events, request_handover, run_in_background,
};
use crate::cli::base::{Context, Exit, Failure, Paths, background};
use crate::cli::change::provisional;
use crate::cli::machine::event_log;
use crate::cli::machine::named;
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::settings;
use crate::cli::machine::waiting::{Waiting, drops};
use crate::config::Config;
use crate::escape::visible;
use crate::system::{Severity, SystemClock, close_inherited, host_name, leave_session};
use clap::Args;
use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for another deliverer.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
/// How often a round begins again on a journal that was replaced.
const MOST_TRIES: u32 = 5;

/// Collect all recorded events and send every mail that is not delivered yet
///
/// Moves events from the drop directory into the journal, then tries each undelivered mail once,
/// including those given up. Exit code 0: everything is delivered. 1: something still waits. 2: it
/// could not be tried, or a drop directory cannot be read.
#[derive(Debug, Args)]
pub(crate) struct DeliverArgs {
    /// The drop directory, instead of the configured one
    #[arg(long, value_name = "DIR")]
    drop: Option<PathBuf>,
    /// Run in the background until the queue is empty, retrying after 1 minute up to 1 hour
    ///
    /// This is what notify starts: in a session of its own, silent; problems go to the system
    /// log. It ends when another deliverer is running.
    #[arg(long, hide_short_help = true)]
    background: bool,
}

/// Runs the command.
pub(crate) fn run(args: &DeliverArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths);
    // No program that is notified of something gets what our starter left open.
    close_inherited();
    if args.background {
        leave_session();
    }
    // Whoever was locked out by a change that nobody confirmed raises an alert, and so comes here.
    if let Err(failure) = provisional::take_back_due(context) {
        context.out.show_failure(&failure);
    }
    if args.background {
        in_background(args, &context.paths, config);
        return Ok(Exit::Done);
    }
    if let Some(directory) = &args.drop {
        let help = "`tcpw notify --drop DIR` makes it with the first alert";
        named::exists(directory, "drop directory", help)?;
    }
    once(args, &config?, context)
}

/// One round that somebody waits for.
fn once(args: &DeliverArgs, config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    let paths = context.paths.clone();
    let problems = RefCell::new(Vec::new());
    let log = event_log::open(&paths);
    let warn = |text: &str| {
        let text = visible(text.as_bytes());
        // Whoever runs this may not look; without a log the output has it all the same.
        drop(log.say(Severity::Warning, &text));
        problems.borrow_mut().push(text);
    };
    let way = open(config);
    let rules = FiredRules::new(&paths);
    let record = |event: &Event, rule: Option<&FiredRule>, verdict| {
        event_log::record(&log, config, event, rule, verdict);
    };
    let ears = Ears {
        warn: &warn,
        record: &record,
    };
    let place = workplace(
        args.drop.as_deref(),
        &paths,
        config,
        way.as_ref(),
        &rules,
        ears,
    );
    let report = match round(&place, context) {
        Ok(report) => report,
        Err(Untried::Failed(error)) => {
            // Somebody must try again, also when nobody looks.
            if error.may_pass() {
                drop(background::start(&context.paths, args.drop.as_deref()));
            }
            return Err(cannot(error));
        }
        Err(Untried::Told(failure)) => return Err(failure),
    };
    // The lock is free again: what waits, and what came in the meantime, is the business of the
    // deliverer in the background.
    if report.left.next_due.is_some() || has_events(&place.drops) {
        background::start(&context.paths, args.drop.as_deref()).map_err(|cause| {
            Failure::new(format_args!(
                "cannot start the deliverer in the background: {cause}"
            ))
            .hint("nothing is lost; run tcpw deliver again later")
        })?;
    }
    for text in problems.borrow().iter() {
        context.out.note(text)?;
    }
    let exit = show(&report, way.as_ref(), context)?;
    let outside = Waiting::look(args.drop.as_deref(), &context.paths, config);
    for line in outside.lines() {
        context.out.line(line)?;
    }
    let is_all = exit == Exit::Done && outside.is_nothing();
    outside.exit(if is_all { exit } else { Exit::Negative }, context)
}

/// Why there was no round.
enum Untried {
    /// The deliverer could not work.
    Failed(DeliverError),
    /// Something else.
    Told(Failure),
}

/// One round, once no other deliverer is at work; again if the journal is replaced meanwhile.
fn round(place: &Workplace<'_>, context: &mut Context) -> Result<DeliveryReport, Untried> {
    let mut tries = 0;
    loop {
        let Some(mut deliverer) = lone(place, context)? else {
            return Err(Untried::Told(
                Failure::new("another deliverer is running and still busy after 10 s")
                    .hint("it sends everything itself; run tcpw deliver again to see what is left"),
            ));
        };
        match deliverer.round(true) {
            Err(DeliverError::Replaced { .. }) if tries < MOST_TRIES => tries += 1,
            done => return done.map_err(Untried::Failed),
        }
    }
}

/// The deliverer, once no other one is at work.
pub(crate) fn in_foreground<'a>(
    place: &'a Workplace<'a>,
    context: &mut Context,
) -> Result<Option<Deliverer<'a>>, Failure> {
    lone(place, context).map_err(|untried| match untried {
        Untried::Failed(error) => cannot(error),
        Untried::Told(failure) => failure,
    })
}

fn lone<'a>(
    place: &'a Workplace<'a>,
    context: &mut Context,
) -> Result<Option<Deliverer<'a>>, Untried> {
    let begin = Instant::now();
    let mut is_told = false;
    while begin.elapsed() < PATIENCE {
        if let Some(deliverer) = Deliverer::start(place).map_err(Untried::Failed)? {
            return Ok(Some(deliverer));
        }
        if !is_told {
            context
                .out
                .note("waiting for the running deliverer")
                .map_err(Untried::Told)?;
            is_told = true;
        }
        // Again each time, as one that is just starting takes an earlier request for an old one.
        // Without it we only wait longer.
        drop(request_handover(&place.config.journal));
        sleep(PAUSE);
    }
    Ok(None)
}

fn cannot(error: impl std::fmt::Display) -> Failure {
    Failure::new(error).hint("deliver as the user who owns the journal, usually root")
}

fn show(
    report: &DeliveryReport,
    way: &dyn Transport,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let out = &mut context.out;
    out.line(format!("collected {}", report.collected))?;
    out.line(format!("sent {} by {}", report.sent, way.describe()))?;
    for answer in &report.answers {
        out.line(format!("  {answer}"))?;
    }
    let left = &report.left;
    if left.waiting + left.failed == 0 {
        return Ok(Exit::Done);
    }
    let error = left.last_error.as_deref().unwrap_or("not tried yet");
    out.line(format!(
        "waiting {}, given up {}; last error: {}",
        left.waiting,
        left.failed,
        visible(error.as_bytes())
    ))?;
    Ok(Exit::Negative)
}

/// Nobody reads what this prints, so that every problem goes to the system log.
fn in_background(args: &DeliverArgs, paths: &Paths, config: Result<Config, Failure>) {
    let log = event_log::open(paths);
    let warn = |text: &str| {
        // Without a log there is nobody left to tell; the journal keeps the error.
        drop(log.say(Severity::Warning, &visible(text.as_bytes())));
    };
    let config = match config {
        Ok(config) => config,
        Err(Failure::Told { what, .. }) => return warn(&what),
        Err(Failure::ClosedPipe) => return,
    };
    let way = open(&config);
    let rules = FiredRules::new(paths);
    let record = |event: &Event, rule: Option<&FiredRule>, verdict| {
        event_log::record(&log, &config, event, rule, verdict);
    };
    let ears = Ears {
        warn: &warn,
        record: &record,
    };
    let place = workplace(
        args.drop.as_deref(),
        paths,
        &config,
        way.as_ref(),
        &rules,
        ears,
    );
    if let Err(error) = run_in_background(&place) {
        warn(&error.to_string());
    }
}

/// The way out that the configuration names.
pub(crate) fn open(config: &Config) -> Box<dyn Transport> {
    transport::open(
        &config.mail.transport,
        &host_name(),
        credentials().as_deref(),
    )
}

/// The directory of systemd's credentials (systemd.exec(5)), if there is one.
pub(crate) fn credentials() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Who ears of what the deliverer does.
#[derive(Clone, Copy)]
pub(crate) struct Ears<'a> {
    /// What must not go unnoticed.
    pub(crate) warn: &'a dyn Fn(&str),
    /// Every event once it is in the journal.
    pub(crate) record: &'a dyn Fn(&Event, Option<&FiredRule>, Verdict),
}

/// What a deliverer on these files works with.
pub(crate) fn workplace<'a>(
    drop: Option<&Path>,
    paths: &Paths,
    config: &'a Config,
    transport: &'a dyn Transport,
    rules: &'a dyn RuleFinder,
    ears: Ears<'a>,
) -> Workplace<'a> {
    Workplace {
        config,
        drops: drops(drop, paths, config),
        host: host_name(),
        clock: &SystemClock,
        rules,
        transport,
        credentials: credentials(),
        warn: ears.warn,
        record: ears.record,
    }
}
