//! Whether the programs that alerts and timers run, mostly as root, can be changed by others.

use crate::cli::base::Failure;
use crate::system::check_trust;
use std::path::{Path, PathBuf};

/// Where a program may be installed by hand, the first that only root can write to.
const PLACES: [&str; 4] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

/// Refuses a program that somebody else than root, or than whoever runs this, can write to or
/// replace. `programs` are all that have to be installed.
pub(crate) fn check(programs: &[PathBuf]) -> Result<(), Failure> {
    check_as(programs, "alerts would run it as root")
}

/// As [`check`], of programs that something else runs: `why` says what.
pub(crate) fn check_as(programs: &[PathBuf], why: &str) -> Result<(), Failure> {
    let distrust = programs
        .iter()
        .find_map(|program| check_trust(program).err());
    let Some(distrust) = distrust else {
        return Ok(());
    };
    let what = format!(
        "others than root can change {}, and {why}",
        distrust.part().display()
    );
    let names: Vec<String> = programs
        .iter()
        .map(|program| program.display().to_string())
        .collect();
    let place = PLACES
        .into_iter()
        .find(|place| Path::new(place).is_dir() && check_trust(Path::new(place)).is_ok());
    let place = place.unwrap_or("/usr/local/sbin");
    Err(Failure::new(what).hint(format_args!(
        "first run `sudo install -o root -g root -m 755 {} {place}/`, then repeat this as \
         `sudo {place}/tcpw ...`; nothing was written",
        names.join(" ")
    )))
}
