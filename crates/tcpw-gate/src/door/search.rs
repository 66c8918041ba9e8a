//! From the two tables to a verdict: first it is found, without doing anything, which names the search
//! asks for; then it is made, and what its rules say is done.

use super::problem_words::problem_words;
use super::table_files::{TableFile, path_of};
use super::world::World;
use hosts_access::Request;
use hosts_access::engine::{
    Access, Actor, Cause, Effect, Matched, Outcome, TableName, Tables, Verdict, act,
};
use hosts_access::escape::visible;
use hosts_access::policy::RuleOption;

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
    fn probe(&self, name: TableName, request: &mut Request) -> (TableFile, bool) {
        loop {
            let file = TableFile::read(path_of(self.tables, name), Some((request, self)));
            let (wanted, has_match) = {
                let tree = file.tree();
                self.complaints.set(name, file.warnings(&tree));
                let empty = TableFile::unread(path_of(self.tables, name));
                let nothing = empty.tree();
                let (table, other) = (file.table(&tree), empty.table(&nothing));
                let tables = match name {
                    TableName::Allow => Tables {
                        allow: table,
                        deny: other,
                    },
                    TableName::Deny => Tables {
                        allow: other,
                        deny: table,
                    },
                };
                self.take_wanted();
                let (verdict, _) = act(&tables, request, self, &Onlooker(self));
                let is_open = matches!(verdict.cause, Cause::Undecided(_));
                let wanted = self.take_wanted().filter(|_| is_open);
                let has_match = !matches!(verdict.cause, Cause::NoRule | Cause::BrokenTable { .. });
                (wanted, has_match)
            };
            let Some(open) = wanted else {
                return (file, has_match);
            };
            request.learn(open, self.look_up(open));
        }
    }

    /// Decides, and does what the options of the rules say.
    pub(crate) fn decide(&self, mut request: Request) -> Decided {
        let (allow, has_match) = self.probe(TableName::Allow, &mut request);
        self.warn_of(&allow);
        let deny_path = path_of(self.tables, TableName::Deny);
        let deny = if allow.may_be_left() {
            TableFile::read(deny_path, None)
        } else if has_match {
            TableFile::unread(deny_path)
        } else {
            self.probe(TableName::Deny, &mut request).0
        };
        let (allow_tree, deny_tree) = (allow.tree(), deny.tree());
        self.complaints
            .set(TableName::Deny, deny.warnings(&deny_tree));
        let tables = Tables {
            allow: allow.table(&allow_tree),
            deny: deny.table(&deny_tree),
        };
        self.line.set(None);
        self.is_live.set(true);
        let (verdict, request) = act(&tables, &request, self, self);
        self.is_live.set(false);
        self.tell(&verdict, &deny);
        Decided {
            is_granted: verdict.access == Access::Granted && !self.is_over.get(),
            is_over: self.is_over.get(),
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
    fn tell(&self, verdict: &Verdict, deny: &TableFile) {
        match &verdict.cause {
            Cause::NoRule | Cause::BrokenTable { .. } => {
                self.report_before(TableName::Deny, usize::MAX);
            }
            Cause::Unreadable(_) => self.warn_of(deny),
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
