//! The addresses that names have now, as far as a client of the internet can come from them.

use crate::cli::base::Paths;
use crate::cli::machine::ask_names::ask_all;
use crate::config::Follow;
use crate::escape::visible;
use crate::system::{
    AddressFamily, DnsAnswer, DnsFault, DnsLookup, DnsServers, addresses_in_hosts, bogon, look_up,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tcpw_gate::OwnAddresses;

/// How long all names together are waited for, whatever servers there are.
const WHOLE: Duration = Duration::from_secs(5);
/// A name with more addresses is not followed.
const MOST: usize = 16;

/// Where the kernel says what this machine's addresses are (proc(5)).
const KERNEL: &str = "/proc/net";

/// What was found about a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NameFound {
    /// The addresses that it has and that clients can have.
    pub(crate) good: BTreeSet<IpAddr>,
    /// The families about which nothing is known now: what was known of them holds on.
    unsure: Vec<AddressFamily>,
    /// How many seconds the addresses hold.
    pub(crate) ttl: Option<u32>,
    /// Whether the resolver says that it has checked their signatures.
    pub(crate) is_authentic: bool,
    /// What is wrong, if something is.
    pub(crate) trouble: Option<String>,
}

impl NameFound {
    /// What an answer comes to; `own` are the addresses of this machine.
    pub(crate) fn of(lookup: DnsLookup, own: &BTreeSet<IpAddr>) -> Self {
        let mut found = Self {
            good: BTreeSet::new(),
            unsure: Vec::new(),
            ttl: None,
            is_authentic: true,
            trouble: None,
        };
        let mut troubles = Vec::new();
        let (v4, v6) = (lookup.v4, lookup.v6);
        // Of a name that does not exist nothing is to be said twice.
        let is_same = v4.is_err() && v4 == v6;
        for (family, told) in [(AddressFamily::V4, v4), (AddressFamily::V6, v6)] {
            match told {
                Ok(answer) => found.take(family, &answer, own, &mut troubles),
                Err(fault) => {
                    found.unsure.push(family);
                    if is_same {
                        troubles = vec![fault.to_string()];
                    } else {
                        troubles.push(format!("{}: {fault}", family.record()));
                    }
                }
            }
        }
        if found.good.len() > MOST {
            let count = found.good.len();
            troubles = vec![format!("it has {count} addresses, more than {MOST}")];
            found.good.clear();
        }
        if found.good.is_empty() {
            found.unsure = vec![AddressFamily::V4, AddressFamily::V6];
            found.is_authentic = false;
            if troubles.is_empty() {
                troubles.push("it has no address".to_owned());
            }
        }
        found.trouble = (!troubles.is_empty()).then(|| troubles.join("; "));
        found
    }

    /// Nothing is known, for this reason.
    fn unknown(why: String) -> Self {
        Self {
            good: BTreeSet::new(),
            unsure: AddressFamily::ALL.to_vec(),
            ttl: None,
            is_authentic: false,
            trouble: Some(why),
        }
    }

    /// Takes the answer for one family.
    fn take(
        &mut self,
        family: AddressFamily,
        answer: &DnsAnswer,
        own: &BTreeSet<IpAddr>,
        troubles: &mut Vec<String>,
    ) {
        let addresses: BTreeSet<IpAddr> =
            answer.addresses.iter().map(IpAddr::to_canonical).collect();
        let mut bad = addresses.iter().filter_map(|address| {
            let why = bogon(*address);
            let why = why.or_else(|| own.contains(address).then_some("is this machine's own"))?;
            Some(format!("{address} {why}"))
        });
        let (first, more) = (bad.next(), bad.count());
        let is_good = |address: &&IpAddr| bogon(**address).is_none() && !own.contains(*address);
        let good: Vec<IpAddr> = addresses.iter().filter(is_good).copied().collect();
        if let Some(first) = first {
            let others = match more {
                0 => String::new(),
                more => format!(", and {more} more of this kind"),
            };
            troubles.push(format!("{first}{others}"));
            if good.is_empty() {
                self.unsure.push(family);
            }
        }
        if !good.is_empty() {
            self.ttl = match (self.ttl, answer.ttl) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            self.is_authentic &= answer.is_authentic;
        }
        self.good.extend(good);
    }

