//! Units and lines of cron for what no alert starts: written, linked, named and taken away.

use super::stage::Stage;
use crate::proof;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

const UNITS: &str = "etc/systemd/system";
const HARDENED: &str = include_str!("../../packaging/systemd/hardened.conf");

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn without_either_it_is_said_what_waits_and_for_what() {
    let stage = Stage::new();
    stage.run(&["install-alert", "--force"]).says(
        0,
        &["daemons that do not run as root: their alerts wait in /var/spool/tcpw/drop until"],
    );
    let ran = stage.run(&["remove-alert"]);
    ran.says(0, &[]);
    assert!(!ran.out.contains("stays"), "{}", ran.out);
}

#[test]
fn the_units_are_written_linked_and_taken_away() {
    let stage = Stage::configured("[drop]\npath = '/srv/drop'\n");
    stage.run(&["install-alert", "--force", "--systemd"]).says(
        0,
        &[
            "wrote ",
            "their alerts are mailed by tcpw-deliver.path",
            "systemctl enable --now tcpw-report.timer",
        ],
    );
    let units = stage.path(UNITS);
    let written = names(&units);
    assert_eq!(written.iter().filter(|name| is_unit(name)).count(), 9);
    assert_eq!(
        names(&units.join("paths.target.wants")),
        ["tcpw-deliver.path"]
    );
    assert_eq!(
        names(&units.join("timers.target.wants")),
        ["tcpw-deliver.timer", "tcpw-expire.timer"]
    );
    let path = fs::read_to_string(units.join("tcpw-deliver.path")).unwrap();
    let watched = "\nPathChanged=/srv/root\nPathChanged=/srv/drop\n";
    assert!(path.contains(watched), "{path}");
    let service = fs::read_to_string(units.join("tcpw-deliver.service")).unwrap();
    let line = format!(
        "\nExecStart={} deliver --background\n",
        env!("CARGO_BIN_EXE_tcpw")
    );
    assert!(service.contains(&line), "{service}");
    check_privileges(&stage, &service);
    verify(&units, &written);

    let again = stage.run(&["install-alert", "--force", "--systemd"]);
    again.says(0, &["nothing to change"]);
    assert!(!again.out.contains("wrote"), "{}", again.out);
    stage.run(&["remove-alert"]).says(
        0,
        &["tcpw-deliver.path stays; tcpw remove-alert --systemd removes it"],
    );
    stage
        .run(&["remove-alert", "--systemd"])
        .says(0, &["removed "]);
    assert!(names(&units).iter().all(|name| !name.starts_with("tcpw-")));
    assert!(names(&units.join("paths.target.wants")).is_empty());
    assert!(names(&stage.path("etc/sysusers.d")).is_empty());
    assert!(names(&stage.path("etc/tmpfiles.d")).is_empty());
}

/// How much of the system a service sees, from 0 to 10, as systemd counts it offline.
fn exposure(units: &Path, service: &str) -> f64 {
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(units.join(service))
        .output()
        .expect("systemd-analyze (systemd) is installed");
    let told = String::from_utf8_lossy(&output.stdout);
    let level = told
        .lines()
        .find_map(|line| line.split_once("exposure level for "));
    let level = level.and_then(|(_, level)| level.split(' ').nth(1));
    level.and_then(|level| level.parse().ok()).expect(&told)
}

#[test]
fn the_hardened_units_expose_little() {
    let stage = Stage::configured("[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\n");
    stage
        .run(&["install-alert", "--force", "--systemd"])
        .says(0, &["units: hardened", "units: deliver as tcpw"]);
    let units = stage.path(UNITS);
    let levels = [
        "tcpw-deliver.service",
        "tcpw-report.service",
        "tcpw-expire.service",
    ]
    .map(|service| exposure(&units, service));
    let [deliver, report, expire] = levels;
    assert!(deliver <= 1.5 && report <= 1.5, "{levels:?}");
    fs::remove_dir_all(units.join("tcpw-deliver.service.d")).unwrap();
    let mailer = exposure(&units, "tcpw-deliver.service");
    assert!(mailer > deliver, "the drop-in counts");
    proof::say(&format!(
        "units: exposure by systemd-analyze security: deliverer {deliver}, report {report}, expire \
         {expire}; deliverer with a local mailer {mailer}"
    ));
}

