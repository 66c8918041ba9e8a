//! Who is logged in by sshd: the sockets that its processes hold, from proc(5).

use super::session::Session;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// `ESTABLISHED` in the tables of sockets.
const ESTABLISHED: &str = "01";
/// More clients than this are not told apart: it is no longer a list that anybody reads.
const LIMIT: usize = 4096;

/// The logins by sshd on this machine, one of each client address; `proc` is `/proc`. Whoever is
/// connected but has not shown yet who he is counts as nobody, and what this user may not look at
/// is left out.
pub fn sshd_connections(proc: &Path) -> Vec<Session> {
    let mut sockets = BTreeMap::new();
    for table in ["net/tcp", "net/tcp6"] {
        let text = fs::read_to_string(proc.join(table)).unwrap_or_default();
        sockets.extend(text.lines().filter_map(socket));
    }
    if sockets.is_empty() {
        return Vec::new();
    }
    let mut clients = BTreeSet::new();
    let mut found = Vec::new();
    for process in fs::read_dir(proc).into_iter().flatten().flatten() {
        if !is_login(&fs::read(process.path().join("cmdline")).unwrap_or_default()) {
            continue;
        }
        for session in held(&process.path(), &sockets) {
            if found.len() < LIMIT && clients.insert(session.client.clone()) {
                found.push(session.clone());
            }
        }
    }
    found.sort_by(|a, b| a.client.cmp(&b.client));
    found
}

/// Whether a process is sshd's for somebody who is logged in: it calls itself `sshd: USER@TTY`,
/// and before that `sshd: USER [net]` and the like.
fn is_login(title: &[u8]) -> bool {
    let title = String::from_utf8_lossy(title);
    let title = title.trim_end_matches('\0').trim_end();
    title.starts_with("sshd") && title.contains('@') && !title.ends_with(']')
}

/// The connections that a process holds.
fn held<'s>(
    process: &Path,
    sockets: &'s BTreeMap<u64, Session>,
) -> impl Iterator<Item = &'s Session> {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten();
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
    let (local, remote) = (end(words.nth(1)?)?, end(words.next()?)?);
    if words.next()? != ESTABLISHED {
        return None;
    }
    let inode = words.nth(5)?.parse().ok()?;
    let session = Session {
        client: remote.0.to_canonical().to_string(),
        server: local.0.to_canonical().to_string(),
        port: Some(local.1),
    };
    Some((inode, session))
}

/// `0100007F:0016`: words of the address as the kernel has them in memory, and the port.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| -> Option<[u8; 4]> {
        let word = address.get(at..at + 8)?;
        Some(u32::from_str_radix(word, 16).ok()?.to_ne_bytes())
    };
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.as_flattened().try_into().ok()?;
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some((address, port))
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
        for directory in ["net", "7/fd", "8/fd", "self"] {
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
        fs::write(at("net/tcp"), tcp).unwrap();
        fs::write(at("net/tcp6"), tcp6).unwrap();
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
        let found = sshd_connections(proc.path());
        let found: Vec<_> = found
            .iter()
            .map(|session| (&*session.client, &*session.server, session.port))
            .collect();
        assert_eq!(
            found,
            [
                ("198.51.100.7", "198.51.100.7", Some(22)),
                ("2001:db8::5", "2001:db8::5", Some(2222)),
                ("203.0.113.9", "127.0.0.1", Some(22)),
            ]
        );
        assert_eq!(sshd_connections(Path::new("/nowhere")), []);
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
