//! Who must still get in after a change of this machine's tables: the operator's own ssh session,
//! everybody else who is connected to sshd, and the addresses that the configuration names.

use super::remarks::at;
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::real_name::real_names;
use crate::cli::machine::settings::load_keep_in;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::editor::{Blocker, Client, Guard, Kept, KeptReason, Lockout, OpeningNotice, Repair};
use crate::engine::{HostName, Surroundings};
use crate::escape::visible;
use crate::system::{Connections, ProcessTable, Session, SshLogin, daemon_names, sshd_connections};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The sshd that is meant where only an address is given.
const SSHD: &str = "sshd";

/// The guard of this machine, or of the one below `--root`.
pub(crate) struct MachineGuard<'c> {
    context: &'c mut Context,
    /// Whether it was said what cannot be seen: once is enough.
    is_blind_spot_told: bool,
}

impl<'c> MachineGuard<'c> {
    pub(crate) fn new(context: &'c mut Context) -> Self {
        Self {
            context,
            is_blind_spot_told: false,
        }
    }

    /// Those who are connected to sshd now. What this user may not see is said.
    fn connected(&mut self) -> Result<Vec<SshLogin>, Failure> {
        let paths = &self.context.paths;
        let found = sshd_connections(Path::new("/proc"), &[&paths.allow, &paths.deny]);
        if let Some(text) = blind_spot(&found)
            && !self.is_blind_spot_told
        {
            self.is_blind_spot_told = true;
            self.context.out.note(&text)?;
        }
        Ok(found.logins)
    }
}

/// What of the logins cannot be seen, in words.
fn blind_spot(found: &Connections) -> Option<String> {
    if found.are_others_hidden {
        return Some(
            "the processes of other users are hidden (hidepid): whether the change locks out \
             somebody who is logged in by ssh was not checked"
                .to_owned(),
        );
    }
    let logins = match found.unseen {
        0 => return None,
        1 => "1 ssh login".to_owned(),
        count => format!("{count} ssh logins"),
    };
    Some(format!(
        "{logins} of other users cannot be looked into: whether the change locks them out was not \
         checked"
    ))
}

impl Guard for MachineGuard<'_> {
    type Error = Failure;

    /// First the own session, then those whom the configuration names, then the other sessions.
    /// Nobody in a rehearsal; other sessions only if the tables are those that the machine's own
    /// sshd reads.
    fn kept(&mut self) -> Result<Vec<Kept>, Failure> {
        if self.context.is_rehearsal {
            return Ok(Vec::new());
        }
        let paths = &self.context.paths;
        let are_live = paths.root.is_none()
            && paths.allow == Path::new("/etc/hosts.allow")
            && paths.deny == Path::new("/etc/hosts.deny");
        let logins = if are_live {
            self.connected()?
        } else {
            Vec::new()
        };
        let mut kept: Vec<Kept> = Vec::new();
        let mut add = |session: Session, daemons: Vec<String>, reason| {
            // Asked once, by whoever comes first.
            let is_new = |daemon: &String| {
                let asked = kept
                    .iter()
                    .filter(|kept| kept.session.client == session.client);
                !asked
                    .flat_map(|kept| &kept.daemons)
                    .any(|asked| asked == daemon)
            };
            let daemons: Vec<String> = daemons.into_iter().filter(is_new).collect();
            if !daemons.is_empty() {
                kept.push(Kept {
                    session,
                    daemons,
                    reason,
                    name: None,
                });
            }
        };
        if let Some(session) = own_session() {
            let daemons = own_daemons(&session, &logins);
            add(session, daemons, KeptReason::Own);
        }
        for address in load_keep_in(self.context)? {
            let session = Session {
                client: address.to_canonical().to_string(),
                server: String::new(),
                port: None,
            };
            add(session, vec![SSHD.to_owned()], KeptReason::Configured);
        }
        for login in logins {
            add(login.session, vec![login.daemon], KeptReason::Connected);
        }
        Ok(kept)
    }

    /// Only for this machine's own tables.
    fn name(&mut self, kept: &mut [Kept]) {
        if kept.is_empty() || self.context.paths.root.is_some() {
            return;
        }
        let addresses: Vec<_> = kept.iter().map(|kept| &*kept.session.client).collect();
        let names = real_names(&addresses);
        for (kept, name) in kept.iter_mut().zip(names) {
            kept.name = name;
        }
    }

    fn world(&self) -> Box<dyn Surroundings> {
        Box::new(Machine::new(&self.context.paths, Aclexec::Ask))
    }

    fn notice(&mut self, notice: &OpeningNotice) -> Result<(), Failure> {
        let text = match notice {
            OpeningNotice::Overridden(path) => {
                let path = path.display();
                format!(
                    "another program holds a lock (flock) on {path} for longer than 2 seconds, \
                     which tcpw does not wait for: `lslocks` shows which one"
                )
            }
            OpeningNotice::Repaired(Repair::Finished(number)) => format!(
                "change {number} had been cut short and is now finished: see `tcpw show {number}`"
            ),
            OpeningNotice::Repaired(Repair::Forgotten) => {
                "a change had been cut short before it changed anything".to_owned()
            }
        };
        self.context.out.note(&text)
    }
}

