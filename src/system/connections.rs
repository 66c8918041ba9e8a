//! Who is logged in by sshd, under whatever name it runs and in whatever network namespace: the
//! sockets that its processes hold, from proc(5).

use super::login::{SSHD, asking_name};
use super::session::{ANCESTOR_LIMIT, Session, connection_in};
use super::socket_end::socket_end;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// `ESTABLISHED` in the tables of sockets.
const ESTABLISHED: &str = "01";
/// More clients than this are not told apart: it is no longer a list that anybody reads.
const LIMIT: usize = 4096;

/// A login by sshd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SshLogin {
    /// The client's address.
    pub client: String,
    /// The name under which sshd asks libwrap.
    pub daemon: String,
    /// Both ends of the connection.
    pub session: Session,
}

/// The logins on this machine, as far as this user may look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connections {
    /// One of each client address and name of a daemon.
    pub logins: Vec<SshLogin>,
    /// How many processes of logins could not be looked into.
    pub unseen: usize,
    /// Whether the processes of others are hidden altogether (`hidepid` in proc(5)).
    pub are_others_hidden: bool,
}

/// The logins by sshd on this machine; `proc` is `/proc`. Whoever is connected but has not shown yet
/// who he is counts as nobody, and so does whose sshd sees other files as the `tables`, as in a
/// container.
pub fn sshd_connections(proc: &Path, tables: &[&Path]) -> Connections {
    let mut scan = Scan {
        proc,
        tables,
        sockets: BTreeMap::new(),
        found: BTreeSet::new(),
        unseen: 0,
    };
    let processes = numbers(proc);
    // What started a session is sshd, whatever it is called: its child knows the connection.
    let mut starters: BTreeMap<u32, Session> = BTreeMap::new();
    for &process in &processes {
        let title = scan.read(process, "cmdline");
        if is_login(&title) {
            scan.look(process, &daemon_of(proc, process), |_| true);
        } else if !title.is_empty()
            && let Some(session) = connection_in(&scan.read(process, "environ"))
            && let Some(parent) = parent(proc, process).filter(|&parent| parent > 1)
        {
            starters.insert(parent, session);
        }
    }
    for (process, session) in starters {
        let title = scan.read(process, "cmdline");
        if !is_login(&title)
            && is_roots(proc, process)
            && connection_in(&scan.read(process, "environ")).is_none()
        {
            let daemon = daemon_of(proc, process);
            scan.look(process, &daemon, |held| {
                (&held.client, held.port) == (&session.client, session.port)
            });
        }
    }
    Connections {
        logins: scan.found.into_iter().collect(),
        unseen: scan.unseen,
        are_others_hidden: !processes.is_empty() && !processes.contains(&1),
    }
}

/// What was found so far.
struct Scan<'a> {
    proc: &'a Path,
    tables: &'a [&'a Path],
    /// The established connections of each network namespace, by the inodes of their sockets; none if
    /// they cannot be read.
    sockets: BTreeMap<PathBuf, Option<BTreeMap<u64, Session>>>,
    found: BTreeSet<SshLogin>,
    unseen: usize,
}

impl Scan<'_> {
    fn read(&self, process: u32, name: &str) -> Vec<u8> {
        fs::read(self.proc.join(process.to_string()).join(name)).unwrap_or_default()
    }

    /// Notes the connections that the process of a login holds, and that are `wanted`.
    fn look(&mut self, process: u32, daemon: &str, wanted: impl Fn(&Session) -> bool) {
        if !self.sees_tables(process) {
            return;
        }
        let own = self.proc.join(process.to_string());
        // Where the namespace is not told, each process is taken for one of its own.
        let namespace = fs::read_link(own.join("ns/net")).unwrap_or_else(|_| own.clone());
        let sockets = self
            .sockets
            .entry(namespace)
            .or_insert_with(|| established(&own));
        let (Some(sockets), Ok(files)) = (sockets, fs::read_dir(own.join("fd"))) else {
            self.unseen += 1;
            return;
        };
        for session in held(files, sockets).filter(|session| wanted(session)) {
            if self.found.len() < LIMIT {
                self.found.insert(SshLogin {
                    client: session.client.clone(),
                    daemon: daemon.to_owned(),
                    session: session.clone(),
                });
            }
        }
    }

    /// Whether a process, or the one that started it, sees the same tables as this one: where a login
    /// is confined to a directory, only the other does. What cannot be compared counts as the same.
    fn sees_tables(&self, process: u32) -> bool {
        let same = |process: u32| {
            let root = self.proc.join(process.to_string()).join("root");
            let is_same = |table: &Path| {
                let inside = root.join(table.strip_prefix("/").unwrap_or(table));
                let identity = |path: &Path| fs::metadata(path).map(|is| (is.dev(), is.ino())).ok();
                identity(table).is_none_or(|own| identity(&inside) == Some(own))
            };
            fs::metadata(&root).is_err() || self.tables.iter().all(|table| is_same(table))
        };
        same(process) || parent(self.proc, process).is_some_and(same)
    }
}

