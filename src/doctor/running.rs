//! Which programs wait for clients: the sockets of processes, from proc(5).

use crate::doctor::process::{Process, numbers, process};
use crate::doctor::sockets::{Connection, Port, Sockets, sockets};
use crate::doctor::unread::{ESRCH, Unread};
use crate::system::is_root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A program that waits for clients.
#[derive(Debug, Clone)]
pub(super) struct Running {
    /// The first of its processes that holds the sockets.
    pub(super) process: Process,
    pub(super) ports: BTreeSet<Port>,
    /// The sockets that it waits with.
    sockets: BTreeSet<u64>,
    /// The program through which clients come to it, if one was connected when this was read.
    pub(super) proxy: Option<PathBuf>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) programs: Vec<Running>,
    /// Ports at which a program waits that this user may not see.
    pub(super) unseen: BTreeSet<Port>,
    /// Ports that no process holds, although this user sees what every process holds: those of the
    /// kernel itself, or of processes of another PID namespace.
    pub(super) unheld: BTreeSet<Port>,
}

/// The programs that wait for clients on this machine; `proc` is `/proc`. What cannot be
/// read of them is added to `unread`.
pub(super) fn waiting(proc: &Path, unread: &mut Unread) -> Waiting {
    let mut found: Vec<Running> = Vec::new();
    // Whoever is not root may not even see which processes there are (`hidepid` in proc(5)).
    let mut is_whole = is_root();
    let mut spaces: BTreeMap<PathBuf, Sockets> = BTreeMap::new();
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    // Which program holds which established connection.
    let mut holders: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for number in numbers(proc) {
        let own = proc.join(number.to_string());
        let space = fs::read_link(own.join("ns/net")).unwrap_or_else(|_| own.clone());
        let space = spaces.entry(space).or_insert_with(|| sockets(&own, unread));
        let inodes = match held(&own) {
            Ok(inodes) => inodes,
            Err(cause) => {
                is_whole &= is_gone(&cause);
                Vec::new()
            }
        };
        for inode in &inodes {
            if space.connections.contains_key(inode)
                && let Ok(program) = fs::read_link(own.join("exe"))
            {
                holders.insert(*inode, program);
            }
        }
        let ports: BTreeMap<u64, Port> = inodes
            .into_iter()
            .filter_map(|inode| Some((inode, space.ports.get(&inode)?.clone())))
            .collect();
        let Some(process) = process(proc, number).filter(|_| !ports.is_empty()) else {
            continue;
        };
        seen.extend(ports.keys());
        add(&mut found, process, ports);
    }
    for running in &mut found {
        running.proxy = proxy(running, &spaces, &holders);
    }
    let all = spaces.into_values().flat_map(|space| space.ports);
    let rest: BTreeSet<Port> = all
        .filter(|(inode, _)| !seen.contains(inode))
        .map(|(_, port)| port)
        .collect();
    let (unseen, unheld) = if is_whole {
        (BTreeSet::new(), rest)
    } else {
        (rest, BTreeSet::new())
    };
    Waiting {
        programs: found,
        unseen,
        unheld,
    }
}

/// Adds a process to the program that it belongs to: one of the same file that waits with one of the
/// same sockets.
fn add(found: &mut Vec<Running>, process: Process, ports: BTreeMap<u64, Port>) {
    let same = found.iter_mut().find(|running| {
        running.process.program == process.program
            && ports.keys().any(|inode| running.sockets.contains(inode))
    });
    let (sockets, ports): (Vec<u64>, Vec<Port>) = ports.into_iter().unzip();
    if let Some(running) = same {
        running.sockets.extend(sockets);
        running.ports.extend(ports);
        return;
    }
    found.push(Running {
        process,
        ports: ports.into_iter().collect(),
        sockets: sockets.into_iter().collect(),
        proxy: None,
    });
}

/// The inodes of the sockets that a process holds, as far as this user may see them.
fn held(process: &Path) -> io::Result<Vec<u64>> {
    let files = fs::read_dir(process.join("fd"))?;
    let inodes = files.flatten().filter_map(|file| {
        let link = fs::read_link(file.path()).ok()?;
        let inside = link.to_str()?.strip_prefix("socket:[")?;
        inside.strip_suffix(']')?.parse().ok()
    });
    Ok(inodes.collect())
}

/// Whether a process has ended, which holds nothing any more.
fn is_gone(cause: &io::Error) -> bool {
    cause.kind() == io::ErrorKind::NotFound || cause.raw_os_error() == Some(ESRCH)
}

/// Another program of this machine that waits for clients itself, and holds the other end of a
/// connection to one of these ports.
fn proxy(
    running: &Running,
    spaces: &BTreeMap<PathBuf, Sockets>,
    holders: &BTreeMap<u64, PathBuf>,
) -> Option<PathBuf> {
    let numbers: BTreeSet<u16> = running.ports.iter().map(|port| port.number).collect();
    let all = || spaces.values().flat_map(|space| &space.connections);
    let ours = all().filter(|(_, connection)| numbers.contains(&connection.local.port()));
    ours.into_iter().find_map(|(_, connection)| {
        let other = Connection {
            local: connection.remote,
            remote: connection.local,
        };
        let (inode, _) = all().find(|(_, connection)| **connection == other)?;
        let program = holders.get(inode)?;
        let is_known = KNOWN_PROXIES
            .iter()
            .any(|name| program.file_name().is_some_and(|own| own == *name));
        is_known.then(|| program.clone())
    })
}

/// Programs that pass clients on, so that the next one sees only them.
const KNOWN_PROXIES: [&str; 15] = [
    "haproxy",
    "nginx",
    "sslh",
    "sslh-select",
    "sslh-ev",
    "stunnel",
    "stunnel4",
    "socat",
    "socat1",
    "xinetd",
    "traefik",
    "envoy",
    "caddy",
    "pound",
    "systemd-socket-proxyd",
];
