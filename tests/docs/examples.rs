//! Every command of each manual page's EXAMPLES is run, in a stage of its own, and ends as the page
//! says.

use crate::sandbox::{copy_program, program};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// As many examples are run at a time.
const AT_ONCE: usize = 4;

/// What the examples of some commands need: a script that is run before each of them.
const BEFORE: [(&str, &str); 25] = [
    ("install-alert", "tcpw deny-all"),
    ("allow", "echo 9.9.9.9 home.dyn.example.org > etc/hosts"),
    (
        "deny",
        "printf '198.51.100.9\\n198.51.100.0/28\\n' > list.txt",
    ),
    ("revoke", "tcpw allow 192.0.2.7 -d sshd -d vsftpd"),
    ("open", "tcpw deny-all"),
    ("edit", "export EDITOR=true"),
    (
        "apply",
        "tcpw list --format json > wanted.json; mkdir tables; cp etc/hosts.allow tables; \
         echo 'ALL: 192.0.2.44' >> tables/hosts.allow",
    ),
    (
        "import",
        "printf '192.0.2.1 - 192.0.2.9 ; scanners\\n' > bans.txt; \
         printf '### tuple ### deny tcp 22 0.0.0.0/0 any 198.51.100.0/24 in\\n' > user.rules; \
         printf 'AllowUsers *@10.0.0.0/8\\n' > sshd_config",
    ),
    (
        "compact",
        "printf 'sshd: 198.51.100.10\nsshd: 198.51.100.11\n' >> etc/hosts.deny",
    ),
    ("compile", "tcpw compile"),
    ("show", "tcpw allow 192.0.2.44"),
    ("undo", "tcpw allow 192.0.2.44"),
    ("redo", "tcpw allow 192.0.2.44; tcpw undo"),
    ("confirm", "tcpw allow 192.0.2.44 --confirm-within 20s"),
    ("test", "printf 'sshd 192.0.2.7 granted\\n' > expected.txt"),
    ("diff", "mkdir tables; cp etc/hosts.* tables"),
    (
        "export",
        "tcpw export --to nftables -d sshd=22 --output tcpw.nft",
    ),
    ("audit", "tcpw deny-all"),
    ("events", EVENT),
    ("report", EVENT),
    ("mail", EVENT),
    ("queue", WAITING),
    ("unmute", "tcpw mute 192.0.2.0/24"),
    ("remove-alert", "tcpw deny-all; tcpw install-alert"),
    (
        "set",
        "printf '192.0.2.7\\n198.51.100.0/24\\n' > bans.txt; printf '[\"203.0.113.9\"]' > drop.json; \
         printf 'ip,why\\n192.0.2.7,scan\\n' > feed.csv; tcpw set build bans.set bans.txt; \
         printf 'create bans hash:ip\\nadd bans 192.0.2.7 timeout 60\\n' > bans.ipset",
    ),
];

/// One event in the journal, and its mail as a file.
const EVENT: &str = "tcpw notify --addr 192.0.2.9 -d sshd -- 192.0.2.9; tcpw deliver";
/// One that waits for a mail server which does not answer.
const WAITING: &str = "printf '[mail]\\nfrom=\"a@example.org\"\\nto=\"b@example.org\"\\n\
                       transport=\"smtp\"\\n[mail.smtp]\\nhost=\"127.0.0.1\"\\nport=9\\ntls=\"none\"\\n' \
                       > etc/tcpw.toml; tcpw notify --addr 192.0.2.9 -d sshd -- 192.0.2.9; tcpw deliver";

/// Examples that end otherwise than with 0, as their pages say.
const OTHERWISE: [(&str, &[i32]); 14] = [
    // What is right depends on the machine of the test.
    ("tcpw status", &[0, 1, 2]),
    ("tcpw status --format nagios", &[0, 1, 2]),
    ("tcpw doctor", &[0, 1, 2]),
    ("tcpw doctor sshd --explain", &[0, 1, 2]),
    ("tcpw metrics --output tcpw.prom", &[0, 2]),
    ("tcpw match sshd 198.51.100.9", &[1]),
    ("tcpw fmt --check", &[1]),
    ("tcpw import lines bans.txt --into deny --check", &[1]),
    ("tcpw compact --check", &[1]),
    ("tcpw compact -n", &[1]),
    ("tcpw compact --into gate -n", &[1]),
    // A deliverer that the event has started may still be at work.
    ("tcpw queue", &[0, 1]),
    ("tcpw queue --explain", &[0, 1]),
    ("tcpw queue list", &[0, 1]),
];