/// The processes that this user sees.
fn numbers(proc: &Path) -> BTreeSet<u32> {
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    processes
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .collect()
}

/// The established connections in the network namespace of a process.
fn established(process: &Path) -> Option<BTreeMap<u64, Session>> {
    let read = |table: &str| fs::read_to_string(process.join(table));
    // Where IPv6 is off there is no such table.
    let (four, six) = (read("net/tcp").ok()?, read("net/tcp6").unwrap_or_default());
    Some(four.lines().chain(six.lines()).filter_map(socket).collect())
}

fn status(proc: &Path, process: u32, name: &str) -> Option<u32> {
    let text = fs::read_to_string(proc.join(process.to_string()).join("status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn parent(proc: &Path, process: u32) -> Option<u32> {
    status(proc, process, "PPid:").filter(|&parent| parent != 0)
}

fn is_roots(proc: &Path, process: u32) -> bool {
    status(proc, process, "Uid:") == Some(0)
}

/// The name under which the sshd of a login asks libwrap: that of the process, or where it only runs
/// sessions (`sshd-session`), that of the sshd above it.
fn daemon_of(proc: &Path, process: u32) -> String {
    let mut at = process;
    for _ in 0..ANCESTOR_LIMIT {
        let title = fs::read(proc.join(at.to_string()).join("cmdline")).unwrap_or_default();
        if let Some(name) = asking_name(&title) {
            if at == process || name.starts_with(SSHD) || is_listener(&title) {
                return name;
            }
            break;
        }
        let Some(next) = parent(proc, at) else {
            break;
        };
        at = next;
    }
    SSHD.to_owned()
}

/// Whether a process is the sshd that waits for connections.
fn is_listener(title: &[u8]) -> bool {
    String::from_utf8_lossy(title).contains("[listener]")
}

/// Whether a process is sshd's for somebody who is logged in: it calls itself `sshd: USER@TTY`,
/// and before that `sshd: USER [net]` and the like.
fn is_login(title: &[u8]) -> bool {
    let title = String::from_utf8_lossy(title);
    let title = title.trim_end_matches('\0').trim_end();
    title.starts_with(SSHD) && title.contains('@') && !title.ends_with(']')
}

/// The connections among these files of a process.
fn held(files: fs::ReadDir, sockets: &BTreeMap<u64, Session>) -> impl Iterator<Item = &Session> {
    files.flatten().filter_map(move |file| {
        let target = fs::read_link(file.path()).ok()?;
        let inode = target
            .to_str()?
            .strip_prefix("socket:[")?
            .strip_suffix(']')?;
        sockets.get(&inode.parse().ok()?)
    })
}

/// A line of a table: the inode of an established connection, and its ends.
fn socket(line: &str) -> Option<(u64, Session)> {
    let mut words = line.split_ascii_whitespace();
    let (local, remote) = (socket_end(words.nth(1)?)?, socket_end(words.next()?)?);
    if words.next()? != ESTABLISHED {
        return None;
    }
    let inode = words.nth(5)?.parse().ok()?;
    let session = Session {
        client: remote.ip().to_string(),
        server: local.ip().to_string(),
        port: Some(local.port()),
    };
    Some((inode, session))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::fs::symlink;

    /// The number that the kernel prints for four bytes in memory.
    fn word(bytes: [u8; 4]) -> String {
        format!("{:08X}", u32::from_ne_bytes(bytes))
    }

    #[test]
    fn the_clients_of_sshd_and_of_nobody_else() {
        let proc = tempfile::tempdir().unwrap();
        let at = |path: &str| proc.path().join(path);
        for directory in ["7/net", "7/fd", "8/net", "8/fd", "self"] {
            fs::create_dir_all(at(directory)).unwrap();
        }
        let home = word([127, 0, 0, 1]);
        let client = word([203, 0, 113, 9]);
        let tcp = format!(
            "  sl  local_address rem_address   st\n\
             0: {home}:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1 x\n\
             1: {home}:0016 {client}:C350 01 00000000:00000000 02:00000000 00000000 0 0 2 1 x\n\
             2: {home}:0016 {client}:C351 06 00000000:00000000 02:00000000 00000000 0 0 3 1 x\n\
             3: {home}:0050 {client}:C352 01 00000000:00000000 02:00000000 00000000 0 0 4 1 x\n\
             4: nonsense\n"
        );
        let mapped = [[0; 4], [0; 4], [0, 0, 255, 255], [198, 51, 100, 7]]
            .map(word)
            .concat();
        let six = [[0x20, 1, 0xd, 0xb8], [0; 4], [0; 4], [0, 0, 0, 5]]
            .map(word)
            .concat();
        let tcp6 = format!(
            "head\n\
             0: {mapped}:0016 {mapped}:C350 01 0:0 02:0 0 0 0 5 1 x\n\
             1: {six}:08AE {six}:C350 01 0:0 02:0 0 0 0 6 1 x\n"
        );
        for process in ["7", "8"] {
            fs::write(at(process).join("net/tcp"), &tcp).unwrap();
            fs::write(at(process).join("net/tcp6"), &tcp6).unwrap();
        }
        fs::write(at("7/cmdline"), "sshd-session: root@pts/0\0\0").unwrap();
        fs::write(at("8/cmdline"), "nginx\0").unwrap();
        for (inode, process) in [(1, 7), (2, 7), (3, 7), (4, 8), (5, 7), (6, 7)] {
            symlink(
                format!("socket:[{inode}]"),
                at(&format!("{process}/fd/{inode}")),
            )
            .unwrap();
        }
        symlink("/dev/null", at("7/fd/0")).unwrap();
        let found = sshd_connections(proc.path(), &[]);
        assert_eq!((found.unseen, found.are_others_hidden), (0, true));
        assert_eq!(
            shown(&found),
            [
                ("198.51.100.7", "198.51.100.7", Some(22), "sshd"),
                ("2001:db8::5", "2001:db8::5", Some(2222), "sshd"),
                ("203.0.113.9", "127.0.0.1", Some(22), "sshd"),
            ]
        );
        let nothing = sshd_connections(Path::new("/nowhere"), &[]);
        assert_eq!(nothing, Connections::default());
    }

    fn shown(found: &Connections) -> Vec<(&str, &str, Option<u16>, &str)> {
        let logins = found.logins.iter();
        logins
            .map(
                |SshLogin {
                     session, daemon, ..
                 }| {
                    (&*session.client, &*session.server, session.port, &**daemon)
                },
            )
            .collect()
    }

    /// A process in a made `/proc`.
    #[derive(Clone, Copy)]
    struct Made<'a> {
        number: u32,
        parent: u32,
        title: &'a str,
        environment: &'a str,
        namespace: &'a str,
        /// The connection that it holds, from this address.
        client: Option<[u8; 4]>,
    }

    fn plain(number: u32, parent: u32, title: &str) -> Made<'_> {
        Made {
            number,
            parent,
            title,
            environment: "",
            namespace: "net:[1]",
            client: None,
        }
    }

    fn connected(made: Made<'_>, client: [u8; 4]) -> Made<'_> {
        Made {
            client: Some(client),
            ..made
        }
    }

    fn make(proc: &Path, made: &Made<'_>) {
        let own = proc.join(made.number.to_string());
        for directory in ["net", "fd", "ns"] {
            fs::create_dir_all(own.join(directory)).unwrap();
        }
        fs::write(own.join("cmdline"), made.title).unwrap();
        fs::write(own.join("environ"), made.environment).unwrap();
        let status = format!("PPid:\t{}\nUid:\t0\t0\t0\t0\n", made.parent);
        fs::write(own.join("status"), status).unwrap();
        symlink(made.namespace, own.join("ns/net")).unwrap();
        if let Some(client) = made.client {
            let (home, client) = (word([127, 0, 0, 1]), word(client));
            let line = format!("1: {home}:0016 {client}:C350 01 0:0 02:0 0 0 0 9 1 x\n");
            fs::write(own.join("net/tcp"), line).unwrap();
            symlink("socket:[9]", own.join("fd/3")).unwrap();
        }
    }

    #[test]
    fn every_name_of_sshd_and_every_network_namespace() {
        let proc = tempfile::tempdir().unwrap();
        for made in [
            plain(1, 0, "init\0"),
            plain(
                2,
                1,
                "sshd-admin: /usr/sbin/sshd-admin -D [listener] 0 of 10-100 startups\0",
            ),
            connected(plain(3, 2, "sshd-admin: root@pts/0\0"), [10, 0, 0, 3]),
            // The same inode is another socket in another namespace.
            Made {
                namespace: "net:[2]",
                ..connected(plain(4, 1, "sshd: root@notty\0"), [10, 0, 0, 4])
            },
            // Tables do not know the program that runs sessions by its name.
            Made {
                namespace: "net:[3]",
                ..connected(plain(5, 2, "sshd-session: bob@pts/1\0"), [10, 0, 0, 5])
            },
            // Called otherwise: its child knows the connection.
            Made {
                namespace: "net:[4]",
                ..connected(plain(6, 1, "/opt/gate\0-D\0"), [10, 0, 0, 6])
            },
            Made {
                environment: "A=b\0SSH_CONNECTION=10.0.0.6 50000 127.0.0.1 22\0",
                ..plain(7, 6, "-bash\0")
            },
            // A server that was started in a login has clients of its own.
            Made {
                namespace: "net:[5]",
                ..connected(plain(8, 1, "server\0"), [10, 0, 0, 8])
            },
            Made {
                environment: "SSH_CONNECTION=10.0.0.6 50000 127.0.0.1 22\0",
                ..plain(9, 8, "worker\0")
            },
        ] {
            make(proc.path(), &made);
        }
        // A login that this user may not look into.
        fs::create_dir(proc.path().join("10")).unwrap();
        fs::write(proc.path().join("10/cmdline"), "sshd: eve@pts/9\0").unwrap();
        let found = sshd_connections(proc.path(), &[]);
        assert_eq!((found.unseen, found.are_others_hidden), (1, false));
        assert_eq!(
            shown(&found),
            [
                ("10.0.0.3", "127.0.0.1", Some(22), "sshd-admin"),
                ("10.0.0.4", "127.0.0.1", Some(22), "sshd"),
                ("10.0.0.5", "127.0.0.1", Some(22), "sshd-admin"),
                ("10.0.0.6", "127.0.0.1", Some(22), "gate"),
            ]
        );
    }

    #[test]
    fn whose_sshd_reads_other_tables_is_nobody() {
        let proc = tempfile::tempdir().unwrap();
        let (here, there) = (proc.path().join("here"), proc.path().join("there"));
        for (number, root) in [(3, &here), (4, &there)] {
            fs::create_dir_all(root.join("etc")).unwrap();
            fs::write(root.join("etc/hosts.allow"), "").unwrap();
            let made = connected(plain(number, 0, "sshd: root@pts/0\0"), [10, 0, 0, 3]);
            let made = match number {
                3 => made,
                _ => Made {
                    namespace: "net:[2]",
                    client: Some([10, 0, 0, 4]),
                    ..made
                },
            };
            make(proc.path(), &made);
            // As a process that is confined to `root` would have it: the path inside is absolute.
            let inside = proc.path().join(number.to_string()).join("root");
            let place = inside.join(here.strip_prefix("/").unwrap());
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(root, place).unwrap();
        }
        let table = here.join("etc/hosts.allow");
        let found = sshd_connections(proc.path(), &[&table]);
        let clients: Vec<_> = found.logins.iter().map(|login| &*login.client).collect();
        assert_eq!(clients, ["10.0.0.3"]);
    }

    #[test]
    fn who_is_not_logged_in_is_nobody() {
        for (title, expected) in [
            ("sshd: root@notty\0", true),
            ("sshd: bob@pts/3\0\0\0", true),
            ("sshd-session: bob@pts/3", true),
            ("sshd: bob [priv]\0", false),
            ("sshd: a@b [net]\0", false),
            ("sshd: [accepted]\0", false),
            (
                "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0",
                false,
            ),
            ("/usr/sbin/sshd\0-D\0", false),
            ("", false),
        ] {
            assert_eq!(is_login(title.as_bytes()), expected, "{title}");
        }
    }

    #[test]
    fn the_kernel_writes_its_tables_so() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port();
        let tables = fs::read_to_string("/proc/self/net/tcp").unwrap();
        let mut found = tables.lines().filter_map(socket);
        let is_it = |session: &Session| session.port == Some(port) && session.client == "127.0.0.1";
        assert!(found.any(|(_, session)| is_it(&session)), "{tables}");
        drop(client);
    }
}