    /// Whether a family was answered, and an address is good.
    pub(crate) fn is_sure(&self, family: AddressFamily) -> bool {
        !self.unsure.contains(&family)
    }

    /// What a rule that holds `old` shall hold now: nothing that was good goes because a question
    /// was not answered, but for the addresses of families of which that is so for `too_long`.
    pub(crate) fn next(
        &self,
        old: &BTreeSet<IpAddr>,
        too_long: &[AddressFamily],
    ) -> BTreeSet<IpAddr> {
        let is_kept = |address: &&IpAddr| {
            let family = AddressFamily::of(**address);
            !self.is_sure(family) && !too_long.contains(&family)
        };
        let kept = old.iter().filter(is_kept).copied();
        self.good.iter().copied().chain(kept).collect()
    }
}

/// Asks for the names, several at a time: all of them together are waited for 5 seconds at most. A
/// name for which no time was left has no answer.
pub(crate) fn look_up_all(
    names: &[String],
    settings: &Follow,
    paths: &Paths,
) -> Vec<Option<NameFound>> {
    let until = Instant::now() + WHOLE;
    let file = |path: &str| paths.inside(Path::new(path));
    let servers = DnsServers::of_file(&file("/etc/resolv.conf"));
    let servers = servers.with_addresses(&settings.servers);
    let own = match OwnAddresses::Kernel(KERNEL.into()).list() {
        Ok(own) => own,
        // One of them could be taken for a client's.
        Err(fault) => {
            let unknown = NameFound::unknown(fault.to_string());
            return vec![Some(unknown); names.len()];
        }
    };
    let hosts = file("/etc/hosts");
    let one = |name: &str| {
        let local = addresses_in_hosts(&hosts, name);
        let lookup = if local.is_empty() {
            look_up(name, &servers, until)
        } else {
            of_hosts(&local)
        };
        NameFound::of(lookup, &own)
    };
    ask_all(names, until, &one)
}

/// Names of the machine's own file come first, as for every other program; they have no time to live.
fn of_hosts(addresses: &[IpAddr]) -> DnsLookup {
    let of = |is_v4: bool| -> Result<DnsAnswer, DnsFault> {
        let own = addresses.iter().copied();
        Ok(DnsAnswer {
            addresses: own.filter(|address| address.is_ipv4() == is_v4).collect(),
            ..DnsAnswer::default()
        })
    };
    DnsLookup {
        v4: of(true),
        v6: of(false),
    }
}

