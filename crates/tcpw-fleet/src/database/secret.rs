//! Passwords that nobody chose.

use super::fault::FleetError;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Letters and digits that are not mistaken for each other; 32 of them, so that five bits choose one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 160 bits.
const LENGTH: usize = 32;

/// A new password of 160 random bits.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_password() -> Result<String, FleetError> {
    let mut bytes = [0_u8; LENGTH];
    fill(&mut bytes)?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied();
    Ok(bytes.iter().filter_map(letter).map(char::from).collect())
}

/// A random number that names a batch, as PostgreSQL writes such numbers.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_token() -> Result<String, FleetError> {
    let mut bytes = [0_u8; 16];
    fill(&mut bytes)?;
    let written = |(place, byte): (usize, &u8)| {
        let mark = if matches!(place, 4 | 6 | 8 | 10) {
            "-"
        } else {
            ""
        };
        format!("{mark}{byte:02x}")
    };
    Ok(bytes.iter().enumerate().map(written).collect())
}

/// A random number from 0 up to but not including `end`; 0 if that is 0.
///
/// # Errors
/// When the system gives no random numbers.
pub fn random_below(end: u64) -> Result<u64, FleetError> {
    let mut bytes = [0_u8; 8];
    fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes).checked_rem(end).unwrap_or(0))
}

fn fill(bytes: &mut [u8]) -> Result<(), FleetError> {
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(bytes))
        .map_err(|cause| FleetError::System(format!("cannot read /dev/urandom: {cause}")))
}

/// Writes a password into a file that is new and that only its owner can read (0600).
///
/// # Errors
/// When the file is there or cannot be written.
pub fn keep(password: &str, path: &Path) -> Result<(), FleetError> {
    let failed = |cause| {
        FleetError::System(format!(
            "cannot write the password into {}: {cause}",
            path.display()
        ))
    };
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(format!("{password}\n").as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn passwords_differ_and_use_all_letters() {
        let many: HashSet<String> = (0..100).map(|_| new_password().unwrap()).collect();
        assert_eq!(many.len(), 100);
        assert!(many.iter().all(|one| one.len() == LENGTH));
        let letters: HashSet<char> = many.iter().flat_map(|one| one.chars()).collect();
        assert_eq!(letters.len(), LETTERS.len());
    }

    #[test]
    fn only_its_owner_reads_the_file_and_none_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("secret");
        keep("one", &path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(keep("other", &path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
    }
}
