//! Who must still get in after a change: the operator's own ssh session, everybody else who is
//! connected to sshd, and the addresses that the configuration names.

use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::real_name::{depend_on_names, real_names};
use crate::cli::machine::settings::load_keep_in;
use crate::editor::{Client, Ground};
use crate::engine::{Access, Cause, Host, HostName, Request};
use crate::escape::visible;
use crate::system::{ProcessTable, Session, sshd_connections};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Somebody who must still get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    session: Session,
    why: Why,
    /// The name it has now, where the tables are about names.
    name: Option<HostName>,
}

/// Why somebody must still get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The command was typed in this session.
    Own,
    /// Connected to sshd.
    Connected,
    /// Named as `keep_in` in the configuration.
    Named,
}

/// Everybody who must still get in, by the names they have now if the tables are about names.
///
/// # Errors
/// When the configuration is wrong.
pub(crate) fn keep_list(
    context: &mut Context,
    before: &Ground<'_>,
    after: &Ground<'_>,
) -> Result<Vec<Kept>, Failure> {
    let mut kept = sessions(context)?;
    name(&mut kept, context, || {
        depend_on_names(before) || depend_on_names(after)
    });
    Ok(kept)
}

/// The same without their names: first the own session, then those whom the configuration names,
/// then the other sessions. Nobody in a rehearsal; other sessions only if the tables are those
/// that the machine's own sshd reads.
///
/// # Errors
/// When the configuration is wrong.
pub(crate) fn sessions(context: &mut Context) -> Result<Vec<Kept>, Failure> {
    if context.is_rehearsal {
        return Ok(Vec::new());
    }
    let mut kept: Vec<Kept> = Vec::new();
    let mut add = |session: Session, why| {
        if kept
            .iter()
            .all(|kept| kept.session.client != session.client)
        {
            kept.push(Kept {
                session,
                why,
                name: None,
            });
        }
    };
    if let Some(session) = own_session() {
        add(session, Why::Own);
    }
    for address in load_keep_in(context)? {
        let session = Session {
            client: address.to_canonical().to_string(),
            server: String::new(),
            port: None,
        };
        add(session, Why::Named);
    }
    let paths = &context.paths;
    let are_live = paths.root.is_none()
        && paths.allow == Path::new("/etc/hosts.allow")
        && paths.deny == Path::new("/etc/hosts.deny");
    if are_live {
        for session in sshd_connections(Path::new("/proc")) {
            add(session, Why::Connected);
        }
    }
    Ok(kept)
}

/// Adds the names that they have now, if the tables are this machine's and about names.
pub(crate) fn name(kept: &mut [Kept], context: &Context, are_wanted: impl FnOnce() -> bool) {
    if kept.is_empty() || context.paths.root.is_some() || !are_wanted() {
        return;
    }
    let addresses: Vec<_> = kept.iter().map(|kept| &*kept.session.client).collect();
    let names = real_names(&addresses);
    for (kept, name) in kept.iter_mut().zip(names) {
        kept.name = name;
    }
}

/// The session this command was typed in.
pub(crate) fn own_session() -> Option<Session> {
    let variable = std::env::var_os("SSH_CONNECTION");
    let variable = variable.as_ref().map(|value| value.as_bytes());
    Session::find(variable, &ProcessTable, std::process::id())
}

/// Refuses a plan under which sshd would turn somebody away: under the name it has now, with no
/// name for the address, and with one that is not believed, since DNS may fail at the next login.
/// Others than the own session count only if it is the change that turns them away.
pub(crate) fn check(
    before: &Ground<'_>,
    after: &Ground<'_>,
    kept: &[Kept],
    paths: &Paths,
) -> Result<(), Failure> {
    let mut refused = kept.iter().filter_map(|kept| {
        requests(kept).into_iter().find_map(|request| {
            let verdict = after.decide(&request);
            let is_new =
                || kept.why == Why::Own || before.decide(&request).access != Access::Denied;
            let is_refused = verdict.access != Access::Granted && is_new();
            is_refused.then(|| (kept, how(request.client().name()), verdict))
        })
    });
    let Some((kept, how, verdict)) = refused.next() else {
        return Ok(());
    };
    let by = match after.decider(&verdict) {
        Some(rule) => super::remarks::at(paths, &after.place_of(&rule)),
        None if let Cause::BrokenTable { number, .. } = verdict.cause => {
            let number = number + 1;
            format!("line {number}, which libwrap cannot read")
        }
        None => "tables that cannot be read to their end".to_owned(),
    };
    let address = visible(kept.session.client.as_bytes());
    let who = match kept.why {
        Why::Own => format!("your own session from {address}"),
        Why::Connected => format!("{address}, which is connected to sshd now,"),
        Why::Named => format!("{address}, which guard.keep_in names,"),
    };
    let others = match refused.count() {
        0 => String::new(),
        count => format!("; and {count} more of those who must still get in"),
    };
    let failure = format!("{who} would be refused by sshd {how}, by {by}{others}");
    Err(Failure::new(failure).hint(format_args!(
        "first run `tcpw allow {} --daemon sshd`, or repeat with --force; nothing was written",
        spelling(&kept.session.client)
    )))
}

/// What sshd asks at the next login: with no name for the address, with one that is not believed,
/// and with the name that it has now.
pub(crate) fn requests(kept: &Kept) -> Vec<Request> {
    let session = &kept.session;
    let names = [HostName::unknown(), HostName::paranoid()];
    let names = names.into_iter().chain(kept.name.clone());
    let request = |name| {
        let request = Request::new("sshd", Host::new(&session.client, name));
        if session.server.is_empty() {
            return request;
        }
        let server = Host::new(&session.server, HostName::unknown());
        request.with_server(server, session.port)
    };
    names.map(request).collect()
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
