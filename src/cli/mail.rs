//! `tcpw mail test`: sends one mail and says exactly what happened to it.

use super::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Style;
use super::settings;
use crate::alert::transport::{self, Outcome, Step};
use crate::alert::{Delivery, Letter, People, Workplace, problem, send_letter};
use crate::escape::visible;
use crate::system::{Clock as _, SystemClock, host_name, random_u64};
use clap::{Args, Subcommand};
use std::env;
use std::path::PathBuf;

/// Check that mail goes out
#[derive(Debug, Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    command: MailCommand,
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Send one test mail to everybody configured and say what became of it
    ///
    /// Exit code 0: all recipients were accepted. 1: somebody was refused, or the mail did not
    /// get out. 2: the configuration cannot be used.
    Test,
}

/// Runs the command.
pub(crate) fn run(args: &MailArgs, context: &mut Context) -> Result<Exit, Failure> {
    match args.command {
        MailCommand::Test => send_test(context),
    }
}

/// Sends a test mail with the settings of this run.
pub(super) fn send_test(context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    settings::note_embedded(&config, context)?;
    let host = host_name();
    let credentials = env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let way = transport::open(&config.mail.transport, &host, credentials.as_deref());
    let people = People::new(&config.mail, &host);
    let place = Workplace {
        config: &config,
        drops: Vec::new(),
        host,
        clock: &SystemClock,
        rules: &|_: &_| None,
        transport: way.as_ref(),
        warn: &|_| {},
    };
    context.out.line(format!("transport: {}", way.describe()))?;
    context.out.line(format!("from: {}", people.from))?;
    context
        .out
        .line(format!("to: {}", people.recipients().join(", ")))?;
    context.out.flush()?;
    let now = SystemClock.now();
    let letter = Letter {
        id: 0,
        message_id: format!(
            "<{}.{:016x}@{}>",
            now.format("%Y%m%d%H%M%S"),
            random_u64(),
            people.from.domain
        ),
        created: now,
        rule: None,
        events: Vec::new(),
        count: 0,
        attempts: 0,
        delivered_to: Vec::new(),
    };
    show(&send_letter(&place, &letter), context)
}

fn show(deliveries: &[Delivery], context: &mut Context) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for delivery in deliveries {
        let who = delivery.recipient.as_deref().unwrap_or("all recipients");
        match &delivery.outcome {
            Outcome::Delivered { answer } => {
                let answer = visible(answer.as_bytes());
                let word = context.out.paint(Style::Good, "sent");
                context.out.line(format!("{word} to {who}: {answer}"))?;
            }
            Outcome::Transient(step, _) | Outcome::Permanent(step, _) => {
                exit = Exit::Negative;
                let text = problem(delivery).unwrap_or_default();
                let word = context.out.paint(Style::Bad, "not sent");
                context
                    .out
                    .line(format!("{word} to {who}: {}", visible(text.as_bytes())))?;
                context
                    .out
                    .line(format!("  help: {}", remedy(*step, &text)))?;
            }
        }
    }
    Ok(exit)
}

/// What to do about a failure at `step`.
fn remedy(step: Step, text: &str) -> &'static str {
    match step {
        Step::Prepare => "repair the file or program that is named; nothing was sent",
        Step::Resolve => {
            "check the spelling of mail.smtp.host and this machine's DNS (getent hosts NAME)"
        }
        Step::Connect if text.contains("refused") => {
            "nothing listens there: check mail.smtp.host and port, and that the server runs"
        }
        Step::Connect => "no way to the server: check host, port, routes and firewalls",
        Step::Greeting => {
            "something answered, but not as this kind of server: check mail.smtp.port and tls (port 465 needs \"implicit\", 587 \"starttls\")"
        }
        Step::StartTls => {
            "use tls = \"implicit\" (port 465) if the server has it; \"none\" sends everything readable"
        }
        Step::Tls if text.contains("UnknownIssuer") => {
            "the certificate is signed by nobody we trust: give its authority in mail.smtp.ca_file"
        }
        Step::Tls if text.contains("NotValidForName") => {
            "the certificate is for another name: write that name in mail.smtp.host"
        }
        Step::Tls => "check the server's certificate, mail.smtp.host, ca_file and port",
        Step::Auth => {
            "check mail.smtp.username and the password; some providers want an app password"
        }
        Step::Sender => "the server does not send for this address: check mail.from",
        Step::Recipient => {
            "the server does not take mail for this address: check mail.to, cc and bcc"
        }
        Step::Message => "the server refused the mail itself: its answer says why",
        Step::Program => "check mail.sendmail, and the log of the local mail system",
        Step::File => "check mail.file_dir and its permissions",
    }
}
