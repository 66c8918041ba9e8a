//! From the two tables to a verdict: first it is found, without doing anything, which names the search
//! asks for; then it is made, and what its rules say is done.

use super::problem_words::problem_words;
use super::table_files::{TableFile, check_named, is_named, path_of};
use super::world::World;
use hosts_access::Request;
use hosts_access::engine::{
    Access, Actor, Cause, Effect, Matched, Outcome, Table, TableName, Tables, Verdict, act,
};
use hosts_access::escape::visible;
use hosts_access::policy::RuleOption;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

/// What was decided.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) is_granted: bool,
    /// Whether the client is turned away without a word in the log that it was refused.
    pub(crate) is_over: bool,
    /// The request as options have left it.
    pub(crate) request: Request,
}

impl World<'_> {
    /// Reads a table up to what settles the request; names that the search asks for are looked up.
    fn probe(&self, name: TableName, request: &mut Request) -> TableFile {
        loop {
            self.line.set(Some((name, 0, 0)));
            let file = TableFile::read(path_of(self.tables, name), request, self);
            let wanted = {
                let tree = file.tree();
                self.complaints.set(name, file.warnings(&tree));
                self.take_wanted();
                let tables = alone(name, file.table(&tree));
                let (verdict, _) = act(
                    &tables,
                    request,
                    self,
                    &Onlooker(self),
                    self.has_left(TableName::Allow),
                );
                let is_open = matches!(verdict.cause, Cause::Undecided(_));
                self.take_wanted().filter(|_| is_open)
            };
            let Some(open) = wanted else {
                return file;
            };
            request.learn(open, self.look_up(open));
        }
    }

    /// Decides, and does what the options of the rules say. The deny table is read once the allow table
    /// has not decided, with the request as the options of that one have left it (F-PCT-05).
    pub(crate) fn decide(&self, mut request: Request) -> Decided {
        for name in [TableName::Allow, TableName::Deny] {
            if let Some(error) = check_named(self.tables, name) {
                return self.without(name, &error, request);
            }
        }
        let mut is_granted = true;
        for name in [TableName::Allow, TableName::Deny] {
            let file = self.probe(name, &mut request);
            // It was there just now.
            if is_named(self.tables, name) && !file.is_read() {
                let gone = io::ErrorKind::NotFound.into();
                return self.without(name, file.fault().unwrap_or(&gone), request);
            }
            if name == TableName::Allow {
                self.warn_of(&file);
            }
            let tree = file.tree();
            let tables = alone(name, file.table(&tree));
            self.line.set(None);
            self.is_live.set(true);
            let (verdict, left) = act(
                &tables,
                &request,
                self,
                self,
                self.has_left(TableName::Allow),
            );
            self.is_live.set(false);
            request = left;
            let goes_on = name == TableName::Allow && matches!(verdict.cause, Cause::NoRule);
            if goes_on && !self.is_over.get() {
                continue;
            }
            self.tell(&verdict, &file);
            is_granted = verdict.access == Access::Granted;
            break;
        }
        Decided {
            is_granted: is_granted && !self.is_over.get(),
            is_over: self.is_over.get(),
            request,
        }
    }

    /// Without a table that somebody has named nobody is served.
    fn without(&self, name: TableName, error: &io::Error, request: Request) -> Decided {
        let path = visible(path_of(self.tables, name).as_os_str().as_bytes());
        let why = super::log::reason(error);
        self.log.complain(&format!(
            "error: cannot read the table {path}: {why}; the client is refused"
        ));
        Decided {
            is_granted: false,
            is_over: false,
            request,
        }
    }

    /// A table that cannot be read is complained about (F-LINE-23).
    fn warn_of(&self, file: &TableFile) {
        if let Some(error) = file.fault() {
            let why = super::log::reason(error);
            self.log
                .complain(&format!("warning: cannot open {}: {why}", file.shown));
        }
    }

    /// Logs what libwrap logs of the way to the verdict.
    fn tell(&self, verdict: &Verdict, file: &TableFile) {
        match &verdict.cause {
            Cause::NoRule | Cause::BrokenTable { .. } => {
                self.report_rest(TableName::Allow);
                self.report_rest(TableName::Deny);
            }
            Cause::Unreadable(_) => self.warn_of(file),
            Cause::Rule { outcome, matched } => {
                self.line
                    .set(Some((matched.table, matched.line, matched.number)));
                self.tell_outcome(*outcome);
            }
            Cause::EitherWay(_) => {}
            // Where libwrap crashes, or the tables are beyond what can be told: nobody gets in.
            Cause::Undecided(undecided) => self.log.complain(&format!("error: {}", undecided.what)),
        }
    }

    fn tell_outcome(&self, outcome: Outcome) {
        match outcome {
            Outcome::Broken { problem, .. } => {
                if let Some(option) = &*self.option.borrow() {
                    let words = problem_words(problem, option, &|name| self.has_group(name));
                    self.complain("error", &words);
                }
            }
            Outcome::ExpansionTooLong { .. } => {
                self.warn("percent_x: expansion too long");
                self.is_over.set(true);
            }
            Outcome::Table | Outcome::Allow | Outcome::Deny | Outcome::Twist => {}
        }
    }
}

/// One table, with nothing in the other one.
fn alone(name: TableName, table: Table<'_>) -> Tables<'_> {
    let (allow, deny) = match name {
        TableName::Allow => (table, Table::Absent),
        TableName::Deny => (Table::Absent, table),
    };
    Tables { allow, deny }
}

/// Follows a search and does nothing.
struct Onlooker<'a, 'w>(&'a World<'w>);

impl Actor for Onlooker<'_, '_> {
    fn comparing(&self, table: TableName, line: usize, number: u32) {
        self.0.line.set(Some((table, line, number)));
    }
    fn matched(&self, _rule: &Matched) {}
    fn option(&self, _option: &RuleOption<'_>) {}
    fn effect(&self, _effect: &Effect, _request: &mut Request) {}
    fn left(&self) {}
}

/// The client as libwrap names it in the log: its user if that is known, and its name or address.
pub(crate) fn client_text(request: &Request) -> String {
    let client = request.client();
    let host = if client.name().is_known() {
        client.name().as_bytes()
    } else {
        client.address()
    };
    if request.is_user_known() {
        format!("{}@{}", visible(request.user()), visible(host))
    } else {
        visible(host)
    }
}
