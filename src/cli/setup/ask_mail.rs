//! What setup asks about mail: the way, the server, the login, and who gets what.

use super::args::SetupArgs;
use super::mail::{MailOptions, Protection};
use super::needed::Needed;
use super::password::{NewPassword, PASSWORD_FILE as KEPT_IN};
use super::prompt::{Prompt, words};
use super::words::{
    AS_ALWAYS, ATTACHMENT, COPIES, LOGIN, NONE, PASSWORD, PASSWORD_FILE, PASSWORD_KEPT, PORT,
    PROTECTION, RECIPIENTS, SENDER, SERVER, SUBJECT, WAY, of_locale,
};
use crate::cli::base::{Failure, LanguageChoice};
use crate::config::{
    self, ConfigProblem, DEFAULT_SENDMAIL, Endpoint, Mailbox, MailboxError, Setting, Wanted, revise,
};
use crate::escape::visible;
use crate::system::{host_name, open_regular};
use crate::values::Language;
use std::path::{Path, PathBuf};

/// Completes the options about mail; gives a password that was typed.
pub(super) fn complete(
    args: &mut SetupArgs,
    needed: &[Needed],
    prompt: &mut Prompt<'_>,
) -> Result<Option<NewPassword>, Failure> {
    let mut password = None;
    if needed.contains(&Needed::Way) {
        password = way(&mut args.mail, prompt)?;
    }
    if args.mail.no_mail {
        return Ok(None);
    }
    if needed.contains(&Needed::Recipients) {
        recipients(&mut args.mail, prompt)?;
    }
    if needed.contains(&Needed::Way) {
        form(&mut args.mail, prompt)?;
    }
    Ok(password)
}

fn way(mail: &mut MailOptions, prompt: &mut Prompt<'_>) -> Result<Option<NewPassword>, Failure> {
    let sendmail = prompt.context.paths.inside(Path::new(DEFAULT_SENDMAIL));
    let default = if sendmail.exists() {
        "sendmail"
    } else {
        "smtp"
    };
    let question = WAY.of(prompt.language);
    let way = prompt.valid(question, default, |answer| {
        match answer.to_lowercase().as_str() {
            "smtp" => Ok("smtp"),
            "sendmail" if !sendmail.exists() => {
                Err(Failure::new(format_args!("there is no {DEFAULT_SENDMAIL}"))
                    .hint("install a mail system, or type smtp or none"))
            }
            "sendmail" => Ok("sendmail"),
            "none" => Ok("none"),
            other => Err(Failure::new(format_args!("`{other}` is none of the three"))
                .hint("type smtp, sendmail or none")),
        }
    })?;
    let mut password = None;
    match way {
        "none" => mail.no_mail = true,
        "sendmail" => mail.sendmail = Some(PathBuf::from(DEFAULT_SENDMAIL)),
        _ => {
            server(mail, prompt)?;
            password = login(mail, prompt)?;
        }
    }
    if mail.language.is_none() {
        let (language, _) = of_locale();
        mail.language = Some(match language {
            Language::English => LanguageChoice::En,
            Language::Korean => LanguageChoice::Ko,
        });
    }
    Ok(password)
}

fn server(mail: &mut MailOptions, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let question = SERVER.of(prompt.language);
    let (host, told) = prompt.valid(question, "", |answer| {
        if answer.is_empty() {
            return Err(
                Failure::new("the name is missing").hint("type it, such as mail.example.org")
            );
        }
        let told = Endpoint::parse(answer).map_err(|problem| {
            Failure::new(format_args!("the name {problem}"))
                .hint("type it as mail.example.org or mail.example.org:587")
        })?;
        Ok((answer.to_owned(), told))
    })?;
    let is_told = told.tls.is_some();
    mail.smtp_host = Some(host);
    if mail.tls.is_none() && !is_told {
        mail.tls = Some(protection(prompt, told.port)?);
    }
    if mail.smtp_port.is_none() && told.port.is_none() && !is_told {
        let usual = match mail.tls {
            Some(Protection::Implicit) => "465",
            Some(Protection::None) => "25",
            Some(Protection::Starttls) | None => "587",
        };
        let question = PORT.of(prompt.language);
        let port = prompt.valid(question, usual, |answer| {
            let port = answer.parse::<u16>().ok().filter(|port| *port > 0);
            port.ok_or_else(|| {
                Failure::new(format_args!("`{answer}` is not a port"))
                    .hint("give a number from 1 to 65535")
            })
        })?;
        mail.smtp_port = Some(port);
    }
    Ok(())
}

