//! The README and the tour are true: their commands run and print what is shown, and the
//! configuration is accepted. `TCPW_UPDATE=1 cargo test readme` writes the outputs again.

use std::cell::RefCell;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fenced block: its language and its lines.
struct Block {
    language: String,
    lines: Vec<String>,
}

/// The pages whose sessions are run, and how many commands each shows at least.
const PAGES: [(&str, usize); 3] = [("README.md", 4), ("README.ko.md", 4), ("docs/tour.md", 15)];
/// The README in its languages.
const READMES: [&str; 2] = ["README.md", "README.ko.md"];

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_inside = !is_inside;
            if is_inside {
                blocks.push(Block {
                    language: language.to_owned(),
                    lines: Vec::new(),
                });
            }
        } else if is_inside {
            blocks.last_mut().unwrap().lines.push(line.to_owned());
        }
    }
    blocks
}

/// A server as the README finds it: two tables with a comment, and the session it is read in.
struct Server {
    folder: tempfile::TempDir,
    /// Where the shell stands, below the root.
    place: RefCell<PathBuf>,
}

impl Server {
    fn new() -> Self {
        // Of the same length wherever the tests run.
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        for path in ["etc", "var/lib", "var/spool", "dev", "usr/bin"] {
            std::fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let write =
            |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
        write(
            "etc/hosts.allow",
            "# Who may connect. See hosts_access(5).\n",
        );
        write("etc/hosts.deny", "# Who may not. See hosts_access(5).\n");
        write("usr/bin/logger", "#!/bin/sh\n");
        let everybody = std::fs::Permissions::from_mode(0o755);
        for path in ["", "usr", "usr/bin", "usr/bin/logger"] {
            std::fs::set_permissions(folder.path().join(path), everybody.clone()).unwrap();
        }
        // Where the README says: texts that are cut at a length do not depend on the checkout then.
        let programs = folder.path().join("usr/local/sbin");
        std::fs::create_dir_all(&programs).unwrap();
        let tested = PathBuf::from(crate::sandbox::program());
        let copied = Command::new("cp")
            .args([&tested, &tested.with_file_name("tcpw-notify"), &programs])
            .status();
        assert!(copied.unwrap().success());
        // What the README names lies in the checkout.
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        std::os::unix::fs::symlink(fixtures, folder.path().join("fixtures")).unwrap();
        Self {
            folder,
            place: RefCell::default(),
        }
    }

    /// What a line after `$` prints, as the page shows it.
    fn run(&self, line: &str) -> (String, i32) {
        let words: Vec<&str> = line.split(' ').filter(|word| *word != "sudo").collect();
        let root = self.folder.path();
        if words[0] == "cd" {
            self.place.replace(words[1].into());
            return (String::new(), 0);
        }
        let mut command = match words[0] {
            "tcpw" => Command::new(root.join("usr/local/sbin/tcpw")),
            "tcpdchk" => Command::new("/usr/sbin/tcpdchk"),
            program => Command::new(program),
        };
        if words[0] == "tcpw" {
            command.arg("--root").arg(root);
        }
        let output = command
            .args(&words[1..])
            .current_dir(root.join(&*self.place.borrow()))
            .env("SSH_CONNECTION", "198.51.100.7 50022 192.0.2.1 22")
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        assert_eq!(output.status.signal(), None, "{line}");
        let text = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8(text)
            .unwrap()
            .replace(root.to_str().unwrap(), "");
        (shown, output.status.code().unwrap())
    }
}

#[test]
fn their_sessions_are_what_the_program_prints() {
    for (name, least) in PAGES {
        check_sessions(name, least);
    }
}

fn check_sessions(name: &str, least: usize) {
    let text = std::fs::read_to_string(page(name)).unwrap();
    let server = Server::new();
    let mut updated = text.clone();
    let mut commands = 0;
    for block in blocks(&text)
        .iter()
        .filter(|block| block.language == "console")
    {
        let mut shown = String::new();
        server.place.take();
        for line in block
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix("$ "))
        {
            let (mut printed, _) = server.run(line);
            // A table may lack its last newline.
            if !printed.is_empty() && !printed.ends_with('\n') {
                printed.push('\n');
            }
            shown = format!("{shown}$ {line}\n{printed}");
            commands += 1;
        }
        let old = format!("```console\n{}\n```", block.lines.join("\n"));
        let new = format!("```console\n{shown}```");
        assert!(updated.contains(&old), "a block stands twice");
        updated = updated.replacen(&old, &new, 1);
    }
    assert!(commands >= least, "{name}: {commands} commands only");
    if std::env::var_os("TCPW_UPDATE").is_some() {
        std::fs::write(page(name), &updated).unwrap();
    } else {
        let differences: Vec<String> = similar::TextDiff::from_lines(&text, &updated)
            .iter_all_changes()
            .filter(|change| change.tag() != similar::ChangeTag::Equal)
            .map(|change| format!("{}{change}", change.tag()))
            .collect();
        assert!(
            differences.is_empty(),
            "{name} is out of date: TCPW_UPDATE=1 cargo test readme\n{}",
            differences.concat()
        );
    }
}

