//! Telling the system log that something is broken, at most once an hour for each kind and user.
//!
//! When it was told stands in the time of an empty file: root's below `/run`, where nobody else can put
//! one, and other users' in a directory of all, where only a file of their own counts. Somebody who
//! takes the name there gets more lines into the log, never fewer.

use crate::fault::Fault;
use chrono::{DateTime, Utc};
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::panic::{UnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tcpw_event::now::now;
use tcpw_event::syslog::{DEV_LOG, Severity, syslog};

/// How long nothing more is said of one kind.
const PAUSE: Duration = Duration::from_secs(3600);
/// Where root's files are.
const OF_ROOT: &str = "/run/tcpw-gate";
/// Where the files of others are, the first that can be written to.
const OF_OTHERS: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// Where the log is, and where is kept when it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logbook {
    /// The socket of the system log.
    pub socket: PathBuf,
    /// The directories for the files, the first that can be written to.
    pub folders: Vec<PathBuf>,
}

impl Logbook {
    /// That of this machine, for the user of this process.
    pub fn of_machine() -> Self {
        let folders = if geteuid().is_root() {
            // It is there most often; without it the log is told each time.
            drop(DirBuilder::new().mode(0o700).create(OF_ROOT));
            vec![OF_ROOT.into()]
        } else {
            OF_OTHERS.map(PathBuf::from).to_vec()
        };
        Self {
            socket: DEV_LOG.into(),
            folders,
        }
    }

    /// Whether the log is to be told of a kind.
    fn due(&self, kind: &str, now: SystemTime) -> Due {
        let name = format!("tcpw-gate-{}-{kind}", geteuid());
        for folder in &self.folders {
            match stamp(&folder.join(&name)) {
                Err(_) => {}
                // Whoever made the file tells, although another one may have locked it meanwhile.
                Ok((file, true)) => return Due::Yes(Some(file)),
                Ok((file, false)) => {
                    let is_due = file.try_lock().is_ok() && is_over(&file, now);
                    return if is_due {
                        Due::Yes(Some(file))
                    } else {
                        Due::No
                    };
                }
            }
        }
        Due::Yes(None)
    }
}

/// Whether the pause since the time of the file is over; a time that is further off in the future than
/// that is none.
fn is_over(file: &File, now: SystemTime) -> bool {
    let told = file.metadata().and_then(|found| found.modified());
    told.is_ok_and(|told| {
        let off = now
            .duration_since(told)
            .unwrap_or_else(|ahead| ahead.duration());
        off >= PAUSE
    })
}

/// Whether the log is to be told.
enum Due {
    /// It was told within the hour, or is being told.
    No,
    /// It is; the file is this process's to write, or none can be had.
    Yes(Option<File>),
}

