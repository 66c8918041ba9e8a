//! Who gets in by two tables as they are, worked out on sets of clients: as the difference to tables
//! that refuse everybody, or that refuse nobody.

use super::holed::{few, with_holes};
use super::places::{LAST4, Places, gaps};
use crate::engine::{
    Access, Change, Claim, Differences, Host, HostName, Request, Surroundings, Table, Tables,
    decide, differences,
};
use crate::escape::visible;
use crate::policy::Network;
use crate::syntax::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// A table that refuses everybody.
const CLOSED: &[u8] = b"ALL: ALL\n";
/// As many rows are told, and as many clients in each.
const ROWS: usize = 50;
const CLIENTS: usize = 200;
/// What stands for all clients, for this machine itself, and for clients whose address is not known.
const EVERYBODY: &str = "everybody";
const LOOPBACK: &str = "loopback";
const NO_ADDRESS: &str = "clients without an address";
/// Tables that are larger, in bytes, are not worked out: a million rules take a gigabyte.
const LARGE: usize = 4 << 20;
/// An address and a daemon that nobody lists (RFC 1112, section 4).
const STRANGER: Ipv4Addr = Ipv4Addr::new(247, 86, 75, 64);
const SOME_DAEMON: &str = "some-daemon-of-nobody";
/// What clients on no list are called: by no name, or by one that no rule names (RFC 6761).
const STRANGERS: [&[u8]; 2] = [b"unknown", b"some-stranger.invalid"];
/// How words for a name begin.
const NAMED: &str = "named ";
/// The addresses of this machine itself: of IPv4 one or all of them, and of IPv6.
const LOOPBACK4: [(u128, u128); 2] = [(0x7f00_0001, 0x7f00_0001), (0x7f00_0000, 0x7fff_ffff)];
const LOOPBACK6: (u128, u128) = (1, 1);

/// Who gets in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    /// Whether clients and daemons that no rule names are let in.
    pub(crate) is_open: bool,
    /// Who gets in where that is not so, and who is refused where it is.
    pub(crate) exceptions: Vec<Admission>,
    /// How many more of them there are.
    pub(crate) more: usize,
    /// For whom it cannot be computed, in words.
    pub(crate) not_computed: Vec<String>,
}

/// Daemons for which the same clients are exceptions.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    /// Their names; with `all_but` those that are not meant.
    pub(crate) daemons: Vec<String>,
    /// Whether every daemon is meant but these.
    pub(crate) all_but: bool,
    /// The clients.
    pub(crate) clients: Vec<String>,
    /// How many more clients there are.
    pub(crate) more: usize,
    /// Who of them is left out.
    pub(crate) except: Vec<String>,
}

/// Works it out, for clients that tell no user name. Of tables that are too large to do that every
/// minute it is only asked what happens to clients on no list.
pub(crate) fn admitted(tables: &Tables<'_>, world: &dyn Surroundings) -> Admitted {
    let size = |table: &Table<'_>| match table {
        Table::Read(tree) => tree.source().len(),
        Table::Absent | Table::Unreadable => 0,
    };
    if size(&tables.allow) + size(&tables.deny) > LARGE {
        return asked(tables, world);
    }
    let (empty, closed) = (parse(b""), parse(CLOSED));
    let of = |deny| Tables {
        allow: Table::Read(&empty),
        deny: Table::Read(deny),
    };
    let granted = differences(&of(&closed), tables, &[], world);
    let is_open = is_open(&granted);
    let (found, change) = if is_open {
        let refused = differences(&of(&empty), tables, &[], world);
        (refused, Change::Loses)
    } else {
        (granted, Change::Gains)
    };
    let mut exceptions = rows(&found.claims, change);
    let more = exceptions.len().saturating_sub(ROWS);
    exceptions.truncate(ROWS);
    Admitted {
        is_open,
        exceptions,
        more,
        not_computed: not_computed(&found),
    }
}

