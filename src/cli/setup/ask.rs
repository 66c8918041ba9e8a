//! What setup asks on a terminal. Every question has a sensible answer that Enter alone gives.

use super::args::SetupArgs;
use super::mail::Protection;
use super::needed::Needed;
use crate::cli::base::{Context, Failure, LanguageChoice};
use crate::cli::change::client_list::clients_of;
use crate::cli::change::guard::{own_session, spelling};
use crate::cli::change::refusal::wrong_word;
use crate::config::{DEFAULT_SENDMAIL, Endpoint, Mailbox};
use crate::editor::Daemon;
use crate::system::host_name;
use std::env;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

/// Whether somebody is there to answer.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The options with what was `needed` and is answered now.
pub(super) fn complete(
    args: &SetupArgs,
    needed: &[Needed],
    context: &mut Context,
) -> Result<SetupArgs, Failure> {
    let mut args = args.clone();
    context
        .out
        .line("Enter takes what is in [brackets]; nothing is changed before you have seen it.")?;
    if needed.contains(&Needed::Clients) {
        clients(&mut args, context)?;
    }
    if needed.contains(&Needed::Way) {
        way(&mut args, context)?;
    }
    if needed.contains(&Needed::Recipients) && !args.mail.no_mail {
        recipients(&mut args, context)?;
    }
    Ok(args)
}

fn clients(args: &mut SetupArgs, context: &mut Context) -> Result<(), Failure> {
    let own = own_session().map(|session| spelling(&session.client));
    let default = own.filter(|own| own != "ADDRESS").unwrap_or_default();
    if !default.is_empty() {
        context
            .out
            .line(format!("Your own session comes from {default}."))?;
    }
    let text = "Who may connect? Addresses, networks or names, separated by spaces";
    args.allow = valid(context, text, &default, |answer| {
        let words = words(answer);
        if words.is_empty() {
            return Err(
                Failure::new("somebody must be able to connect").hint("name at least yourself")
            );
        }
        // A list on standard input would be read from this terminal.
        clients_of(&words, &[]).map(|_| words)
    })?;
    if args.daemons.is_empty() {
        let text = "To which services? Names of daemons such as sshd or vsftpd, or ALL";
        args.daemons = valid(context, text, "ALL", |answer| {
            let words = words(answer);
            let wrong = words.iter().find_map(|word| Daemon::parse(word).err());
            wrong.map_or(Ok(words), |error| Err(wrong_word(&error)))
        })?;
    }
    Ok(())
}

fn way(args: &mut SetupArgs, context: &mut Context) -> Result<(), Failure> {
    let has_sendmail = context.paths.inside(Path::new(DEFAULT_SENDMAIL)).exists();
    let default = if has_sendmail { "sendmail" } else { "smtp" };
    let text = "How does mail leave this machine? smtp (a mail server), sendmail (the local mail \
                system) or none";
    let way = valid(context, text, default, |answer| match answer {
        "smtp" | "sendmail" | "none" => Ok(answer.to_owned()),
        other => Err(Failure::new(format_args!("`{other}` is none of the three"))
            .hint("type smtp, sendmail or none")),
    })?;
    let mail = &mut args.mail;
    match way.as_str() {
        "none" => mail.no_mail = true,
        "sendmail" => mail.sendmail = Some(PathBuf::from(DEFAULT_SENDMAIL)),
        _ => server(args, context)?,
    }
    if args.mail.language.is_none() {
        let is_korean = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()))
            .is_some_and(|value| value.as_encoded_bytes().starts_with(b"ko"));
        args.mail.language = Some(if is_korean {
            LanguageChoice::Ko
        } else {
            LanguageChoice::En
        });
    }
    Ok(())
}