/// The file at `path`, made if it is not there, and whether it was; an error unless it is an empty file
/// of this user's with this one name.
fn stamp(path: &Path) -> io::Result<(File, bool)> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600).custom_flags(flags.bits());
    match options.clone().create_new(true).open(path) {
        Ok(file) => return Ok((file, true)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
        Err(cause) => return Err(cause),
    }
    let file = options.open(path)?;
    let found = file.metadata()?;
    let is_own = found.uid() == geteuid().as_raw() && found.nlink() == 1;
    if is_own && found.is_file() && found.len() == 0 {
        Ok((file, false))
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Tells the log of a fault and of how the client was decided, unless it was told of this kind within
/// the hour.
pub fn tell(
    book: &Logbook,
    fault: &Fault,
    address: Option<IpAddr>,
    admits: bool,
    now: DateTime<Utc>,
) {
    let now = SystemTime::from(now);
    let Due::Yes(file) = book.due(fault.kind(), now) else {
        return;
    };
    let client = address.map_or_else(|| "the client".to_owned(), |address| address.to_string());
    let word = if admits { "admitted" } else { "refused" };
    let text =
        format!("tcpw-gate: {fault}; {client} is {word}; this is logged once an hour at most");
    let told = syslog(&book.socket, Severity::Error, &text);
    let time = if told.is_ok() {
        now
    } else {
        SystemTime::UNIX_EPOCH
    };
    if let Some(file) = file {
        // At worst it is told again.
        drop(file.set_modified(time));
    }
}

/// What `decides` says; if it panics, no, and the log says that it did.
pub fn guarded(
    book: impl FnOnce() -> Logbook + UnwindSafe,
    decides: impl FnOnce() -> bool + UnwindSafe,
) -> bool {
    catch_unwind(decides).unwrap_or_else(|_| {
        // Whoever panics in here has decided.
        drop(catch_unwind(|| {
            tell(&book(), &Fault::Internal, None, false, now());
        }));
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::fs;
    use std::os::unix::fs::{chown, symlink};
    use std::os::unix::net::UnixDatagram;
    use std::sync::Barrier;
    use std::thread;

    struct Stage {
        place: tempfile::TempDir,
        log: UnixDatagram,
        book: Logbook,
    }

    fn stage() -> Stage {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("log");
        let log = UnixDatagram::bind(&socket).unwrap();
        log.set_nonblocking(true).unwrap();
        let folders = vec![place.path().join("absent"), place.path().to_owned()];
        let book = Logbook { socket, folders };
        Stage { place, log, book }
    }

    impl Stage {
        fn said(&self) -> Vec<String> {
            let mut said = Vec::new();
            let mut line = vec![0; 8192];
            while let Ok(length) = self.log.recv(&mut line) {
                said.push(String::from_utf8(line[..length].to_vec()).unwrap());
            }
            said
        }

        fn tell(&self, fault: &Fault, now: DateTime<Utc>) -> usize {
            tell(&self.book, fault, "192.0.2.7".parse().ok(), false, now);
            self.said().len()
        }
    }

    #[test]
    fn each_kind_is_told_once_an_hour() {
        let stage = stage();
        let now = now();
        tell(&stage.book, &Fault::Internal, None, true, now);
        let said = stage.said();
        assert!(
            said[0].ends_with("tcpw-gate has an internal error; the client is admitted; this is logged once an hour at most"),
            "{said:?}"
        );
        let later = |minutes| now + TimeDelta::minutes(minutes);
        assert_eq!(stage.tell(&Fault::Internal, later(1)), 0);
        assert_eq!(stage.tell(&Fault::Internal, later(59)), 0);
        let other = Fault::NoDatabase {
            edition: crate::label::Edition::Country,
            is_v6: false,
        };
        assert_eq!(stage.tell(&other, later(1)), 1);
        assert_eq!(stage.tell(&Fault::Internal, later(60)), 1);
        assert_eq!(stage.tell(&Fault::Internal, later(61)), 0);
        // A clock that went back must not silence it for years.
        assert_eq!(stage.tell(&Fault::Internal, later(-60)), 1);
    }

    #[test]
    fn a_panic_refuses_and_is_told() {
        let stage = stage();
        let book = || stage.book.clone();
        assert!(guarded(book, || true));
        assert!(!guarded(book, || false));
        assert_eq!(stage.said().len(), 0);
        assert!(!guarded(book, || unreachable!("a fault of the gate")));
        let said = stage.said();
        let wanted = "tcpw-gate has an internal error; the client is refused";
        assert!(said[0].contains(wanted), "{said:?}");
    }

    #[test]
    fn of_many_at_once_one_tells() {
        for _ in 0..50 {
            let stage = stage();
            let start = Barrier::new(8);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        start.wait();
                        let now = now();
                        tell(&stage.book, &Fault::Internal, None, false, now);
                    });
                }
            });
            assert_eq!(stage.said().len(), 1);
        }
    }

    #[test]
    fn nobody_listening_is_not_being_told() {
        let stage = stage();
        let now = now();
        let mut deaf = stage.book.clone();
        deaf.socket = stage.place.path().join("nobody");
        tell(&deaf, &Fault::Internal, None, false, now);
        assert_eq!(stage.tell(&Fault::Internal, now), 1);
    }

    #[test]
    fn a_file_of_somebody_else_silences_nobody() {
        assert!(geteuid().is_root(), "this test needs root");
        let stage = stage();
        let now = now();
        let path = stage.place.path().join("tcpw-gate-0-internal");
        fs::write(&path, "").unwrap();
        assert_eq!(stage.tell(&Fault::Internal, now), 0);
        chown(&path, Some(65_534), None).unwrap();
        assert_eq!(stage.tell(&Fault::Internal, now), 1);
        fs::remove_file(&path).unwrap();
        let target = stage.place.path().join("target");
        fs::write(&target, "").unwrap();
        symlink(&target, &path).unwrap();
        assert_eq!(stage.tell(&Fault::Internal, now), 1);
        fs::remove_file(&path).unwrap();
        fs::hard_link(&target, &path).unwrap();
        assert_eq!(stage.tell(&Fault::Internal, now), 1);
        assert_eq!(stage.tell(&Fault::Internal, now), 1);
    }
}
