//! `tcpw-fleet add-host`, `remove-host`, `rotate`, `set-mail`: who may send events, and who mails of them.

use super::args::{HostArgs, Mailer, RemoveArgs, SetMailArgs};
use super::configured::admin;
use super::failure::Failure;
use super::output::say;
use crate::database::{
    FleetError, Login, add_host, keep, new_password, remove_host, rotate, set_mail,
};
use postgres::Client;

type Change = fn(&mut Client, &str, Login<'_>) -> Result<(), FleetError>;

pub(super) fn add(args: &HostArgs) -> Result<(), Failure> {
    change(args, add_host)?;
    say(&format!(
        "{} may send its events, and do nothing else in this database.",
        args.name
    ))
}

pub(super) fn change_password(args: &HostArgs) -> Result<(), Failure> {
    change(args, rotate)?;
    say(&format!(
        "{} has another login; its sessions were ended.",
        args.name
    ))
}

pub(super) fn remove(args: &RemoveArgs) -> Result<(), Failure> {
    remove_host(&mut admin(&args.admin)?, &args.name)?;
    say(&format!(
        "{} cannot log in any more; its events stay.",
        args.name
    ))
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
fn change(args: &HostArgs, change: Change) -> Result<(), Failure> {
    let mut client = admin(&args.admin)?;
    if args.certificate {
        return Ok(change(&mut client, &args.name, Login::Certificate)?);
    }
    let password = new_password()?;
    let Some(path) = &args.out else {
        change(&mut client, &args.name, Login::Password(&password))?;
        return say(&format!("password: {password}"));
    };
    keep(&password, path)?;
    if let Err(error) = change(&mut client, &args.name, Login::Password(&password)) {
        drop(std::fs::remove_file(path));
        return Err(error.into());
    }
    Ok(())
}