#[test]
fn credentials_come_from_the_store_of_systemd_or_are_missed() {
    let stage = Stage::configured(
        "[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\nusername = 'u'\npassword_credential = 'smtp'\n\
         [[alert.webhook]]\nname = 'w'\nurl = 'https://h/{secret}'\nsecret_credential = 'hook'\n",
    );
    let install = ["install-alert", "--force", "--systemd"];
    let drop_in = stage.path("etc/systemd/system/tcpw-deliver.service.d/credentials.conf");
    stage.run(&install).says(
        0,
        &[
            "mail.smtp.password_credential = \"smtp\": no unit has this credential; put it into /etc/credstore/smtp",
            "[[alert.webhook]] w secret_credential = \"hook\"",
        ],
    );
    assert!(!drop_in.exists());
    for (store, name) in [("credstore", "smtp"), ("credstore.encrypted", "hook")] {
        let store = stage.path("etc").join(store);
        fs::create_dir(&store).unwrap();
        fs::write(store.join(name), "x").unwrap();
    }
    let ran = stage.run(&install);
    assert!(!ran.err.contains("no unit has"), "{}", ran.err);
    let text = fs::read_to_string(&drop_in).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "[Service]",
            "LoadCredential=smtp:/etc/credstore/smtp",
            "LoadCredentialEncrypted=hook:/etc/credstore.encrypted/hook",
        ]
    );
    let units = stage.path(UNITS);
    verify(&units, &names(&units));
    // What somebody wrote is enough.
    fs::remove_dir_all(stage.path("etc/credstore")).unwrap();
    fs::write(
        drop_in.with_file_name("own.conf"),
        "[Service]\nSetCredential=smtp:x\n",
    )
    .unwrap();
    let ran = stage.run(&install);
    assert!(!ran.err.contains("no unit has"), "{}", ran.err);
    stage
        .run(&["remove-alert", "--systemd"])
        .says(0, &["credentials.conf"]);
    assert_eq!(names(drop_in.parent().unwrap()), ["own.conf"]);
}

/// As whom the unit delivers and where it writes; and what makes the user and the directories.
fn check_privileges(stage: &Stage, service: &str) {
    for line in [
        "User=tcpw",
        "Group=tcpw",
        "StartLimitIntervalSec=0",
        "ReadWritePaths=-/srv/root -/srv/drop -/var/lib/tcpw/deliver -/var/lib/tcpw/mail",
    ] {
        let has = service.lines().any(|found| found == line);
        assert!(has, "{line} in {service}");
    }
    // With it all reporters would look alike.
    for text in [service, HARDENED] {
        let mut lines = text.lines();
        assert!(
            lines.all(|line| !line.starts_with("PrivateUsers")),
            "{text}"
        );
    }
    for name in ["sysusers.d", "tmpfiles.d"] {
        let text = fs::read_to_string(stage.path(&format!("etc/{name}/tcpw.conf"))).unwrap();
        assert!(text.contains("tcpw"), "{text}");
    }
    let directories = fs::read_to_string(stage.path("etc/tmpfiles.d/tcpw.conf")).unwrap();
    assert!(
        directories.contains("d /srv/drop    3733 tcpw tcpw -"),
        "{directories}"
    );
}

/// Whether it is one of ours, and no directory with drop-ins.
fn is_unit(name: &str) -> bool {
    let kind = Path::new(name).extension();
    name.starts_with("tcpw-") && kind.is_some_and(|kind| kind != "d")
}

/// systemd itself reads what was written.
fn verify(units: &Path, written: &[String]) {
    let files = written.iter().filter(|name| is_unit(name));
    let output = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args(files.map(|name| units.join(name)))
        .output()
        .expect("systemd-analyze (systemd) is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<_> = told.lines().filter(|line| line.contains("tcpw-")).collect();
    assert!(output.status.success() && ours.is_empty(), "{told}");
}

#[test]
fn the_lines_of_cron_are_written_and_taken_away() {
    let stage = Stage::new();
    stage
        .run(&["install-alert", "--force", "--cron"])
        .says(0, &["their alerts are mailed by /etc/cron.d/tcpw"]);
    let file = stage.path("etc/cron.d/tcpw");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(
        mode & 0o777,
        0o644,
        "cron reads no file that others may write"
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("/usr/sbin/tcpw") && text.ends_with('\n'));
    let lines = text.lines().filter(|line| line.contains(" root "));
    for line in lines.filter(|line| !line.starts_with('#')) {
        let command = line.split_once(" root ").unwrap().1.trim();
        let checked = Command::new("sh")
            .args(["-n", "-c", command])
            .status()
            .unwrap();
        assert!(checked.success(), "{line}");
        assert!(line.contains(env!("CARGO_BIN_EXE_tcpw")), "{line}");
    }
    stage
        .run(&["remove-alert", "--cron"])
        .says(0, &["removed "]);
    assert!(!file.exists());
    let both = ["install-alert", "--cron", "--systemd"];
    stage.run(&both).says(2, &["cannot be used with"]);
}

#[test]
fn a_directory_with_another_mode_gets_the_right_one() {
    let stage = Stage::new();
    stage.run(&["install-alert", "--force"]).says(0, &[]);
    let drop = stage.path("var/spool/tcpw/drop");
    let set = |mode| fs::set_permissions(&drop, fs::Permissions::from_mode(mode)).unwrap();
    let is = || fs::metadata(&drop).unwrap().permissions().mode() & 0o7777;
    set(0o777);
    stage
        .run(&["install-alert", "--force"])
        .says(0, &["changed the mode of ", " from 777 to 1733"]);
    assert_eq!(is(), 0o1733);
    set(0o755);
    stage.run(&["deliver", "--background"]).says(0, &[]);
    assert_eq!(is(), 0o1733);
}
