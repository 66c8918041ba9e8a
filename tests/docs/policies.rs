//! The commands that `docs/policies.md` gives to other tools: what each of them decides by is so.

use crate::sandbox::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How the page names the program.
const PROGRAM: &str = "/usr/sbin/tcpw ";

/// A server with the policy that is wanted, as a root.
struct Server {
    folder: TempDir,
}

impl Server {
    fn new(allow: &str, deny: &str) -> Self {
        let server = Self {
            folder: TempDir::with_prefix("tcpw-policies-").unwrap(),
        };
        server.write("etc/hosts.allow", allow);
        server.write("etc/hosts.deny", deny);
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn tables(&self) -> [String; 2] {
        ["etc/hosts.allow", "etc/hosts.deny"]
            .map(|name| fs::read_to_string(self.path(name)).unwrap())
    }

    /// Runs a command line of the page by a shell, as the tools do; its exit code and what it said.
    fn run(&self, line: &str) -> (Option<i32>, String) {
        let (program, root) = (program(), self.folder.path());
        let own = format!("{} --root {} ", program.to_str().unwrap(), root.display());
        let tables = self.path("etc/tcpw/tables");
        let line = line
            .replace(PROGRAM, &own)
            .replace("/etc/tcpw/tables", tables.to_str().unwrap());
        let output = Command::new("sh")
            .args(["-c", &line])
            .env_remove("SSH_CONNECTION")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }
}

/// The check and the command of each tool, as they stand on the page.
fn tools() -> Vec<(String, [String; 2])> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policies.md");
    let page = fs::read_to_string(page).unwrap();
    let sections = page.split("\n## ").skip(1);
    let found = sections.filter_map(|section| {
        let (name, text) = section.split_once('\n').unwrap();
        let lines: Vec<String> = text
            .lines()
            .filter_map(|line| line.split_once(PROGRAM))
            .map(|(_, rest)| format!("{PROGRAM}{}", rest.split('\'').next().unwrap()))
            .collect();
        let mut lines = lines.into_iter();
        let (command, check) = (lines.next()?, lines.next().unwrap());
        assert_eq!(lines.next(), None, "{name}");
        Some((name.to_owned(), [check, command]))
    });
    found.collect()
}

#[test]
fn each_tool_asks_first_and_changes_nothing_twice() {
    let tools = tools();
    let names: Vec<&str> = tools.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Puppet", "Chef", "Salt"]);
    for (name, [check, command]) in &tools {
        let server = Server::new("sshd: 10.1.2.3\n", "");
        let wanted = ["sshd: 192.0.2.7\n", "ALL: ALL\n"].map(str::to_owned);
        server.write("etc/tcpw/tables/hosts.allow", &wanted[0]);
        server.write("etc/tcpw/tables/hosts.deny", &wanted[1]);
        let (code, said) = server.run(check);
        assert_eq!((code, &*said), (Some(1), ""), "{name}");
        assert_eq!(server.tables()[1], "", "{name}: a check wrote");
        let (code, said) = server.run(command);
        assert_eq!(code, Some(0), "{name}: {said}");
        assert_eq!(server.tables(), wanted, "{name}");
        let (code, said) = server.run(check);
        assert_eq!((code, &*said), (Some(0), ""), "{name}");
        // What would lock out an address that must get in: the command is run and says why.
        server.write("etc/tcpw.toml", "[guard]\nkeep_in = [\"192.0.2.7\"]\n");
        server.write("etc/tcpw/tables/hosts.allow", "sshd: 10.1.2.3\n");
        let (code, _) = server.run(check);
        assert_eq!(code, Some(2), "{name}");
        let (code, said) = server.run(command);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(
            said.contains("192.0.2.7, which guard.keep_in names, would be refused"),
            "{said}"
        );
        assert_eq!(server.tables(), wanted, "{name}");
    }
}

#[test]
fn the_state_of_salt_can_be_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policies.md");
    let read = "import sys, yaml; page = open(sys.argv[1]).read(); \
                state = yaml.safe_load(page.split('```yaml\\n')[1].split('```')[0]); \
                print(sorted(name for one in state.values() for name in one))";
    let output = Command::new("/usr/bin/python3")
        .args(["-c", read])
        .arg(page)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "['cmd.run', 'file.recurse']\n"
    );
}
