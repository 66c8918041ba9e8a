//! `tcpw doctor`: which programs ask libwrap at all, and so whom the tables bind; and whether the mail
//! of an alert could leave.

use super::mail;
use super::mail_check::{MailCheck, MailFinding};
use super::named_daemons::NamedDaemons;
use super::text::{self, Shown};
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::daemons::{daemons, installed};
use crate::cli::machine::tables::TableFiles;
use crate::doctor::{Diagnosis, Findings, Standing};
use crate::escape::visible;
use clap::{Args, ValueEnum};

/// Say which daemons ask libwrap, and as what
///
/// A rule binds only a daemon that asks libwrap. This looks at every program that waits for clients:
/// whether it calls libwrap (by its file and what it has loaded; nothing is run), under which name it
/// asks, whether its configuration has that switched off, and whether it sees these tables and may
/// read them. It also names rules for daemons that never ask, and daemons that ask and that no rule
/// names. With --root it looks at the programs that systemd would start there for a client.
///
/// With --mail it looks at the way of a mail instead: it connects to each mail server, protects the
/// connection and logs in as for a mail, and sends nothing. It asks DNS whether the domains of the
/// recipients take mail, and that of the sender replies and bounces (MX). It looks at the drop
/// directories, at what delivers by the clock, at the clock itself, at who could read the secrets, and
/// for room on the disks. The queue is in `tcpw status`.
///
/// Exit code: 0 nothing is wrong (with a name: it asks), 1 a rule is for a daemon that does not ask,
/// no rule is for one that does, or something keeps a daemon from the tables (with a name: it does
/// not ask), 2 it cannot be told. With --mail: 0 a mail could leave, 1 something is wrong, 2 the
/// configuration cannot be used, or sendmail needs DNS, which does not answer. Monitoring gets OK, WARNING and UNKNOWN, which is 3 instead of 2.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Only the daemon that asks under this name, or whose program is called so; also one that does
    /// not run now
    #[arg(value_name = "DAEMON")]
    daemon: Option<String>,
    /// Show what each answer rests on, and whether a test has seen it or documents say so
    #[arg(long)]
    explain: bool,
    /// Whether a mail could leave: each server is logged in to, and nothing is sent
    #[arg(long, conflicts_with_all = ["daemon", "explain"])]
    mail: bool,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: DoctorFormat,
}

/// How the answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum DoctorFormat {
    /// For people
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Human,
    /// For programs: one JSON object
    Json,
    /// One line for Nagios, Icinga and others that run its plugins
    Nagios,
}

pub(crate) fn run(args: &DoctorArgs, context: &mut Context) -> Result<Exit, Failure> {
    if args.mail {
        return of_mail(args.format, context);
    }
    let mut findings = daemons(&context.paths);
    let files = TableFiles::read(context)?;
    let named = NamedDaemons::of(&files);
    if let Some(daemon) = &args.daemon {
        findings.answers.retain(|answer| answer.is_about(daemon));
        if findings.answers.is_empty() {
            findings.answers = not_running(daemon, &findings, context)?;
        }
        findings.unseen.clear();
        findings.unheld.clear();
    }
    let crossed = match args.daemon {
        None => Crossed::new(&findings, &named, &|daemon| {
            installed(&context.paths, daemon)
        }),
        Some(_) => Crossed::default(),
    };
    let exit = match args.daemon {
        None => exit_of_all(&findings, &crossed),
        Some(_) => exit_of_one(&findings.answers),
    };
    let shown = Shown {
        findings: &findings,
        unasked: &crossed.unasked,
        open: &crossed.open,
        unnamed: &crossed.unnamed,
        explain: args.explain,
    };
    match args.format {
        DoctorFormat::Human => text::human(&shown, &mut context.out)?,
        DoctorFormat::Json => context.out.data(text::json(&shown))?,
        DoctorFormat::Nagios => return plugin(exit, &text::sum(&shown), context),
    }
    Ok(exit)
}

/// Prints the line of a plugin, whose first word stands for the exit code.
fn plugin(exit: Exit, sum: &str, context: &mut Context) -> Result<Exit, Failure> {
    let (state, exit) = match exit {
        Exit::Done => ("OK", exit),
        Exit::Negative => ("WARNING", exit),
        Exit::Failed | Exit::Unknown | Exit::NotRecorded | Exit::Lost => ("UNKNOWN", Exit::Unknown),
    };
    // What follows a bar is taken for figures.
    let sum = sum.replace('|', "/");
    context.out.line(format!("TCPW {state} - {sum}"))?;
    Ok(exit)
}

