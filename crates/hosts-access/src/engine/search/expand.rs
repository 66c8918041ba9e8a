//! Replacing `%` letters by what is known of a request.

use crate::engine::model::request::{Host, Open, Request};
use crate::engine::model::surroundings::Surroundings;
use crate::policy::{End, Expansion, Part, parts_in};

/// The bytes besides letters and digits that the filter keeps; all others become `_` (F-PCT-03).
pub const FILTER_KEEPS: &[u8] = b"!@%-_=+:,./";

/// `value` with its letters replaced, or `None` if that is too long for the library, whose process
/// ends then (F-PCT-04).
///
/// Filtering a string changes it in the request, too: later rules see the changed one (F-PCT-05). A
/// name or user that the request leaves open is asked for.
pub fn expand(value: &[u8], request: &mut Request, world: &dyn Surroundings) -> Option<Vec<u8>> {
    let dialect = world.dialect();
    let mut out = Vec::with_capacity(value.len());
    for (_, part) in parts_in(value, dialect) {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Unknown(letter) => world.unknown_letter(letter),
            Part::Expansion(expansion) => {
                if let Some(open) = asked_by(expansion).filter(|open| request.is_open(*open)) {
                    request.learn(open, world.find_out(open).unwrap_or_default());
                }
                replacement(expansion, request, &mut out);
            }
        }
        if out.len() > dialect.expansion_limit {
            return None;
        }
    }
    Some(out)
}

/// What a letter asks for if it is open; the others make do with what is known.
fn asked_by(expansion: Expansion) -> Option<Open> {
    match expansion {
        Expansion::Name(End::Client) => Some(Open::ClientName),
        Expansion::Name(End::Server) => Some(Open::ServerName),
        Expansion::User => Some(Open::User),
        Expansion::Address(_)
        | Expansion::Host(_)
        | Expansion::Port(_)
        | Expansion::Client
        | Expansion::Server
        | Expansion::Daemon
        | Expansion::Process
        | Expansion::Percent => None,
    }
}

fn replacement(expansion: Expansion, request: &mut Request, out: &mut Vec<u8>) {
    let port = |port: Option<u16>| port.unwrap_or(0).to_string().into_bytes();
    let stored = match expansion {
        Expansion::Address(end) => &mut host_of(request, end).address,
        Expansion::Name(end) => host_of(request, end).name.bytes_mut(),
        Expansion::Host(end) => info(host_of(request, end)),
        Expansion::Daemon => &mut request.daemon,
        Expansion::User => &mut request.user,
        Expansion::Client if !request.is_user_known() => info(&mut request.client),
        Expansion::Server if !is_info_known(&request.server) => &mut request.daemon,
        Expansion::Client => &mut join(&request.user, &mut request.client),
        Expansion::Server => &mut join(&request.daemon, &mut request.server),
        Expansion::Port(End::Client) => &mut port(request.client_port),
        Expansion::Port(End::Server) => &mut port(request.server_port),
        Expansion::Process => &mut request.process.to_string().into_bytes(),
        Expansion::Percent => &mut b"%".to_vec(),
    };
    filter(stored);
    out.extend_from_slice(stored);
}

fn host_of(request: &mut Request, end: End) -> &mut Host {
    match end {
        End::Client => &mut request.client,
        End::Server => &mut request.server,
    }
}

/// The name if it is known, else the address.
fn info(host: &mut Host) -> &mut Vec<u8> {
    if host.name.is_known() {
        host.name.bytes_mut()
    } else {
        &mut host.address
    }
}

fn is_info_known(host: &Host) -> bool {
    host.name.is_known() || host.is_address_known()
}

fn join(before: &[u8], host: &mut Host) -> Vec<u8> {
    [before, b"@", info(host)].concat()
}

fn filter(text: &mut [u8]) {
    for byte in text {
        if !byte.is_ascii_alphanumeric() && !FILTER_KEEPS.contains(byte) {
            *byte = b'_';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::HostName;
    use crate::engine::{Account, Bare, ListFile};
    use crate::policy::{Dialect, FREEBSD};

    fn expand(value: &[u8], request: &mut Request) -> Option<Vec<u8>> {
        super::expand(value, request, &Bare)
    }

    struct FreeBsd;

    impl Surroundings for FreeBsd {
        fn list_file(&self, _path: &[u8]) -> ListFile {
            ListFile::Absent
        }
        fn in_netgroup(&self, _group: &[u8], _name: &[u8]) -> bool {
            false
        }
        fn has_interface(&self, _name: &[u8]) -> bool {
            false
        }
        fn has_account(&self, _account: Account, _name: &[u8]) -> bool {
            false
        }
        fn aclexec(&self, _command: &[u8]) -> Option<bool> {
            None
        }
        fn dialect(&self) -> &'static Dialect {
            &FREEBSD
        }
    }

    fn request() -> Request {
        let client = Host::new("192.0.2.7", HostName::unknown());
        let server = Host::new("192.0.2.1", HostName::unknown());
        Request::new("sshd", client)
            .with_server(server, Some(22))
            .with_process(42)
    }

    #[test]
    fn f_pct_01_letters() {
        let out = expand(b"%a %h %n %d %c %s %p %R %r %u %%a", &mut request()).unwrap();
        let expected =
            "192.0.2.7 192.0.2.7 unknown sshd 192.0.2.7 sshd@192.0.2.1 42 22 0 unknown %a";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn f_pct_03_and_05_the_filter_changes_the_request() {
        let mut request = request().with_user("a b;`c`");
        assert_eq!(expand(b"%u", &mut request).unwrap(), b"a_b__c_");
        assert_eq!(request.user, b"a_b__c_");
    }

    #[test]
    fn f_pct_04_there_is_a_longest_value() {
        assert!(expand(&vec![b'x'; 8190], &mut request()).is_some());
        assert!(expand(&vec![b'x'; 8191], &mut request()).is_none());
    }

    #[test]
    fn other_builds_know_no_ports_and_keep_less() {
        let expand = |value: &[u8]| super::expand(value, &mut request(), &FreeBsd);
        assert_eq!(expand(b"[%r%R]").unwrap(), b"[]");
        assert!(expand(&vec![b'x'; 1022]).is_some());
        assert!(expand(&vec![b'x'; 1023]).is_none());
    }
}
