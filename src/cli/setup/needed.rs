//! What setup has to be told, and by which option.

use super::args::SetupArgs;
use crate::cli::base::Failure;
use crate::config::{Mailbox, says};

/// Something that no option says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needed {
    /// Who may connect.
    Clients,
    /// How mail leaves this machine.
    Way,
    /// Who gets it.
    Recipients,
}

/// What neither the options nor the configuration says; `text` is the configuration, if there is
/// one.
pub(super) fn of(args: &SetupArgs, text: Option<&str>) -> Vec<Needed> {
    let has = |key| text.is_some_and(|text| says(text, "mail", key));
    let mail = &args.mail;
    let has_way =
        mail.smtp_host.is_some() || mail.sendmail.is_some() || has("transport") || has("smtp");
    // Whoever logs in with an address is told where nobody else is named.
    let is_address = |name: &String| Mailbox::parse(name).is_ok();
    let has_login = mail.smtp_host.is_some() && mail.username.as_ref().is_some_and(is_address);
    let has_recipients =
        !mail.mail_to.is_empty() || has("to") || has("cc") || has("bcc") || has_login;
    let mut needed = Vec::new();
    if args.allow.is_empty() && args.from.is_empty() {
        needed.push(Needed::Clients);
    }
    if !mail.no_mail && !has_way {
        needed.push(Needed::Way);
    }
    if !mail.no_mail && !has_recipients {
        needed.push(Needed::Recipients);
    }
    needed
}

/// Says which options are needed where nobody can be asked.
pub(super) fn failure(needed: &[Needed]) -> Failure {
    let tell = |needed: &Needed| match needed {
        Needed::Clients => "who may connect (--allow CLIENT...)",
        Needed::Way => {
            "how mail leaves this machine (--smtp-host HOST or --sendmail; or --no-mail)"
        }
        Needed::Recipients => "who gets alerts about refused clients (--mail-to ADDRESS)",
    };
    let told: Vec<&str> = needed.iter().map(tell).collect();
    Failure::new(format_args!("missing: {}", told.join("; ")))
        .hint("give these options, or run it on a terminal, where it asks; nothing was changed")
}
