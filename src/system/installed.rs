//! Where the programs of the system are: not where somebody's `PATH` says, if root runs them.

use super::accounts::is_root;
use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// Where root looks for programs, as systemd(1) does; and where `NixOS` has them.
pub const SAFE_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";

/// The absolute path of a program of the system: for root in [`SAFE_PATH`], for others where their
/// `PATH` says.
///
/// # Errors
/// When there is no such program.
pub fn find_program(name: &str) -> io::Result<PathBuf> {
    if name.contains('/') {
        return Ok(name.into());
    }
    let own = env::var_os("PATH").filter(|_| !is_root());
    let path = own.unwrap_or_else(|| SAFE_PATH.into());
    let mut found = env::split_paths(&path).map(|directory| directory.join(name));
    found
        .find(|path| path.is_absolute() && is_there(path))
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn is_there(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_left_by_path() {
        let sh = find_program("sh").unwrap();
        assert!(sh.is_absolute() && sh.ends_with("bin/sh"), "{sh:?}");
        assert_eq!(find_program("./x").unwrap(), Path::new("./x"));
        assert!(find_program("tcpw-has-no-such-program").is_err());
    }
}
