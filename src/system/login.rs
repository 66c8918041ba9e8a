//! When the ssh login began in which a command was typed.

use super::session::{ANCESTOR_LIMIT, Processes};

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
}
