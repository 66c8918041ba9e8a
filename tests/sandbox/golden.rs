//! Files with what is expected, which `TCPW_UPDATE=1` writes again.

use std::fs;
use std::path::Path;

/// Compares with the file `NAME` in the folder `golden` of a folder of the tests.
#[track_caller]
pub(crate) fn assert_golden(folder: &str, name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder)
        .join("golden")
        .join(name);
    if std::env::var_os("TCPW_UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "{name} is not what was expected: TCPW_UPDATE=1 cargo test {folder}, and look at the difference\n{text}"
    );
}
