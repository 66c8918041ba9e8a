//! The ssh login in which a command was typed: when it began, and what its sshd is called.

use super::session::{ANCESTOR_LIMIT, Processes};

/// What sshd is called.
pub(super) const SSHD: &str = "sshd";
/// What a process of it is called that serves one connection only: no table knows that name.
const HELPERS: [&str; 2] = ["sshd-session", "sshd-auth"];

/// When the ssh connection was accepted that `process` belongs to, in milliseconds since the boot;
/// nothing if it belongs to none, as in a terminal multiplexer that was started earlier.
///
/// The processes of sshd above it are looked at: the farthest is the listener, the one before it
/// was started for the connection.
pub fn login_start(processes: &dyn Processes, process: u32) -> Option<u64> {
    let mut at = process;
    let mut sshd = Vec::new();
    for _ in 0..ANCESTOR_LIMIT {
        let is_sshd = processes
            .name(at)
            .is_some_and(|name| name.starts_with("sshd"));
        if is_sshd {
            sshd.push(at);
        } else if !sshd.is_empty() {
            break;
        }
        let Some(parent) = processes.parent(at).filter(|&parent| parent != 0) else {
            break;
        };
        at = parent;
    }
    if sshd.len() > 1 {
        sshd.pop();
    }
    processes.started(*sshd.last()?)
}

/// Under which names each sshd above `process` asks libwrap: what it was called when it was started,
/// which it begins its title with. None if there is none above.
pub fn daemon_names(processes: &dyn Processes, process: u32) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = process;
    for _ in 0..ANCESTOR_LIMIT {
        let is_sshd = processes
            .name(at)
            .is_some_and(|name| name.starts_with(SSHD));
        if is_sshd {
            let name = asking_name(&processes.title(at).unwrap_or_default());
            names.extend(name.filter(|name| !names.contains(name)));
        }
        let Some(parent) = processes.parent(at).filter(|&parent| parent != 0) else {
            break;
        };
        at = parent;
    }
    names
}

/// What a process asks libwrap as: the name at the start of its title, `NAME: root@pts/0`, else that
/// of its program. Nothing for what serves one connection only.
pub(super) fn asking_name(title: &[u8]) -> Option<String> {
    let title = String::from_utf8_lossy(title);
    let word = title.split('\0').next()?;
    let name = match word.split_once(": ") {
        Some((name, _)) => name,
        None => word.rsplit('/').next()?,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_plain) && !HELPERS.contains(&name);
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Parent, name and start of each.
    struct Family(HashMap<u32, (u32, &'static str, u64)>);

    impl Processes for Family {
        fn parent(&self, process: u32) -> Option<u32> {
            self.0.get(&process).map(|(parent, ..)| *parent)
        }
        fn environment(&self, _: u32) -> Option<Vec<u8>> {
            None
        }
        fn name(&self, process: u32) -> Option<String> {
            self.0.get(&process).map(|(_, name, _)| (*name).to_owned())
        }
        fn title(&self, process: u32) -> Option<Vec<u8>> {
            let name = self.name(process)?;
            Some(match &*name {
                "sshd-admin" => b"sshd-admin: root@pts/0\0".to_vec(),
                "sshd" => b"/usr/sbin/sshd\0-D\0".to_vec(),
                other => format!("{other}: bob@pts/1\0").into_bytes(),
            })
        }
        fn started(&self, process: u32) -> Option<u64> {
            self.0.get(&process).map(|(.., start)| *start)
        }
    }

    #[test]
    fn the_connection_counts_not_the_shell_and_not_the_listener() {
        let family = Family(HashMap::from([
            (1, (0, "systemd", 1)),
            (10, (1, "sshd", 100)),
            (20, (10, "sshd-session", 5000)),
            (21, (20, "sshd-session", 5100)),
            (22, (21, "bash", 5200)),
            (23, (22, "sudo", 9000)),
            (24, (23, "tcpw", 9001)),
            // A multiplexer: its shells were started by no sshd.
            (30, (1, "tmux: server", 300)),
            (31, (30, "bash", 6000)),
            // sshd without a listener above.
            (40, (1, "sshd", 7000)),
            (41, (40, "bash", 7100)),
        ]));
        for (process, start) in [
            (24, Some(5000)),
            (22, Some(5000)),
            (31, None),
            (41, Some(7000)),
            (1, None),
            (99, None),
        ] {
            assert_eq!(login_start(&family, process), start, "{process}");
        }
    }
    #[test]
    fn each_sshd_above_is_asked_by_its_name() {
        let family = Family(HashMap::from([
            (1, (0, "systemd", 1)),
            (10, (1, "sshd-admin", 100)),
            (11, (10, "sshd-admin", 200)),
            (12, (11, "bash", 300)),
            (20, (1, "sshd", 100)),
            (21, (20, "sshd-session", 200)),
            (22, (21, "bash", 300)),
            // One that was started by hand in a login of the other.
            (30, (22, "sshd-admin", 400)),
            (31, (30, "bash", 500)),
            (40, (1, "getty", 100)),
            // Started for one connection by systemd.
            (50, (1, "sshd-session", 100)),
        ]));
        for (process, names) in [
            (12, &["sshd-admin"][..]),
            (22, &["sshd"]),
            (31, &["sshd-admin", "sshd"]),
            (40, &[]),
            (50, &[]),
        ] {
            assert_eq!(daemon_names(&family, process), names, "{process}");
        }
    }
}
