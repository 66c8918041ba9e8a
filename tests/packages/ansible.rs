//! The collection of Ansible, run by the installed ansible-core: on roots without a network, over the
//! real ssh with a connection that is kept, and as a role on a system of its own.

use super::deb::package;
use super::lifecycle::play;
use super::programs::root;
use crate::{proof, sandbox};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A control node of its own: the collection as it is installed, and a home of nobody.
struct Control {
    folder: TempDir,
}

impl Control {
    fn new() -> Self {
        let control = Self {
            folder: TempDir::with_prefix("tcpw-ansible-").unwrap(),
        };
        let place = control.path("collections/ansible_collections/tcpw");
        fs::create_dir_all(&place).unwrap();
        let copied = Command::new("cp")
            .arg("-r")
            .arg(root().join("packaging/ansible"))
            .arg(place.join("tcpw"))
            .status();
        assert!(copied.unwrap().success());
        control
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of Ansible, which sees this control node alone.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("ANSIBLE_COLLECTIONS_PATH", self.path("collections"))
            .env("ANSIBLE_LOCALHOST_WARNING", "False")
            .env("ANSIBLE_REMOTE_TMP", self.path("remote"))
            .env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
            // A session that every test's tables admit hides the one this test may run in.
            .env("SSH_CONNECTION", "0.0.0.1 1 0.0.0.2 22")
            .current_dir(self.folder.path());
        command
    }

    /// Runs a playbook of this folder on a root with these tables; what it printed.
    fn play(&self, playbook: &str, [allow, deny]: [&str; 2]) -> String {
        let etc = self.path("root/etc");
        fs::create_dir_all(&etc).unwrap();
        fs::write(etc.join("hosts.allow"), allow).unwrap();
        fs::write(etc.join("hosts.deny"), deny).unwrap();
        let variables = serde_json::json!({
            "root": self.path("root"),
            "program": sandbox::program().to_str(),
        });
        let mut command = self.command("ansible-playbook");
        command
            .args(["--inventory", "localhost,", "--extra-vars"])
            .arg(variables.to_string())
            .arg(root().join("tests/packages/ansible").join(playbook));
        succeeded(&mut command)
    }
}

/// Runs a command that must succeed; what it printed.
fn succeeded(command: &mut Command) -> String {
    let output = command.output().expect("ansible-core and ansible-lint");
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    format!("{out}{err}")
}

#[test]
fn modules_show_change_and_change_nothing_a_second_time() {
    let said = Control::new().play("rules.yml", ["sshd: 10.1.2.3\n", "sshd: ALL\n"]);
    // What tcpw says to people on standard error.
    assert!(said.contains("[WARNING]: no mail.transport in"), "{said}");
    proof::say("ansible: check mode, diff, a second run that changes nothing, and what is refused");
}

#[test]
fn a_lockout_is_rolled_back_by_itself() {
    Control::new().play("lockout.yml", ["sshd: 10.1.2.3\n", ""]);
    proof::say("ansible: a change that nobody confirms is rolled back by itself");
}

#[test]
fn the_documentation_says_what_the_modules_take_and_answer() {
    let control = Control::new();
    let mut command = control.command("/usr/bin/python3");
    command
        .arg(root().join("tests/packages/ansible/agree.py"))
        .args([control.path("collections"), root().join("grammar")]);
    let said = succeeded(&mut command);
    proof::say(&format!("ansible: {} are as documented", said.trim()));
}

#[test]
fn the_collection_is_clean_and_is_built() {
    let control = Control::new();
    let place = control.path("collections/ansible_collections/tcpw/tcpw");
    let mut lint = control.command("ansible-lint");
    lint.args([
        "--offline",
        "--strict",
        "--nocolor",
        "--profile",
        "production",
    ]);
    let said = succeeded(lint.current_dir(&place));
    assert!(
        said.contains("Passed with production profile: 0 failure(s), 0 warning(s)"),
        "{said}"
    );
    let mut build = control.command("ansible-galaxy");
    build
        .args(["collection", "build", "--output-path"])
        .arg(control.folder.path());
    succeeded(build.current_dir(&place));
    let archive = fs::read_dir(control.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .unwrap();
    // Installed from that, it is there.
    let other = control.path("other");
    let mut install = control.command("ansible-galaxy");
    install.args(["collection", "install", "--offline", "--collections-path"]);
    succeeded(install.arg(&other).arg(&archive));
    let mut doc = control.command("ansible-doc");
    let said = succeeded(
        doc.env("ANSIBLE_COLLECTIONS_PATH", &other)
            .args(["--list", "tcpw.tcpw"]),
    );
    for module in ["alert", "confirm", "doctor_info", "rules"] {
        assert!(said.contains(&format!("tcpw.tcpw.{module}")), "{said}");
    }
    proof::say(
        "ansible: ansible-lint: 0 failures, 0 warnings; built and installed from its archive",
    );
}

/// Plays a script of this folder, which must prove as many things as `facts`.
fn prove(script: &str, what: &std::ffi::OsStr, facts: usize) {
    let control = Control::new();
    let collections = control.path("collections");
    let log = play(script, &[what, collections.as_os_str()]);
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("ansible: "))
        .collect();
    assert_eq!(proven.len(), facts, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}

#[test]
fn only_a_new_login_confirms_over_ssh() {
    prove("ansible/ssh.sh", &sandbox::program(), 6);
}

#[test]
fn the_role_sets_a_server_up() {
    prove("ansible/role.sh", package().as_os_str(), 1);
}
