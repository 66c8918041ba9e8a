//! The package of Debian: what is in it, that it is made alike each time, and what lintian says.

use super::programs::{outcome, programs, root, run, script};
use crate::proof;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Makes the package in a folder.
fn make(folder: &Path) -> PathBuf {
    let mut build = script("deb/build");
    build.arg("--programs").arg(programs());
    let said = run(build.arg("--output").arg(folder));
    PathBuf::from(said.trim_end())
}

/// The package, made once.
pub(super) fn package() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, package) = MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let package = make(folder.path());
        (folder, package)
    });
    package
}

/// A file of the package: its mode and owner, and its path.
fn files() -> Vec<(String, String)> {
    let listed = run(Command::new("dpkg-deb").arg("--contents").arg(package()));
    listed
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (format!("{} {}", words[0], words[1]), words[5].to_owned())
        })
        .collect()
}

#[test]
fn it_holds_what_is_installed_and_nothing_is_on_by_itself() {
    let files = files();
    let has = |mode: &str, path: &str| {
        let file = (format!("{mode} root/root"), format!("./{path}"));
        assert!(files.contains(&file), "{file:?} of {files:#?}");
    };
    for program in [
        "usr/sbin/tcpw",
        "usr/sbin/tcpw-notify",
        "usr/sbin/tcpw-gate",
        "usr/lib/tcpw/still-called",
    ] {
        has("-rwxr-xr-x", program);
    }
    // A password may be written into it.
    has("-rw-------", "etc/tcpw.toml");
    for path in [
        "usr/share/man/man5/tcpw.toml.5.gz",
        "usr/share/man/man7/tcpw-codes.7.gz",
        "usr/share/man/man8/tcpw-gate.8.gz",
        "usr/share/bash-completion/completions/tcpw",
        "usr/share/zsh/vendor-completions/_tcpw",
        "usr/share/fish/vendor_completions.d/tcpw.fish",
        "usr/share/vim/vimfiles/syntax/hostsaccess.vim",
        "usr/lib/systemd/system/tcpw-deliver.path",
        "usr/lib/systemd/system/tcpw-expire.timer",
        "usr/lib/sysusers.d/tcpw.conf",
        "usr/lib/tmpfiles.d/tcpw.conf",
        "usr/share/doc/tcpw/examples/cron",
        "usr/share/doc/tcpw/examples/ansible.yml",
        "usr/share/doc/tcpw/changelog.gz",
        "usr/share/doc/tcpw/CHANGELOG.md.gz",
        "usr/share/doc/tcpw/copyright",
        "usr/share/doc/tcpw/README.md",
        "usr/share/doc/tcpw/sbom.cdx.json",
        "usr/share/doc/tcpw/third-party-licenses.txt.gz",
    ] {
        has("-rw-r--r--", path);
    }
    for page in fs::read_dir(root().join("man")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        if let Some(name) = name.strip_suffix(".1") {
            has("-rw-r--r--", &format!("usr/share/man/man8/{name}.8.gz"));
        }
    }
    // A unit is on if a target wants it, and there is one file in /etc.
    assert!(files.iter().all(|(_, path)| !path.contains(".wants/")));
    let in_etc = files
        .iter()
        .filter(|(_, path)| path.starts_with("./etc/") && !path.ends_with('/'));
    assert_eq!(in_etc.count(), 1);
    let conffiles = Command::new("dpkg-deb")
        .arg("--info")
        .arg(package())
        .arg("conffiles")
        .output();
    assert_eq!(conffiles.unwrap().stdout, b"/etc/tcpw.toml\n");
}

#[test]
fn its_pages_and_units_name_each_other_in_the_section_where_they_are() {
    let folder = TempDir::new().unwrap();
    run(Command::new("dpkg-deb")
        .arg("--extract")
        .arg(package())
        .arg(folder.path()));
    let look = "cd \"$1\" && zgrep -E 'tcpw[a-z\\\\-]*\\(1\\)|^\\.Xr tcpw[a-z-]* 1|^\\.TH tcpw[^ ]* 1 ' \
                usr/share/man/man*/* ; grep -rE 'man:tcpw[a-z-]*\\(1\\)' usr/lib/systemd";
    let found = Command::new("sh")
        .args(["-c", look, "sh"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    // And there is something to find in the sources.
    let sources = fs::read_to_string(root().join("man/tcpw.1")).unwrap();
    assert!(sources.contains(".TH tcpw 1 ") && sources.contains("tcpw\\-lint(1)"));
    let title =
        "zcat \"$1\"/usr/share/man/man8/tcpw.8.gz | grep -c -e '^\\.TH tcpw 8 ' -e 'tcpw..lint(8)'";
    let title = Command::new("sh")
        .args(["-c", title, "sh"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(title.stdout, b"2\n");
}

#[test]
fn it_is_made_alike_whenever_and_wherever_it_is_made() {
    let other = TempDir::new().unwrap();
    let again = make(other.path());
    let (one, two) = (fs::read(package()).unwrap(), fs::read(again).unwrap());
    assert!(one == two, "two packages of the same programs differ");
    assert!(one.len() > 1 << 20);
    proof::say(&format!(
        "package: made twice, the same {} bytes",
        one.len()
    ));
}

#[test]
fn lintian_finds_no_error() {
    let mut lintian = Command::new("lintian");
    lintian.args(["--allow-root", "--fail-on", "error", "--color", "never"]);
    let (code, said) = outcome(lintian.arg(package()));
    assert_eq!(code, Some(0), "{said}");
    let count = |mark: &str| said.lines().filter(|line| line.starts_with(mark)).count();
    assert_eq!(count("E:"), 0, "{said}");
    proof::say(&format!(
        "package: lintian: 0 errors, {} warnings",
        count("W:")
    ));
}

/// lintian is able to find something: a package whose program cannot be run by others.
#[test]
fn lintian_would_notice() {
    let folder = TempDir::new().unwrap();
    let tree = folder.path().join("tree");
    run(Command::new("dpkg-deb")
        .arg("--raw-extract")
        .arg(package())
        .arg(&tree));
    fs::remove_file(tree.join("usr/share/doc/tcpw/copyright")).unwrap();
    let bad = folder.path().join("bad.deb");
    run(Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Znone", "--build"])
        .arg(&tree)
        .arg(&bad));
    let mut lintian = Command::new("lintian");
    lintian.args([
        "--allow-root",
        "--fail-on",
        "error",
        "--tags",
        "no-copyright-file",
    ]);
    let (code, said) = outcome(lintian.arg(&bad));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no-copyright-file"), "{said}");
}
