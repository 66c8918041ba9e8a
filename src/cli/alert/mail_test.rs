//! `tcpw mail test`: sends one mail and says exactly what happened to it.

use super::mail_as_alert;
use super::mail_hints::{channel_remedy, remedy};
use crate::alert::transport::{self, Outcome, Transport, open_channel};
use crate::alert::{self, ChannelNote, Delivery, People, problem};
use crate::cli::base::{Context, Exit, Failure, Style, Text};
use crate::cli::machine::hardening;
use crate::cli::machine::settings;
use crate::config::{ChannelSettings, Config};
use crate::escape::visible;
use crate::system::{Clock as _, SystemClock, close_inherited, host_name};
use clap::Args;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

const WAY: Text = Text {
    en: "transport: {}",
    ko: "보내는 방법: {}",
};
const FROM: Text = Text {
    en: "from: {}",
    ko: "보내는 사람: {}",
};
const TO: Text = Text {
    en: "to: {}",
    ko: "받는 사람: {}",
};
const EVERYBODY: Text = Text {
    en: "all recipients",
    ko: "받는 사람 모두",
};
const SENT: Text = Text {
    en: "sent",
    ko: "보냄",
};
const NOT_SENT: Text = Text {
    en: "not sent",
    ko: "보내지 못함",
};
const ANSWERED: Text = Text {
    en: "{} to {}: {}",
    ko: "{}, {}: {}",
};

/// Send a test mail, and a test note through every channel, and report the outcome
///
/// The mail goes to everybody configured, sent by this command itself: with your environment. With
/// several mail servers it names each one tried and the step that failed there. With --as-alert it
/// goes the way of an alert, which may lack what you have: a home directory, a credential, a right.
/// Exit code 0: all recipients were accepted and all channels took the note. 1: somebody was
/// refused, something was not sent, or mail.transport is not set. 2: the configuration cannot be
/// used.
#[derive(Debug, Args)]
pub(crate) struct MailTestArgs {
    /// Send it as an alert is sent: through the queue, by the deliverer, to the people of every
    /// [[alert.rule]] too
    #[arg(long)]
    as_alert: bool,
    /// How long to wait for the outcome of --as-alert, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        requires = "as_alert"
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=3600))]
    wait: u16,
}

/// Runs the command.
pub(crate) fn run(args: &MailTestArgs, context: &mut Context) -> Result<Exit, Failure> {
    if !args.as_alert {
        return send_test(context);
    }
    let config = begin(context)?;
    let wait = Duration::from_secs(args.wait.into());
    let exit = mail_as_alert::run(&config, wait, context)?;
    finish(&config, exit, context)
}

/// The settings of this run, and where the mail goes.
fn begin(context: &mut Context) -> Result<Config, Failure> {
    let config = settings::load(&context.paths)?;
    // No program that is notified of something gets what our starter left open.
    close_inherited();
    settings::note_embedded(&config, context)?;
    Ok(config)
}

/// What keeps an alert from leaving although the test mail did.
fn finish(config: &Config, exit: Exit, context: &mut Context) -> Result<Exit, Failure> {
    // Where the units will run, paths are as they are written.
    let written = settings::load_as_written(&context.paths)?;
    let misfit = hardening::misfit(&written, &context.paths);
    if let Some(misfit) = &misfit {
        context.out.note(misfit)?;
    }
    if misfit.is_some() || !config.mail.has_way {
        return Ok(Exit::Negative);
    }
    Ok(exit)
}

/// Sends a test mail with the settings of this run.
pub(crate) fn send_test(context: &mut Context) -> Result<Exit, Failure> {
    let config = begin(context)?;
    let host = host_name();
    let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let way = transport::open(&config.mail.transport, &host, credentials.as_deref());
    let people = People::new(&config.mail, &host);
    context.out.say(WAY, &[&way.describe()])?;
    context.out.say(FROM, &[&people.from.to_string()])?;
    context.out.say(TO, &[&people.recipients().join(", ")])?;
    context.out.flush()?;
    let now = SystemClock.now();
    let (message_id, deliveries) = alert::send_test(&config, &host, way.as_ref(), now);
    show_attempts(way.as_ref(), context)?;
    let mut exit = show(&deliveries, context)?;
    let note = ChannelNote::test(&host, &message_id, now);
    for channel in &config.channels {
        if !tell(channel, &note, credentials.as_deref(), context)? {
            exit = Exit::Negative;
        }
    }
    if hardening::depends_on_starter(&config) {
        context.out.note(
            "the password comes from the surroundings of this command, and an alert has others: tcpw mail test --as-alert",
        )?;
    }
    finish(&config, exit, context)
}

/// Where there is more than one server: each that was tried in vain before the last word.
fn show_attempts(way: &dyn Transport, context: &mut Context) -> Result<(), Failure> {
    let attempts = way.attempts();
    let places = attempts.iter().map(|attempt| &attempt.place);
    let last = places.clone().next_back();
    if places.clone().all(|place| Some(place) == last) {
        return Ok(());
    }
    for attempt in &attempts {
        let text = match attempt.problem() {
            Some(problem) => format!("tried {problem}"),
            None => format!("tried {}: accepted", attempt.place),
        };
        context.out.line(visible(text.as_bytes()))?;
    }
    Ok(())
}

/// Sends `note` through one channel; whether it got out.
fn tell(
    channel: &ChannelSettings,
    note: &ChannelNote,
    credentials: Option<&Path>,
    context: &mut Context,
) -> Result<bool, Failure> {
    let way = open_channel(channel, credentials);
    let name = way.describe();
    match way.send(note) {
        Outcome::Delivered { answer } => {
            said(true, &name, &answer, context)?;
            Ok(true)
        }
        Outcome::Transient(step, text) | Outcome::Permanent(step, text) => {
            said(false, &name, &format!("{step}: {text}"), context)?;
            context
                .out
                .line(format!("  help: {}", channel_remedy(step)))?;
            Ok(false)
        }
    }
}

/// Says whether it got out to somebody, and what was answered.
fn said(is_sent: bool, who: &str, answer: &str, context: &mut Context) -> Result<(), Failure> {
    let (text, style) = if is_sent {
        (SENT, Style::Good)
    } else {
        (NOT_SENT, Style::Bad)
    };
    let word = text.of(context.out.language());
    let word = context.out.paint(style, word);
    let answer = visible(answer.as_bytes());
    context.out.say(ANSWERED, &[&word, who, &answer])
}

fn show(deliveries: &[Delivery], context: &mut Context) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for delivery in deliveries {
        let all = EVERYBODY.of(context.out.language());
        let who = delivery.recipient.as_deref().unwrap_or(all);
        match &delivery.outcome {
            Outcome::Delivered { answer } => {
                said(true, who, answer, context)?;
            }
            Outcome::Transient(step, fault) | Outcome::Permanent(step, fault) => {
                exit = Exit::Negative;
                let text = problem(delivery).unwrap_or_default();
                said(false, who, &text, context)?;
                context
                    .out
                    .line(format!("  help: {}", remedy(*step, fault)))?;
            }
        }
    }
    Ok(exit)
}
