//! Debian's mail systems, really installed in roots of their own, take the mails of tcpw under the
//! flags of the unit that `tcpw install-alert --systemd` chooses; and do not under the other one.

use super::stage::Stage;
use crate::proof;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alert/mailers/run.sh");
const SERVERS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/alert/mailers/servers.sh"
);
/// The names in [`SCRIPT`], and the packages.
const MAILERS: [(&str, &str); 6] = [
    ("nullmailer", "nullmailer"),
    ("dma", "dma"),
    ("opensmtpd", "opensmtpd"),
    ("exim4", "exim4-daemon-light"),
    ("postfix", "postfix"),
    ("msmtp", "msmtp-mta"),
];
/// Those that the hardened unit is known to break, all that are setuid or setgid: they fail, or take
/// the mail and never send it.
const BROKEN: [&str; 5] = ["nullmailer", "dma", "opensmtpd", "exim4", "postfix"];
const SERVICE: &str = "etc/systemd/system/tcpw-deliver.service";
const DROP_IN: &str = "etc/systemd/system/tcpw-deliver.service.d/hardened.conf";
/// The `[Service]` of what is installed for a configuration.
fn flags(configuration: &str, says: &str) -> String {
    let stage = Stage::configured(configuration);
    let install = ["install-alert", "--force", "--systemd"];
    stage.run(&install).says(0, &[says]);
    let unit = fs::read_to_string(stage.path(SERVICE)).unwrap();
    let drop_in = fs::read_to_string(stage.path(DROP_IN)).unwrap_or_default();
    let mut flags = String::new();
    for text in [unit, drop_in] {
        let section = text.split("[Service]\n").nth(1).unwrap_or_default();
        let lines = section.lines().take_while(|line| !line.starts_with('['));
        for line in lines.filter(|line| line.contains('=') && !line.starts_with('#')) {
            writeln!(flags, "{line}").unwrap();
        }
    }
    flags
}

/// The packages of `package` that are not installed here, in `directory`; false when they cannot be
/// had.
fn fetch(package: &str, directory: &Path) -> bool {
    fs::create_dir_all(directory).unwrap();
    if fs::read_dir(directory).unwrap().next().is_some() {
        return true;
    }
    let download = || {
        let simulate = ["install", "--simulate", "--no-install-recommends", package];
        let plan = Command::new("apt-get").args(simulate).output().unwrap();
        let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
        let missing: Vec<&str> = plan
            .lines()
            .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next())
            .collect();
        let is_had = !missing.is_empty()
            && Command::new("apt-get")
                .args(["download", "-o", "APT::Sandbox::User=root"])
                .args(missing)
                .current_dir(directory)
                .output()
                .unwrap()
                .status
                .success();
        if !is_had {
            fs::remove_dir_all(directory).unwrap();
            fs::create_dir_all(directory).unwrap();
        }
        is_had
    };
    download() || {
        // Without a network nothing changes, and the second try says so.
        drop(Command::new("apt-get").arg("update").output());
        download()
    }
}

/// What one trial of [`SCRIPT`] came to.
#[derive(Debug)]
struct Trial {
    exit: i32,
    has_arrived: bool,
    unapplied: String,
    user: String,
}

/// Plays a script in namespaces of its own; gives what it printed.
fn play(script: &str, mailer: &str, packages: &Path, more: &[PathBuf]) -> String {
    let work = TempDir::with_prefix("tcpw-mailer-").unwrap();
    let namespaces = [
        "--mount",
        "--net",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child",
    ];
    let output = Command::new("unshare")
        .args(namespaces)
        .arg(script)
        .args([Path::new(mailer), packages, work.path()])
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{mailer}: needs root and namespaces\n{said}{complaints}"
    );
    said
}

