//! Whether an element of a list matches a request.

use crate::engine::index::list_index::{Compiled, ListIndexes};
use crate::engine::model::request::{Host, HostName, Open, Request, string};
use crate::engine::model::surroundings::{ListFile, Surroundings};
use crate::engine::model::text::{LIST_WORD_LIMIT, is_quad, unmapped, words};
use crate::engine::model::verdict::{TableName, Undecided};
use crate::engine::search::calm::Calm;
use crate::engine::search::compare::text_matches;
use crate::engine::search::glance::{Among, place_among_addresses};
use crate::engine::search::list::list_matches;
use crate::engine::search::trace::{Comparison, ListAnswer};
use crate::escape::visible;
use crate::policy::{
    ClientPattern, DaemonPattern, Dialect, HostPattern, Mapped, Masks, Process, Rule, TextPattern,
    Zoned6, Zones, any_quad, dotted_quad, ipv6, mask6,
};
use std::borrow::Cow;

/// A list file that names another one, that names another one, ...: beyond this it is no policy.
const LIST_NESTING: usize = 64;

/// Compares patterns with one request.
pub(crate) struct Matcher<'r> {
    request: &'r Request,
    world: &'r dyn Surroundings,
    dialect: &'static Dialect,
    indexes: Option<&'r ListIndexes>,
}

pub(crate) type Decided = Result<bool, Undecided>;

impl<'r> Matcher<'r> {
    pub(crate) fn new(request: &'r Request, world: &'r dyn Surroundings) -> Self {
        Self {
            request,
            world,
            dialect: world.dialect(),
            indexes: None,
        }
    }

    /// With compiled list files.
    pub(crate) fn with_lists(self, indexes: Option<&'r ListIndexes>) -> Self {
        Self { indexes, ..self }
    }

    /// The machine learns which rule is compared next.
    pub(crate) fn looking_at(&self, number: u32) {
        self.world.looking_at(number);
    }

    /// Compares `rule` with the request: its daemons first, then its clients.
    pub(crate) fn rule(
        &self,
        table: TableName,
        rule: Rule<'_, '_>,
    ) -> Result<Comparison, Undecided> {
        let daemons = list_matches(rule.daemons(), |text| self.daemon(text))?;
        let clients = match daemons.matched() {
            Some(_) => Some(self.clients(rule)?),
            None => None,
        };
        Ok(Comparison {
            table,
            line: rule.line().index(),
            number: rule.number(),
            daemons,
            clients,
        })
    }

    fn clients(&self, rule: Rule<'_, '_>) -> Result<ListAnswer, Undecided> {
        let address = self.text_of(&self.request.client.address);
        let hit = match place_among_addresses(rule, address) {
            Among::At(span) => Some(span),
            Among::Nowhere => None,
            Among::Unsettled => {
                return list_matches(rule.clients(), |text| self.client(text));
            }
        };
        Ok(ListAnswer {
            hit,
            ..ListAnswer::default()
        })
    }

    pub(crate) fn daemon(&self, text: &[u8]) -> Decided {
        let pattern = DaemonPattern::read_in(text, self.dialect);
        let is_process = match pattern.process {
            Process::Port(port) => self.request.server_port == Some(port),
            Process::Overflow => false,
            Process::Name(name) => self.text(name, &self.request.daemon),
        };
        match pattern.host {
            Some(host) if is_process => self.host(host, self.server(), &mut Vec::new()),
            _ => Ok(is_process),
        }
    }

    /// Whether an element of a client list matches.
    pub(crate) fn client(&self, text: &[u8]) -> Decided {
        if is_quad(text) {
            // Most words are; lines at the limit have hundreds.
            return Ok(text == self.text_of(&self.request.client.address));
        }
        let pattern = ClientPattern::read_in(text, self.dialect);
        let is_host = self.host(pattern.host, self.client_end(), &mut Vec::new())?;
        match pattern.user {
            Some(user) if is_host => self.user(user),
            Some(_) | None => Ok(is_host),
        }
    }

