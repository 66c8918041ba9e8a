//! Where a path leads in a copy of a system: its links mean places of the copy, and never those of this machine.

use nix::errno::Errno;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows on the way to one file (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The place of `path`, which names a file of the system below `root`, with no link in it: an absolute link
/// starts at `root` again, and `..` does not lead out of it, as chroot(2) has it. Names that do not exist stay
/// as they are.
///
/// # Errors
/// When a link cannot be read, or more than 40 lead to one another.
pub fn place_in_root(root: &Path, path: &Path) -> io::Result<PathBuf> {
    resolve(root, path, true)
}

/// The place of a file of this machine, or of the one below `root`.
///
/// # Errors
/// As [`place_in_root`], where there is a root.
pub fn place_below(root: Option<&Path>, path: &Path) -> io::Result<PathBuf> {
    root.map_or_else(|| Ok(path.to_owned()), |root| place_in_root(root, path))
}

/// As [`place_in_root`], but for a link at the end of the path itself, which is not followed.
///
/// # Errors
/// As [`place_in_root`].
pub fn place_of_entry_in_root(root: &Path, path: &Path) -> io::Result<PathBuf> {
    resolve(root, path, false)
}

fn resolve(root: &Path, path: &Path, follows_last: bool) -> io::Result<PathBuf> {
    let mut place = root.to_owned();
    let mut depth = 0_usize;
    let mut links = 0;
    let mut rest: Vec<OsString> = names(path);
    while let Some(name) = rest.pop() {
        if name == ".." {
            if depth > 0 {
                place.pop();
                depth -= 1;
            }
            continue;
        }
        place.push(&name);
        depth += 1;
        if rest.is_empty() && !follows_last {
            break;
        }
        let target = match fs::read_link(&place) {
            Ok(target) => target,
            // It is not a link, or nothing is there: whoever opens it learns that.
            Err(error) if is_plain(&error) => continue,
            Err(error) => return Err(error),
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(Errno::ELOOP.into());
        }
        place.pop();
        depth -= 1;
        if target.is_absolute() {
            root.clone_into(&mut place);
            depth = 0;
        }
        rest.extend(names(&target));
    }
    Ok(place)
}

/// Whether a failure of readlink(2) says that something is not a link, or not there.
fn is_plain(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// The names of a path, the last one first.
fn names(path: &Path) -> Vec<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsStr::new("..").to_owned()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    };
    path.components().rev().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_leads_out_of_the_copy() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("copy");
        fs::create_dir_all(root.join("etc/deep")).unwrap();
        fs::write(root.join("etc/real"), "copy").unwrap();
        for (name, target) in [
            ("etc/absolute", "/etc/real"),
            ("etc/up", "../../../../etc/real"),
            ("etc/beside", "real"),
            ("etc/twice", "/etc/absolute"),
            ("etc/gone", "/etc/nothing"),
            ("way", "/etc/deep/.."),
            ("etc/round", "/etc/round"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        let real = root.join("etc/real");
        for name in [
            "/etc/real",
            "/etc/absolute",
            "/etc/up",
            "/etc/beside",
            "/etc/twice",
            "/way/real",
            "/../etc/real",
        ] {
            assert_eq!(
                place_in_root(&root, Path::new(name)).unwrap(),
                real,
                "{name}"
            );
        }
        let gone = place_in_root(&root, Path::new("/etc/gone")).unwrap();
        assert_eq!(gone, root.join("etc/nothing"));
        let error = place_in_root(&root, Path::new("/etc/round")).unwrap_err();
        assert_eq!(Errno::from_raw(error.raw_os_error().unwrap()), Errno::ELOOP);
        let entry = place_of_entry_in_root(&root, Path::new("/way/absolute")).unwrap();
        assert_eq!(entry, root.join("etc/absolute"));
    }
}
