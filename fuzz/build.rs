//! Compiles the C shim that asks libwrap, for the one target that needs it.

use std::process::Command;

fn main() {
    let out = std::env::var("OUT_DIR").expect("cargo says where");
    let object = format!("{out}/libwrap.o");
    let built = Command::new("cc")
        .args(["-O1", "-U_FORTIFY_SOURCE", "-c", "libwrap.c", "-o", &object])
        .status()
        .expect("cc is installed");
    assert!(built.success(), "libwrap0-dev is needed");
    println!("cargo:rustc-link-arg-bin=engine_libwrap={object}");
    println!("cargo:rustc-link-arg-bin=engine_libwrap=-lwrap");
    println!("cargo:rerun-if-changed=libwrap.c");
    println!("cargo:rerun-if-changed=../tests/engine/oracle.c");
}
