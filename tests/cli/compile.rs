//! `tcpw compile`: a form that follows what tcpw changes, and is never used after anybody else did.

use crate::sandbox::program;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A system below a root, with a table that is long enough.
struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["etc", "var/lib", "var/spool"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        let lines = (0..6000).map(|n| format!("sshd: 10.{}.{}.1\n", n / 250, n % 250));
        let stage = Self(root);
        fs::write(stage.deny(), lines.collect::<String>()).unwrap();
        stage
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn deny(&self) -> PathBuf {
        self.path("etc/hosts.deny")
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.arg("--root").arg(self.0.path()).args(words);
        command.env_remove("SSH_CONNECTION").output().unwrap()
    }

    /// The output of a command that ends with this code.
    #[track_caller]
    fn ends(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}\n{text}{error}");
        let root = self.0.path().to_str().unwrap();
        (text + &error)
            .replace(root, "ROOT")
            .replace(['\n', ' '], " ")
    }

    fn forms(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.path("var/lib/tcpw/compiled")) else {
            return Vec::new();
        };
        let paths = files.map(|file| file.unwrap().path());
        let is_form = |path: &PathBuf| !is_hidden(path);
        paths.filter(is_form).collect()
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with('.')
}

#[test]
fn a_form_follows_the_table_and_is_not_used_after_a_change_by_hand() {
    let stage = Stage::new();
    let check = |code| stage.ends(&["compile", "--check"], code);
    assert!(check(1).contains("hosts.deny: not compiled; run `tcpw compile`"));
    let text = stage.ends(&["compile"], 0);
    assert!(
        text.contains("hosts.allow: no file, so nothing to compile"),
        "{text}"
    );
    assert!(text.contains("hosts.deny: 6000 rules in "), "{text}");
    let forms = stage.forms();
    assert_eq!(forms.len(), 1);
    let mode = fs::metadata(&forms[0]).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o644);
    assert!(check(0).contains("hosts.deny: compiled as it is now, 6000 rules in "));
    stage.ends(&["match", "sshd", "10.3.4.1"], 1);
    stage.ends(&["match", "sshd", "203.0.113.9"], 0);

    // By tcpw: compiled again, and so is what is undone.
    stage.ends(&["deny", "203.0.113.9", "-d", "sshd"], 0);
    assert!(check(0).contains("6001 rules"));
    stage.ends(&["match", "sshd", "203.0.113.9"], 1);
    stage.ends(&["undo"], 0);
    assert!(check(0).contains("6000 rules"));
    stage.ends(&["match", "sshd", "203.0.113.9"], 0);

    // By hand: not used, and the verdict is that of the table.
    let text = fs::read_to_string(stage.deny()).unwrap();
    fs::write(stage.deny(), text.replace("10.3.4.1\n", "10.9.9.9\n")).unwrap();
    let said = check(1);
    assert!(
        said.contains("its compiled form is not used: the table was changed since"),
        "{said}"
    );
    stage.ends(&["match", "sshd", "10.3.4.1"], 0);
    stage.ends(&["match", "sshd", "10.9.9.9"], 1);
    // What the timer runs makes it again, but not to show what it would do.
    stage.ends(&["expire", "--dry-run"], 0);
    check(1);
    stage.ends(&["expire"], 0);
    stage.ends(&["match", "sshd", "10.9.9.9"], 1);
    check(0);

    // Damaged: the same.
    let mut bytes = fs::read(&forms[0]).unwrap();
    bytes.truncate(4096);
    fs::write(&forms[0], bytes).unwrap();
    assert!(check(1).contains("its compiled form is not used: it has 4096 bytes"));
    stage.ends(&["match", "sshd", "10.9.9.9"], 1);

    let text = stage.ends(&["compile", "--remove"], 0);
    assert!(
        text.contains("hosts.deny: its compiled form is removed"),
        "{text}"
    );
    assert!(stage.forms().is_empty());
    stage.ends(&["deny", "203.0.113.9", "-d", "sshd"], 0);
    assert!(stage.forms().is_empty(), "nobody asked for one");
    assert!(
        stage
            .ends(&["compile", "--remove"], 0)
            .contains("there is no compiled form")
    );
}

#[test]
fn a_form_that_cannot_be_made_again_is_remarked_on_and_the_change_stays() {
    let stage = Stage::new();
    stage.ends(&["compile"], 0);
    let directory = stage.path("var/lib/tcpw/compiled");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    let text = stage.ends(&["deny", "203.0.113.9", "-d", "sshd"], 0);
    assert!(text.contains("was not compiled again"), "{text}");
    stage.ends(&["match", "sshd", "203.0.113.9"], 1);
    let text = stage.ends(&["compile"], 2);
    assert!(text.contains("others than root can change"), "{text}");
}