/// The session this command was typed in.
pub(crate) fn own_session() -> Option<Session> {
    let variable = std::env::var_os("SSH_CONNECTION");
    let variable = variable.as_ref().map(|value| value.as_bytes());
    Session::find(variable, &ProcessTable, std::process::id())
}

/// The names of each sshd above this command, and of the one that holds its connection.
fn own_daemons(session: &Session, logins: &[SshLogin]) -> Vec<String> {
    let mut names = daemon_names(&ProcessTable, std::process::id());
    let own = logins.iter().filter(|login| login.session == *session);
    for login in own {
        if !names.contains(&login.daemon) {
            names.push(login.daemon.clone());
        }
    }
    if names.is_empty() {
        names.push(SSHD.to_owned());
    }
    names
}

/// Who would be locked out, in words, and what to do about it.
pub(crate) fn locked_out(paths: &Paths, lockout: &Lockout) -> Failure {
    let by = match &lockout.by {
        Blocker::Rule(place) => at(paths, place),
        Blocker::BrokenLine(number) => format!("line {number}, which libwrap cannot read"),
        Blocker::Unread => "tables that cannot be read to their end".to_owned(),
    };
    let client = &lockout.kept.session.client;
    let address = visible(client.as_bytes());
    let daemon = visible(lockout.daemon.as_bytes());
    let who = match lockout.kept.reason {
        KeptReason::Own => format!("your own session from {address}"),
        KeptReason::Connected => format!("{address}, which is connected to {daemon} now,"),
        KeptReason::Configured => format!("{address}, which guard.keep_in names,"),
    };
    let how = how(&lockout.name);
    let others = match lockout.more {
        0 => String::new(),
        count => format!("; and {count} more of those who must still get in"),
    };
    let failure = format!("{who} would be refused by {daemon} {how}, by {by}{others}");
    Failure::new(failure).hint(format_args!(
        "first run `tcpw allow {} --daemon {daemon}`, or repeat with --force; nothing was written",
        spelling(client)
    ))
}

/// In which case a request is made.
fn how(name: &HostName) -> String {
    if name.is_known() {
        format!("under its name {}", visible(name.as_bytes()))
    } else if *name == HostName::unknown() {
        "without a name".to_owned()
    } else {
        "with a name that DNS does not confirm".to_owned()
    }
}

/// The address as `tcpw allow` takes it: without a zone, which libwrap ignores (F-V6-09).
pub(crate) fn spelling(address: &str) -> String {
    let bare = address.split('%').next().unwrap_or_default();
    match Client::parse(bare) {
        Ok(_) => bare.to_owned(),
        Err(_) => "ADDRESS".to_owned(),
    }
}
