//! What the name service of the system, nsswitch.conf(5), says: asked through getent(1), which is
//! ended when it takes too long. This program is linked statically, so it cannot ask itself.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Where getent(1) is.
const PLACES: [&str; 3] = ["/usr/bin/getent", "/bin/getent", "/usr/local/bin/getent"];
/// As much of an answer is read.
const MOST_BYTES: usize = 64 * 1024;
/// What getent exits with for what its database does not have.
const NOT_FOUND: i32 = 2;
/// What it exits with for a database that it does not have.
const NO_DATABASE: i32 = 1;
/// With this it addresses IPv6 hosts also where no interface has IPv6, as libwrap does; older ones do
/// not know it.
const ALL_FAMILIES: &str = "--no-addrconfig";

/// How long the answers to one client may take, all together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    end: Instant,
}

impl Patience {
    /// From now on.
    pub(crate) fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self {
            end: now.checked_add(time).unwrap_or(now),
        }
    }

    /// What is left of it.
    pub(crate) fn left(self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

/// The lines that getent prints for `keys` of a database; nothing if that has no such entry.
///
/// No key may look like an option: getents differ in how options are ended, and that of Alpine has none.
///
/// # Errors
/// When it is not there, fails, or takes too long, or when a key begins with a minus sign.
pub(crate) fn getent(
    database: &[u8],
    keys: &[&[u8]],
    patience: Patience,
) -> io::Result<Option<Vec<u8>>> {
    getent_with(&[], database, keys, patience)
}

fn getent_with(
    options: &[&[u8]],
    database: &[u8],
    keys: &[&[u8]],
    patience: Patience,
) -> io::Result<Option<Vec<u8>>> {
    if keys.iter().any(|key| key.starts_with(b"-")) {
        let why = "what begins with a minus sign is not looked up";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let place = PLACES.into_iter().find(|place| Path::new(place).exists());
    let program = place.ok_or_else(|| io::Error::other("getent(1) is not installed"))?;
    let words = options.iter().chain([&database]).chain(keys);
    let mut command = command(program);
    command
        .args(words.map(|word| OsStr::from_bytes(word)))
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn()?;
    let read = answer(&mut child, patience);
    if read.is_err() {
        // One that ended meanwhile cannot be killed.
        drop(child.kill());
    }
    let status = child.wait()?;
    let bytes = read?;
    ended(status).map(|is_found| is_found.then_some(bytes))
}

fn ended(status: ExitStatus) -> io::Result<bool> {
    match status.code() {
        Some(0) => Ok(true),
        Some(NOT_FOUND) => Ok(false),
        Some(NO_DATABASE) => Err(io::Error::other("getent(1) does not have this database")),
        Some(_) | None => Err(io::Error::other(format!("getent(1) failed ({status})"))),
    }
}

fn answer(child: &mut Child, patience: Patience) -> io::Result<Vec<u8>> {
    let mut out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let left = Timespec::try_from(patience.left()).map_err(io::Error::other)?;
        let mut watched = [PollFd::new(&out, PollFlags::IN)];
        if poll(&mut watched, Some(&left))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let length = out.read(&mut piece)?;
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
        if length == 0 || bytes.len() > MOST_BYTES {
            return Ok(bytes);
        }
    }
}

/// An address of a name, and the number of the link that it is on, 0 for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundAddress {
    pub(crate) ip: IpAddr,
    pub(crate) link: u32,
}

impl FoundAddress {
    /// That of a socket. A mapped one is the IPv4 address inside.
    pub(crate) fn of(address: SocketAddr) -> Self {
        let link = match address {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(v6) => v6.scope_id(),
        };
        let ip = address.ip().to_canonical();
        Self { ip, link }
    }

    /// An address as getent spells it: `fe80::5%3` is on the link of the number 3.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (ip, link) = match text.split_once('%') {
            Some((ip, link)) => (ip, link.parse().ok()?),
            None => (text, 0),
        };
        let ip = ip.parse::<IpAddr>().ok()?.to_canonical();
        Some(Self { ip, link })
    }
}

