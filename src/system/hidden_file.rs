//! Whether a file that this user could not read is one that root reads.

use nix::errno::Errno;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

/// Whether nobody can open and read the file at `place`, root neither, given the error that it was met with
/// here: nothing is there, or links lead in a circle, or it is a directory or a socket. A pipe, a device and
/// a file that only root reads are none of these.
pub fn is_unopenable(place: &Path, error: &io::Error) -> bool {
    let errors = [
        Errno::ENOENT,
        Errno::ENOTDIR,
        Errno::EISDIR,
        Errno::ELOOP,
        Errno::ENAMETOOLONG,
    ];
    let is_nothing = || {
        let found = fs::metadata(place);
        found.is_ok_and(|found| found.is_dir() || found.file_type().is_socket())
    };
    let number = error.raw_os_error().map(Errno::from_raw);
    number.is_some_and(|number| errors.contains(&number)) || is_nothing()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::read_regular;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn what_root_cannot_open_is_told_from_what_is_not_read_here() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("large"), "12345").unwrap();
        mkfifo(&at("pipe"), Mode::S_IRWXU).unwrap();
        symlink(at("round"), at("round")).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        for (name, expected) in [
            (at("absent"), true),
            (at("large").join("x"), true),
            (place.path().to_owned(), true),
            (at("round"), true),
            (at("socket"), true),
            (at(&"x".repeat(300)), true),
            (at("large"), false),
            (at("pipe"), false),
            ("/dev/zero".into(), false),
        ] {
            let error = read_regular(&name, 4).unwrap_err();
            assert_eq!(is_unopenable(&name, &error), expected, "{name:?}: {error}");
        }
    }
}
