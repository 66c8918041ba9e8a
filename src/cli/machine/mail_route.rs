//! Where mail to a domain goes, as DNS says it: to its mail servers, else to its own address (RFC 5321,
//! 5.1), or nowhere (RFC 7505).

use crate::cli::base::Paths;
use crate::cli::machine::ask_names::ask_all;
use crate::system::{
    DnsAnswer, DnsFault, DnsLookup, DnsServers, MailExchange, look_up, look_up_exchanges,
};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long all domains together are waited for, whatever servers there are.
const WHOLE: Duration = Duration::from_secs(5);
/// As many mail servers of a domain are looked for.
const SERVERS: usize = 4;

/// Where mail to a domain goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MailRoute {
    /// To this mail server, the first that has an address, or to one of so many others.
    Server(String, usize),
    /// To its own address: it names no mail server.
    Itself,
    /// Nowhere: it says that it takes no mail.
    NullMx,
    /// Nowhere: it names no mail server, and has no address.
    Nowhere,
    /// Nowhere: there is no such domain.
    NoDomain,
    /// Nowhere: none of these mail servers has an address.
    Dead(Vec<String>),
    /// That cannot be told, because of this.
    Unknown(String),
}

/// Asks where mail to these domains goes, several at a time: all of them together are waited for 5
/// seconds at most.
pub(crate) fn mail_routes(domains: &[String], paths: &Paths) -> Vec<MailRoute> {
    let until = Instant::now() + WHOLE;
    let servers = DnsServers::of_file(&paths.inside(Path::new("/etc/resolv.conf")));
    let found = ask_all(domains, until, &|domain| route(domain, &servers, until));
    let late = || MailRoute::Unknown("no time was left to ask".to_owned());
    found
        .into_iter()
        .map(|route| route.unwrap_or_else(late))
        .collect()
}

fn route(domain: &str, servers: &DnsServers, until: Instant) -> MailRoute {
    match look_up_exchanges(domain, servers, until) {
        Err(DnsFault::NoSuchName) => MailRoute::NoDomain,
        Err(fault) => MailRoute::Unknown(fault.to_string()),
        Ok(answer) if answer.exchanges.is_empty() => {
            match has_address(look_up(domain, servers, until)) {
                Ok(true) => MailRoute::Itself,
                Ok(false) => MailRoute::Nowhere,
                Err(fault) => MailRoute::Unknown(fault.to_string()),
            }
        }
        Ok(answer) => of_exchanges(&answer.exchanges, |host| {
            has_address(look_up(host, servers, until))
        }),
    }
}

/// Where mail to a domain with these mail servers goes; `has_address` asks for a server's.
fn of_exchanges(
    exchanges: &[MailExchange],
    has_address: impl Fn(&str) -> Result<bool, DnsFault>,
) -> MailRoute {
    let hosts = exchanges.iter().map(|exchange| exchange.host.as_str());
    let hosts: Vec<&str> = hosts.filter(|host| !host.is_empty()).collect();
    if hosts.is_empty() {
        return MailRoute::NullMx;
    }
    let mut doubt = None;
    for host in hosts.iter().take(SERVERS) {
        match has_address(host) {
            Ok(true) => return MailRoute::Server((*host).to_owned(), hosts.len() - 1),
            Ok(false) => {}
            Err(fault) => {
                doubt.get_or_insert_with(|| format!("of its mail server {host}: {fault}"));
            }
        }
    }
    if hosts.len() > SERVERS {
        let count = hosts.len();
        doubt.get_or_insert_with(|| {
            format!("the first {SERVERS} of its {count} mail servers have no address")
        });
    }
    doubt.map_or_else(
        || MailRoute::Dead(hosts.into_iter().map(str::to_owned).collect()),
        MailRoute::Unknown,
    )
}

/// Whether a name has an address, as far as that was answered.
fn has_address(lookup: DnsLookup) -> Result<bool, DnsFault> {
    let has = |told: Result<DnsAnswer, DnsFault>| match told {
        Ok(answer) => Ok(!answer.addresses.is_empty()),
        Err(DnsFault::NoSuchName) => Ok(false),
        Err(fault) => Err(fault),
    };
    match (has(lookup.v4), has(lookup.v6)) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Ok(false), Ok(false)) => Ok(false),
        (Err(fault), _) | (_, Err(fault)) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(hosts: &[&str]) -> MailRoute {
        let exchanges: Vec<MailExchange> = hosts
            .iter()
            .map(|host| MailExchange {
                preference: 10,
                host: (*host).to_owned(),
            })
            .collect();
        of_exchanges(&exchanges, |host| match host.get(..1) {
            Some("y") => Ok(true),
            Some("n") => Ok(false),
            Some(_) | None => Err(DnsFault::Silent),
        })
    }

    #[test]
    fn mail_goes_nowhere_only_if_all_was_asked_and_answered() {
        let server = |name: &str, others| MailRoute::Server(name.to_owned(), others);
        for (hosts, found) in [
            (&["yes"][..], server("yes", 0)),
            (&["no", "?", "yes"], server("yes", 2)),
            // The root beside others says nothing (RFC 7505, 3).
            (&["", "yes"], server("yes", 0)),
            (&[""], MailRoute::NullMx),
            (
                &["no", "none"],
                MailRoute::Dead(vec!["no".to_owned(), "none".to_owned()]),
            ),
        ] {
            assert_eq!(route(hosts), found, "{hosts:?}");
        }
        for hosts in [&["no", "?"][..], &["n1", "n2", "n3", "n4", "yes"]] {
            let found = route(hosts);
            assert!(matches!(found, MailRoute::Unknown(_)), "{found:?}");
        }
    }

    #[test]
    fn a_family_that_was_not_answered_leaves_it_open() {
        let with = |addresses: &[&str]| {
            Ok(DnsAnswer {
                addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
                ..DnsAnswer::default()
            })
        };
        for (v4, v6, has) in [
            (with(&["192.0.2.1"]), Err(DnsFault::Silent), Ok(true)),
            (with(&[]), with(&["2001:db8::1"]), Ok(true)),
            (with(&[]), Err(DnsFault::NoSuchName), Ok(false)),
            (with(&[]), Err(DnsFault::Silent), Err(DnsFault::Silent)),
        ] {
            assert_eq!(has_address(DnsLookup { v4, v6 }), has);
        }
    }
}