/// How the connection to a server with this port is protected.
fn protection(prompt: &mut Prompt<'_>, port: Option<u16>) -> Result<Protection, Failure> {
    let usual = if port == Some(465) {
        "implicit"
    } else {
        "starttls"
    };
    let question = PROTECTION.of(prompt.language);
    prompt.valid(question, usual, |answer| {
        match answer.to_lowercase().as_str() {
            "starttls" => Ok(Protection::Starttls),
            "implicit" => Ok(Protection::Implicit),
            "none" => Ok(Protection::None),
            other => Err(Failure::new(format_args!("`{other}` is none of the three"))
                .hint("ask whoever runs the server; starttls and implicit are encrypted")),
        }
    })
}

fn login(mail: &mut MailOptions, prompt: &mut Prompt<'_>) -> Result<Option<NewPassword>, Failure> {
    if mail.username.is_none() {
        let question = LOGIN.of(prompt.language);
        let name = prompt.answer(question, "none")?;
        mail.username = Some(name).filter(|name| name != "none");
    }
    if mail.username.is_none() || mail.password_file.is_some() {
        return Ok(None);
    }
    let secret = prompt.secret(PASSWORD.of(prompt.language))?;
    if !secret.0.is_empty() {
        let path = NewPassword::path(&prompt.context.paths);
        let shown = visible(path.as_os_str().as_encoded_bytes());
        prompt.say(PASSWORD_KEPT, &[&shown])?;
        mail.password_file = Some(PathBuf::from(KEPT_IN));
        return Ok(Some(NewPassword::new(secret)));
    }
    let paths = prompt.context.paths.clone();
    let question = PASSWORD_FILE.of(prompt.language);
    mail.password_file = Some(prompt.valid(question, KEPT_IN, |answer| {
        readable(answer, &|path| paths.inside(path))
    })?);
    Ok(None)
}

/// A file that can be read where it is on this machine.
fn readable(answer: &str, inside: &dyn Fn(&Path) -> PathBuf) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(answer);
    if !path.is_absolute() {
        return Err(
            Failure::new(format_args!("`{answer}` is not an absolute path"))
                .hint("give the whole path, from / on"),
        );
    }
    let found = inside(&path);
    match open_regular(&found) {
        Ok(_) if found.is_file() => Ok(path),
        Ok(_) => {
            Err(Failure::new(format_args!("{answer} is not a file"))
                .hint("give the path of a file"))
        }
        Err(error) => Err(Failure::new(format_args!("cannot read {answer}: {error}"))
            .hint("put it there first, or give another")),
    }
}

fn recipients(mail: &mut MailOptions, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let default = own_address(mail).unwrap_or_else(|| of_this_machine("root"));
    let question = RECIPIENTS.of(prompt.language);
    mail.mail_to = prompt.valid(question, &default, addresses)?;
    Ok(())
}

