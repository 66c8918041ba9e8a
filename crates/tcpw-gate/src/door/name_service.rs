//! What the name service of the system, nsswitch.conf(5), says: asked through getent(1), which is
//! ended when it takes too long. This program is linked statically, so it cannot ask itself.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::OsStr;
use std::io::{self, Read as _};
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

/// The lines that getent prints for `words`; nothing if its database has no such entry.
///
/// # Errors
/// When it is not there, fails, or takes too long.
pub(crate) fn getent(words: &[&[u8]], patience: Patience) -> io::Result<Option<String>> {
    let place = PLACES.into_iter().find(|place| Path::new(place).exists());
    let program = place.ok_or_else(|| io::Error::other("getent(1) is not installed"))?;
    let mut command = command(program);
    command
        .args(words.iter().map(|word| OsStr::from_bytes(word)))
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
    let text = read?;
    ended(status).map(|is_found| is_found.then_some(text))
}

fn ended(status: ExitStatus) -> io::Result<bool> {
    match status.code() {
        Some(0) => Ok(true),
        Some(NOT_FOUND) => Ok(false),
        Some(_) | None => Err(io::Error::other(format!("getent(1) failed ({status})"))),
    }
}

fn answer(child: &mut Child, patience: Patience) -> io::Result<String> {
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
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// The addresses of a name, as they are spelt, and its canonical name; nothing if it has none.
///
/// # Errors
/// As [`getent`].
pub(crate) fn addresses(
    name: &[u8],
    patience: Patience,
) -> io::Result<Option<(Vec<String>, String)>> {
    let asked: [&[u8]; 4] = [ALL_FAMILIES.as_bytes(), b"--", b"ahosts", name];
    let [_, plain @ ..] = &asked;
    let found = match getent(&asked, patience) {
        Err(error) if error.kind() == io::ErrorKind::Other => getent(plain, patience),
        found => found,
    };
    Ok(found?.map(|text| {
        let mut addresses: Vec<String> = Vec::new();
        let mut canonical = String::new();
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            if let Some(address) = words.next() {
                addresses.push(address.to_owned());
            }
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
    let text = getent(&[b"--", database.as_bytes(), name], patience)?;
    let text = text.unwrap_or_default();
    let mut found = text.lines().filter_map(|line| line.split(':').next());
    Ok(found.any(|found| found.as_bytes() == name))
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
    let text = getent(&[b"--", b"netgroup", group, host, b"*", b"*"], patience)?;
    Ok(text.is_some_and(|text| text.trim_end().ends_with("= 1")))
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
            ("passwd", "-x", false),
            ("passwd", "", false),
            ("group", "nogroup", true),
            ("group", "65534", false),
        ] {
            let found = has_entry(database, name.as_bytes(), patience()).unwrap();
            assert_eq!(found, is_there, "{name}");
        }
    }

    #[test]
    fn a_name_has_addresses() {
        let (found, canonical) = addresses(b"localhost", patience()).unwrap().unwrap();
        assert!(found.contains(&"127.0.0.1".to_owned()), "{found:?}");
        assert!(!canonical.is_empty());
        assert!(addresses(b"-x", patience()).unwrap().is_none());
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
