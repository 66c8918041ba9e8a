//! The operator's own ssh session must still get in.

use super::failure::Failure;
use crate::editor::{Client, Ground};
use crate::engine::{Access, Cause, Host, HostName, Request};
use crate::escape::visible;
use crate::system::{ProcessTable, Session};
use std::os::unix::ffi::OsStrExt as _;

/// The session this command was typed in.
pub(super) fn own_session() -> Option<Session> {
    let variable = std::env::var_os("SSH_CONNECTION");
    let variable = variable.as_ref().map(|value| value.as_bytes());
    Session::find(variable, &ProcessTable, std::process::id())
}

/// Refuses a plan under which sshd would turn the session away: with no name for its address,
/// and with one that is not believed, since DNS may fail at the next login.
pub(super) fn check(
    ground: &Ground<'_>,
    session: &Session,
    paths: &super::paths::Paths,
) -> Result<(), Failure> {
    let ways = ["without a name", "with a name that DNS does not confirm"];
    for (request, how) in requests(session).into_iter().zip(ways) {
        let verdict = ground.decide(&request);
        if verdict.access == Access::Granted {
            continue;
        }
        let address = visible(session.client.as_bytes());
        let by = match ground.decider(&verdict) {
            Some(rule) => super::changes::at(paths, &ground.place_of(&rule)),
            None if let Cause::BrokenTable { number, .. } = verdict.cause => {
                format!("a line that libwrap cannot read behind line {number}")
            }
            None => "tables that cannot be read to their end".to_owned(),
        };
        return Err(Failure::new(format_args!(
            "your own session from {address} would be refused by sshd {how}, by {by}"
        ))
        .hint(format_args!(
            "first run `tcpw allow {} --daemon sshd`, or repeat with --force; nothing was written",
            spelling(&session.client)
        )));
    }
    Ok(())
}

/// What sshd asks at the next login: with no name for the address, and with one that is not
/// believed.
pub(super) fn requests(session: &Session) -> [Request; 2] {
    let server = Host::new(&session.server, HostName::unknown());
    [HostName::unknown(), HostName::new("paranoid")].map(|name| {
        let client = Host::new(&session.client, name);
        Request::new("sshd", client).with_server(server.clone(), session.port)
    })
}

/// The address as `tcpw allow` takes it: without a zone, which libwrap ignores (F-V6-09).
fn spelling(address: &str) -> String {
    let bare = address.split('%').next().unwrap_or_default();
    match Client::parse(bare) {
        Ok(_) => bare.to_owned(),
        Err(_) => "ADDRESS".to_owned(),
    }
}
