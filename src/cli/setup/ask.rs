//! What setup asks about the tables: who may connect, to which services, and what becomes of alerts
//! that somebody made by hand.

use super::args::{ClockOptions, SetupArgs};
use super::needed::Needed;
use super::password::NewPassword;
use super::prompt::{Prompt, words};
use super::table_work::TableWork;
use super::words::{
    ALLOW_TOO, HOW_TO_ANSWER, LEFT_OUT, OLD_ALERT, OLD_COMMAND, OWN_SESSION, REPLACE_MANY,
    REPLACE_OLD, SCHEDULE, SERVICES, WAY_OUT, WHO,
};
use super::{ask_mail, old};
use crate::cli::base::{Context, Failure};
use crate::cli::change::changes::transact;
use crate::cli::change::client_list::clients_of;
use crate::cli::change::guard::{own_session, spelling};
use crate::cli::change::refusal::{Stop, wrong_word};
use crate::cli::change::remarks::at;
use crate::cli::machine::schedule::ScheduleKind;
use crate::editor::{Daemon, TransactionFault};
use crate::escape::visible_short;

/// The addresses by which programs of this machine reach it.
const LOOPBACK: &str = "127.0.0.0/8 ::1";
/// As much of a command as a question shows.
const SHOWN: usize = 80;

/// The options with what was `needed` and is answered now, and a password that was typed.
pub(super) fn complete(
    args: &SetupArgs,
    needed: &[Needed],
    context: &mut Context,
) -> Result<(SetupArgs, Option<NewPassword>), Failure> {
    let mut args = args.clone();
    let mut prompt = Prompt::new(context);
    prompt.say(HOW_TO_ANSWER, &[])?;
    if needed.contains(&Needed::Clients) {
        clients(&mut args, &mut prompt)?;
    }
    if !args.alert.no_alarm {
        old_alerts(&mut args, &mut prompt)?;
    }
    let password = ask_mail::complete(&mut args, needed, &mut prompt)?;
    if !args.alert.no_alarm && !args.clock.is_given() {
        schedule(&mut args, &mut prompt)?;
    }
    Ok((args, password))
}

/// Asks who may connect until nobody is left out who must still get in.
fn clients(args: &mut SetupArgs, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let own = own_session().map(|session| spelling(&session.client));
    let own = own.filter(|own| own != "ADDRESS");
    let mut default = LOOPBACK.to_owned();
    if let Some(own) = &own {
        prompt.say(OWN_SESSION, &[own])?;
        default = format!("{default} {own}");
    }
    loop {
        let question = WHO.of(prompt.language);
        args.allow = prompt.valid(question, &default, |answer| {
            let words = words(answer);
            if words.is_empty() {
                return Err(
                    Failure::new("somebody must be able to connect").hint("name at least yourself")
                );
            }
            // A list on standard input would be read from this terminal.
            if words.iter().any(|word| word == "@-") {
                return Err(Failure::new(
                    "`@-` is a list on standard input, which is this terminal",
                )
                .hint("type the clients, or give --from FILE"));
            }
            clients_of(&words, &[]).map(|_| words)
        })?;
        if args.daemons.is_empty() {
            services(args, prompt)?;
        }
        if are_let_in(args, prompt)? {
            return Ok(());
        }
        default = args.allow.join(" ");
    }
}

fn services(args: &mut SetupArgs, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let question = SERVICES.of(prompt.language);
    args.daemons = prompt.valid(question, "ALL", |answer| {
        let words = words(answer);
        let wrong = words.iter().find_map(|word| Daemon::parse(word).err());
        wrong.map_or(Ok(words), |error| Err(wrong_word(&error)))
    })?;
    Ok(())
}

/// Whether the tables would let in all who must get in; asks about each who would not.
fn are_let_in(args: &mut SetupArgs, prompt: &mut Prompt<'_>) -> Result<bool, Failure> {
    if args.force.force {
        return Ok(true);
    }
    loop {
        let work = TableWork::new(args, None)?;
        let tried = work.with_intent(None, |intent| transact(prompt.context, true, intent, None));
        let lockout = match tried {
            Ok(_) => return Ok(true),
            Err(Stop::Fault(TransactionFault::LockedOut(lockout))) => lockout,
            Err(stop) => {
                let failure = stop.failure(&prompt.context.paths);
                prompt.context.out.show_failure(&failure);
                return Ok(false);
            }
        };
        let address = spelling(&lockout.kept.session.client);
        prompt.say(LEFT_OUT, &[&address, &lockout.daemon])?;
        let question = ALLOW_TOO.with(prompt.language, &[&address]);
        let is_known = address == "ADDRESS" || args.allow.contains(&address);
        if is_known || !prompt.yes(&question, true)? {
            prompt.say(WAY_OUT, &[])?;
            return Ok(false);
        }
        args.allow.push(address);
    }
}

/// Offers to replace the alerts that somebody made by hand.
fn old_alerts(args: &mut SetupArgs, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let found = old::find(&prompt.context.paths)?;
    if found.is_empty() || args.alert.replace_alert {
        return Ok(());
    }
    for alert in &found {
        let place = at(&prompt.context.paths, &alert.place);
        let place = place.split(": `").next().unwrap_or_default().to_owned();
        let command = visible_short(&alert.command, SHOWN);
        let text = if alert.is_mailer {
            OLD_ALERT
        } else {
            OLD_COMMAND
        };
        prompt.say(text, &[&place, &command])?;
    }
    let question = match found.iter().filter(|alert| alert.is_mailer).count() {
        0 => return Ok(()),
        1 => REPLACE_OLD,
        _ => REPLACE_MANY,
    };
    args.alert.replace_alert = prompt.yes(question.of(prompt.language), true)?;
    Ok(())
}

fn schedule(args: &mut SetupArgs, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let Some(found) = ClockOptions::found(prompt.context) else {
        return Ok(());
    };
    let question = SCHEDULE.of(prompt.language);
    let kind = prompt.valid(question, found.name(), |answer| {
        match answer.to_lowercase().as_str() {
            "systemd" => Ok(Some(ScheduleKind::Systemd)),
            "cron" => Ok(Some(ScheduleKind::Cron)),
            "none" => Ok(None),
            other => Err(Failure::new(format_args!("`{other}` is none of the three"))
                .hint("type systemd, cron or none")),
        }
    })?;
    args.clock.set(kind);
    Ok(())
}
