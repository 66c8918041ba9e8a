//! Giving up root's rights for good.

use nix::errno::Errno;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{
    Gid, Uid, dup2_stderr, dup2_stdin, dup2_stdout, getgroups, getresgid, getresuid, setgid,
    setgroups, setresgid, setresuid, setuid,
};
use std::fs::{self, OpenOptions};
use std::io;

/// The sets of capabilities that count (capabilities(7)): what a process may do, and may get.
const SETS: [&str; 3] = ["CapEff:", "CapPrm:", "CapAmb:"];

/// Makes this process one of the user `uid` in the group `gid` alone, and makes sure that there is no
/// way back.
///
/// # Errors
/// When the system refuses a step, or something of root's is left: this process must not go on then.
pub fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    setgroups(&[gid])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    let left = |what: &str| Err(io::Error::other(format!("{what} of root is left")));
    let (users, groups) = (getresuid()?, getresgid()?);
    if [users.real, users.effective, users.saved] != [uid; 3] {
        return left("a user");
    }
    if [groups.real, groups.effective, groups.saved] != [gid; 3] || getgroups()? != [gid] {
        return left("a group");
    }
    let root = (setuid(Uid::from_raw(0)), setgid(Gid::from_raw(0)));
    if root != (Err(Errno::EPERM), Err(Errno::EPERM)) {
        return left("the right to come back");
    }
    // What cannot be seen is not taken for nothing.
    if !lacks_capabilities(&fs::read_to_string("/proc/self/status")?) {
        return left("a capability");
    }
    Ok(())
}

/// From now on the files that this process makes are for its own user only.
pub fn make_private_files() {
    umask(Mode::S_IRWXG | Mode::S_IRWXO);
}

/// Has the standard streams lead nowhere.
///
/// # Errors
/// When there is no `/dev/null`, or it cannot take their place.
pub fn silence() -> io::Result<()> {
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(())
}

/// Whether a process whose status (proc(5)) this is may do nothing that only root may: each set is
/// there and is empty.
fn lacks_capabilities(status: &str) -> bool {
    SETS.iter().all(|name| {
        let set = status.lines().find_map(|line| line.strip_prefix(name));
        set.is_some_and(|set| set.trim().bytes().all(|digit| digit == b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_that_is_left_is_seen() {
        let none = "CapInh:\t00000000ffffffff\nCapPrm:\t0000000000000000\n\
                    CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n";
        assert!(lacks_capabilities(none));
        for (set, left) in [("CapEff:\t0", "CapEff:\t8"), ("CapAmb:\t0", "CapAmb:\t4")] {
            assert!(!lacks_capabilities(&none.replace(set, left)), "{left}");
        }
        // Without them nothing is known.
        assert!(!lacks_capabilities(&none.replace("CapPrm", "CapXyz")));
        assert!(!lacks_capabilities(""));
    }
}
