//! A machine below a root with databases and the gate, and a directory with the same for the real one.

use crate::sandbox::mmdb_made::{Made, asn, country};
use crate::sandbox::{Sandbox, program};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Where the gate is below a root.
pub(crate) const GATE: &str = "/usr/sbin/tcpw-gate";

/// A database of countries: KR, CN, JP, and KR in IPv6.
pub(crate) fn countries() -> Vec<u8> {
    Made::new("GeoLite2-Country")
        .with("203.0.113.0/24", country("KR"))
        .with("198.51.100.0/24", country("CN"))
        .with("192.0.2.0/24", country("JP"))
        .with("2001:db8::/32", country("KR"))
        .bytes()
}

/// A database of networks and their owners.
pub(crate) fn owners() -> Vec<u8> {
    Made::new("GeoLite2-ASN")
        .with("198.51.100.0/25", asn(64_500))
        .with("203.0.113.128/25", asn(64_501))
        .bytes()
}

/// A machine with both and with the gate, which is only looked at and never run.
pub(crate) fn stage() -> Sandbox {
    let stage = Sandbox::new()
        .file("var/lib/GeoIP/GeoLite2-Country.mmdb", countries())
        .file("var/lib/GeoIP/GeoLite2-ASN.mmdb", owners())
        .file(&GATE[1..], "never run");
    let gate = stage.path().join(&GATE[1..]);
    fs::set_permissions(gate, fs::Permissions::from_mode(0o755)).unwrap();
    stage
}

/// The gate of this build, which rules run.
pub(crate) fn real_gate() -> PathBuf {
    let gate = Path::new(&program()).with_file_name("tcpw-gate");
    assert!(gate.is_file(), "{} is built", gate.display());
    gate
}