/// What happens to clients on no list, and nothing about the others.
fn asked(tables: &Tables<'_>, world: &dyn Surroundings) -> Admitted {
    let mut requests = STRANGERS.iter().map(|name| {
        let host = Host::new(STRANGER.to_string(), HostName::new(*name));
        Request::new(SOME_DAEMON, host)
    });
    let gets_in = |request: Request| decide(tables, &request, world).access == Access::Granted;
    Admitted {
        is_open: requests.any(gets_in),
        exceptions: Vec::new(),
        more: 0,
        not_computed: vec![format!(
            "who else, in tables of more than {} MiB",
            LARGE >> 20
        )],
    }
}

/// Whether most addresses of a family get in to daemons that no rule names, without a name or under
/// one that no rule names.
fn is_open(granted: &Differences) -> bool {
    let is_for_others = |claim: &&Claim| {
        let has_others = claim.daemons.exceptions().is_some();
        let mut names = STRANGERS.iter();
        claim.change == Change::Gains && has_others && names.any(|name| claim.names.contains(name))
    };
    let claims = granted.claims.iter().filter(is_for_others);
    let networks: Vec<Option<Network>> = claims.map(|claim| claim.network).collect();
    let places = Places::of(&networks);
    let sum = |ranges: &[(u128, u128)]| -> u128 {
        let lengths = ranges.iter().map(|(low, high)| high - low);
        lengths.fold(0, u128::saturating_add)
    };
    sum(&places.v4) > LAST4 / 2 || sum(&places.v6) > u128::MAX / 2
}

/// Why it cannot be computed for some, each reason once.
fn not_computed(found: &Differences) -> Vec<String> {
    let unknown = found
        .claims
        .iter()
        .filter(|claim| claim.change == Change::Unknown);
    let reasons = unknown.map(|claim| claim.because.join(", "));
    let all: BTreeSet<String> = reasons.chain(found.notes.iter().cloned()).collect();
    all.into_iter().collect()
}

/// A daemon that some rule tells from others; none stands for all that no rule names.
type Daemon<'e> = Option<&'e [u8]>;

/// The clients of one daemon: networks whatever the name, and networks under some names.
#[derive(Debug, Default)]
struct Clients {
    any: Vec<Option<Network>>,
    named: BTreeMap<(Vec<String>, bool), Vec<Option<Network>>>,
}

/// The clients in words, how many more there are, and who is left out.
type Words = (Vec<String>, usize, Vec<String>);

