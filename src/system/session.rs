//! The ssh session a command was typed in, even where sudo has dropped it from the environment.

use super::boot::started;

/// As many ancestors as are looked at; more is a loop or a joke.
pub(super) const ANCESTOR_LIMIT: usize = 64;
const VARIABLE: &[u8] = b"SSH_CONNECTION=";

/// The processes of the machine.
pub trait Processes {
    /// The parent of a process, if it has one that is known.
    fn parent(&self, process: u32) -> Option<u32>;
    /// The environment a process was started with, as `NAME=value`, each ended by a NUL; none if
    /// it may not be read.
    fn environment(&self, process: u32) -> Option<Vec<u8>>;
    /// The name of a process, at most 15 bytes of it.
    fn name(&self, process: u32) -> Option<String>;
    /// The command line of a process, which it may have replaced by a title; each word is ended by a
    /// NUL.
    fn title(&self, process: u32) -> Option<Vec<u8>>;
    /// When a process was started, in milliseconds since the boot.
    fn started(&self, process: u32) -> Option<u64>;
}

/// The processes in `/proc`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessTable;

impl Processes for ProcessTable {
    fn parent(&self, process: u32) -> Option<u32> {
        let status = std::fs::read(format!("/proc/{process}/status")).ok()?;
        let line = status
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(b"PPid:"))?;
        str::from_utf8(line.trim_ascii()).ok()?.parse().ok()
    }

    fn environment(&self, process: u32) -> Option<Vec<u8>> {
        std::fs::read(format!("/proc/{process}/environ")).ok()
    }

    fn name(&self, process: u32) -> Option<String> {
        let name = std::fs::read(format!("/proc/{process}/comm")).ok()?;
        Some(String::from_utf8_lossy(name.trim_ascii_end()).into_owned())
    }

    fn title(&self, process: u32) -> Option<Vec<u8>> {
        std::fs::read(format!("/proc/{process}/cmdline")).ok()
    }

    fn started(&self, process: u32) -> Option<u64> {
        started(process)
    }
}

/// Both ends of an ssh connection, as sshd tells them in `SSH_CONNECTION` (ssh(1)).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// The client's address.
    pub client: String,
    /// The server's address.
    pub server: String,
    /// The server's port.
    pub port: Option<u16>,
}

impl Session {
    /// Reads `SSH_CONNECTION`: client address, client port, server address, server port.
    pub fn read(value: &[u8]) -> Option<Self> {
        let mut words = str::from_utf8(value).ok()?.split_ascii_whitespace();
        let client = words.next()?.to_owned();
        let server = words.nth(1).unwrap_or_default().to_owned();
        let port = words.next().and_then(|port| port.parse().ok());
        Some(Self {
            client,
            server,
            port,
        })
    }

    /// The session of `process`: from the `variable` in its own environment, else from the
    /// nearest ancestor that has one.
    pub fn find(variable: Option<&[u8]>, processes: &dyn Processes, process: u32) -> Option<Self> {
        if let Some(session) = variable.and_then(Self::read) {
            return Some(session);
        }
        let mut at = process;
        for _ in 0..ANCESTOR_LIMIT {
            let environment = processes.environment(at).unwrap_or_default();
            let found = connection_in(&environment);
            if found.is_some() {
                return found;
            }
            at = processes.parent(at).filter(|&parent| parent != 0)?;
        }
        None
    }
}

/// The connection that an environment tells, if it does.
pub(super) fn connection_in(environment: &[u8]) -> Option<Session> {
    environment
        .split(|&byte| byte == 0)
        .find_map(|entry| entry.strip_prefix(VARIABLE))
        .and_then(Session::read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    struct Family(HashMap<u32, (u32, &'static [u8])>);

    impl Processes for Family {
        fn parent(&self, process: u32) -> Option<u32> {
            self.0.get(&process).map(|(parent, _)| *parent)
        }
        fn environment(&self, process: u32) -> Option<Vec<u8>> {
            let (_, environment) = self.0.get(&process)?;
            (!environment.is_empty()).then(|| environment.to_vec())
        }
        fn name(&self, _: u32) -> Option<String> {
            None
        }
        fn title(&self, _: u32) -> Option<Vec<u8>> {
            None
        }
        fn started(&self, _: u32) -> Option<u64> {
            None
        }
    }

    #[test]
    fn the_own_environment_first_then_the_ancestors() {
        let family = Family(HashMap::from([
            (9, (8, &b"TERM=x\0"[..])),
            (8, (7, &b""[..])),
            (
                7,
                (1, &b"A=b\0SSH_CONNECTION=10.1.2.3 50000 10.1.2.1 22\0"[..]),
            ),
            (1, (0, &b"HOME=/\0"[..])),
            (20, (21, &b"X=\0"[..])),
            (21, (20, &b"X=\0"[..])),
        ]));
        let session = |client: &str, server: &str, port| {
            Some(Session {
                client: client.to_owned(),
                server: server.to_owned(),
                port,
            })
        };
        assert_eq!(
            Session::find(None, &family, 9),
            session("10.1.2.3", "10.1.2.1", Some(22))
        );
        let own = Session::find(Some(b"2001:db8::5 1 ::1 2222"), &family, 9);
        assert_eq!(own, session("2001:db8::5", "::1", Some(2222)));
        assert_eq!(Session::find(Some(b""), &family, 1), None);
        assert_eq!(Session::find(None, &family, 20), None);
    }

    #[test]
    fn the_real_process_table_knows_this_process() {
        let own = std::process::id();
        let parent = ProcessTable.parent(own);
        assert_eq!(parent, Some(std::os::unix::process::parent_id()));
        let has_path = ProcessTable
            .environment(own)
            .is_some_and(|all| all.windows(5).any(|part| part == b"PATH="));
        assert!(has_path);
    }
}
