//! What `tcpw list` says below the rules: what is decided about clients on no list, or about one
//! client, and what else of this machine concerns that client.

use super::remarks::path;
use crate::alert::{FoundEvent, Search};
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::{open_journal, settings};
use crate::config::shown_client;
use crate::editor::{Client, Treatment};
use crate::engine::Access;
use crate::escape::visible;
use crate::system::local_time;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// As many rules as a line about a verdict names.
const PLACES: usize = 3;

/// Prints what happens to clients that are on no list.
pub(crate) fn show_default(found: &[Treatment], context: &mut Context) -> Result<(), Failure> {
    for one in found {
        let whom = match &one.daemon {
            None if found.len() == 1 => "default".to_owned(),
            None => "default for every other daemon".to_owned(),
            Some(daemon) => format!("default for {}", visible(daemon.as_bytes())),
        };
        let text = format!("{whom}: clients on no list are {}", decided(one, context));
        context.out.prose(text)?;
    }
    Ok(())
}

/// Prints what is decided about a client, daemon by daemon.
pub(crate) fn show_treatment(
    client: &Client,
    found: &[Treatment],
    context: &mut Context,
) -> Result<(), Failure> {
    for one in found {
        let daemon = match &one.daemon {
            None if found.len() == 1 => "every daemon".to_owned(),
            None => "every other daemon".to_owned(),
            Some(daemon) => visible(daemon.as_bytes()),
        };
        let text = format!("{client} for {daemon}: {}", decided(one, context));
        context.out.prose(text)?;
    }
    Ok(())
}

/// What is decided, and by which rules.
fn decided(one: &Treatment, context: &Context) -> String {
    let paths: &Paths = &context.paths;
    let mut places: Vec<String> = one
        .places
        .iter()
        .take(PLACES)
        .map(|place| format!("{}:{}", path(paths, place), place.number))
        .collect();
    if one.places.len() > PLACES {
        places.push(format!("{} more", one.places.len() - PLACES));
    }
    let by = match (&*places, one.access) {
        ([], Some(Access::Granted)) => ", because no rule is about them".to_owned(),
        ([], _) => String::new(),
        (places, _) => format!(", by {}", places.join(" and ")),
    };
    let verdict = match one.access {
        Some(Access::Granted) => "allowed",
        Some(Access::Denied) => "denied",
        Some(Access::Undecided) => "allowed or denied, which cannot be computed",
        None => "allowed or denied, depending on name and address (`tcpw match --explain`)",
    };
    let alert = if one.has_alert {
        ", and an alert is raised"
    } else {
        ""
    };
    let otherwise = match (one.depends_on_name, one.depends_on_user) {
        (false, false) => "",
        (true, false) => "; otherwise under a name that rules mention",
        (false, true) => "; otherwise for a user that rules mention, whom the client names itself",
        (true, true) => "; otherwise under a name, or for a user, that rules mention",
    };
    format!("{verdict}{by}{alert}{otherwise}")
}

/// Prints what the configuration and the journal say about a client; what cannot be read is said.
pub(crate) fn show_beside(client: &Client, context: &mut Context) -> Result<(), Failure> {
    let Some(network) = network(client) else {
        return Ok(());
    };
    let config = match settings::load(&context.paths) {
        Ok(config) => config,
        Err(failure) => {
            context.out.show_failure(&failure);
            return Ok(());
        }
    };
    for address in &config.keep_in {
        if network.contains(address) {
            context.out.prose(format!(
                "{address} must stay able to log in: guard.keep_in names it"
            ))?;
        }
    }
    for muted in &config.alert.mute {
        if muted.contains(&network) || network.contains(muted) {
            let muted = shown_client(*muted);
            context.out.prose(format!(
                "no alerts are sent about {muted}: `tcpw unmute {muted}` ends that"
            ))?;
        }
    }
    match last_event(&config.journal, network) {
        Ok(Some(found)) => {
            let entry = &found.entry;
            let time = local_time(entry.event.time).format("%Y-%m-%d %H:%M:%S %Z");
            let daemon = visible(entry.event.daemon.bytes());
            context.out.prose(format!(
                "last event: {time}, {daemon} (`tcpw events --addr {network}` lists all)"
            ))
        }
        Ok(None) => Ok(()),
        Err(failure) => {
            context.out.show_failure(&failure);
            Ok(())
        }
    }
}

/// The newest event of these clients; nothing if there is none, or no journal yet.
fn last_event(journal: &std::path::Path, network: IpNet) -> Result<Option<FoundEvent>, Failure> {
    let Some(mut journal) = open_journal::open(journal)? else {
        return Ok(None);
    };
    let search = Search {
        network: Some(network),
        newest: Some(1),
        ..Search::default()
    };
    let mut last = None;
    journal
        .search(&search, &mut |found| {
            last = Some(found);
            true
        })
        .map_err(open_journal::told)?;
    Ok(last)
}

/// The addresses of a client that is known by address.
fn network(client: &Client) -> Option<IpNet> {
    match client {
        Client::Net4 { net, length } => {
            let network = Ipv4Net::new(Ipv4Addr::from_bits(*net), *length);
            network.ok().map(IpNet::V4)
        }
        Client::Net6 { net, length } => {
            let network = Ipv6Net::new(Ipv6Addr::from_bits(*net), *length);
            network.ok().map(IpNet::V6)
        }
        Client::Name(_) | Client::Domain(_) => None,
    }
}
