//! `tcpw-gate exec`: what tcpd does.

use super::ends::{Ends, address_text, eat_packet, ends};
use super::log::{Log, reason};
use super::priority::DAEMON;
use super::search::client_text;
use super::shell::become_program;
use super::words::DoorOptions;
use super::world::{Place, World};
use hosts_access::escape::visible;
use hosts_access::{Host, HostName, Request};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process;

/// What tcpd calls whoever is on this machine.
const LOCAL: &str = "localhost";

/// Decides about the client at the other end of standard input, does what the rules say, and becomes
/// `program` if the client is granted access. Returns if it is not, or if that cannot be; why is in the
/// system log, and the end of the process closes the conversation.
pub fn exec(options: &DoorOptions, daemon: &[u8], program: &Path, arguments: &[OsString]) {
    let log = Log::new(daemon, process::id(), DAEMON);
    let ends = match ends() {
        Ok(ends) => ends,
        Err(error) => {
            let why = reason(&error);
            log.complain(&format!("warning: can't get client address: {why}"));
            return;
        }
    };
    let place = ends.map_or(Place::Local, Place::Socket);
    let world = World::new(&log, options, place);
    let decided = world.decide(request(daemon, ends));
    let address = visible(decided.request.client().address());
    let client = client_text(&decided.request);
    if decided.is_granted {
        log.granted(&format!("connect from {client} ({address})"));
        let name = program.file_name().unwrap_or(program.as_os_str());
        let error = become_program(program, name, arguments, &world.variables.borrow());
        let (shown, why) = (visible(program.as_os_str().as_bytes()), reason(&error));
        log.complain(&format!("error: cannot execute {shown}: {why}"));
    } else if !decided.is_over {
        log.denied(&format!("refused connect from {client} ({address})"));
    }
    if ends.is_some_and(|ends| ends.is_packet) {
        eat_packet();
    }
}

/// The request of whoever is at the other end: names and user are open.
fn request(daemon: &[u8], ends: Option<Ends>) -> Request {
    let Some(ends) = ends else {
        // What tcpd calls both ends of such a socket.
        let host = || Host::new(LOCAL, HostName::new(LOCAL));
        return Request::new(daemon, host())
            .with_server(host(), None)
            .with_process(process::id());
    };
    let host = |address| Host::new(address_text(address), HostName::unasked());
    Request::new(daemon, host(ends.client))
        .with_server(host(ends.server), Some(ends.server.port()))
        .with_client_port(ends.client.port())
        .with_process(process::id())
        .with_unasked_user()
}
