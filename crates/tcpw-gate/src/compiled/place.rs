//! The name under which a table's compiled form is kept.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf, absolute};

/// The longest name of a file (`NAME_MAX` of Linux), without what a file has on its way to its place.
const LONGEST: usize = 255 - BESIDE;
/// Bytes for a dot before it and `.new` after it.
const BESIDE: usize = 5;

/// Where in `directory` the compiled form of the table at `table` is kept: under the path by which the
/// table is opened, its slashes written as `-`. Nothing if that is too long for the name of a file.
pub fn form_path(directory: &Path, table: &Path) -> Option<PathBuf> {
    let whole = absolute(table).ok()?;
    let mut name = String::new();
    for (at, byte) in whole.as_os_str().as_encoded_bytes().iter().enumerate() {
        match byte {
            b'/' if at == 0 => {}
            b'/' => name.push('-'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => name.push(char::from(*byte)),
            // One at the start hides a file.
            b'.' if !name.is_empty() => name.push('.'),
            _ => write!(name, "%{byte:02X}").ok()?,
        }
    }
    let fits = !name.is_empty() && name.len() <= LONGEST;
    fits.then(|| directory.join(name))
}

/// The file that shall take the place of `form`, beside it: always the same, so that what a killed
/// tcpw left is found.
pub(super) fn beside(form: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(form.file_name().unwrap_or_default());
    name.push(".new");
    form.with_file_name(name)
}

/// The file that whoever builds a form in this directory has locked.
pub(super) fn lock_path(directory: &Path) -> PathBuf {
    directory.join(".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_name_of_its_own() {
        let name = |table: &str| form_path(Path::new("/d"), Path::new(table));
        for (table, form) in [
            ("/etc/hosts.allow", "/d/etc-hosts.allow"),
            ("/etc-hosts.allow", "/d/etc%2Dhosts.allow"),
            ("/.tables/deny", "/d/%2Etables-deny"),
            ("/a b/\u{e9}", "/d/a%20b-%C3%A9"),
            ("/%2D", "/d/%252D"),
        ] {
            assert_eq!(name(table), Some(form.into()), "{table}");
        }
        assert_eq!(name("/"), None);
        assert_eq!(name(&format!("/{}", "x".repeat(251))), None);
        assert!(name(&format!("/{}", "x".repeat(250))).is_some());
        let form = name("/etc/hosts.deny").unwrap();
        assert_eq!(beside(&form), Path::new("/d/.etc-hosts.deny.new"));
    }
}