/// One row for all daemons with the same clients.
fn rows(claims: &[Claim], change: Change) -> Vec<Admission> {
    let mut all: BTreeSet<Daemon<'_>> = BTreeSet::from([None]);
    for claim in claims {
        all.extend(claim.daemons.names().map(Some));
        all.extend(claim.daemons.exceptions().into_iter().flatten().map(Some));
    }
    let mut rows: Vec<(Words, Vec<Daemon<'_>>)> = Vec::new();
    for daemon in &all {
        let mut clients = Clients::default();
        for claim in claims.iter().filter(|claim| claim.change == change) {
            let daemons = &claim.daemons;
            let is_meant = match daemon {
                Some(name) => daemons.contains(name),
                None => daemons.exceptions().is_some(),
            };
            if !is_meant {
                continue;
            }
            if claim.names.is_any() {
                clients.any.push(claim.network);
            } else {
                let key = claim.names.words();
                clients.named.entry(key).or_default().push(claim.network);
            }
        }
        let words = clients.words();
        if words.0.is_empty() {
            continue;
        }
        match rows.iter_mut().find(|(known, _)| *known == words) {
            Some((_, daemons)) => daemons.push(*daemon),
            None => rows.push((words, vec![*daemon])),
        }
    }
    let row = |((clients, more, except), of): (Words, Vec<Daemon<'_>>)| {
        let all_but = of.contains(&None);
        let is_named = |daemon: &&Daemon<'_>| of.contains(daemon) != all_but;
        let named = all.iter().filter(is_named).copied().flatten();
        Admission {
            daemons: named.map(visible).collect(),
            all_but,
            clients,
            more,
            except,
        }
    };
    rows.into_iter().map(row).collect()
}

impl Clients {
    fn words(&self) -> Words {
        let any = Places::of(&self.any);
        let (mut words, except) = places(&any);
        for ((names, is_most), at) in &self.named {
            // Those who get in whatever their names are, are clients of these names, too.
            let mut together = at.clone();
            together.extend(&self.any);
            let (clients, but) = places(&Places::of(&together));
            let is_everybody = clients.first().is_some_and(|word| word == EVERYBODY);
            let is_everywhere = is_everybody && but.is_empty();
            let bare = |name: &String| name.strip_prefix(NAMED).map(str::to_owned);
            if is_everywhere && !is_most {
                let clients = |name| bare(name).unwrap_or_else(|| format!("clients {name}"));
                words.extend(names.iter().map(clients));
                continue;
            }
            let names = names
                .iter()
                .map(|name| bare(name).unwrap_or_else(|| name.clone()));
            let names: Vec<String> = names.collect();
            if is_everywhere {
                words.push(format!("{EVERYBODY} unless {}", names.join(" or ")));
            } else {
                let (own, but) = places(&Places::of(at));
                let but = if but.is_empty() {
                    String::new()
                } else {
                    format!(" except {}", few(&but))
                };
                let not = if *is_most { "unless " } else { "" };
                words.push(format!("{}{but} {not}{}", few(&own), names.join(" or ")));
            }
        }
        let more = words.len().saturating_sub(CLIENTS);
        words.truncate(CLIENTS);
        (words, more, except)
    }
}

/// Some places in words, and those left out where nearly all are meant.
fn places(places: &Places) -> (Vec<String>, Vec<String>) {
    let missing = Places {
        v4: gaps(&places.v4, LAST4),
        v6: gaps(&places.v6, u128::MAX),
        has_nowhere: !places.has_nowhere,
    };
    let has_large = |(low, high): &(u128, u128)| high - low >= LAST4 / 4;
    let is_wide = places.v4.iter().chain(&places.v6).any(has_large);
    let absent = listed(&missing);
    if is_wide && (absent.is_empty() || absent.len() < listed(places).len()) {
        return (vec![EVERYBODY.to_owned()], absent);
    }
    (listed(places), Vec::new())
}

/// Places as networks, with words for those that have one.
fn listed(places: &Places) -> Vec<String> {
    let own4 = LOOPBACK4.iter().find(|range| places.v4.contains(range));
    let own6 = places.v6.contains(&LOOPBACK6).then_some(LOOPBACK6);
    let mut rest = Places {
        v4: places.v4.clone(),
        v6: places.v6.clone(),
        has_nowhere: false,
    };
    let loopback = own4.zip(own6).map(|(own4, own6)| {
        rest.v4.retain(|range| range != own4);
        rest.v6.retain(|range| *range != own6);
        LOOPBACK.to_owned()
    });
    let mut words = with_holes(&rest.v4, LAST4);
    words.extend(with_holes(&rest.v6, u128::MAX));
    words.extend(loopback);
    words.extend(places.has_nowhere.then(|| NO_ADDRESS.to_owned()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Bare;

    /// The state, then each row as `daemons < clients \ except`.
    fn said(allow: &str, deny: &str) -> Vec<String> {
        let (allow, deny) = (parse(allow.as_bytes()), parse(deny.as_bytes()));
        let tables = Tables {
            allow: Table::Read(&allow),
            deny: Table::Read(&deny),
        };
        let found = admitted(&tables, &Bare);
        let state = if found.is_open { "open" } else { "closed" };
        let row = |row: Admission| {
            let but = if row.all_but { "ALL-" } else { "" };
            let (daemons, clients) = (row.daemons.join(" "), row.clients.join(" "));
            format!("{but}{daemons} < {clients} \\ {}", row.except.join(" "))
        };
        let rows = found.exceptions.into_iter().map(row);
        let unknown = found
            .not_computed
            .into_iter()
            .map(|what| format!("? {what}"));
        [state.to_owned()]
            .into_iter()
            .chain(rows)
            .chain(unknown)
            .collect()
    }

    const DENY: &str = "ALL: ALL\n";

    #[test]
    fn who_gets_in_is_told_as_networks_and_names() {
        for (allow, deny, expected) in [
            ("", "", &["open"][..]),
            ("", DENY, &["closed"]),
            (
                "sshd: 198.51.100.7 10.1. 127. [::1]\n",
                DENY,
                &["closed", "sshd < 10.1.0.0/16 198.51.100.7 loopback \\ "],
            ),
            (
                "sshd: 10.0.0.0/255.0.0.0 .example.org\nvsftpd: ALL\n",
                DENY,
                &[
                    "closed",
                    "sshd < 10.0.0.0/8 .example.org \\ ",
                    "vsftpd < everybody \\ ",
                ],
            ),
            (
                "ALL: 10. EXCEPT 10.9.9.9\n",
                "ALL EXCEPT vsftpd: ALL\n",
                &[
                    "closed",
                    "ALL-vsftpd < 10.0.0.0/8 except 10.9.9.9 \\ ",
                    "vsftpd < everybody \\ ",
                ],
            ),
            (
                "ALL: 10.1.2.0/255.255.255.0 10.1.3.0/255.255.255.128 192.0.2.1 192.0.2.3\n",
                DENY,
                &[
                    "closed",
                    "ALL- < 10.1.2.0/24 10.1.3.0/25 192.0.2.1 192.0.2.3 \\ ",
                ],
            ),
            (
                "ALL: [2001:db8::]/32 EXCEPT [2001:db8:7::]/48\n",
                DENY,
                &[
                    "closed",
                    "ALL- < [2001:db8::]/32 except [2001:db8:7::]/48 \\ ",
                ],
            ),
        ] {
            assert_eq!(said(allow, deny), expected, "{allow}{deny}");
        }
    }

    #[test]
    fn where_it_is_open_it_is_told_who_is_refused() {
        for (allow, deny, expected) in [
            (
                "ALL: KNOWN\n",
                DENY,
                &[
                    "open",
                    "ALL- < clients without an address clients without a name clients with a doubtful name (PARANOID) \\ ",
                ][..],
            ),
            (
                "",
                "sshd: 192.0.2.0/255.255.255.0\n",
                &["open", "sshd < 192.0.2.0/24 \\ "],
            ),
            (
                "sshd: 10.1.\n",
                "sshd: ALL\n",
                &["open", "sshd < everybody \\ 10.1.0.0/16"],
            ),
            // Rules that come too late, or are refused before, let nobody in.
            ("sshd: 10.1.2.3: deny\nsshd: 10.1.2.3\n", DENY, &["closed"]),
            (
                "ALL: LOCAL\n",
                DENY,
                &["closed", "ALL- < clients with a name without a dot \\ "],
            ),
        ] {
            assert_eq!(said(allow, deny), expected, "{allow}{deny}");
        }
    }

    #[test]
    fn of_large_tables_only_what_happens_to_strangers_is_said() {
        let many = format!("# {}\n", "x".repeat(1900)).repeat(LARGE / 1900);
        let unknown = "? who else, in tables of more than 4 MiB";
        assert_eq!(said(&many, DENY), ["closed", unknown]);
        assert_eq!(said(&many, ""), ["open", unknown]);
    }

    #[test]
    fn what_cannot_be_computed_is_said() {
        let found = said("sshd: 10.1.2.3: aclexec /bin/ask\n", DENY);
        assert!(found.len() > 1 && found[0] == "closed", "{found:?}");
        assert!(found.iter().any(|line| line.starts_with("? ")), "{found:?}");
        let found = said("sshd: joe@10.1.2.3\n", DENY);
        assert!(found.iter().any(|line| line.contains("user")), "{found:?}");
    }
}
