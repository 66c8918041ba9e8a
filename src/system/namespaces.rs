//! Whether this process sees the machine, or the part of it that a daemon's sandbox shows.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// What a deliverer needs as the machine has it: files, the network, users and processes
/// (namespaces(7)).
const NEEDED: [(&str, &str); 4] = [
    ("mnt", "files"),
    ("net", "network"),
    ("user", "users"),
    ("pid", "processes"),
];

/// What of this process's surroundings is not what the first process of the machine, or of the
/// container, has: words for people. What cannot be compared is taken to be the same.
pub fn foreign_surroundings() -> Vec<&'static str> {
    foreign(Path::new("/proc"))
}

fn foreign(proc: &Path) -> Vec<&'static str> {
    let is_foreign = |kind: &str| {
        let link = |process: &str| fs::read_link(proc.join(process).join("ns").join(kind)).ok();
        let same = link("self").zip(link("1")).map(|(own, first)| own == first);
        // Only who has all rights of the first process may read its links.
        let same = same.or_else(|| {
            let [own, first] = ["self", "1"].map(|process| trait_of(&proc.join(process), kind));
            Some(own? == first?)
        });
        same == Some(false)
    };
    let found = NEEDED.iter().filter(|(kind, _)| is_foreign(kind));
    found.map(|(_, words)| *words).collect()
}

/// What everybody may see of a process and what differs where its namespace is another one: the number
/// of the mount of `/`, that of a file which each network has of its own, the users that are mapped.
fn trait_of(process: &Path, kind: &str) -> Option<String> {
    match kind {
        "mnt" => {
            let mounts = fs::read_to_string(process.join("mountinfo")).ok()?;
            let is_root = |line: &&str| line.split(' ').nth(4) == Some("/");
            let root = mounts.lines().rfind(is_root)?;
            root.split(' ').next().map(str::to_owned)
        }
        "net" => {
            let found = fs::metadata(process.join("net/dev")).ok()?;
            Some(found.ino().to_string())
        }
        "user" => fs::read_to_string(process.join("uid_map")).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_differs_from_the_first_process_is_foreign() {
        let proc = tempfile::tempdir().unwrap();
        let link = |process: &str, kind: &str, to: &str| {
            let directory = proc.path().join(process).join("ns");
            fs::create_dir_all(&directory).unwrap();
            symlink(to, directory.join(kind)).unwrap();
        };
        for kind in ["mnt", "net", "user", "uts"] {
            link("self", kind, &format!("{kind}:[1]"));
        }
        assert!(foreign(proc.path()).is_empty(), "nothing is known");
        link("1", "mnt", "mnt:[1]");
        link("1", "net", "net:[2]");
        link("1", "uts", "uts:[2]");
        assert_eq!(foreign(proc.path()), ["network"]);
    }

    #[test]
    fn where_links_cannot_be_read_other_traits_are_compared() {
        let proc = tempfile::tempdir().unwrap();
        let write = |process: &str, mount: &str, map: &str| {
            let directory = proc.path().join(process);
            fs::create_dir_all(directory.join("net")).unwrap();
            fs::write(directory.join("net/dev"), "lo").unwrap();
            let mounts = format!(
                "{mount} 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 {mount} 0:5 / /proc rw - proc proc rw\n"
            );
            fs::write(directory.join("mountinfo"), mounts).unwrap();
            fs::write(directory.join("uid_map"), map).unwrap();
        };
        write("1", "27", "0 0 4294967295\n");
        write("self", "27", "0 0 4294967295\n");
        // Two files have two numbers.
        assert_eq!(foreign(proc.path()), ["network"]);
        write("self", "43", "0 1000 1\n");
        assert_eq!(foreign(proc.path()), ["files", "network", "users"]);
    }
}
