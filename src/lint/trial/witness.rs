//! An example client of a finding, with what libwrap decides about it.

use crate::engine::TableName;
use crate::escape::visible;

/// A client, a daemon, and what libwrap decides about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The daemon.
    pub daemon: String,
    /// The client's address.
    pub address: String,
    /// The client's name, if it has one.
    pub name: Option<String>,
    /// What it says that its user is, if a rule asks that.
    pub user: Option<String>,
    /// How the commands of `aclexec` end, where it is so only then.
    pub command: Option<bool>,
    /// Whether it is let in.
    pub granted: bool,
    /// The line that decides; none if no rule matches.
    pub by: Option<(TableName, u32)>,
}

impl Witness {
    /// One clause, such as `203.0.113.7 reaches sshd through hosts.allow:4`; `file` names a table.
    pub fn clause(&self, file: impl Fn(TableName) -> String) -> String {
        let name = self.name.as_ref();
        let name = name.map(|name| visible(name.as_bytes()));
        let user = self.user.as_ref();
        let user = user.map(|user| format!("user {}", visible(user.as_bytes())));
        let more: Vec<String> = name.into_iter().chain(user).collect();
        let who = if more.is_empty() {
            self.address.clone()
        } else {
            format!("{} ({})", self.address, more.join(", "))
        };
        let daemon = visible(self.daemon.as_bytes());
        let what = match (self.granted, self.by) {
            (true, Some((table, line))) => {
                format!("{who} reaches {daemon} through {}:{line}", file(table))
            }
            (true, None) => format!("{who} reaches {daemon}: no rule refuses it"),
            (false, Some((table, line))) => {
                format!("{who} is refused at {daemon} by {}:{line}", file(table))
            }
            (false, None) => format!("{who} is refused at {daemon}"),
        };
        match self.command {
            Some(false) => format!("if the command fails, {what}"),
            Some(true) => format!("if the command succeeds, {what}"),
            None => what,
        }
    }
}