/// A machine for one example: tables with a rule or two, and tcpw on the path.
struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let root = folder.path();
        for path in [
            "etc",
            "var/lib",
            "var/spool",
            "dev",
            "bin",
            "work",
            "usr/local/sbin",
        ] {
            std::fs::create_dir_all(root.join(path)).unwrap();
        }
        let write = |path: &str, text: &str| std::fs::write(root.join(path), text).unwrap();
        write(
            "etc/hosts.allow",
            "# Who may connect.\nsshd:192.0.2.7 203.0.113.0/24\n",
        );
        write("etc/hosts.deny", "# Who may not.\nsshd: 198.51.100.9\n");
        write("etc/tcpw.toml", "[mail]\ntransport = 'file'\n");
        // Rules name the program, so it is where others cannot change it.
        let programs = root.join("usr/local/sbin");
        let tested = PathBuf::from(program());
        copy_program(&tested, &programs.join("tcpw"));
        for name in ["tcpw-notify", "tcpw-gate"] {
            copy_program(tested.with_file_name(name), &programs.join(name));
        }
        // A rule names it by the path here, so it is there below the root, too.
        let inside = root.join(programs.strip_prefix("/").unwrap());
        std::fs::create_dir_all(&inside).unwrap();
        copy_program(programs.join("tcpw-notify"), &inside.join("tcpw-notify"));
        let wrapper = format!(
            "#!/bin/sh\nexec {0}/usr/local/sbin/tcpw --root {0} \"$@\"\n",
            root.display()
        );
        write("wrapper", &wrapper);
        copy_program(root.join("wrapper"), &root.join("bin/tcpw"));
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(root.join("bin/tcpw"), executable).unwrap();
        let everybody = || std::os::unix::fs::PermissionsExt::from_mode(0o755);
        for path in ["", "usr", "usr/local", "usr/local/sbin"] {
            std::fs::set_permissions(root.join(path), everybody()).unwrap();
        }
        Self(folder)
    }

    /// Runs a script; gives what it prints, and its exit code.
    fn run(&self, script: &str) -> (String, Option<i32>) {
        let root = self.0.path();
        let script = script.replace("/etc/", &format!("{}/etc/", root.display()));
        let script = script.replace("/etc ", &format!("{}/etc ", root.display()));
        // An editor wants a terminal.
        let mut command = if script.contains("tcpw edit") {
            let mut command = Command::new("script");
            command.args(["-qec", &script, "/dev/null"]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            command
        };
        let output = command
            .current_dir(root)
            .env(
                "PATH",
                format!("{}/bin:/usr/sbin:/usr/bin:/sbin:/bin", root.display()),
            )
            .env("SSH_CONNECTION", "192.0.2.7 50022 192.0.2.1 22")
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            String::from_utf8_lossy(&text).into_owned(),
            output.status.code(),
        )
    }
}

impl Drop for Stage {
    /// Ends what still waits to roll something back here.
    fn drop(&mut self) {
        let root = self.0.path().to_str().unwrap().as_bytes().to_vec();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse::<u32>().ok())
            else {
                continue;
            };
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let is_ours = line.windows(root.len()).any(|part| part == root);
            if is_ours && pid != std::process::id() {
                drop(Command::new("kill").arg(pid.to_string()).output());
            }
        }
    }
}

/// The examples of a page, and its exit codes.
fn page(path: &Path) -> (Vec<String>, Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    let section = |title: &str| -> Vec<String> {
        let start = text.find(&format!("\n.SH {title}\n")).unwrap_or_else(|| {
            unreachable!("{} has no {title}: TCPW_UPDATE=1 writes it", path.display())
        });
        let body = &text[start + 1..];
        let end = body[1..].find("\n.SH ").map_or(body.len(), |end| end + 1);
        let lines = body[..end].lines().skip(1);
        lines
            .map(|line| line.replace("\\-", "-").replace("\\&", ""))
            .collect()
    };
    let lines = |title: &str, after: &str| -> Vec<String> {
        let lines = section(title);
        let pairs = lines.iter().zip(lines.iter().skip(1));
        let heads = pairs
            .filter(|(line, _)| *line == after)
            .map(|(_, next)| next.clone());
        heads
            .map(|line| {
                line.trim_start_matches("\\fB")
                    .trim_end_matches("\\fR")
                    .to_owned()
            })
            .collect()
    };
    (lines("EXAMPLES", ".TP"), lines("\"EXIT STATUS\"", ".TP"))
}

#[test]
fn every_example_of_each_page_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "1"))
        .collect();
    pages.sort();
    let mut examples: Vec<(String, String, Vec<String>)> = Vec::new();
    for path in &pages {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (lines, codes) = page(path);
        assert!(!lines.is_empty() && !codes.is_empty(), "{name}");
        examples.extend(
            lines
                .into_iter()
                .map(|line| (name.to_owned(), line, codes.clone())),
        );
    }
    let count = examples.len();
    assert!(
        pages.len() > 40 && count > 80,
        "{} pages, {count} examples",
        pages.len()
    );
    // Some wait for a mail server that does not answer: several at a time.
    let examples = Mutex::new(examples);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = examples.lock().unwrap().pop();
                    let Some((name, line, codes)) = next else {
                        break;
                    };
                    let found = run_example(&name, &line, &codes);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    crate::proof::say(&format!(
        "manual: {count} examples on {} pages were run and ended as their pages say",
        pages.len()
    ));
}

/// What is wrong with an example, if anything is.
fn run_example(name: &str, example: &str, codes: &[String]) -> Option<String> {
    let stage = Stage::new();
    let first = example.split(' ').nth(1).unwrap_or_default();
    let before = BEFORE.iter().find(|(command, _)| *command == first);
    let before = before.map_or("true", |(_, script)| script);
    let (told, code) = stage.run(&format!("{before}\ntrue"));
    assert_eq!(code, Some(0), "{name}: before {example}: {told}");
    // The word is another each time.
    let word = told
        .rsplit("`tcpw confirm ")
        .next()
        .and_then(|rest| rest.split('`').next());
    let line = example.replace("WORD", word.unwrap_or_default());
    let exports = if before.starts_with("export") {
        before
    } else {
        "true"
    };
    let (told, code) = stage.run(&format!("{exports}; {line}"));
    let expected = OTHERWISE.iter().find(|(line, _)| line == &example);
    let expected = expected.map_or(&[0][..], |(_, codes)| codes);
    let is_right =
        code.is_some_and(|code| expected.contains(&code) && codes.contains(&code.to_string()));
    (!is_right).then(|| format!("{name}: {example}: {code:?} of {codes:?}: {told}"))
}
