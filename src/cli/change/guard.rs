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
use crate::system::{ProcessTable, Session, sshd_connections};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The guard of this machine, or of the one below `--root`.
pub(crate) struct MachineGuard<'c> {
    pub(crate) context: &'c mut Context,
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
        let mut kept: Vec<Kept> = Vec::new();
        let mut add = |session: Session, reason| {
            if kept
                .iter()
                .all(|kept| kept.session.client != session.client)
            {
                kept.push(Kept {
                    session,
                    reason,
                    name: None,
                });
            }
        };
        if let Some(session) = own_session() {
            add(session, KeptReason::Own);
        }
        for address in load_keep_in(self.context)? {
            let session = Session {
                client: address.to_canonical().to_string(),
                server: String::new(),
                port: None,
            };
            add(session, KeptReason::Configured);
        }
        let paths = &self.context.paths;
        let are_live = paths.root.is_none()
            && paths.allow == Path::new("/etc/hosts.allow")
            && paths.deny == Path::new("/etc/hosts.deny");
        if are_live {
            for session in sshd_connections(Path::new("/proc")) {
                add(session, KeptReason::Connected);
            }
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

/// Who would be locked out, in words, and what to do about it.
pub(crate) fn locked_out(paths: &Paths, lockout: &Lockout) -> Failure {
    let by = match &lockout.by {
        Blocker::Rule(place) => at(paths, place),
        Blocker::BrokenLine(number) => format!("line {number}, which libwrap cannot read"),
        Blocker::Unread => "tables that cannot be read to their end".to_owned(),
    };
    let client = &lockout.kept.session.client;
    let address = visible(client.as_bytes());
    let who = match lockout.kept.reason {
        KeptReason::Own => format!("your own session from {address}"),
        KeptReason::Connected => format!("{address}, which is connected to sshd now,"),
        KeptReason::Configured => format!("{address}, which guard.keep_in names,"),
    };
    let how = how(&lockout.name);
    let others = match lockout.more {
        0 => String::new(),
        count => format!("; and {count} more of those who must still get in"),
    };
    let failure = format!("{who} would be refused by sshd {how}, by {by}{others}");
    Failure::new(failure).hint(format_args!(
        "first run `tcpw allow {} --daemon sshd`, or repeat with --force; nothing was written",
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
