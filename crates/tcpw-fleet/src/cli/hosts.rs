//! `tcpw-fleet add-host`, `remove-host`, `rotate`, `set-mail`: who may send events, and who mails of them.

use super::args::{HostArgs, Mailer, RemoveArgs, SetMailArgs};
use super::configured::admin;
use super::failure::Failure;
use super::output::say;
use crate::database::{
    FleetError, Login, Sessions, add_host, keep, new_password, remove_host, rotate, set_mail,
};
use postgres::Client;

pub(super) fn add(args: &HostArgs) -> Result<(), Failure> {
    change(args, add_host)?;
    say(&format!(
        "{} may send its events, and do nothing else in this database.",
        args.name
    ))
}

pub(super) fn change_password(args: &HostArgs) -> Result<(), Failure> {
    let sessions = change(args, rotate)?;
    ended(&args.name, "has another login", &sessions)
}

pub(super) fn remove(args: &RemoveArgs) -> Result<(), Failure> {
    let sessions = remove_host(&mut admin(&args.admin)?, &args.name)?;
    ended(&args.name, "cannot log in any more", &sessions)
}

/// Says what was done, and that sessions go on where they do.
fn ended(name: &str, done: &str, sessions: &Sessions) -> Result<(), Failure> {
    match sessions {
        Sessions::Ended => say(&format!(
            "{name} {done}, and its sessions are ended; its events stay."
        )),
        Sessions::GoOn { count, role } => Err(Failure::Told(format!(
            "{name} {done}, but sessions of it go on ({count}): this user may not end them. As a superuser: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = {role}; and for the next time GRANT pg_signal_backend to this user"
        ))),
        Sessions::Unknown(error) => Err(Failure::Told(format!(
            "{name} {done}, but whether sessions of it go on is not known: {error}"
        ))),
    }
}

pub(super) fn say_who_mails(args: &SetMailArgs) -> Result<(), Failure> {
    let (is_own, who) = match args.mail {
        Mailer::Own => (true, "the host itself"),
        Mailer::Fleet => (false, "tcpw-fleet mail"),
    };
    set_mail(&mut admin(&args.admin)?, &args.name, is_own)?;
    say(&format!(
        "Alerts of {} are mailed by {who} from now on.",
        args.name
    ))
}

/// Makes the change and shows or keeps the password: kept before it holds, so that none is lost.
fn change<T>(
    args: &HostArgs,
    change: impl Fn(&mut Client, &str, Login<'_>) -> Result<T, FleetError>,
) -> Result<T, Failure> {
    let mut client = admin(&args.admin)?;
    if args.certificate {
        return Ok(change(&mut client, &args.name, Login::Certificate)?);
    }
    let password = new_password()?;
    let Some(path) = &args.out else {
        let done = change(&mut client, &args.name, Login::Password(&password))?;
        say(&format!("password: {password}"))?;
        return Ok(done);
    };
    keep(&password, path)?;
    change(&mut client, &args.name, Login::Password(&password)).map_err(|error| {
        drop(std::fs::remove_file(path));
        error.into()
    })
}
