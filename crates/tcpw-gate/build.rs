//! Links the program statically wherever the C library can be: a daemon may run it with hardly any
//! descriptors or memory, or without the system's libraries in view. Only the program `tcpw-gate`
//! is meant: it asks no name service, which a static C library could not do.

use std::env;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `dynamic` leaves the program as every other is linked.
const SWITCH: &str = "TCPW_GATE_LINK";
/// What the standard library asks the linker for, and the archive that has it.
const ARCHIVES: [(&str, &str); 7] = [
    ("libc.a", "libc.a"),
    ("libgcc_s.a", "libgcc_eh.a"),
    ("libdl.a", "libdl.a"),
    ("libm.a", "libm.a"),
    ("libpthread.a", "libpthread.a"),
    ("librt.a", "librt.a"),
    ("libutil.a", "libutil.a"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed={SWITCH}");
    let is_glibc = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|name| name == "gnu");
    // Another machine's C library is not the one that the compiler here would name.
    let is_native = env::var("TARGET")? == env::var("HOST")?;
    let is_dynamic = env::var(SWITCH).is_ok_and(|word| word == "dynamic");
    if !is_glibc || !is_native || is_dynamic {
        return Ok(());
    }
    let folder = PathBuf::from(env::var("OUT_DIR")?);
    for (name, archive) in ARCHIVES {
        let Some(found) = archive_of_compiler(archive) else {
            println!(
                "cargo:warning=tcpw-gate is linked dynamically: the C compiler has no {archive}"
            );
            return Ok(());
        };
        let link = folder.join(name);
        drop(std::fs::remove_file(&link));
        symlink(found, link)?;
    }
    // Found before the shared libraries of the same names, and by this program alone: a search path
    // of Cargo's own would reach tests, and the crates that use this one.
    println!("cargo:rustc-link-arg-bins=-L{}", folder.display());
    println!("cargo:rustc-link-arg-bins=-static-pie");
    Ok(())
}

/// Where the C compiler has this archive.
fn archive_of_compiler(name: &str) -> Option<PathBuf> {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    let output = command
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let path = Path::new(text.trim());
    // A compiler that does not have it says its bare name.
    (path.is_absolute() && path.exists()).then(|| path.to_owned())
}
