//! Leaving the control group of a login: who ends the login ends all that is in its group.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Moves this process to the top of the hierarchies that keep track of sessions, as far as it may;
/// the groups that limit resources stay. `proc` is `/proc`.
pub fn leave_cgroup(proc: &Path) {
    let read = |name: &str| fs::read_to_string(proc.join("self").join(name)).unwrap_or_default();
    let (groups, mounts) = (read("cgroup"), read("mountinfo"));
    for file in tops(&groups, &mounts) {
        let moved = OpenOptions::new().write(true).open(file);
        // Who may not leave is still not ended by the signals that end a login.
        drop(moved.and_then(|mut file| file.write_all(b"0")));
    }
}

/// The files by which a process moves to the top of the hierarchies of cgroups(7) that keep track of
/// sessions: the unified one, and those that only have a name; none of one at whose top it is.
fn tops(groups: &str, mounts: &str) -> Vec<PathBuf> {
    let mut tops = Vec::new();
    for group in groups.lines() {
        let mut fields = group.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let is_tracking = controllers.is_empty() || controllers.starts_with("name=");
        if path == "/" || !is_tracking {
            continue;
        }
        let is_it = |(_, kind, options): &(&str, &str, &str)| {
            if controllers.is_empty() {
                *kind == "cgroup2"
            } else {
                *kind == "cgroup" && options.split(',').any(|option| option == controllers)
            }
        };
        let found = mounts.lines().filter_map(mount).find(is_it);
        tops.extend(found.map(|(point, ..)| Path::new(point).join("cgroup.procs")));
    }
    tops
}

/// Where a file system is mounted, its type and its own options (proc(5), `mountinfo`).
fn mount(line: &str) -> Option<(&str, &str, &str)> {
    let (place, about) = line.split_once(" - ")?;
    let mut about = about.split(' ');
    let (kind, options) = (about.next()?, about.nth(1)?);
    Some((place.split(' ').nth(4)?, kind, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        25 20 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n\
        30 25 0:26 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n\
        31 25 0:27 / /sys/fs/cgroup/elogind rw shared:10 - cgroup cgroup rw,xattr,name=elogind\n\
        32 25 0:28 / /sys/fs/cgroup/memory rw shared:11 - cgroup cgroup rw,memory\n";

    #[test]
    fn sessions_are_left_and_limits_stay() {
        let groups = "3:memory:/user.slice\n2:name=elogind:/c1\n0::/user.slice/session-1.scope\n";
        assert_eq!(
            tops(groups, MOUNTS),
            [
                Path::new("/sys/fs/cgroup/elogind/cgroup.procs"),
                Path::new("/sys/fs/cgroup/unified/cgroup.procs"),
            ]
        );
        assert!(tops("0::/\n1:name=elogind:/\nnonsense\n", MOUNTS).is_empty());
        assert!(tops("0::/a\n", "nonsense - x\n").is_empty());
    }
}
