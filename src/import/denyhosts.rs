//! DenyHosts: the lines that it writes into hosts.deny, and its list of hosts that it never denies.

use crate::import::address::{named, network, prefix_of_text};
use crate::import::entry::{Entry, EntryVerdict, Origin, Whom};
use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::list::parts;
use crate::import::words::shown;
use chrono::NaiveDateTime;
use std::io::{self, BufRead};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use tcpw_gate::Network;

/// The comment that DenyHosts writes above each of its lines.
const MARK: &str = "# DenyHosts:";

/// What is known of the line before.
#[derive(Default)]
struct Before {
    /// What the comment says: when, and the line that follows.
    said: Option<(Option<i64>, String)>,
    daemons: Option<Rc<[String]>>,
}

/// Reads what it denies, or what it never denies if the terms allow.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(input: &mut dyn BufRead, intake: &mut Intake<'_>) -> io::Result<()> {
    let is_allowed = intake.terms.verdict == Some(EntryVerdict::Allow);
    let mut before = Before::default();
    each_line(input, &mut |place, line| {
        let taken = line.map_err(str::to_owned).and_then(|line| {
            if is_allowed {
                never_denied(line)
            } else {
                before.line(line)
            }
        });
        match taken {
            Ok(entry) => entry.into_iter().for_each(|entry| intake.take(entry)),
            Err(what) => intake.fault(&place, &what),
        }
    })
}

impl Before {
    /// A line of hosts.deny, or of a list without daemons.
    fn line(&mut self, line: &str) -> Result<Option<Entry>, String> {
        let line = line.trim();
        if let Some(said) = line.strip_prefix(MARK) {
            self.said = said.split_once('|').map(|(time, rule)| {
                let time = NaiveDateTime::parse_from_str(time.trim(), "%a %b %e %H:%M:%S %Y");
                let time = time.ok().and_then(crate::system::time_of_local);
                (time.map(|time| time.timestamp()), rule.trim().to_owned())
            });
            return Ok(None);
        }
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (daemon, client) = match line.split_once(": ") {
            Some((daemon, client)) => (Some(daemon.trim()), client.trim()),
            None => (None, line),
        };
        let client = client.strip_suffix(": deny").unwrap_or(client).trim();
        let network = network(client.trim_matches(['[', ']'])).map_err(|why| {
            let mut words = client.split(':');
            let is_count = words.next().is_some_and(|word| word.parse::<IpAddr>().is_ok());
            if is_count && words.next().is_some_and(|word| word.parse::<u64>().is_ok()) {
                return "it counts attempts of a host, which may not be denied: give the hosts.deny that \
                        DenyHosts writes"
                    .to_owned();
            }
            format!("`{}`: {why}", shown(client))
        })?;
        let since = self.said.take().filter(|(_, rule)| rule == line);
        let mut entry = Entry::new(EntryVerdict::Deny, Whom::Ranges(vec![network]));
        entry.daemons = daemon.map(|daemon| self.daemons(daemon)).transpose()?;
        entry.origin = Origin {
            since: since.and_then(|(time, _)| time),
            ..Origin::default()
        };
        Ok(Some(entry))
    }

    /// The daemons of a line; those of the line before, if they are the same.
    fn daemons(&mut self, text: &str) -> Result<Rc<[String]>, String> {
        let is_daemon = |one: char| one.is_ascii_alphanumeric() || matches!(one, '.' | '_' | '-');
        if !text.chars().all(is_daemon) || text.is_empty() {
            return Err(format!("`{}` is not a daemon", shown(text)));
        }
        let known = self.daemons.as_ref();
        if let Some(known) = known.filter(|known| known.iter().all(|one| one == text)) {
            return Ok(Rc::clone(known));
        }
        let list: Rc<[String]> = Rc::from([text.to_owned()]);
        self.daemons = Some(Rc::clone(&list));
        Ok(list)
    }
}

/// A line of `allowed-hosts`: an address, a name, `192.0.2.*` or `192.0.2.[1-9]`.
fn never_denied(line: &str) -> Result<Option<Entry>, String> {
    let (text, _) = parts(line);
    if text.is_empty() {
        return Ok(None);
    }
    let addresses = network(text)
        .ok()
        .or_else(|| prefix_of_text(text))
        .or_else(|| numbered(text));
    let whom = match addresses {
        Some(network) => Some(Whom::Ranges(vec![network])),
        None => named(text),
    };
    let whom = whom.ok_or_else(|| format!("`{}` is not a host of DenyHosts", shown(text)))?;
    Ok(Some(Entry::new(EntryVerdict::Allow, whom)))
}

/// `192.0.2.[1-9]`.
fn numbered(text: &str) -> Option<Network> {
    let (stem, range) = text.strip_suffix(']')?.split_once(".[")?;
    let (first, last) = range.split_once('-')?;
    let address = |last: &str| format!("{stem}.{last}").parse::<Ipv4Addr>().ok();
    Network::new(IpAddr::V4(address(first)?), IpAddr::V4(address(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_are_never_denied() {
        let read = |line: &str| never_denied(line).map(|entry| entry.map(|entry| entry.whom));
        let net = |text: &str| Ok(Some(Whom::Ranges(vec![text.parse().unwrap()])));
        assert_eq!(read("192.0.2.[1-9] # mine"), net("192.0.2.1-192.0.2.9"));
        assert_eq!(read("192.0.*"), net("192.0.0.0/16"));
        assert_eq!(read("# x"), Ok(None));
        for bad in ["192.0.2.[9-1]", "[1-9]", "192.0.2.[1-999]", "*", "a b"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn counts_are_no_denials() {
        let mut before = Before::default();
        let error = before
            .line("192.0.2.7:3:Wed Mar 18 10:42:12 2026")
            .unwrap_err();
        assert!(error.contains("counts attempts"), "{error}");
        assert!(before.line("sshd: 192.0.2.7").unwrap().is_some());
        assert!(before.line("192.0.2.7").unwrap().is_some());
        assert!(before.line("ss hd: 192.0.2.7").is_err());
    }
}
