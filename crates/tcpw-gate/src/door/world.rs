//! The machine and the client, as far as a decision asks: everything is looked up at the moment at
//! which a rule asks for it.

use super::complaints::Complaints;
use super::ends::{Ends, interface_number};
use super::found::name_of;
use super::ident::user_of;
use super::log::{Log, reason};
use super::name_service::{Patience, has_entry, in_netgroup};
use super::shell::{Ended, Variables, ask};
use super::table_files::path_of;
use super::words::{DoorOptions, TablePaths};
use hosts_access::Surroundings;
use hosts_access::engine::{Account, ListFile, Open, TableName};
use hosts_access::escape::visible;
use hosts_access::policy::RuleOption;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;
use tcpw_event::regular::read_regular;

/// The largest list that is read: libwrap reads any, word by word.
const MOST_BYTES: u64 = 1 << 30;
/// How long libwrap waits for the client's user unless `rfc931` says so (F-USER-02).
const IDENT_TIME: Duration = Duration::from_secs(10);

/// A netgroup and a host.
type Member = (Vec<u8>, Vec<u8>);

/// Where a client is served or turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At a socket, which is standard input.
    Socket(Ends),
    /// At a socket whose other end is on this machine.
    Local,
    /// Within PAM: only the client's address is known, unless it is of a link that is not here.
    Pam(Option<SocketAddr>),
}

/// A command of `spawn` that waits for the verdict.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) command: Vec<u8>,
    /// As many variables were set before it.
    pub(crate) variables: usize,
}

/// The machine and the client.
pub(crate) struct World<'w> {
    pub(crate) log: &'w Log,
    pub(crate) tables: &'w TablePaths,
    pub(crate) place: Place,
    pub(crate) variables: Variables,
    /// Whether names may be looked up now; else only that one is wanted is kept.
    pub(crate) is_live: Cell<bool>,
    /// The line that is looked at: its index, and its number as libwrap counts.
    pub(crate) line: Cell<Option<(TableName, usize, u32)>>,
    /// The option that ran last.
    pub(crate) option: RefCell<Option<RuleOption<'static>>>,
    /// Commands of `spawn` that run once more is known.
    pub(crate) waiting: RefCell<Vec<Waiting>>,
    /// Whether an option has ended the conversation.
    pub(crate) is_over: Cell<bool>,
    /// The tables that a failed `aclexec` led out of, before their ends.
    pub(crate) left: RefCell<Vec<TableName>>,
    pub(crate) ident_time: Cell<Duration>,
    /// Lines that are no rules and were not complained about yet.
    pub(crate) complaints: Complaints,
    wanted: Cell<Option<Open>>,
    found: RefCell<[Option<Vec<u8>>; 3]>,
    lists: RefCell<HashMap<Vec<u8>, ListFile>>,
    /// Whether a netgroup has a host.
    netgroups: RefCell<HashMap<Member, bool>>,
    patience: OnceCell<Patience>,
    name_timeout: Duration,
}

impl<'w> World<'w> {
    pub(crate) fn new(log: &'w Log, options: &'w DoorOptions, place: Place) -> Self {
        Self {
            log,
            tables: &options.tables,
            place,
            variables: Variables::default(),
            is_live: Cell::new(false),
            line: Cell::new(None),
            option: RefCell::new(None),
            waiting: RefCell::default(),
            is_over: Cell::new(false),
            left: RefCell::default(),
            ident_time: Cell::new(IDENT_TIME),
            complaints: Complaints::default(),
            wanted: Cell::new(None),
            found: RefCell::default(),
            lists: RefCell::default(),
            netgroups: RefCell::default(),
            patience: OnceCell::new(),
            name_timeout: options.name_timeout,
        }
    }

    /// What was wanted since this was asked last.
    pub(crate) fn take_wanted(&self) -> Option<Open> {
        self.wanted.take()
    }

    /// What the name service may take for this client begins with the first question.
    pub(crate) fn patience(&self) -> Patience {
        *self
            .patience
            .get_or_init(|| Patience::new(self.name_timeout))
    }

    /// Finds out now what a rule asks for, and keeps it.
    pub(crate) fn look_up(&self, open: Open) -> Vec<u8> {
        let found = match (open, self.place) {
            (Open::ClientName, Place::Socket(ends)) => self.name_of(ends.client),
            (Open::ServerName, Place::Socket(ends)) => self.name_of(ends.server),
            (Open::ClientName, Place::Pam(Some(client))) => self.name_of(client),
            (Open::User, Place::Socket(ends)) => {
                let patience = Patience::new(self.ident_time.get());
                user_of(ends, patience).unwrap_or_default()
            }
            (Open::ClientName | Open::ServerName | Open::User, Place::Local | Place::Pam(_)) => {
                Vec::new()
            }
        };
        if let Some(slot) = self.found.borrow_mut().get_mut(slot(open)) {
            *slot = Some(found.clone());
        }
        found
    }

    fn name_of(&self, address: SocketAddr) -> Vec<u8> {
        let found = name_of(address, self.patience());
        if let Some(warning) = found.warning {
            self.warn(&warning);
        }
        found.name.as_bytes().to_vec()
    }