    fn user(&self, pattern: TextPattern<'_>) -> Decided {
        if self.request.is_open(Open::User) {
            let found = string(&self.find_out(Open::User)?);
            return Ok(self.text(pattern, &found));
        }
        Ok(self.text(pattern, &self.request.user))
    }

    fn client_end(&self) -> Side<'r> {
        Side {
            host: &self.request.client,
            open: Open::ClientName,
        }
    }

    fn server(&self) -> Side<'r> {
        Side {
            host: &self.request.server,
            open: Open::ServerName,
        }
    }

    fn find_out(&self, open: Open) -> Result<Vec<u8>, Undecided> {
        self.world.find_out(open).ok_or_else(|| Undecided {
            what: "it depends on a name or a user that was not asked for".to_owned(),
            rule: None,
        })
    }

    /// The name of an end, which is looked up if that was left open.
    fn name(&self, side: Side<'r>) -> Result<Cow<'r, HostName>, Undecided> {
        if side.host.name.is_unasked() {
            return Ok(Cow::Owned(HostName::new(self.find_out(side.open)?)));
        }
        Ok(Cow::Borrowed(&side.host.name))
    }

    fn host(&self, pattern: HostPattern<'_>, side: Side<'r>, lists: &mut Vec<Vec<u8>>) -> Decided {
        let host = side.host;
        Ok(match pattern {
            HostPattern::Netgroup(_) if host.name.is_unasked() && !self.dialect.netgroups => false,
            HostPattern::Netgroup(group) => {
                // The machine may tell that the answer depends on the build.
                let name = self.name(side)?;
                self.world.in_netgroup(group, name.as_bytes()) && self.dialect.netgroups
            }
            HostPattern::ListFile(path) => return self.list_file(path, side, lists),
            HostPattern::Known => host.is_address_known() && self.name(side)?.is_known(),
            HostPattern::Local => {
                let name = self.name(side)?;
                name.is_known() && !name.as_bytes().contains(&b'.')
            }
            HostPattern::BadNet(_) => false,
            HostPattern::Ipv4Net { net, mask } => {
                let address = self.ipv4_of(&host.address);
                address.is_some_and(|address| address & mask == net)
            }
            HostPattern::Ipv6Net { net, length } => self.in_ipv6_net(net, length, &host.address),
            HostPattern::Text { pattern, also_name } => {
                self.text(pattern, &host.address)
                    || (also_name && self.text(pattern, self.name(side)?.as_bytes()))
            }
        })
    }

    /// Compares one string: a name, or an address as text.
    fn text(&self, pattern: TextPattern<'_>, text: &[u8]) -> bool {
        let text = self.text_of(text);
        let TextPattern::Ipv6(pattern) = pattern else {
            return text_matches(pattern, text);
        };
        ipv6(text).is_some_and(|address| {
            address.address == pattern.address && self.are_zones_alike(pattern, address)
        })
    }

    fn in_ipv6_net(&self, net: Zoned6<'_>, length: u8, address: &[u8]) -> bool {
        let Some(address) = ipv6(self.text_of(address)) else {
            return false;
        };
        let is_ipv4 = self.dialect.mapped == Mapped::AsTextAndNumber
            && address.address.to_ipv4_mapped().is_some();
        !is_ipv4
            && (net.address.to_bits() ^ address.address.to_bits()) & mask6(length) == 0
            && self.are_zones_alike(net, address)
    }

    /// An address or a name as it is compared with texts.
    fn text_of<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.dialect.mapped {
            Mapped::AsText | Mapped::AsTextAndNumber => unmapped(text),
            Mapped::InNetworks | Mapped::Never => text,
        }
    }

    /// An address as it is compared with IPv4 networks.
    fn ipv4_of(&self, address: &[u8]) -> Option<u32> {
        let quad = match self.dialect.masks {
            Masks::QuadsAndLengths | Masks::Quads => dotted_quad,
            Masks::AnyNumbers => any_quad,
        };
        let found = quad(self.text_of(address)).or_else(|| match self.dialect.mapped {
            Mapped::AsText | Mapped::Never => None,
            Mapped::AsTextAndNumber | Mapped::InNetworks => ipv6(address)?.address.to_ipv4_mapped(),
        });
        found.map(u32::from)
    }

    /// Whether the zones of a pattern and of a client let them match.
    fn are_zones_alike(&self, pattern: Zoned6<'_>, client: Zoned6<'_>) -> bool {
        let are_valid = || self.is_zone_valid(pattern) && self.is_zone_valid(client);
        match self.dialect.zones {
            Zones::Ignored => are_valid(),
            // Zone 0 is none.
            Zones::Demanded => {
                let is_demanded = pattern.zone.is_some_and(|zone| zone != b"0");
                are_valid() && (!is_demanded || pattern.zone == client.zone)
            }
            Zones::Compared => are_valid() && pattern.zone == client.zone,
            Zones::Unread => pattern.zone.is_none(),
        }
    }

    /// Whether the system can make sense of the zone; its value does not matter then (F-V6-09).
    fn is_zone_valid(&self, address: Zoned6<'_>) -> bool {
        address.zone.is_none_or(|zone| {
            address.has_numeric_zone()
                || (address.may_name_interface() && self.world.has_interface(zone))
        })
    }

    /// Every word of a list file is a host pattern; there are no comments, exceptions or users.
    fn list_file(&self, path: &[u8], side: Side<'r>, lists: &mut Vec<Vec<u8>>) -> Decided {
        let host = side.host;
        let undecided = |what: &str| {
            let path = visible(path);
            Err(Undecided {
                what: format!("the list file {path} {what}"),
                rule: None,
            })
        };
        if lists.iter().any(|open| open == path) {
            return undecided("leads back to itself, which makes libwrap crash");
        }
        if lists.len() >= LIST_NESTING {
            return undecided("is too deeply nested in other list files");
        }
        lists.push(path.to_vec());
        let found = if let Some(indexes) = self.indexes {
            let list = match indexes.get(path, self.world) {
                Compiled::Absent => {
                    lists.pop();
                    return Ok(false);
                }
                Compiled::Unread(why) => return undecided(&unread(&why)),
                Compiled::Read(list) => list,
            };
            self.any_word(indexes.candidates(&list, host), side, lists)?
        } else {
            let bytes = match self.world.list_file(path) {
                ListFile::Absent => {
                    lists.pop();
                    return Ok(false);
                }
                ListFile::Unread(why) => return undecided(&unread(&why)),
                ListFile::Read(bytes) => bytes,
            };
            let address = self.text_of(&host.address);
            let is_skimmed = self.dialect.has_debian_patterns() && !host.name.is_unasked();
            let calm = Calm::in_list(host).filter(|_| is_skimmed);
            let parts = calm.map_or_else(|| vec![&**bytes], |calm| calm.parts(&bytes));
            let words = parts.into_iter().flat_map(words).map(|(_, word)| word);
            let possible = words.filter(|word| *word == address || !is_quad(word));
            self.any_word(possible, side, lists)?
        };
        match found {
            WordAnswer::Found => return Ok(true),
            WordAnswer::TooLong => {
                return undecided("has a word over 8192 bytes, which makes libwrap crash");
            }
            WordAnswer::None => {}
        }
        lists.pop();
        Ok(false)
    }

    /// Puts words of a list file to the matcher, up to the first that settles it.
    fn any_word<'w>(
        &self,
        words: impl Iterator<Item = &'w [u8]>,
        side: Side<'r>,
        lists: &mut Vec<Vec<u8>>,
    ) -> Result<WordAnswer, Undecided> {
        for word in words {
            if word.len() > LIST_WORD_LIMIT {
                return Ok(WordAnswer::TooLong);
            }
            if self.host(HostPattern::read_in(word, self.dialect), side, lists)? {
                return Ok(WordAnswer::Found);
            }
        }
        Ok(WordAnswer::None)
    }
}

/// Why a list file says nothing here.
fn unread(why: &str) -> String {
    format!("cannot be read here: {why}")
}

/// One end of the request, and what its name is called where it is open.
#[derive(Clone, Copy)]
struct Side<'r> {
    host: &'r Host,
    open: Open,
}

/// What the words of a list file say about a host.
enum WordAnswer {
    None,
    Found,
    TooLong,
}
