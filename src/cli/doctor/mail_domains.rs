//! Whether mail can arrive: at the domains of the recipients, and for replies and bounces at that of the
//! sender.

use super::mail_check::{MailCheck, MailFinding};
use crate::alert::People;
use crate::cli::base::Paths;
use crate::cli::machine::mail_route::{MailRoute, mail_routes};
use crate::config::{Config, Mailbox, TransportSettings};
use crate::system::{full_host_name, host_name};
use std::collections::BTreeMap;

/// What whoever is not reached has to change.
const RECIPIENTS: &str = "correct mail.to, mail.cc or mail.bcc";
const SENDER: &str = "set mail.from to an address that takes mail";

/// Whose domain it is.
#[derive(Debug, Clone, Copy, Default)]
struct Role {
    is_recipient: bool,
    is_sender: bool,
}

/// Looks at each domain once; at none where no mail leaves.
pub(super) fn look(config: &Config, paths: &Paths) -> Vec<MailCheck> {
    // A mail server asks its own DNS; a mail system here asks the one of this machine.
    let is_needed = match config.mail.transport {
        TransportSettings::File { .. } => return Vec::new(),
        TransportSettings::Sendmail { .. } => true,
        TransportSettings::Smtp(_) => false,
    };
    let own = host_name();
    let mut local = vec!["localhost".to_owned()];
    if is_needed {
        local.extend(full_host_name(&own).map(|name| name.to_ascii_lowercase()));
        local.push(own.to_ascii_lowercase());
    }
    let domains = domains(config, &own);
    let is_local = |domain: &str| domain.starts_with('[') || local.iter().any(|own| own == domain);
    let asked: Vec<String> = domains
        .keys()
        .filter(|domain| !is_local(domain))
        .cloned()
        .collect();
    let routes = mail_routes(&asked, paths);
    let routes: BTreeMap<String, MailRoute> = asked.into_iter().zip(routes).collect();
    domains
        .iter()
        .map(|(domain, role)| match routes.get(domain) {
            Some(route) => check(domain, *role, route, is_needed),
            None => unasked(domain, *role),
        })
        .collect()
}

/// The domains, each with whose it is.
fn domains(config: &Config, own: &str) -> BTreeMap<String, Role> {
    let people = People::new(&config.mail, own);
    let mut found: BTreeMap<String, Role> = BTreeMap::new();
    let domain = |mailbox: &Mailbox| mailbox.domain.to_ascii_lowercase();
    for mailbox in people.to.iter().chain(&people.cc).chain(&people.bcc) {
        found.entry(domain(mailbox)).or_default().is_recipient = true;
    }
    found.entry(domain(&people.from)).or_default().is_sender = true;
    found
}

fn what(domain: &str, role: Role) -> String {
    let whose = match (role.is_recipient, role.is_sender) {
        (true, true) => "recipients and sender",
        (true, false) => "recipients",
        (false, _) => "sender",
    };
    format!("{domain} ({whose})")
}

/// A domain of which DNS says nothing.
fn unasked(domain: &str, role: Role) -> MailCheck {
    let why = if domain.starts_with('[') {
        "it is an address, and DNS is not asked"
    } else {
        "it is the name of the machine that takes the mail, which decides itself"
    };
    MailCheck {
        what: what(domain, role),
        found: MailFinding::Beside(why.to_owned()),
        help: None,
    }
}

fn check(domain: &str, role: Role, route: &MailRoute, is_needed: bool) -> MailCheck {
    let what = what(domain, role);
    let (consequence, help) = if role.is_recipient {
        (
            "mails to it come back, unless the mail server knows another way",
            RECIPIENTS,
        )
    } else {
        (
            "replies and bounces do not arrive, and many servers refuse such a sender",
            SENDER,
        )
    };
    let lost =
        |why: String| MailCheck::wrong(what.clone(), format!("{why}: {consequence}"), Some(help));
    match route {
        MailRoute::Server(first, 0) => {
            MailCheck::fine(what, &format!("its mail server is {first} (MX)"))
        }
        MailRoute::Server(first, more) => {
            let text = format!("its mail servers are {first} and {more} more (MX)");
            MailCheck::fine(what, &text)
        }
        MailRoute::Itself => MailCheck::fine(what, "it has no MX, so mail goes to its own address"),
        MailRoute::NullMx => lost("it says that it takes no mail (null MX)".to_owned()),
        MailRoute::Nowhere => lost("it has neither MX nor address".to_owned()),
        MailRoute::NoDomain => lost("there is no such domain (NXDOMAIN)".to_owned()),
        MailRoute::Dead(hosts) => {
            let hosts = hosts.join(", ");
            lost(format!("no mail server of it has an address (MX: {hosts})"))
        }
        MailRoute::Unknown(why) => MailCheck {
            what,
            found: if is_needed {
                MailFinding::Open(why.clone())
            } else {
                MailFinding::Beside(why.clone())
            },
            help: None,
        },
    }
}