/// The sender, copies, the subject and an attachment.
fn form(mail: &mut MailOptions, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    let language = prompt.language;
    if mail.mail_from.is_none() {
        let usual = usual_sender(mail);
        let default = own_address(mail).unwrap_or_else(|| usual.clone());
        let sender = prompt.valid(SENDER.of(language), &default, |answer| {
            Mailbox::parse(answer).map_err(wrong_address)?;
            check(&setting("from", "mail", answer))?;
            Ok(answer.to_owned())
        })?;
        mail.mail_from = Some(sender).filter(|sender| *sender != usual);
    }
    let none = NONE.of(language);
    let is_none = |answer: &str| answer == none || answer.eq_ignore_ascii_case("none");
    if mail.mail_cc.is_empty() {
        mail.mail_cc = prompt.valid(COPIES.of(language), none, |answer| {
            if is_none(answer) {
                return Ok(Vec::new());
            }
            addresses(answer)
        })?;
    }
    if mail.mail_subject.is_none() {
        let usual = AS_ALWAYS.of(language);
        mail.mail_subject = prompt.valid(SUBJECT.of(language), usual, |answer| {
            if answer == usual {
                return Ok(None);
            }
            check(&setting("subject", "mail", answer))?;
            Ok(Some(answer.to_owned()))
        })?;
    }
    if mail.mail_attach.is_empty() {
        let paths = prompt.context.paths.clone();
        mail.mail_attach = prompt.valid(ATTACHMENT.of(language), none, |answer| {
            if is_none(answer) {
                return Ok(Vec::new());
            }
            readable(answer, &|path| paths.inside(path)).map(|path| vec![path])
        })?;
    }
    Ok(())
}

/// The sender that the configuration takes where none is named.
fn usual_sender(mail: &MailOptions) -> String {
    let login = mail.username.clone();
    let login = login.filter(|name| Mailbox::parse(name).is_ok());
    login.unwrap_or_else(|| of_this_machine("tcpw"))
}

/// The address of a user of this machine.
fn of_this_machine(user: &str) -> String {
    let address = format!("{user}@{}", host_name());
    Some(address)
        .filter(|address| Mailbox::parse(address).is_ok())
        .unwrap_or_else(|| format!("{user}@localhost"))
}

/// The address of whoever logs in: the login itself, or the login at the domain of the mail server.
fn own_address(mail: &MailOptions) -> Option<String> {
    let login = mail.username.as_deref()?;
    if Mailbox::parse(login).is_ok() {
        return Some(login.to_owned());
    }
    let server = Endpoint::parse(mail.smtp_host.as_deref()?).ok()?;
    let (_, domain) = server.host.split_once('.')?;
    let is_domain = domain.contains('.') && domain.contains(|c: char| c.is_ascii_alphabetic());
    let address = format!("{login}@{domain}");
    Some(address).filter(|text| is_domain && Mailbox::parse(text).is_ok())
}

/// Mail addresses with spaces or commas between; with names, only with commas.
fn addresses(answer: &str) -> Result<Vec<String>, Failure> {
    let words = if answer.contains(['<', '"']) {
        vec![answer.to_owned()]
    } else {
        words(answer)
    };
    if words.is_empty() {
        return Err(Failure::new("the address is missing").hint("write it as user@host"));
    }
    let wrong = words
        .iter()
        .find_map(|word| Mailbox::parse_list(word).err());
    wrong.map_or(Ok(words), |error| Err(wrong_address(error)))
}

fn wrong_address(error: MailboxError) -> Failure {
    Failure::new(error).hint("write it as user@host")
}

fn setting(key: &'static str, table: &'static str, text: &str) -> Wanted {
    Wanted {
        table,
        key,
        value: Setting::Text(text.to_owned()),
    }
}

/// Whether the configuration takes a setting, whatever else it lacks.
fn check(wanted: &Wanted) -> Result<(), Failure> {
    let text = revise(None, std::slice::from_ref(wanted), true).map_err(Failure::new)?;
    let read = config::parse(text.as_bytes(), Path::new(""), &Path::to_path_buf);
    match read.map_err(|error| error.reason) {
        Ok(_) | Err(ConfigProblem::Missing(_)) => Ok(()),
        Err(problem) => Err(Failure::new(problem).hint("type it again")),
    }
}
