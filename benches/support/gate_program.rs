//! The program that rules ask, for measurements: a package of its own, which a bench does not build.

use std::process::Command;

/// Where it is.
pub(crate) const GATE: &str = concat!(env!("CARGO_BIN_EXE_tcpw"), "-gate");

/// Builds it as it is packaged.
pub(crate) fn build() {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--profile", "bench", "--locked", "--package"])
        .arg("tcpw-gate")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|status| status.success()));
}
