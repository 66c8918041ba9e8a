//! `tcpw-fleet mail`: one mail for all hosts, by the queue of tcpw on this machine.

use super::args::MailArgs;
use super::configured::{admin_within, settings};
use super::failure::Failure;
use super::output::{complain, say};
use crate::database::check;
use crate::mail::{MailTerms, Passed, hand_over, pass};
use postgres::Client;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tcpw::alert::{
    Deliverer, Event, FiredRule, FleetNotice, Verdict, Workplace, request_handover, transport,
};
use tcpw::config::{Config, Mailbox};
use tcpw::system::{SystemClock, host_name, start_detached};

/// How long a pass waits for the next.
const PAUSE: Duration = Duration::from_secs(5);
/// An answer of the database may take so long.
const ANSWER: Duration = Duration::from_secs(300);
/// The longest pause after a failure.
const LONGEST: Duration = Duration::from_secs(120);
/// How long another deliverer may take to make room, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

pub(super) fn run(args: &MailArgs, path: Option<&Path>) -> Result<(), Failure> {
    let config = settings(path)?;
    let machine = host_name();
    let round = |client: &mut Client| -> Result<Passed, Failure> {
        let terms = MailTerms {
            config: &config,
            machine: &machine,
        };
        let passed = pass(client, &terms)?;
        if passed != Passed::Busy {
            send(client, &config, &machine, path)?;
        }
        Ok(passed)
    };
    if args.once {
        let mut client = open(args)?;
        return match round(&mut client)? {
            Passed::Done(_) => Ok(()),
            Passed::Busy => say("another tcpw-fleet mail is at work on this database"),
        };
    }
    let mut pause = PAUSE;
    loop {
        let mut work = || -> Result<(), Failure> {
            let mut client = open(args)?;
            loop {
                round(&mut client)?;
                pause = PAUSE;
                sleep(PAUSE);
            }
        };
        match work() {
            Err(Failure::Told(text) | Failure::NotSent(text)) => complain(&text),
            Ok(()) | Err(Failure::ClosedPipe) => {}
        }
        sleep(pause);
        pause = (pause * 2).min(LONGEST);
    }
}

fn open(args: &MailArgs) -> Result<Client, Failure> {
    let mut client = admin_within(&args.admin, ANSWER)?;
    check(&mut client)?;
    Ok(client)
}

/// Puts what was released into the queue of tcpw, whose deliverer sends it.
fn send(
    client: &mut Client,
    config: &Config,
    machine: &str,
    path: Option<&Path>,
) -> Result<(), Failure> {
    let way = transport::open(&config.mail.transport, machine, None);
    // No event is collected here.
    let rules = |_: &Event| -> (Option<FiredRule>, Verdict) { (None, Verdict::Unknown) };
    let place = Workplace {
        config,
        drops: Vec::new(),
        host: machine.to_owned(),
        clock: &SystemClock,
        rules: &rules,
        transport: way.as_ref(),
        credentials: None,
        warn: &complain,
        record: &|_, _, _| {},
    };
    let mut deliverer = None;
    let mut outbox = |notice: &FleetNotice, id: &str, audience: &[Mailbox]| {
        let open = match &mut deliverer {
            Some(open) => open,
            closed @ None => closed.insert(lone(&place)?),
        };
        open.queue_fleet(notice, id, audience)
            .map_err(|error| format!("cannot queue a message: {error}"))
    };
    let count = hand_over(client, &mut outbox)?;
    drop(deliverer);
    if count > 0 {
        start(path)?;
    }
    Ok(())
}

/// The queue, once no deliverer is at work on it.
fn lone<'a>(place: &'a Workplace<'a>) -> Result<Deliverer<'a>, String> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let found =
            Deliverer::start(place).map_err(|error| format!("cannot open the queue: {error}"))?;
        if let Some(deliverer) = found {
            return Ok(deliverer);
        }
        // Without it we only wait longer.
        drop(request_handover(&place.config.journal));
        sleep(LOOK);
    }
    Err("the queue of tcpw is in use; the message is queued in the next round".to_owned())
}

/// Starts `tcpw deliver --background`, which sends what is queued.
fn start(path: Option<&Path>) -> Result<(), Failure> {
    let failed = |cause| {
        Failure::Told(format!(
            "a message is queued, but tcpw cannot be started: {cause}; run tcpw deliver"
        ))
    };
    let own = std::env::current_exe().map_err(failed)?;
    let mut args: Vec<std::ffi::OsString> = Vec::new();
    if let Some(path) = path {
        let whole = std::path::absolute(path).map_err(failed)?;
        args.extend(["--config".into(), whole.into_os_string()]);
    }
    args.extend(["deliver".into(), "--background".into()]);
    start_detached(&own.with_file_name("tcpw"), &args).map_err(failed)
}
