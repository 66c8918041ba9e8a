//! `tcpw report --mail`: the report becomes a letter in the queue.

use crate::alert::Notice;
use crate::cli::alert::deliver::{Ears, in_foreground, open, workplace};
use crate::cli::base::{Context, Failure, background};
use crate::cli::machine::rule_finder::FiredRules;
use crate::cli::machine::settings;
use crate::config::Config;
use crate::escape::visible;
use crate::report::{self, Paper, Report};
use crate::system::local_time;
use crate::values::Language;
use std::cell::RefCell;

/// How wide the text of a mail is.
const PAPER: Paper = Paper {
    width: 76,
    is_unicode: true,
};

/// The report as it is mailed.
pub(super) fn notice(report: &Report, language: Language) -> Notice {
    Notice::Report {
        subject: report::subject(report, language),
        text: report::text(report, language, PAPER, &local_time),
        html: report::html(report, language, &local_time),
    }
}

/// Queues the report, and starts the deliverer.
pub(super) fn send(
    report: &Report,
    language: Language,
    config: &Config,
    context: &mut Context,
) -> Result<(), Failure> {
    settings::note_embedded(config, context)?;
    let letter = notice(report, language);
    let paths = context.paths.clone();
    let problems = RefCell::new(Vec::new());
    let warn = |text: &str| problems.borrow_mut().push(visible(text.as_bytes()));
    let way = open(config);
    let rules = FiredRules::new(&paths);
    let ears = Ears {
        warn: &warn,
        // No event is collected here.
        record: &|_, _, _| {},
    };
    let place = workplace(None, &paths, config, way.as_ref(), &rules, ears);
    let Some(mut foreground) = in_foreground(&place, context)? else {
        return Err(Failure::new(
            "the report is not queued: another deliverer is still busy after 10 s",
        )
        .hint("run the command again; tcpw queue shows what waits"));
    };
    let queued = foreground.deliverer.queue_report(&letter);
    drop(foreground);
    let people = queued.map_err(|error| {
        Failure::new(format_args!("the report is not queued: {error}"))
            .hint("run it as the user who owns the journal, usually root")
    })?;
    for text in problems.borrow().iter() {
        context.out.note(text)?;
    }
    background::start(&paths, None).map_err(|cause| {
        Failure::new(format_args!(
            "the report is queued, but the deliverer cannot be started: {cause}"
        ))
        .hint("run tcpw deliver")
    })?;
    let people = visible(people.join(", ").as_bytes());
    context.out.line(format!(
        "queued for {people}; tcpw queue shows whether it waits"
    ))
}
