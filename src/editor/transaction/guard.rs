//! Who must still get in after a change, and the stop before somebody of them could not.

use crate::editor::commit::recover::Repair;
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::{Access, Cause, Host, HostName, Request, Surroundings, TableName};
use crate::policy::{Element, rules};
use crate::system::Session;
use std::path::PathBuf;

/// What a transaction asks of the program that runs it.
pub trait Guard {
    /// What it fails with.
    type Error;

    /// Who must still get in, without the names of the clients.
    ///
    /// # Errors
    /// When it cannot be said.
    fn kept(&mut self) -> Result<Vec<Kept>, Self::Error>;

    /// Adds the names that the clients have now: the tables are about names.
    fn name(&mut self, kept: &mut [Kept]);

    /// What else verdicts depend on, freshly read.
    fn world(&self) -> Box<dyn Surroundings>;

    /// Hears what was found when the tables were opened.
    ///
    /// # Errors
    /// When it cannot be passed on.
    fn notice(&mut self, notice: &OpeningNotice) -> Result<(), Self::Error>;
}

/// What was found when the tables were opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpeningNotice {
    /// Another program holds a lock on this table, which is not waited for any longer.
    Overridden(PathBuf),
    /// A commit had been cut short, and was finished or forgotten.
    Repaired(Repair),
}

/// Somebody who must still get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The connection to sshd, as it is or would be.
    pub session: Session,
    /// The names under which that sshd asks libwrap.
    pub daemons: Vec<String>,
    /// Why.
    pub reason: KeptReason,
    /// The name that the client has now, where the tables are about names.
    pub name: Option<HostName>,
}

/// Why somebody must still get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptReason {
    /// The command was typed in this session.
    Own,
    /// Connected to sshd.
    Connected,
    /// Named as `keep_in` in the configuration.
    Configured,
}

impl Kept {
    /// What sshd asks at the next login, under each of its names: with no name for the address, with
    /// one that is not believed, and with the name that it has now.
    pub(super) fn requests(&self) -> Vec<Request> {
        let names = [HostName::unknown(), HostName::paranoid()];
        let names: Vec<HostName> = names.into_iter().chain(self.name.clone()).collect();
        let session = &self.session;
        let request = |(daemon, name): (&String, &HostName)| {
            let request = Request::new(daemon, Host::new(&session.client, name.clone()));
            if session.server.is_empty() {
                return request;
            }
            let server = Host::new(&session.server, HostName::unknown());
            request.with_server(server, session.port)
        };
        let daemons = self.daemons.iter();
        daemons
            .flat_map(|daemon| names.iter().map(move |name| (daemon, name)))
            .map(request)
            .collect()
    }
}

/// Somebody who must still get in, and could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lockout {
    /// The first of them.
    pub kept: Kept,
    /// The name of the sshd that would refuse that client.
    pub daemon: String,
    /// Under which name it would refuse that client.
    pub name: HostName,
    /// By what.
    pub by: Blocker,
    /// How many more there are.
    pub more: usize,
}

/// What refuses somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// This rule.
    Rule(Place),
    /// A line that libwrap cannot read, by its number from 1.
    BrokenLine(u32),
    /// Tables that cannot be read to their end.
    Unread,
}

/// Finds out whom sshd would refuse after a change: under the name it has now, with no name for the
/// address, and with one that is not believed, since DNS may fail at the next login. Others than
/// the own session count only if it is the change that refuses them.
pub(super) fn check(
    before: &Ground<'_>,
    after: &Ground<'_>,
    kept: &[Kept],
) -> Result<(), Box<Lockout>> {
    let mut refused = kept.iter().filter_map(|kept| {
        kept.requests().into_iter().find_map(|request| {
            let verdict = after.decide(&request);
            let is_new = || {
                kept.reason == KeptReason::Own || before.decide(&request).access != Access::Denied
            };
            let is_refused = verdict.access != Access::Granted && is_new();
            is_refused.then_some((kept, request, verdict))
        })
    });
    let Some((kept, request, verdict)) = refused.next() else {
        return Ok(());
    };
    let by = if let Some(rule) = after.decider(&verdict) {
        Blocker::Rule(after.place_of(&rule))
    } else if let Cause::BrokenTable { number, .. } = verdict.cause {
        Blocker::BrokenLine(number + 1)
    } else {
        Blocker::Unread
    };
    Err(Box::new(Lockout {
        kept: kept.clone(),
        daemon: String::from_utf8_lossy(request.daemon()).into_owned(),
        name: request.client().name().clone(),
        by,
        more: refused.count(),
    }))
}

/// Whether a verdict of these tables can depend on a client's name: whether a client list holds a
/// letter outside of brackets, other than `ALL` and `EXCEPT`, or a list file.
pub(super) fn depends_on_names(ground: &Ground<'_>) -> bool {
    let is_about_names = |element: Element<'_>| match element {
        Element::Except { .. } => false,
        Element::Pattern { text, .. } => {
            let is_address = text.starts_with(b"[") || text.eq_ignore_ascii_case(b"all");
            let is_named = |byte: &u8| byte.is_ascii_alphabetic() || b"*?".contains(byte);
            !is_address && text.iter().any(is_named)
        }
    };
    [TableName::Allow, TableName::Deny]
        .into_iter()
        .flat_map(|table| rules(ground.tree(table)))
        .any(|rule| rule.clients().elements().any(is_about_names))
}