/// The addresses of a name, and its canonical name; nothing if it has none.
///
/// # Errors
/// As [`getent`].
pub(crate) fn addresses(
    name: &[u8],
    patience: Patience,
) -> io::Result<Option<(Vec<FoundAddress>, Vec<u8>)>> {
    let all = [ALL_FAMILIES.as_bytes()];
    let found = match getent_with(&all, b"ahosts", &[name], patience) {
        Err(error) if error.kind() == io::ErrorKind::Other => getent(b"ahosts", &[name], patience),
        found => found,
    };
    Ok(found?.map(|lines| {
        let mut addresses: Vec<FoundAddress> = Vec::new();
        let mut canonical = Vec::new();
        for line in lines.split(|&byte| byte == b'\n') {
            let mut words = line
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            let address = words.next().and_then(|word| str::from_utf8(word).ok());
            addresses.extend(address.and_then(FoundAddress::read));
            if let (true, Some(name)) = (canonical.is_empty(), words.nth(1)) {
                name.clone_into(&mut canonical);
            }
        }
        addresses.dedup();
        (addresses, canonical)
    }))
}

/// Whether `database`, `passwd` or `group`, has an entry of this name: a number is none.
///
/// # Errors
/// As [`getent`].
pub(crate) fn has_entry(database: &str, name: &[u8], patience: Patience) -> io::Result<bool> {
    if name.is_empty() || name.contains(&0) {
        return Ok(false);
    }
    let lines = getent(database.as_bytes(), &[name], patience)?;
    let lines = lines.unwrap_or_default();
    let mut found = lines
        .split(|&byte| byte == b'\n')
        .filter_map(|line| line.split(|&byte| byte == b':').next());
    Ok(found.any(|found| found == name))
}

/// Whether a netgroup has this host.
///
/// # Errors
/// As [`getent`].
pub(crate) fn in_netgroup(group: &[u8], host: &[u8], patience: Patience) -> io::Result<bool> {
    if group.is_empty() || group.contains(&0) {
        return Ok(false);
    }
    // A star stands for what is not asked about.
    let text = getent(b"netgroup", &[group, host, b"*", b"*"], patience)?;
    Ok(text.is_some_and(|text| text.trim_ascii_end().ends_with(b"= 1")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "one of the two places that start a program"
)]
fn command(program: &str) -> Command {
    Command::new(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience() -> Patience {
        Patience::new(Duration::from_secs(60))
    }

    #[test]
    fn accounts_are_found_by_name_and_not_by_number() {
        for (database, name, is_there) in [
            ("passwd", "root", true),
            ("passwd", "0", false),
            ("passwd", "nobody-of-this-name", false),
            ("passwd", "", false),
            ("group", "nogroup", true),
            ("group", "65534", false),
        ] {
            let found = has_entry(database, name.as_bytes(), patience()).unwrap();
            assert_eq!(found, is_there, "{name}");
        }
        for option in ["-x", "--help", "--service=files"] {
            assert!(has_entry("passwd", option.as_bytes(), patience()).is_err());
        }
    }

    #[test]
    fn a_name_has_addresses() {
        let (found, canonical) = addresses(b"localhost", patience()).unwrap().unwrap();
        let wanted = FoundAddress::of(([127, 0, 0, 1], 0).into());
        assert!(found.contains(&wanted), "{found:?}");
        assert!(!canonical.is_empty());
        assert!(addresses(b"-x", patience()).is_err());
    }

    #[test]
    fn who_takes_too_long_is_ended() {
        let mut sleeper = command("/bin/sleep");
        let mut child = sleeper.arg("600").stdout(Stdio::piped()).spawn().unwrap();
        let error = answer(&mut child, Patience::new(Duration::from_millis(20)));
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
