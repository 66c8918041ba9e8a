//! The library in a crate that is not of this repository: its example builds and runs there.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_crate_of_somebody_else_uses_the_library() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = repository.join("crates/hosts-access");
    let source = fs::read_to_string(library.join("examples/effect.rs")).unwrap();
    assert!(
        source.lines().count() < 30,
        "short enough to be read at a glance"
    );
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhosts-access = {{ path = \"{}\" }}\n",
        library.display()
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::copy(
        repository.join("Cargo.lock"),
        folder.path().join("Cargo.lock"),
    )
    .unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/main.rs"), source).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline"])
        .current_dir(folder.path())
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside"),
        )
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "192.0.2.200 is granted: false\n\
         - 192.0.2.128/25 (such as 192.0.2.128)\n\
         + [2001:db8::]/32 (such as 2001:db8::)\n"
    );
}
