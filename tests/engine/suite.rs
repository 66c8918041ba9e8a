//! The libwrap of another Debian suite, unpacked into the target's folder and never installed.

#![expect(
    clippy::unwrap_in_result,
    reason = "the error is that the suite cannot be reached; what the test itself cannot do is a panic"
)]

use super::library::program;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A suite whose library can be asked.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Its name.
    pub(crate) name: &'static str,
    /// The packages, as `libwrap0_VERSION_ARCH libc6_VERSION_ARCH`.
    pub(crate) packages: String,
    /// Where it is unpacked.
    pub(crate) root: PathBuf,
    linker: PathBuf,
    folders: OsString,
}

impl Suite {
    /// The suite `name`, fetched if no earlier run left it here; an error is the reason why not.
    pub(crate) fn unpack(name: &'static str) -> Result<Self, String> {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suites");
        let place = kept.join(name);
        let list = place.join("packages");
        if !list.exists() {
            fs::create_dir_all(&kept).unwrap();
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engine/unpack-libwrap");
            let output = Command::new("sh")
                .args([script, name])
                .arg(&place)
                .output()
                .unwrap();
            if !output.status.success() {
                let reason = String::from_utf8_lossy(&output.stderr);
                return Err(reason
                    .lines()
                    .last()
                    .unwrap_or("no reason given")
                    .to_owned());
            }
            let names = String::from_utf8_lossy(&output.stdout);
            let names: Vec<&str> = names.lines().collect();
            fs::write(&list, names.join(" ")).unwrap();
        }
        let root = place.join("root");
        let folder = |name: &str| {
            let found = find(&root, &|file| file == name);
            found.and_then(|path| path.parent().map(Path::to_owned))
        };
        let linker = find(&root, &|file| file.starts_with("ld-linux"));
        let folders = [folder("libwrap.so.0"), folder("libc.so.6")];
        let [wrap, libc] = folders.map(|folder| folder.expect("the packages have both libraries"));
        let linker = linker.expect("libc6 has the dynamic linker");
        let suite = Self {
            root: root.clone(),
            name,
            packages: fs::read_to_string(&list).unwrap(),
            linker,
            folders: std::env::join_paths([wrap, libc]).unwrap(),
        };
        suite.demand_own_library(&root);
        Ok(suite)
    }

    /// A command that runs the program given as its argument with the libraries of the suite.
    pub(crate) fn linker(&self) -> Command {
        let mut command = Command::new(&self.linker);
        command.arg("--library-path").arg(&self.folders);
        command
    }

    /// Fails unless the oracle is given libwrap and libc of the suite.
    fn demand_own_library(&self, root: &Path) {
        let listed = self.linker().arg("--list").arg(program()).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        for library in ["libwrap.so.0", "libc.so.6"] {
            let own = format!("{library} => {}/", root.display());
            assert!(listed.contains(&own), "{}:\n{listed}", self.name);
        }
    }
}

/// The first file or link below `root` whose name is wanted.
fn find(root: &Path, is_wanted: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let mut waiting = vec![root.to_owned()];
    while let Some(place) = waiting.pop() {
        for entry in fs::read_dir(place).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            } else if path
                .file_name()
                .is_some_and(|name| is_wanted(&name.to_string_lossy()))
            {
                return Some(path);
            }
        }
    }
    None
}