    /// Complains in libwrap's form, with the line that is looked at.
    pub(crate) fn warn(&self, text: &str) {
        self.complain("warning", text);
    }

    /// Complains about the line that is looked at.
    pub(crate) fn complain(&self, word: &str, text: &str) {
        match self.line.get() {
            Some((table, index, number)) => {
                self.report_before(table, index);
                self.complain_at(word, table, number, text);
            }
            None => self.log.complain(&format!("{word}: {text}")),
        }
    }

    /// Complains about a line of a table.
    pub(crate) fn complain_at(&self, word: &str, table: TableName, number: u32, text: &str) {
        let path = path_of(self.tables, table).as_os_str();
        let path = visible(path.as_bytes());
        self.log
            .complain(&format!("{word}: {path}, line {number}: {text}"));
    }

    /// Complains about the lines that the search has passed when it is at this line of a table.
    pub(crate) fn report_before(&self, table: TableName, line: usize) {
        if table == TableName::Deny {
            self.report_rest(TableName::Allow);
        }
        self.report(table, line);
    }

    /// Complains about the lines up to the end of a table, if the search came there.
    pub(crate) fn report_rest(&self, table: TableName) {
        if !self.has_left(table) {
            self.report(table, usize::MAX);
        }
    }

    /// Whether a failed `aclexec` led out of a table.
    pub(crate) fn has_left(&self, table: TableName) -> bool {
        self.left.borrow().contains(&table)
    }

    fn report(&self, table: TableName, end: usize) {
        while let Some((number, words)) = self.complaints.next(table, end) {
            self.complain_at("warning", table, number, words);
        }
    }

    fn or_warn<T: Default>(&self, what: &[u8], answer: io::Result<T>) -> T {
        answer.unwrap_or_else(|error| {
            let why = if error.kind() == io::ErrorKind::TimedOut {
                "the name service took too long".to_owned()
            } else {
                reason(&error)
            };
            self.warn(&format!("can't look up {}: {why}", visible(what)));
            T::default()
        })
    }

    /// Whether there is such a group.
    pub(crate) fn has_group(&self, name: &[u8]) -> bool {
        self.or_warn(name, has_entry("group", name, self.patience()))
    }
}

fn slot(open: Open) -> usize {
    match open {
        Open::ClientName => 0,
        Open::ServerName => 1,
        Open::User => 2,
    }
}

impl Surroundings for World<'_> {
    fn list_file(&self, path: &[u8]) -> ListFile {
        if let Some(list) = self.lists.borrow().get(path) {
            return list.clone();
        }
        let list = match read_regular(Path::new(OsStr::from_bytes(path)), MOST_BYTES) {
            Ok(bytes) => ListFile::Read(bytes.into()),
            Err(error) => {
                let is_silent = matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::IsADirectory
                );
                if !is_silent {
                    self.warn(&format!("open {}: {}", visible(path), reason(&error)));
                }
                ListFile::Absent
            }
        };
        self.lists.borrow_mut().insert(path.to_vec(), list.clone());
        list
    }

    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        let key = (group.to_vec(), name.to_vec());
        if let Some(answer) = self.netgroups.borrow().get(&key) {
            return *answer;
        }
        let answer = self.or_warn(group, in_netgroup(group, name, self.patience()));
        self.netgroups.borrow_mut().insert(key, answer);
        answer
    }

    fn has_interface(&self, name: &[u8]) -> bool {
        interface_number(name).is_some()
    }

    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        // Whether an option is wrong matters once it runs.
        if !self.is_live.get() {
            return true;
        }
        let database = match account {
            Account::User => "passwd",
            Account::Group => "group",
        };
        self.or_warn(name, has_entry(database, name, self.patience()))
    }

    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        // Whoever only looks which names are asked for has come to the end with the rule that matches.
        if !self.is_live.get() {
            return Some(true);
        }
        if self.is_over.get() {
            return Some(false);
        }
        // What stands before it may be what it asks about.
        self.run_waiting();
        let is_silent = matches!(self.place, Place::Pam(_));
        Some(match ask(command, &self.variables.borrow(), is_silent) {
            Ok(Ended::Well) => true,
            Ok(Ended::Badly) => false,
            Ok(Ended::Killed(process, signal)) => {
                self.warn(&format!("process {process} exited with signal {signal}"));
                false
            }
            Err(error) => {
                self.warn(&format!("aclexec_option: /bin/sh: {}", reason(&error)));
                false
            }
        })
    }

    fn find_out(&self, open: Open) -> Option<Vec<u8>> {
        if let Some(found) = self.found(open) {
            return Some(found);
        }
        if self.is_live.get() {
            return Some(self.look_up(open));
        }
        self.wanted.set(Some(open));
        None
    }

    fn unknown_letter(&self, letter: u8) {
        if self.is_live.get() && !self.is_over.get() {
            self.warn(&format!("unrecognized %{}", visible(&[letter])));
        }
    }

    fn looking_at(&self, number: u32) {
        // No line of such a table is complained about before the one that ends it.
        let table = self.line.get().map(|(table, ..)| (table, 0, number));
        self.line.set(table);
    }

    fn found(&self, open: Open) -> Option<Vec<u8>> {
        self.found.borrow().get(slot(open))?.clone()
    }
}
