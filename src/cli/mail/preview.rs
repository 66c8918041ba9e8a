//! `tcpw mail preview`: shows a letter as it would be sent, and whether its templates work.

use crate::alert::{
    Journal, LetterKind, Preview, letter_of, letter_of_report, preview, preview_sample,
};
use crate::cli::base::{Context, Exit, Failure, LanguageChoice};
use crate::cli::machine::settings;
use crate::cli::report;
use crate::system::{Clock as _, SystemClock, host_name};
use clap::{Args, ValueEnum};

/// Show a message as it would be sent, and check its templates
///
/// Shows a sample (the report is the real one), or with --event the message about an event in the
/// journal. Sends nothing. Exit code 0: it is shown. 2: a template fails, which is reported with
/// file and line; a message that must be sent then uses the built-in template, and says so.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// Which message
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Kind::Alarm)]
    kind: Kind,
    /// The message about this event of the journal, instead of a sample
    #[arg(long, value_name = "ID", conflicts_with = "kind")]
    event: Option<i64>,
    /// Which part to show
    #[arg(long, alias = "format", value_enum, value_name = "PART", default_value_t = PreviewPart::Text)]
    part: PreviewPart,
    /// In which language, instead of the configured one
    #[arg(long, alias = "lang", value_enum, value_name = "LANGUAGE")]
    language: Option<LanguageChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The first sight of a source
    Alarm,
    /// Repeats of one source
    Digest,
    /// What exceeded the hourly mail limit
    Overflow,
    /// Something about the alerts themselves
    Notice,
    /// The sign of life
    Heartbeat,
    /// The report of the last seven days, as tcpw report --mail would send it now
    Report,
    /// The message of tcpw mail test
    Test,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PreviewPart {
    /// The plain text below its subject
    Text,
    /// The HTML part
    Html,
    /// The whole mail, as a file for a mail program
    Eml,
    /// The subject alone
    Subject,
}

/// Runs the command.
pub(crate) fn run(args: &PreviewArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut config = settings::load(&context.paths)?;
    if let Some(language) = args.language {
        config.mail.language = language.into();
    }
    let host = host_name();
    let made = match args.event {
        None if args.kind == Kind::Report => {
            let notice = report::as_mailed(&config, context)?;
            preview(
                &config,
                &host,
                &letter_of_report(&notice, SystemClock.now()),
            )
        }
        None => preview_sample(&config, &host, args.kind.letter()),
        Some(event) => {
            let letter = match Journal::open_to_read(&config.journal).map_err(journal)? {
                Some(mut opened) => letter_of(&mut opened, event).map_err(journal)?,
                None => None,
            };
            let letter = letter.ok_or_else(|| {
                let path = config.journal.display();
                Failure::new(format_args!("the journal {path} has no event {event}"))
                    .hint("leave out --event to see a sample")
            })?;
            preview(&config, &host, &letter)
        }
    };
    let made = made.map_err(Failure::new)?;
    if !made.problems.is_empty() {
        return Err(Failure::new(made.problems.join("; ")).hint(
            "tcpw.toml(5) lists the variables and filters of templates; until it is repaired, \
             messages use the built-in template",
        ));
    }
    show(args.part, &made, context)?;
    Ok(Exit::Done)
}

fn show(format: PreviewPart, made: &Preview, context: &mut Context) -> Result<(), Failure> {
    match format {
        PreviewPart::Subject => context.out.line(&made.subject),
        PreviewPart::Html => context.out.bytes(made.html.as_bytes()),
        PreviewPart::Eml => context.out.bytes(&made.eml),
        PreviewPart::Text => {
            context.out.line(format!("Subject: {}\n", made.subject))?;
            context.out.bytes(made.text.as_bytes())
        }
    }
}

fn journal(error: impl std::fmt::Display) -> Failure {
    Failure::new(error).hint("run it as the user who owns the journal, usually root")
}

impl Kind {
    fn letter(self) -> LetterKind {
        match self {
            Self::Alarm => LetterKind::Alarm,
            Self::Digest => LetterKind::Digest,
            Self::Overflow => LetterKind::Overflow,
            Self::Notice => LetterKind::Notice,
            Self::Heartbeat => LetterKind::Heartbeat,
            Self::Report => LetterKind::Report,
            Self::Test => LetterKind::Test,
        }
    }
}
