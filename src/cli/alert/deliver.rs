//! `tcpw deliver`: events become journal rows and mails.

use super::confine::{Confinement, confine, credentials, has_account};
use crate::alert::transport::{self, Transport};
use crate::alert::{
    DeliverError, Deliverer, DeliveryReport, Event, FiredRule, RuleFinder, Verdict, Workplace,
    has_events, request_handover, run_in_background,
};
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure, Paths, background};
use crate::cli::change::provisional;
use crate::cli::machine::event_log;
use crate::cli::machine::named;
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::settings;
use crate::cli::machine::waiting::{Waiting, drops};
use crate::config::Config;
use crate::escape::visible;
use crate::system::{
    AsOwner, Severity, SystemClock, close_inherited, default_signals, foreign_surroundings,
    host_name, is_root, leave_cgroup, leave_session, silence, survive_size_limit, widen_limits,
};
use clap::Args;
use std::cell::RefCell;
use std::env;
use std::io;
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
    /// For notify: deliver nothing where the daemon's files, network, users or processes are not the
    /// machine's
    ///
    /// What a sandboxed daemon reports is then left to the units of systemd or to cron.
    #[arg(long, hide_short_help = true, requires = "background")]
    by_alert: bool,
    /// Say as which user it works, and what the kernel keeps it from
    #[arg(short, long, conflicts_with = "background")]
    verbose: bool,
}

/// Runs the command.
pub(crate) fn run(args: &DeliverArgs, context: &mut Context) -> Result<Exit, Failure> {
    // No program that is notified of something gets what our starter left open.
    close_inherited();
    // Too low for one that an alert starts, they were noticed before.
    drop(widen_limits());
    if args.background {
        default_signals();
        leave_session();
    }
    survive_size_limit();
    let config = settings::load(&context.paths);
    // Whoever was locked out by a change that nobody confirmed raises an alert, and so comes here. Only
    // root may write to the tables: a deliverer that starts as tcpw leaves this to `tcpw expire`.
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
    let mut config = config?;
    let drops = drops(args.drop.as_deref(), &context.paths, &config);
    // Whoever has given up root's rights cannot start a program that begins with them.
    let relay = has_account(&context.paths)
        .then(|| background::relay(&context.paths, args.drop.as_deref()));
    let confinement = confine(&mut config, &drops, &context.paths)?;
    for fact in confinement.facts.iter().filter(|_| args.verbose) {
        context.out.note(fact)?;
    }
    for warning in &confinement.warnings {
        context.out.note(warning)?;
    }
    let go_on = |paths: &Paths| match (&confinement.account, relay) {
        (Some(_), Some(relay)) => relay?.start(),
        _ => background::start(paths, args.drop.as_deref()),
    };
    once(args, &config, go_on, context)
}

/// One round that somebody waits for.
fn once(
    args: &DeliverArgs,
    config: &Config,
    go_on: impl FnOnce(&Paths) -> io::Result<()>,
    context: &mut Context,
) -> Result<Exit, Failure> {
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
    let progress = Progress::of("collecting events and sending messages");
    let done = round(&place, context);
    drop(progress);
    let report = match done {
        Ok(report) => report,
        Err(Untried::Failed(error)) => {
            // Somebody must try again, also when nobody looks.
            if error.may_pass() {
                drop(go_on(&context.paths));
            }
            return Err(cannot(error));
        }
        Err(Untried::Told(failure)) => return Err(failure),
    };
    // The lock is free again: what waits, and what came in the meantime, is the business of the
    // deliverer in the background.
    if report.left.next_due.is_some() || has_events(&place.drops) {
        go_on(&context.paths).map_err(|cause| {
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

/// A deliverer in a process that goes on as root afterwards: until it is dropped, this process has no more
/// rights than the owner of the journal's directory.
pub(crate) struct Foreground<'a> {
    /// The deliverer; it ends before root's rights come back.
    pub(crate) deliverer: Deliverer<'a>,
    _rights: AsOwner,
}

/// The deliverer, once no other one is at work.
pub(crate) fn in_foreground<'a>(
    place: &'a Workplace<'a>,
    context: &mut Context,
) -> Result<Option<Foreground<'a>>, Failure> {
    let rights = as_owner_of_journal(place.config)?;
    let deliverer = lone(place, context).map_err(|untried| match untried {
        Untried::Failed(error) => cannot(error),
        Untried::Told(failure) => failure,
    })?;
    Ok(deliverer.map(|deliverer| Foreground {
        deliverer,
        _rights: rights,
    }))
}

/// The rights of whoever owns the journal's directory: what lies there is of his making, and so may be
/// where its links lead.
pub(super) fn as_owner_of_journal(config: &Config) -> Result<AsOwner, Failure> {
    let directory = config.journal.parent().unwrap_or(Path::new("/"));
    AsOwner::of(directory).map_err(|cause| {
        let directory = directory.display();
        cannot(format_args!(
            "cannot work on the journal with the rights of the owner of {directory}: {cause}"
        ))
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
    if args.by_alert {
        let foreign = foreign_surroundings();
        if !foreign.is_empty() {
            return warn(&left_to_others(&foreign));
        }
    }
    let ready = config.and_then(|mut config| {
        let drops = drops(args.drop.as_deref(), paths, &config);
        let confinement = become_service(&mut config, &drops, paths)?;
        Ok((config, confinement))
    });
    let (config, confinement) = match ready {
        Ok(ready) => ready,
        Err(Failure::Told { what, .. }) => return warn(&what),
        Err(Failure::ClosedPipe) => return,
    };
    confinement.warnings.iter().for_each(|text| warn(text));
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

/// What is said where a daemon's sandbox would keep the deliverer from its work.
fn left_to_others(foreign: &[&str]) -> String {
    let what = foreign.join(", ");
    format!(
        "an alert waits for tcpw-deliver.timer, cron or tcpw deliver: the daemon that reported it has a sandbox ({what}), in which nothing is delivered"
    )
}

/// Leaves the daemon that is the reason for it: its control group, its streams and root's rights.
fn become_service(
    config: &mut Config,
    drops: &[PathBuf],
    paths: &Paths,
) -> Result<Confinement, Failure> {
    // A unit of its own ends with what is in it, and only then.
    if is_root() && env::var_os("INVOCATION_ID").is_none() {
        leave_cgroup(Path::new("/proc"));
    }
    // Whatever they lead to, nobody reads them.
    silence().unwrap_or_default();
    confine(config, drops, paths)
}

/// The way out that the configuration names.
pub(crate) fn open(config: &Config) -> Box<dyn Transport> {
    transport::open(
        &config.mail.transport,
        &host_name(),
        credentials().as_deref(),
    )
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
