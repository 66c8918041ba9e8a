//! "Nothing is wrong", "nothing is there", "it is done already": each such sentence in a case in
//! which it would be false, and is not said.

use crate::sandbox::program;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

struct Server(tempfile::TempDir);

struct Said {
    text: String,
    code: i32,
}

impl Server {
    fn new(allow: &str, deny: &str) -> Self {
        let server = Self(tempfile::tempdir().unwrap());
        fs::set_permissions(server.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["etc", "var/lib/tcpw", "var/spool"] {
            fs::create_dir_all(server.0.path().join(folder)).unwrap();
        }
        server.write("etc/hosts.allow", allow);
        server.write("etc/hosts.deny", deny);
        server
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).unwrap();
    }

    fn say(&self, line: &str) -> Said {
        let output = Command::new(program())
            .arg("--root")
            .arg(self.0.path())
            .args(line.split(' '))
            .env("LC_ALL", "C")
            .env_remove("SSH_CONNECTION")
            .output()
            .unwrap();
        Said {
            text: String::from_utf8([output.stdout, output.stderr].concat()).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// `line` says `sentence` on a server of these tables: what makes it false is worth a test.
    #[track_caller]
    fn says(&self, line: &str, sentence: &str) {
        let said = self.say(line);
        assert!(said.text.contains(sentence), "{line}: {}", said.text);
    }

    #[track_caller]
    fn does_not_say(&self, line: &str, sentence: &str, code: i32) {
        let said = self.say(line);
        assert!(!said.text.contains(sentence), "{line}: {}", said.text);
        assert_eq!(said.code, code, "{line}: {}", said.text);
    }
}

#[test]
fn everybody_may_connect() {
    let sentence = "everybody may connect";
    let neither = Server::new("# nothing\n", "");
    neither.says("list", sentence);
    // Where libwrap cannot read on, it refuses everybody (F-LINE-12).
    for deny in ["# ALL: ALL", &format!("# {}\n", "x".repeat(2047))] {
        Server::new("", deny).does_not_say("list", sentence, 0);
    }
    // A table that cannot be read is not empty.
    let server = Server::new("", "");
    fs::remove_file(server.0.path().join("etc/hosts.deny")).unwrap();
    std::os::unix::fs::symlink("hosts.deny", server.0.path().join("etc/hosts.deny")).unwrap();
    server.does_not_say("list", sentence, 2);
    let server = Server::new("", "");
    server.does_not_say("--deny-file /etc/other list", sentence, 2);
}

#[test]
fn no_changes_yet() {
    let sentence = "no changes yet";
    let server = Server::new("", "");
    server.says("history", sentence);
    // The directory of the history is not a directory, or leads nowhere.
    let place = server.0.path().join("var/lib/tcpw/history");
    server.write("var/lib/tcpw/history", "");
    server.does_not_say("history", sentence, 2);
    fs::remove_file(&place).unwrap();
    std::os::unix::fs::symlink("history", &place).unwrap();
    server.does_not_say("history", sentence, 2);
    fs::remove_file(&place).unwrap();
    assert_eq!(server.say("allow 10.1.2.3").code, 0);
    server.does_not_say("history", sentence, 0);
    // A record that cannot be read is a change nevertheless.
    for entry in fs::read_dir(&place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            for file in fs::read_dir(&path).unwrap() {
                fs::write(file.unwrap().path(), "\u{0}").unwrap();
            }
        } else {
            fs::write(path, "\u{0}").unwrap();
        }
    }
    server.does_not_say("history", sentence, 2);
}

#[test]
fn in_place_already() {
    let sentence = "in place already";
    let closed = Server::new("", "ALL: ALL\n");
    closed.says("deny-all", sentence);
    for (allow, deny) in [
        ("", "# ALL: ALL\n"),
        ("", "ALL: ALL EXCEPT 10.1.2.3\n"),
        ("", "ALL EXCEPT sshd: ALL\n"),
        ("", "ALL: ALL : allow\n"),
        ("", "ALL: LOCAL, 0.0.0.0/0.0.0.0\n"),
        ("ALL: ALL\n", "ALL: ALL\n"),
        ("ALL: ALL EXCEPT 192.0.2.1\n", "ALL: ALL\n"),
    ] {
        let server = Server::new(allow, deny);
        let said = server.say("deny-all --dry-run");
        let decides = |text: &str| text.contains(sentence) && said.code == 0;
        assert!(!decides(&said.text), "{allow:?} {deny:?}: {}", said.text);
    }
}

#[test]
fn nothing_to_change() {
    let sentence = "nothing to change";
    let server = Server::new("sshd: 10.1.2.3\n", "ALL: ALL\n");
    server.says("allow 10.1.2.3 --daemon sshd", sentence);
    for (allow, deny) in [
        ("sshd: ALL EXCEPT 10.1.2.3\n", "ALL: ALL\n"),
        ("sshd: 10.1.2.3: deny\nsshd: 10.1.2.3\n", "ALL: ALL\n"),
        ("sshd: 10.1.2.3", "ALL: ALL\n"),
        ("sshd: 10.1.2.3 # my desk: ALL\n", "ALL: ALL\n"),
        ("ssh: 10.1.2.3\n", "ALL: ALL\n"),
        ("sshd: 10.1.2.3/24\n", "ALL: ALL\n"),
        ("# sshd: 10.1.2.3\n", "ALL: ALL\n"),
        ("sshd: 10.1.2.3: twist /bin/false\n", "ALL: ALL\n"),
    ] {
        let server = Server::new(allow, deny);
        let said = server.say("allow 10.1.2.3 --daemon sshd --dry-run");
        assert!(!said.text.contains(sentence), "{allow:?}: {}", said.text);
    }
}

#[test]
fn the_queue_is_empty() {
    let sentence = "the queue is empty";
    let server = Server::new("", "");
    server.says("queue list", sentence);
    // The journal is damaged, or is a directory, or the drop directory cannot be listed.
    server.write(
        "var/lib/tcpw/journal.db",
        "no database at all, only words in a row\n",
    );
    server.does_not_say("queue list", sentence, 2);
    let place = server.0.path().join("var/lib/tcpw/journal.db");
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    server.does_not_say("queue list", sentence, 2);
    fs::remove_dir(&place).unwrap();
    fs::create_dir_all(server.0.path().join("var/spool/tcpw")).unwrap();
    server.write("var/spool/tcpw/drop", "");
    server.does_not_say("queue list", sentence, 2);
}

#[test]
fn nothing_found() {
    let sentence = "nothing found in";
    let clean = Server::new("sshd: 10.1.2.3\n", "ALL: ALL\n");
    clean.says("lint", sentence);
    for (allow, deny, code) in [
        ("sshd: 10.1.2.3", "ALL: ALL\n", 1),
        ("sshd: 10.1.2.3/24\n", "ALL: ALL\n", 1),
        ("sshd: 10.1.2.3\n", "# ALL: ALL\n", 0),
    ] {
        Server::new(allow, deny).does_not_say("lint", sentence, code);
    }
    clean.does_not_say("lint /etc/hosts.alow /etc/hosts.deny", sentence, 2);
}

#[test]
fn expectations_that_held() {
    let server = Server::new("sshd: 10.1.2.3\n", "ALL: ALL\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.test");
    let test = format!("test {}", file.display());
    fs::write(&file, "sshd 10.1.2.3 granted\n").unwrap();
    server.says(&test, "1 expectation: 1 held, 0 failed");
    for (text, code) in [
        ("", 1),
        ("# sshd 10.1.2.3 granted\n", 1),
        ("sshd 10.1.2.3 grante\n", 2),
    ] {
        fs::write(&file, text).unwrap();
        server.does_not_say(&test, "1 held", code);
    }
    fs::write(&file, "sshd 10.1.2.4 granted\n").unwrap();
    server.does_not_say(&test, "0 failed", 1);
}

#[test]
fn nobody_gains_or_loses_access() {
    let sentence = "nobody gains or loses access";
    let open_already = Server::new("", "");
    open_already.says("allow 10.1.2.4 --dry-run", sentence);
    for (line, allow, deny) in [
        (
            "allow 10.1.2.4 --daemon sshd",
            "sshd: 10.1.2.3\n",
            "ALL: ALL\n",
        ),
        ("revoke 10.1.2.3", "sshd: 10.1.2.3\n", "ALL: ALL\n"),
        ("deny-all", "", ""),
        ("deny 10.1.2.3", "", ""),
        ("fmt --final-newline", "", "ALL: ALL EXCEPT 10.1.2.3"),
        ("open --force", "", "ALL: ALL\n"),
    ] {
        let server = Server::new(allow, deny);
        let said = server.say(line);
        assert!(!said.text.contains(sentence), "{line}: {}", said.text);
    }
}