/// Whether a mail could leave.
fn of_mail(format: DoctorFormat, context: &mut Context) -> Result<Exit, Failure> {
    let checks = mail::look(context)?;
    let exit = exit_of_mail(&checks);
    match format {
        DoctorFormat::Human => mail::human(&checks, &mut context.out)?,
        DoctorFormat::Json => context.out.data(mail::json(&checks))?,
        DoctorFormat::Nagios => {
            let lines: Vec<String> = checks.iter().map(MailCheck::line).collect();
            return plugin(exit, &lines.join("; "), context);
        }
    }
    Ok(exit)
}

fn exit_of_mail(checks: &[MailCheck]) -> Exit {
    let is = |what: fn(&MailFinding) -> bool| checks.iter().any(|check| what(&check.found));
    if is(|found| matches!(found, MailFinding::Wrong(_))) {
        Exit::Negative
    } else if is(|found| matches!(found, MailFinding::Open(_))) {
        Exit::Failed
    } else {
        Exit::Done
    }
}

/// What a daemon would do that does not run, if it is installed.
fn not_running(
    daemon: &str,
    findings: &Findings,
    context: &Context,
) -> Result<Vec<Diagnosis>, Failure> {
    let mut answers = installed(&context.paths, daemon);
    let note = if hides_a_daemon(findings) {
        "whether it waits for clients now cannot be told: some programs are hidden from this user"
    } else {
        "it does not wait for clients now"
    };
    for answer in &mut answers {
        answer.notes.push(note.to_owned());
    }
    if !answers.is_empty() {
        return Ok(answers);
    }
    let what = format!(
        "no program that waits for clients is, or asks as, {}",
        visible(daemon.as_bytes())
    );
    let hint = if hides_a_daemon(findings) {
        "some programs are hidden from this user: run it as root"
    } else {
        "`tcpw doctor` lists those that wait"
    };
    Err(Failure::new(what).hint(hint))
}

/// What rules and daemons have against each other.
#[derive(Debug, Default)]
struct Crossed {
    /// Daemons that rules name and under whose name nobody asks, with the first place.
    unasked: Vec<(String, String)>,
    /// Daemons of which it cannot be told whether anybody asks under their name, likewise.
    open: Vec<(String, String)>,
    /// Names that somebody asks with, and that no rule is about.
    unnamed: Vec<String>,
}

/// Whether a program waits for clients that this user may not see, or of which it is not known as
/// what it would ask.
fn hides_a_daemon(findings: &Findings) -> bool {
    let is_unknown =
        |answer: &Diagnosis| answer.standing == Standing::CannotTell && answer.names.is_empty();
    !findings.unseen.is_empty() || findings.answers.iter().any(is_unknown)
}

impl Crossed {
    fn new(
        findings: &Findings,
        named: &NamedDaemons,
        installed: &dyn Fn(&str) -> Vec<Diagnosis>,
    ) -> Self {
        let is_called = |answer: &Diagnosis, name: &str| {
            let mut own = answer.names.iter();
            own.any(|own| own.eq_ignore_ascii_case(name))
        };
        let may_ask = |answers: &[Diagnosis], name: &str| {
            answers.iter().any(|answer| {
                let open = matches!(answer.standing, Standing::Asked | Standing::CannotTell);
                open && is_called(answer, name)
            })
        };
        let is_hidden = hides_a_daemon(findings);
        // One that is installed asks as soon as it is started.
        let quiet = named.names().filter(|(name, _)| {
            !may_ask(&findings.answers, name) && !may_ask(&installed(name), name)
        });
        let quiet = quiet.map(|(name, place)| (name.to_owned(), place.to_owned()));
        let (open, unasked) = quiet.partition(|_| is_hidden);
        let asked = findings
            .answers
            .iter()
            .filter(|answer| answer.standing == Standing::Asked);
        let asking = asked.flat_map(|answer| &answer.names);
        let mut unnamed: Vec<String> = asking
            .filter(|name| !named.mention(name))
            .cloned()
            .collect();
        unnamed.sort();
        unnamed.dedup();
        Self {
            unasked,
            open,
            unnamed,
        }
    }
}

fn has(answers: &[Diagnosis], standing: Standing) -> bool {
    answers.iter().any(|answer| answer.standing == standing)
}

fn has_problems(answers: &[Diagnosis]) -> bool {
    answers.iter().any(|answer| !answer.problems.is_empty())
}

fn exit_of_one(answers: &[Diagnosis]) -> Exit {
    if has(answers, Standing::CannotTell) {
        Exit::Failed
    } else if has(answers, Standing::Asked) && !has_problems(answers) {
        Exit::Done
    } else {
        Exit::Negative
    }
}

fn exit_of_all(findings: &Findings, crossed: &Crossed) -> Exit {
    let is_crossed = !crossed.unasked.is_empty() || !crossed.unnamed.is_empty();
    if is_crossed || has_problems(&findings.answers) {
        Exit::Negative
    } else if has(&findings.answers, Standing::CannotTell)
        || !findings.unseen.is_empty()
        || !crossed.open.is_empty()
    {
        Exit::Failed
    } else {
        Exit::Done
    }
}
