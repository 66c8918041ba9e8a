//! `tcpw report`: the journal in numbers, for a terminal, a browser, a mail or a program.

use super::args::{MOST_NAMED, ReportArgs};
use super::format::ReportFormat;
use super::{fleet, logs, mailing};
use crate::alert::{Notice, locator};
use crate::cli::base::progress::Progress;
use crate::cli::base::{Context, Exit, Failure, write_new};
use crate::cli::machine::waiting::Waiting;
use crate::cli::machine::{open_journal, settings};
use crate::config::Config;
use crate::report::{self, Problem, Report, ReportTerms};
use crate::system::{Clock as _, SystemClock, host_name, local_time};
use crate::values::Language;
use chrono::{DateTime, Utc};
use std::io::{self, IsTerminal as _};
use std::net::IpAddr;

pub(crate) fn run(args: &ReportArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    let progress = Progress::of("counting events");
    let language = language(args, &config);
    let mut outside = None;
    let report = if let Some(url) = &args.from {
        let place = Place::of(&config, context)?;
        fleet::numbers(url, args, &config, &place.terms(args)?, context)?
    } else {
        let outside = outside.insert(Waiting::look(None, &context.paths, &config));
        numbers(args, &config, outside, context)?
    };
    drop(progress);
    if args.mail {
        mailing::send(&report, language, &config, context)?;
    } else {
        let is_terminal = args.output.is_none() && io::stdout().is_terminal();
        let bytes = args.format.write(&report, language, is_terminal);
        match &args.output {
            Some(path) => write_new(path, &bytes)?,
            None => context.out.bytes(&bytes)?,
        }
    }
    let exit = if report.problems.is_empty() {
        Exit::Done
    } else {
        Exit::Negative
    };
    outside.map_or(Ok(exit), |outside| outside.exit(exit, context))
}

/// The report of the last seven days, as `tcpw report --mail` would send it now.
pub(crate) fn as_mailed(config: &Config, context: &mut Context) -> Result<Notice, Failure> {
    let since = "7d"
        .parse()
        .map_err(|error| Failure::new(error).hint("this is a fault of tcpw itself"))?;
    let args = ReportArgs {
        from: None,
        since,
        until: None,
        format: ReportFormat::Text,
        mail: true,
        language: None,
        output: None,
        log: Vec::new(),
        journald: false,
        top: MOST_NAMED,
    };
    let mut outside = Waiting::look(None, &context.paths, config);
    let report = numbers(&args, config, &mut outside, context)?;
    Ok(mailing::notice(&report, language(&args, config)))
}

fn language(args: &ReportArgs, config: &Config) -> Language {
    args.language.map_or(config.mail.language, Language::from)
}

/// What a report is made with here and now.
struct Place {
    now: DateTime<Utc>,
    locate: Box<dyn Fn(IpAddr) -> Option<String>>,
}

impl Place {
    fn of(config: &Config, context: &mut Context) -> Result<Self, Failure> {
        let (locate, problems) = locator(&config.geo);
        for problem in problems {
            context.out.note(&problem)?;
        }
        Ok(Self {
            now: SystemClock.now(),
            locate: Box::new(locate),
        })
    }

    fn terms(&self, args: &ReportArgs) -> Result<ReportTerms<'_>, Failure> {
        let now = self.now;
        let terms = ReportTerms {
            machine: host_name(),
            since: args.since.at(now),
            until: args.until.map_or(now, |moment| moment.at(now)),
            most: usize::from(args.top),
            local: &local_time,
            locate: &*self.locate,
        };
        if terms.since >= terms.until {
            return Err(Failure::new("--since is not before --until").hint(
                "times ago count from now: --since 7d --until 1d is the week before yesterday",
            ));
        }
        Ok(terms)
    }
}

fn numbers(
    args: &ReportArgs,
    config: &Config,
    outside: &mut Waiting,
    context: &mut Context,
) -> Result<Report, Failure> {
    let place = Place::of(config, context)?;
    let (now, terms) = (place.now, place.terms(args)?);
    let wants_logs = args.journald || !args.log.is_empty();
    let logged = if wants_logs {
        Some(logs::read(args, &terms, now, context)?)
    } else {
        None
    };
    // A report by mail comes regularly, also before there is anything to say.
    let journal = if wants_logs || args.mail {
        open_journal::open(&config.journal)
    } else {
        open_journal::open_existing(&config.journal).map(Some)
    };
    if journal.is_err() {
        for line in outside.lines() {
            context.out.note(&line)?;
        }
    }
    let mut journal = journal?;
    outside.look_for_deliverer(config)?;
    let mut problems: Vec<Problem> = outside.inboxes.iter().flat_map(Problem::of_inbox).collect();
    problems.extend(outside.is_abandoned.then_some(Problem::NoDeliverer));
    if let Some(journal) = &mut journal {
        let ahead = journal
            .ahead(&config.alert, now)
            .map_err(open_journal::told)?;
        problems.extend(ahead.map(|ahead| Problem::ClockAhead {
            latest: ahead.latest,
            events: ahead.events,
        }));
    }
    let mut report =
        report::report(journal.as_mut(), &terms, logged).map_err(open_journal::told)?;
    report.problems.splice(0..0, problems);
    Ok(report)
}