/// Installs a mailer and tries it: tcpw under the chosen flags, the mailer itself under the hardened
/// ones, tcpw under those; and all that was said.
fn run(mailer: &str, packages: &Path, flags: [&str; 2]) -> ([Trial; 3], String) {
    let files = TempDir::with_prefix("tcpw-flags-").unwrap();
    let paths = ["chosen", "hardened"].map(|name| files.path().join(name));
    for (path, text) in paths.iter().zip(flags) {
        fs::write(path, text).unwrap();
    }
    let said = play(SCRIPT, mailer, packages, &paths);
    let value = |key: String| {
        let mut lines = said.lines();
        lines
            .find_map(|line| line.strip_prefix(&key))
            .unwrap()
            .to_owned()
    };
    let trials = ["chosen", "alone", "hardened"].map(|trial| Trial {
        exit: value(format!("{trial}.exit=")).parse().unwrap(),
        has_arrived: value(format!("{trial}.arrived=")) == "yes",
        unapplied: value(format!("{trial}.unapplied=")),
        user: value(format!("{trial}.user=")),
    });
    (trials, said)
}

/// Whether the hardened flags break the mailer; under the chosen ones it must work.
fn is_broken(mailer: &str, packages: &Path, flags: [&str; 2]) -> bool {
    let (trials, said) = run(mailer, packages, flags);
    let [chosen, alone, hardened] = trials;
    assert!(chosen.exit == 0 && chosen.has_arrived, "{mailer}: {said}");
    assert_eq!(
        (&*chosen.unapplied, &*chosen.user),
        ("", "tcpw"),
        "{mailer}"
    );
    let is_broken = alone.exit != 0 || !alone.has_arrived;
    assert_eq!(BROKEN.contains(&mailer), is_broken, "{mailer}: {said}");
    // tcpw says so instead of recording as sent what never leaves.
    let is_plain = mailer == "msmtp";
    let is_sent = (hardened.exit == 0, hardened.has_arrived);
    assert_eq!(is_sent, (is_plain, is_plain), "{mailer}: {said}");
    let is_told = said.contains("no_new_privs");
    assert!(is_plain || is_told, "{mailer}: {said}");
    is_broken
}

