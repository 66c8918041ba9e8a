//! The system calls that a program makes, counted, and how each of them can fail on Linux.

use std::collections::BTreeMap;
use std::fmt;

/// What is done to a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// It fails, with the name of an error.
    Error(&'static str),
    /// The process is killed as it enters the call.
    Kill,
}

/// Which of the calls of one name are harmed, counted in each thread by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// One of them.
    Nth(usize),
    /// This one and all after it: a disk that stays full.
    From(usize),
    /// This one and each of so many after it.
    Every(usize, usize),
}

/// A fault of one system call.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) call: String,
    pub(super) harm: Harm,
    pub(super) when: When,
}

impl Fault {
    /// As strace wants it.
    pub(super) fn injection(&self) -> String {
        let harm = match self.harm {
            Harm::Error(error) => format!("error={error}"),
            Harm::Kill => "signal=KILL".to_owned(),
        };
        let when = match self.when {
            When::Nth(number) => number.to_string(),
            When::From(number) => format!("{number}+"),
            When::Every(number, step) => format!("{number}+{step}"),
        };
        format!("inject={}:{harm}:when={when}", self.call)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.injection())
    }
}

/// How many calls of each name a thread makes at most.
pub(super) type Census = BTreeMap<String, usize>;

/// Counts the calls in a log of strace, of which each line begins with the number of the process; of
/// the first one alone, or of each thread and whatever it started.
pub(super) fn count(log: &str, only_first: bool) -> Census {
    let first = log.split(' ').next().filter(|_| only_first);
    let mut threads: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let Some((call, _)) = rest.trim_start().split_once('(') else {
            continue;
        };
        let is_wanted = first.is_none_or(|first| first == thread);
        if is_wanted && is_name(call) && !is_left_out(call) {
            *threads.entry((thread, call)).or_default() += 1;
        }
    }
    let mut census = Census::new();
    for ((_, call), number) in threads {
        let most = census.entry(call.to_owned()).or_default();
        *most = number.max(*most);
    }
    census
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_part)
}

/// Calls before which there is no program and after which there is none: strace itself makes the
/// first `execve`.
fn is_left_out(call: &str) -> bool {
    matches!(call, "execve" | "exit" | "exit_group")
}

/// Each fault of each call, one at a time.
pub(super) fn every_fault(census: &Census) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (call, most) in census {
        let harms = errors(call).iter().map(|error| Harm::Error(error));
        for harm in harms.chain([Harm::Kill]) {
            for number in 1..=*most {
                let (call, when) = (call.clone(), When::Nth(number));
                faults.push(Fault { call, harm, when });
            }
        }
    }
    faults
}

/// The errors with which a call can fail; none for a call that cannot, or without which no program
/// of this machine runs.
pub(super) fn errors(call: &str) -> &'static [&'static str] {
    match call {
        "open" | "openat" => &[
            "EIO", "ENOSPC", "EMFILE", "ENFILE", "ENOMEM", "EACCES", "EINTR", "EROFS", "EDQUOT",
        ],
        "read" | "readv" | "pread64" | "preadv" => &["EIO", "EINTR", "ENOMEM"],
        "write" | "writev" | "pwrite64" | "pwritev" => &["EIO", "ENOSPC", "EDQUOT", "EINTR"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC", "EDQUOT"],
        "rename" | "renameat" | "renameat2" | "mkdir" | "mkdirat" | "link" | "linkat" => {
            &["EIO", "ENOSPC", "EACCES", "EROFS", "EDQUOT"]
        }
        "unlink" | "unlinkat" | "rmdir" => &["EIO", "EACCES", "EROFS"],
        "stat" | "lstat" | "fstat" | "newfstatat" | "statx" | "access" | "faccessat"
        | "faccessat2" | "readlink" | "readlinkat" => &["EIO", "EACCES", "ENOMEM"],
        "statfs" | "fstatfs" | "getdents64" => &["EIO", "ENOMEM"],
        "mmap" | "brk" | "mremap" | "bind" | "setsockopt" | "getsockopt" => &["ENOMEM"],
        "ftruncate" | "fallocate" => &["EIO", "ENOSPC", "EINTR"],
        "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "chown" | "fchown" | "fchownat" => {
            &["EIO", "EPERM", "EROFS"]
        }
        "fcntl" | "flock" => &["ENOLCK", "EINTR"],
        "close" => &["EIO", "EINTR"],
        "socket" | "socketpair" | "pipe2" | "dup" | "dup3" | "epoll_create1" | "eventfd2"
        | "inotify_init1" | "pidfd_open" => &["EMFILE", "ENFILE", "ENOMEM"],
        "inotify_add_watch" => &["ENOSPC", "ENOMEM", "EACCES"],
        "connect" => &["ECONNREFUSED", "ETIMEDOUT", "EACCES", "EINTR", "ENOMEM"],
        "sendto" | "sendmsg" | "sendmmsg" => &["ECONNRESET", "EPIPE", "ENOBUFS", "EINTR"],
        "recvfrom" | "recvmsg" => &["ECONNRESET", "ETIMEDOUT", "EINTR", "ENOMEM"],
        "poll" | "ppoll" | "epoll_wait" | "epoll_pwait" => &["EINTR", "ENOMEM"],
        "clone" | "clone3" | "fork" | "vfork" => &["EAGAIN", "ENOMEM"],
        "getrandom" | "wait4" | "waitid" | "nanosleep" | "clock_nanosleep" => &["EINTR"],
        _ => &[],
    }
}

#[test]
fn calls_are_counted_in_each_thread_by_itself() {
    let log = "7 openat(AT_FDCWD, \"/x\") = 3\n7 execve(\"/x\", []) = 0\n7 read(3,  <unfinished ...>\n\
               8 read(4, \"read(\", 5) = 5\n7 <... read resumed>\"\", 9) = 0\n7 read(3, \"\", 9) = 0\n\
               7 +++ exited with 0 +++\n7 --- SIGCHLD (x) ---\n";
    let census = count(log, false);
    let found: Vec<_> = census.iter().map(|(call, most)| (&**call, *most)).collect();
    assert_eq!(found, [("openat", 1), ("read", 2)]);
    assert_eq!(count(&log[log.find("8 read").unwrap()..], true)["read"], 1);
    let faults = every_fault(&census);
    assert_eq!(faults.len(), 9 + 1 + 2 * (3 + 1));
    assert_eq!(faults[0].to_string(), "inject=openat:error=EIO:when=1");
}