/// Addresses as a sentence has them.
pub(crate) fn listed(addresses: &BTreeSet<IpAddr>) -> String {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    match all.as_slice() {
        [] => "no address".to_owned(),
        all => visible(all.join(", ").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told<'t> = Result<&'t str, DnsFault>;

    fn set(text: &str) -> BTreeSet<IpAddr> {
        let words = text.split_whitespace();
        words.map(|word| word.parse().unwrap()).collect()
    }

    fn found(v4: Told<'_>, v6: Told<'_>, own: &str) -> NameFound {
        let answer = |text: &str| DnsAnswer {
            addresses: set(text).into_iter().collect(),
            ttl: (!text.is_empty()).then_some(300),
            is_authentic: true,
            ..DnsAnswer::default()
        };
        let lookup = DnsLookup {
            v4: v4.map(answer),
            v6: v6.map(answer),
        };
        NameFound::of(lookup, &set(own))
    }

    /// Both answers, what a rule then holds that held `OLD`, whether that is confirmed, and what is
    /// wrong.
    type Case = (
        Told<'static>,
        Told<'static>,
        &'static str,
        bool,
        Option<&'static str>,
    );

    const OLD: &str = "45.0.0.1 2a00::1";
    const GONE: Told<'_> = Err(DnsFault::NoSuchName);
    const DEAD: Told<'_> = Err(DnsFault::Silent);
    const NOBODY: &str = "no DNS server answers in time";
    const ANSWERS: [Case; 5] = [
        (Ok("45.0.0.9"), Ok(""), "45.0.0.9", true, None),
        (
            Ok("45.0.0.9 45.0.0.9"),
            Ok("::ffff:45.0.0.9 2a00::9"),
            "45.0.0.9 2a00::9",
            true,
            None,
        ),
        (Ok(""), Ok("2a00::9"), "2a00::9", true, None),
        (
            Ok("10.0.0.1 45.0.0.9"),
            Ok(""),
            "45.0.0.9",
            true,
            Some("10.0.0.1 is private"),
        ),
        (
            Ok("45.0.0.9"),
            DEAD,
            "45.0.0.9 2a00::1",
            false,
            Some("AAAA: no DNS server answers in time"),
        ),
    ];
    const FAILURES: [Case; 4] = [
        (Ok(""), Ok(""), OLD, false, Some("it has no address")),
        (
            GONE,
            GONE,
            OLD,
            false,
            Some("there is no such name (NXDOMAIN)"),
        ),
        (DEAD, DEAD, OLD, false, Some(NOBODY)),
        (
            DEAD,
            Ok("2a00::9"),
            "45.0.0.1 2a00::9",
            false,
            Some("A: no DNS server answers in time"),
        ),
    ];
    const LIES: [Case; 3] = [
        (
            Ok("0.0.0.0"),
            Ok(""),
            OLD,
            false,
            Some("0.0.0.0 stands for no address"),
        ),
        (
            Ok("10.0.0.1 10.0.0.2"),
            Ok("2a00::9"),
            "45.0.0.1 2a00::9",
            false,
            Some("10.0.0.1 is private, and 1 more of this kind"),
        ),
        (
            Ok("45.0.0.7"),
            Ok("::1"),
            OLD,
            false,
            Some("45.0.0.7 is this machine's own; ::1 is loopback"),
        ),
    ];

    #[test]
    fn no_failure_and_no_lie_takes_an_address_away() {
        let many: Vec<String> = (0..17).map(|n| format!("45.1.0.{n}")).collect();
        let found_many = found(Ok(&many.join(" ")), Ok(""), "");
        assert_eq!(found_many.next(&set(OLD), &[]), set(OLD));
        let is_confirmed =
            |found: &NameFound| AddressFamily::ALL.iter().all(|of| found.is_sure(*of));
        assert!(!is_confirmed(&found_many));
        let trouble = Some("it has 17 addresses, more than 16");
        assert_eq!(found_many.trouble.as_deref(), trouble);
        let cases = ANSWERS.into_iter().chain(FAILURES).chain(LIES);
        for (v4, v6, next, confirmed, trouble) in cases {
            let found = found(v4, v6, "45.0.0.7");
            assert_eq!(found.next(&set(OLD), &[]), set(next), "{found:?}");
            assert_eq!(is_confirmed(&found), confirmed, "{found:?}");
            assert_eq!(found.trouble.as_deref(), trouble);
            assert!(!found.next(&set(OLD), &[]).is_empty());
        }
        let half = found(Ok("45.0.0.9"), DEAD, "");
        let without_v6 = half.next(&set(OLD), &[AddressFamily::V6]);
        assert_eq!(without_v6, set("45.0.0.9"));
        // What was answered holds, however long it was not.
        let answered = found(Ok("45.0.0.9"), Ok("2a00::9"), "");
        let both = answered.next(&set(OLD), &AddressFamily::ALL);
        assert_eq!(both, set("45.0.0.9 2a00::9"));
    }
}
