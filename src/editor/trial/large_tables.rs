//! Large tables seen for a small change: only the lines that can matter to it are parsed.
//!
//! What a change of few clients is worked out from and tried on is known beforehand: these clients,
//! clients nobody lists, some that the tables name, and whoever must still get in. What a line of the
//! table cannot do to any of them is left unparsed ([`Sieve`]); verdicts, places and edits are the
//! same as with the whole tables.

use crate::edit::Edit;
use crate::editor::client::pattern::Client;
use crate::editor::client::reach::Reach;
use crate::editor::trial::edits::Edits;
use crate::editor::trial::sample::{hosts, strangers};
use crate::engine::{Host, Keeps, Sieve, TableName};
use crate::policy::{Element, Rule};
use crate::span::{Span, offset};
use crate::syntax::{Run, Tree, parse, parse_around};

/// Tables of fewer bytes together are parsed as a whole.
const SMALLEST: usize = 1 << 17;
/// More clients are too many to be looked for.
const CLIENTS_LIMIT: usize = 64;
/// As many clients are drawn from each table, and as many lines are looked at for one.
const DRAWN: usize = 16;
const LINES: usize = 8;

/// What a change is worked out from and tried on.
#[derive(Debug, Clone)]
pub struct Focus {
    sieve: Sieve,
    /// The table whose names matter, too.
    opposed: Option<TableName>,
    /// Whether clients are asked for by name: then all of that table matters.
    has_names: bool,
    samples: Vec<Host>,
}

/// Both tables, as far as they are looked at.
#[derive(Debug)]
pub struct Seen<'s> {
    /// The allow table and the deny table.
    pub trees: [Tree<'s>; 2],
    /// What is left out of them, if they are not whole.
    runs: Option<[Vec<Run>; 2]>,
}

impl Focus {
    /// For a change about `clients`; nothing if all of the tables is as well looked at. A rule of the
    /// table `opposed` is an exception from what is wished, if the client has the name that it is
    /// about, or the name asked for the address.
    pub fn new(tables: [&[u8]; 2], clients: &[Client], opposed: Option<TableName>) -> Option<Self> {
        let size: usize = tables.iter().map(|table| table.len()).sum();
        // Any address may have a name that is asked for, and any rule then be an exception.
        let is_worth_it = size >= SMALLEST
            && clients.len() <= CLIENTS_LIMIT
            && !(has_names(clients) && opposed.is_some());
        is_worth_it.then(|| Self::of_any_size(tables, clients, opposed))
    }

    /// The same, whether it is worth it or not.
    pub fn of_any_size(tables: [&[u8]; 2], clients: &[Client], opposed: Option<TableName>) -> Self {
        let samples: Vec<Host> = tables.iter().flat_map(|table| drawn(table)).collect();
        let mut focus = Self {
            sieve: Sieve::default(),
            opposed,
            has_names: has_names(clients),
            samples,
        };
        for client in clients {
            match *client {
                Client::Net4 { net, length } => {
                    let host = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                    focus.sieve.add_range4(net, net | host);
                }
                Client::Net6 { net, length } => {
                    let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                    focus.sieve.add_range6(net, net | host);
                }
                Client::Domain(ref domain) => focus.sieve.add_domain(domain),
                Client::Name(_) => {}
            }
        }
        let tried = clients.iter().flat_map(hosts).chain(strangers());
        for host in tried.chain(focus.samples.clone()) {
            focus.sieve.add_host(&host);
        }
        focus
    }

    /// Looks also for what matters to this client.
    pub fn add(&mut self, host: &Host) {
        self.sieve.add_host(host);
    }

    /// The clients of the tables that stand for all of them.
    pub fn samples(&self) -> &[Host] {
        &self.samples
    }