fn server(args: &mut SetupArgs, context: &mut Context) -> Result<(), Failure> {
    let some = |answer: &str| {
        if answer.is_empty() {
            return Err(
                Failure::new("the name is missing").hint("type it, such as mail.example.org")
            );
        }
        Ok(answer.to_owned())
    };
    let mail = &mut args.mail;
    let host = valid(context, "The name of the mail server", "", |answer| {
        let host = some(answer)?;
        Endpoint::parse(answer).map_err(|problem| {
            Failure::new(format_args!("the name {problem}"))
                .hint("type it as mail.example.org or mail.example.org:587")
        })?;
        Ok(host)
    })?;
    let told = Endpoint::parse(&host).ok();
    let port = told.as_ref().and_then(|told| told.port);
    let is_told = told.is_some_and(|told| told.tls.is_some());
    mail.smtp_host = Some(host);
    if mail.tls.is_none() && !is_told {
        mail.tls = Some(protection(context, port)?);
    }
    if mail.smtp_port.is_none() && port.is_none() && !is_told {
        let usual = match mail.tls {
            Some(Protection::Implicit) => "465",
            Some(Protection::None) => "25",
            Some(Protection::Starttls) | None => "587",
        };
        let port = valid(context, "Its port", usual, |answer| {
            let port = answer.parse::<u16>().ok().filter(|port| *port > 0);
            port.ok_or_else(|| {
                Failure::new(format_args!("`{answer}` is not a port"))
                    .hint("give a number from 1 to 65535")
            })
        })?;
        mail.smtp_port = Some(port);
    }
    if mail.username.is_none() {
        let text = "The user name there; none if no login is needed";
        let name = valid(context, text, "none", |answer| Ok(answer.to_owned()))?;
        mail.username = Some(name).filter(|name| name != "none");
    }
    if mail.username.is_some() && mail.password_file.is_none() {
        let text = "The file with the password, which only its owner may read";
        let file = valid(context, text, "/etc/tcpw.password", some)?;
        mail.password_file = Some(PathBuf::from(file));
    }
    Ok(())
}

/// How the connection to a server with this port is protected.
fn protection(context: &mut Context, port: Option<u16>) -> Result<Protection, Failure> {
    let text = "Its protection: starttls, implicit or none";
    let usual = if port == Some(465) {
        "implicit"
    } else {
        "starttls"
    };
    valid(context, text, usual, |answer| match answer {
        "starttls" => Ok(Protection::Starttls),
        "implicit" => Ok(Protection::Implicit),
        "none" => Ok(Protection::None),
        other => Err(Failure::new(format_args!("`{other}` is none of the three"))
            .hint("ask whoever runs the server; starttls and implicit are encrypted")),
    })
}

fn recipients(args: &mut SetupArgs, context: &mut Context) -> Result<(), Failure> {
    let login = args.mail.username.clone();
    let login = login.filter(|name| Mailbox::parse(name).is_ok());
    let default = login.unwrap_or_else(|| format!("root@{}", host_name()));
    let text =
        "Who gets alerts about refused clients? Mail addresses, separated by spaces or commas";
    args.mail.mail_to = valid(context, text, &default, |answer| {
        // With commas or names it is a list as the configuration takes it.
        let words = if answer.contains([',', '<']) {
            vec![answer.to_owned()]
        } else {
            words(answer)
        };
        let wrong = words
            .iter()
            .find_map(|word| Mailbox::parse_list(word).err());
        wrong.map_or(Ok(words), |error| {
            Err(Failure::new(error).hint("write it as user@host"))
        })
    })?;
    Ok(())
}

fn words(answer: &str) -> Vec<String> {
    answer.split_whitespace().map(str::to_owned).collect()
}

/// Asks until the answer is a right one.
fn valid<T>(
    context: &mut Context,
    text: &str,
    default: &str,
    check: impl Fn(&str) -> Result<T, Failure>,
) -> Result<T, Failure> {
    loop {
        let shown = match default {
            "" => String::new(),
            default => format!(" [{default}]"),
        };
        let answer = answer(context, &format!("{text}{shown}: "))?;
        let answer = if answer.is_empty() { default } else { &answer };
        match check(answer) {
            Ok(value) => return Ok(value),
            Err(failure) => context.out.show_failure(&failure),
        }
    }
}

/// Asks for a yes or a no.
pub(super) fn yes(context: &mut Context, text: &str, default: bool) -> Result<bool, Failure> {
    let shown = if default { "yes" } else { "no" };
    valid(context, text, shown, |answer| {
        match answer.to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err(Failure::new("that is neither yes nor no").hint("type y or n")),
        }
    })
}

fn answer(context: &mut Context, question: &str) -> Result<String, Failure> {
    context.out.text(format_args!("{question}"))?;
    context.out.flush()?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(count) if count > 0 => Ok(line.trim().to_owned()),
        Ok(_) | Err(_) => {
            context.out.line("")?;
            Err(Failure::new("there was no answer").hint(
                "run it again, or give everything by options: `tcpw setup --help` lists them",
            ))
        }
    }
}