#[test]
fn their_configuration_is_accepted_and_their_other_commands_work() {
    let server = Server::new();
    let mut seen = Vec::new();
    let of_readme = |(name, _): (&str, usize)| {
        let text = std::fs::read_to_string(page(name)).unwrap();
        // The first five lines of all are typed on a system of their own, by tests/packages/walk.sh.
        let start = usize::from(READMES.contains(&name));
        blocks(&text).into_iter().skip(start).collect::<Vec<_>>()
    };
    for block in PAGES.into_iter().flat_map(of_readme) {
        if block.language == "toml" {
            let toml = block.lines.join("\n");
            let config = tcpw::config::parse(
                toml.as_bytes(),
                Path::new("docs/tour.md"),
                &Path::to_path_buf,
            );
            assert!(config.is_ok(), "{config:?}");
            // Its mail server is nobody's: here mails are files.
            let file = server.folder.path().join("etc/tcpw.toml");
            std::fs::write(file, "[mail]\ntransport = 'file'\n").unwrap();
            seen.push("toml");
        }
        for line in block.lines.iter().filter(|_| block.language == "sh") {
            if line.contains("tcpw ") {
                let (printed, code) = server.run(line);
                assert_eq!(code, 0, "{line}: {printed}");
                seen.push("tcpw");
            } else if line == "tests/run" {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(line);
                assert!(path.exists(), "{line}");
                seen.push("tests/run");
            } else {
                // The demo itself has tests of its own.
                assert_eq!(line, "cargo run --release -- demo");
                seen.push("demo");
            }
        }
    }
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            "demo",
            "demo",
            "tcpw",
            "tcpw",
            "tests/run",
            "tests/run",
            "toml"
        ]
    );
}

/// A first command that fails is the last one a newcomer types.
#[test]
fn its_first_two_commands_are_what_continuous_integration_runs() {
    let text = std::fs::read_to_string(page("README.md")).unwrap();
    let start = text
        .split("\n## ")
        .find(|part| part.starts_with("Build and test\n"))
        .unwrap();
    let shown = blocks(start)
        .into_iter()
        .filter(|block| block.language == "sh");
    let commands: Vec<String> = shown.flat_map(|block| block.lines).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run");
    let script = std::fs::read_to_string(script).unwrap();
    let last: Vec<&str> = script.lines().rev().take(2).collect();
    assert_eq!(last, [commands[1].as_str(), commands[0].as_str()]);
}

#[test]
fn both_languages_show_the_same_commands() {
    let shown = READMES.map(|name| {
        let text = std::fs::read_to_string(page(name)).unwrap();
        let blocks = blocks(&text).into_iter();
        blocks
            .map(|block| (block.language, block.lines))
            .collect::<Vec<_>>()
    });
    assert_eq!(shown[0], shown[1]);
    assert!(shown[0].len() > 5, "{} blocks only", shown[0].len());
}

/// What the README shows of other files is what stands in them; the tests of these run it.
#[test]
fn its_recipes_are_those_of_the_examples() {
    let text = std::fs::read_to_string(page("README.md")).unwrap();
    let recipes: Vec<String> = blocks(&text)
        .into_iter()
        .filter(|block| block.language == "yaml")
        .map(|block| block.lines.join("\n"))
        .collect();
    assert_eq!(recipes.len(), 3);
    for (recipe, example) in recipes.iter().zip(["ansible.yml", "github.yml"]) {
        let path = page("packaging/examples").join(example);
        let example = std::fs::read_to_string(path).unwrap();
        assert!(example.contains(recipe), "{recipe}");
    }
}

/// The command of the playbook: a second run changes nothing, and says so in the words it looks for.
#[test]
fn its_playbook_changes_nothing_the_second_time() {
    let server = Server::new();
    let tables = server.folder.path().join("etc/tcpw/tables");
    std::fs::create_dir_all(&tables).unwrap();
    std::fs::write(tables.join("hosts.allow"), "sshd: 198.51.100.7\n").unwrap();
    std::fs::write(tables.join("hosts.deny"), "ALL: ALL\n").unwrap();
    let line = format!("tcpw apply {}", tables.display());
    let (first, code) = server.run(&line);
    assert_eq!(code, 0, "{first}");
    assert!(!first.contains("nothing to change"), "{first}");
    let (second, code) = server.run(&line);
    assert_eq!((code, &*second), (0, "nothing to change\n"));
}

#[test]
fn what_it_names_is_there() {
    let text = std::fs::read_to_string(page("README.md")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [
        "man/session.svg",
        "src/lib.rs",
        "grammar/hosts_access.ebnf",
        "tests/main.rs",
    ] {
        assert!(text.contains(path), "{path} is not named any more");
        assert!(folder.join(path).exists(), "{path}");
    }
}