    /// The tables; nothing if one must be looked at as a whole.
    pub fn tables<'s>(&self, tables: [&'s [u8]; 2]) -> Option<Seen<'s>> {
        let [allow, deny] = tables;
        let runs = |name, table| {
            let keeps = Keeps {
                names: self.opposed == Some(name),
                // One that refuses says that refusals go into the allow table, too.
                options: self.has_names
                    || name == TableName::Allow && self.opposed == Some(TableName::Allow),
            };
            self.sieve.runs(table, keeps)
        };
        let runs = [runs(TableName::Allow, allow)?, runs(TableName::Deny, deny)?];
        Seen::around(tables, runs)
    }
}

impl<'s> Seen<'s> {
    /// The whole tables.
    pub fn whole(tables: [&'s [u8]; 2]) -> Self {
        Self {
            trees: tables.map(parse),
            runs: None,
        }
    }

    /// Nothing if one of the tables is not read to its end.
    fn around(tables: [&'s [u8]; 2], runs: [Vec<Run>; 2]) -> Option<Self> {
        let [allow, deny] = tables;
        let [allow_runs, deny_runs] = &runs;
        let trees = [
            parse_around(allow, allow_runs),
            parse_around(deny, deny_runs),
        ];
        let are_read = trees.iter().all(|tree| tree.broken_line().is_none());
        are_read.then_some(Self {
            trees,
            runs: Some(runs),
        })
    }

    /// The tables when `edits` have been made; nothing if they must be looked at as a whole.
    pub fn planned<'n>(&self, planned: [&'n [u8]; 2], edits: &Edits) -> Option<Seen<'n>> {
        let Some([allow, deny]) = &self.runs else {
            return Some(Seen::whole(planned));
        };
        let runs = [moved(allow, &edits.allow)?, moved(deny, &edits.deny)?];
        Seen::around(planned, runs)
    }
}

fn has_names(clients: &[Client]) -> bool {
    let is_name = |client: &Client| matches!(client, Client::Name(_) | Client::Domain(_));
    clients.iter().any(is_name)
}

/// Where the runs are after `edits`; nothing if one of them is touched.
fn moved(runs: &[Run], edits: &[Edit]) -> Option<Vec<Run>> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut edits = edits.into_iter().peekable();
    let (mut gone, mut come) = (0, 0);
    let mut is_new_line = true;
    runs.iter()
        .map(|run| {
            while let Some(edit) = edits.next_if(|edit| edit.span.end <= run.span.start) {
                gone += edit.span.len();
                come += offset(edit.replacement.len());
                // What is put before a run must leave it a line of its own.
                is_new_line = edit.span.end < run.span.start
                    || edit.replacement.is_empty()
                    || edit.replacement.ends_with(b"\n");
            }
            let is_touched = edits
                .peek()
                .is_some_and(|edit| edit.span.start < run.span.end);
            let span = Span::new(run.span.start + come - gone, run.span.end + come - gone);
            (is_new_line && !is_touched).then_some(Run { span, ..*run })
        })
        .collect()
}

/// Clients that a table names, evenly drawn, each as one host.
fn drawn(table: &[u8]) -> impl Iterator<Item = Host> {
    let step = table.len().div_ceil(DRAWN).max(1);
    (0..table.len())
        .step_by(step)
        .filter_map(|at| drawn_at(table.get(at..)?))
}

/// The first client that is named after the first newline.
fn drawn_at(text: &[u8]) -> Option<Host> {
    let start = memchr::memchr(b'\n', text)? + 1;
    let text = text.get(start..)?;
    let end = memchr::memchr_iter(b'\n', text).take(LINES).last()? + 1;
    let tree = parse(text.get(..end)?);
    tree.lines()
        .filter_map(Rule::of)
        .flat_map(|rule| rule.clients().elements())
        .find_map(|element| match element {
            Element::Pattern { text, .. } => {
                let client = Reach::of(&text).client()?;
                hosts(&client).into_iter().next()
            }
            Element::Except { .. } => None,
        })
}