#[test]
fn every_mailer_works_under_the_unit_that_is_chosen() {
    let chosen = flags(
        "[mail]\ntransport = 'sendmail'\nto = 'admin@example.org'\n",
        "units: not hardened, because mail.transport = \"sendmail\" starts",
    );
    assert_eq!(chosen.matches("UMask=0077").count(), 1, "{chosen}");
    let hardened = flags(
        "[mail]\nto = 'admin@example.org'\n[mail.smtp]\nhost = 'h'\n",
        "units: hardened",
    );
    assert!(hardened.contains("NoNewPrivileges=yes"), "{hardened}");
    let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mailers");
    let (mut good, mut broken, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for (mailer, package) in MAILERS {
        let packages = store.join(mailer);
        if !fetch(package, &packages) {
            absent.push(mailer);
            continue;
        }
        if is_broken(mailer, &packages, [&chosen, &hardened]) {
            broken.push(mailer);
        }
        good.push(mailer);
    }
    if !absent.is_empty() {
        proof::say(&format!(
            "!! mailers: NOT TRIED, their packages cannot be had: {}",
            absent.join(", ")
        ));
    }
    assert!(
        good.is_empty() || !broken.is_empty() || BROKEN.iter().all(|name| absent.contains(name))
    );
    proof::say(&format!(
        "mailers: {} of {} take a mail of the user tcpw under the unit that is chosen ({}); the hardened one breaks {}",
        good.len(),
        MAILERS.len(),
        good.join(", "),
        broken.join(", ")
    ));
}

/// A real server, a case of [`SERVERS`], its exit code, and what is said.
type Case = (&'static str, i32, &'static [&'static str]);

const POSTFIX: &[Case] = &[
    (
        "short",
        1,
        &[
            "504 5.5.2 <bastion>: Helo command rejected",
            "mail.smtp.hello",
        ],
    ),
    ("full", 0, &["sent to admin@example.org"]),
    ("default", 0, &["sent to admin@example.org"]),
    ("nobody", 1, &["550 5.1.1", "no such mailbox"]),
    (
        "implicit",
        1,
        &["does not speak TLS here", "tls = \"starttls\""],
    ),
    ("large", 1, &["552 5.3.4", "attach less"]),
    (
        "unprotected",
        1,
        &["530 5.7.0 Must issue a STARTTLS", "tls = \"starttls\""],
    ),
    (
        "unknown",
        1,
        &[
            "signed by itself (its fingerprint is sha256:",
            "mail.smtp.fingerprint",
        ],
    ),
    ("exact", 0, &["sent to admin@example.org"]),
    ("print", 0, &["sent to admin@example.org"]),
    (
        "relay",
        1,
        &["Relay access denied", "does not relay mail for us"],
    ),
];
const EXIM: &[Case] = &[
    (
        "relay",
        1,
        &["550 relay not permitted", "does not relay mail for us"],
    ),
    (
        "implicit",
        1,
        &["does not speak TLS here", "tls = \"starttls\""],
    ),
];
const OPENSMTPD: &[Case] = &[
    ("good", 0, &["sent to admin@example.org"]),
    ("relay", 1, &["550 Invalid recipient", "check mail.to"]),
    (
        "starttls",
        1,
        &[
            "does not offer STARTTLS; nothing was sent",
            "tls = \"implicit\"",
        ],
    ),
];

#[test]
fn the_refusals_of_real_servers_are_understood() {
    let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("servers");
    let mut tried = 0;
    for (mailer, package, cases) in [
        ("postfix", "postfix", POSTFIX),
        ("exim4", "exim4-daemon-light", EXIM),
        ("opensmtpd", "opensmtpd", OPENSMTPD),
    ] {
        let packages = store.join(mailer);
        if !fetch(package, &packages) {
            proof::say(&format!(
                "!! servers: NOT TRIED, its package cannot be had: {mailer}"
            ));
            continue;
        }
        let said = play(SERVERS, mailer, &packages, &[]);
        for (case, exit, words) in cases {
            let exit = format!("{case}.exit={exit}");
            assert!(
                said.lines().any(|line| line == exit),
                "{mailer} {exit}: {said}"
            );
            let mark = format!("{case}.said=");
            let told: Vec<&str> = said
                .lines()
                .filter_map(|line| line.strip_prefix(&mark))
                .collect();
            let told = told.join("\n");
            for word in *words {
                assert!(
                    told.contains(word),
                    "{mailer} {case}: {word:?} is missing in {told}"
                );
            }
            tried += 1;
        }
    }
    proof::say(&format!(
        "servers: {tried} answers of Postfix, exim and OpenSMTPD are understood"
    ));
}

#[test]
fn the_drop_in_follows_the_configuration() {
    let stage = Stage::configured("[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\n");
    let install = ["install-alert", "--force", "--systemd"];
    stage
        .run(&install)
        .says(0, &["units: hardened", "hardened.conf"]);
    assert!(stage.path(DROP_IN).exists());
    for (text, reason) in [
        ("[mail]\nto = 'a@b'\ntransport = 'sendmail'\n", "starts /"),
        (
            "[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\nusername = 'u'\npassword_command = ['/bin/pass']\n",
            "mail.smtp.password_command starts /",
        ),
        (
            "[[alert.command]]\nname = 'x'\nargv = ['/bin/x']\n",
            "[[alert.command]] x starts /",
        ),
        (
            "[mail]\ntransport = 'file'\nfile_dir = '/home/me/mail'\n",
            "mail.file_dir is /",
        ),
    ] {
        stage.configure(text);
        // What is installed does not fit any more, and that is said where mail is looked at.
        let misfit = ["tcpw-deliver.service has NoNewPrivileges=yes", reason];
        stage.run(&["install-alert", "--force"]).says(0, &misfit);
        stage.run(&["mail", "test"]).says(1, &misfit);
        stage
            .run(&install)
            .says(0, &["units: not hardened", reason, "removed "]);
        assert!(!stage.path(DROP_IN).exists());
        let ran = stage.run(&["install-alert", "--force"]);
        assert!(!ran.err.contains("does not fit"), "{}", ran.err);
        fs::create_dir_all(stage.path(DROP_IN).parent().unwrap()).unwrap();
        fs::write(stage.path(DROP_IN), "[Service]\nNoNewPrivileges=yes\n").unwrap();
    }
    stage
        .run(&["remove-alert", "--systemd"])
        .says(0, &["removed "]);
    assert!(!stage.path(DROP_IN).exists() && !stage.path(DROP_IN).parent().unwrap().exists());
}
