//! The user as which alerts are delivered: made by whatever the machine has for it, with the
//! directories, the journal and the secrets given to it; and the way out of mails that the machine
//! has. In namespaces with accounts and a network of their own.

use super::stage::Stage;
use crate::proof;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use tempfile::TempDir;

const FILTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alert/filter.py");
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp/server.py");
/// A machine of its own: /etc without our files and without the user, empty /var/lib, /var/spool
/// and /run. `hide NAME...` takes programs away; `places` shows whose the directories are.
const MACHINE: &str = r#"
stage=$1
ip link set lo up
cp -a /etc "$stage/etc"
mount --bind "$stage/etc" /etc
for place in /var/lib /var/spool /run /usr/local/bin; do mount -t tmpfs -o mode=755 none $place; done
rm -rf /etc/hosts.allow /etc/hosts.deny /etc/tcpw.toml /etc/cron.d/tcpw /etc/credstore
for file in passwd shadow group gshadow; do sed -i '/^tcpw:/d' /etc/$file; done
install -m 755 "$2" "$2-notify" /usr/local/bin/
unset SSH_CONNECTION
hide() {
    for name in "$@"; do
        while found=$(type -P $name) && [ -f "$found" ]; do mount --bind /dev/null "$found"; done
    done
}
install_alert() { /usr/local/bin/tcpw install-alert --force "$@" 2>&1; }
accounts() { grep -h '^tcpw:' /etc/passwd /etc/group | sed -E 's/:[0-9]+/:N/g'; }
places() {
    (cd / && stat -c '%n %U:%G %a' var/spool/tcpw var/spool/tcpw/* var/lib/tcpw var/lib/tcpw/[!h]* || true) 2>&1
}
# Everything that an installation may change; a directory's time changes with each lock beside a table.
state() {
    find /etc /var/lib /var/spool \( -type d -printf '%p %u:%g %m\n' -o -printf '%p %u:%g %m %T@\n' \) | sort
}
set -x
"#;
const PLACES: [&str; 6] = [
    "var/spool/tcpw root:root 755",
    "var/spool/tcpw/drop tcpw:tcpw 3733",
    "var/spool/tcpw/root root:tcpw 2770",
    "var/lib/tcpw root:root 711",
    "var/lib/tcpw/deliver tcpw:tcpw 750",
    "var/lib/tcpw/mail tcpw:tcpw 750",
];

/// What `script` printed on such a machine, with this configuration.
fn machine(configuration: &str, script: &str) -> String {
    let stage = TempDir::with_prefix("tcpw-user-").unwrap();
    let begin = format!("{MACHINE}printf '%s' \"$3\" >/etc/tcpw.toml\nchmod 600 /etc/tcpw.toml\n");
    let output = Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "private",
            "--net",
            "--pid",
            "--fork",
        ])
        .args(["--kill-child", "bash", "-euc"])
        .arg(format!("{begin}{script}"))
        .arg("machine")
        .arg(stage.path())
        .args([env!("CARGO_BIN_EXE_tcpw"), configuration])
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let steps = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "needs root and namespaces\n{said}\n{steps}"
    );
    said
}

#[track_caller]
fn has(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "{line:?} is missing in:\n{said}");
    }
}

#[test]
fn each_tool_makes_the_user_and_a_second_run_changes_nothing() {
    for (program, hidden) in [("systemd-sysusers", ""), ("useradd", "systemd-sysusers")] {
        let script = format!(
            "hide {hidden}
            install_alert
            accounts
            places
            state >/run/before
            echo AGAIN
            install_alert
            state >/run/after
            diff /run/before /run/after"
        );
        let said = machine("", &script);
        let made = format!(
            "made the system user and group tcpw, as which alerts are delivered (by {program})"
        );
        has(&said, &[&made, "/nonexistent:", "nologin\n", "\ntcpw:x:N:"]);
        has(&said, &PLACES);
        let (first, again) = said.split_once("AGAIN\n").unwrap();
        has(first, &["/var/spool/tcpw/root: root:tcpw, mode 2770\n"]);
        assert!(
            !again.contains("tcpw:tcpw") && !again.contains("made"),
            "{again}"
        );
        assert!(again.contains("nothing to change"), "{again}");
    }
}

#[test]
fn without_a_tool_or_a_writable_etc_it_is_said_that_root_delivers() {
    let none = "hide systemd-sysusers useradd groupadd adduser addgroup\n";
    let locked = "hide systemd-sysusers adduser addgroup
        mount --bind /etc/group /etc/group
        mount -o remount,bind,ro /etc/group\n";
    for (hindrance, cause) in [
        (
            none,
            "there is none of systemd-sysusers, useradd and adduser",
        ),
        (locked, "groupadd: exit status: 10: groupadd: "),
    ] {
        let script = format!(
            "{hindrance}
            mkdir -p /run/systemd/system
            printf '#!/bin/sh\\n' >/usr/local/bin/systemctl
            chmod 755 /usr/local/bin/systemctl
            install_alert --systemd
            places
            cat /etc/systemd/system/tcpw-*.service.d/hardened.conf /etc/systemd/system/tcpw-deliver.service
            find /etc -name tcpw.conf"
        );
        let said = machine("[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\n", &script);
        has(
            &said,
            &[
                "cannot make the system user tcpw: ",
                cause,
                "alerts are delivered as root until you run `useradd --system",
                "units: deliver as root, because there is no user tcpw",
                "var/spool/tcpw/drop root:root 1733",
                "NoNewPrivileges=yes",
                "SystemCallFilter=@system-service",
                "flock /var/lib/tcpw/journal.db.lock true",
                "ReadWritePaths=-/var/spool/tcpw/root -/var/spool/tcpw/drop -/var/lib/tcpw\n",
            ],
        );
        for absent in [
            "User=",
            "Group=",
            "CapabilityBoundingSet=",
            "~@privileged",
            "tcpw.conf",
        ] {
            assert!(!said.contains(absent), "{absent} in {said}");
        }
    }
}

#[test]
fn a_journal_and_secrets_of_root_are_given_and_nothing_else() {
    let configuration = "[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\nusername = 'u'\npassword_file = '/etc/tcpw.password'\n";
    let script = "
        mkdir -p -m 700 /var/lib/tcpw /var/lib/tcpw/deliver /var/lib/tcpw/history
        cd /var/lib/tcpw/deliver
        touch journal.db journal.db-wal journal.db.lock other
        ln -s /etc/shadow journal.db-shm
        ln /etc/passwd journal.db.hard 2>/dev/null || { touch journal.db.hard; ln journal.db.hard two; }
        echo secret >/etc/tcpw.password
        chmod 600 /etc/tcpw.password
        install_alert
        stat -c '%n %U:%G %a' * /etc/tcpw.toml /etc/tcpw.password /etc/shadow /var/lib/tcpw/history
        echo 'password may be read:'
        chroot --userspec=tcpw:tcpw / cat /etc/tcpw.password
        chroot --userspec=tcpw:tcpw / /usr/local/bin/tcpw mail preview | head -1
        chown root:games /etc/tcpw.password
        chmod 640 /etc/tcpw.password
        install_alert
        ";
    let said = machine(configuration, script);
    has(
        &said,
        &[
            "journal.db tcpw:tcpw 600",
            "journal.db-wal tcpw:tcpw 600",
            "journal.db.lock tcpw:tcpw 600",
            "other root:root 644",
            "journal.db.hard root:root 644",
            "/var/lib/tcpw/deliver/journal.db: given to tcpw",
            "/etc/tcpw.toml: root:tcpw, mode 640",
            "/etc/tcpw.toml root:tcpw 640",
            "/etc/tcpw.password root:tcpw 640",
            "/etc/shadow root:shadow 640",
            "/var/lib/tcpw/history root:root 700",
            "password may be read:\nsecret\n",
            "as which alerts are delivered, cannot read /etc/tcpw.password: run chown root:tcpw",
        ],
    );
}

#[test]
fn a_directory_that_others_use_is_not_given_away() {
    let configuration = "[journal]\npath = '/srv/journal.db'\n[drop]\npath = '/srv/drop'\n";
    let script = "
        mount -t tmpfs -o mode=755 none /srv
        touch /srv/journal.db
        install_alert
        stat -c '%n %U:%G %a' /srv /srv/*";
    has(
        &machine(configuration, script),
        &[
            "/srv is not tcpw's alone and stays as it is",
            "/srv root:root 755",
            "/srv/journal.db root:root 644",
            "/srv/drop tcpw:tcpw 3733",
            "/srv/root root:tcpw 2770",
        ],
    );
}

#[test]
fn a_preview_makes_nothing_and_removing_says_what_stays() {
    let script = "
        install_alert --dry-run
        accounts
        ls /var/lib /var/spool
        echo REAL
        install_alert
        /usr/local/bin/tcpw remove-alert
        accounts";
    let said = machine("", script);
    let (preview, real) = said.split_once("REAL\n").unwrap();
    has(
        preview,
        &["dry run: the system user and group tcpw", "would be made"],
    );
    assert!(!preview.contains("tcpw:x:"), "{preview}");
    has(
        real,
        &[
            "the user tcpw, /var/spool/tcpw and",
            "`userdel tcpw`",
            "tcpw:x:N:",
        ],
    );
    let set_up = machine(
        "",
        "/usr/local/bin/tcpw setup --allow 10.1.2.3 --no-mail --force 2>&1; accounts; places",
    );
    has(&set_up, &["made the system user and group tcpw"]);
    has(&set_up, &PLACES);
}

#[test]
fn below_a_root_its_own_accounts_count_and_none_is_made() {
    let stage = Stage::new();
    fs::write(stage.path("etc/passwd"), "root:x:0:0::/:\n").unwrap();
    fs::write(stage.path("etc/group"), "root:x:0:\n").unwrap();
    let install = ["install-alert", "--force", "--systemd"];
    stage.run(&install).says(
        0,
        &[
            "has no user tcpw, as which",
            "units: deliver as tcpw",
            "sysusers.d/tcpw.conf",
        ],
    );
    let of = |below: &str| {
        let found = fs::metadata(stage.path(below)).unwrap();
        (found.uid(), found.gid(), found.mode() & 0o7777)
    };
    assert_eq!(of("var/spool/tcpw/drop"), (0, 0, 0o1733));
    let passwd = fs::read_to_string(stage.path("etc/passwd")).unwrap();
    assert!(!passwd.contains("tcpw"), "{passwd}");
    fs::write(stage.path("etc/passwd"), "tcpw:x:4711:4712::/:\n").unwrap();
    fs::write(stage.path("etc/group"), "tcpw2:x:1:\ntcpw:x:4712:\n").unwrap();
    let ran = stage.run(&install);
    ran.says(0, &["drop: tcpw:tcpw, mode 3733"]);
    assert!(!ran.err.contains("has no user"), "{}", ran.err);
    assert_eq!(of("var/spool/tcpw/drop"), (4711, 4712, 0o3733));
    assert_eq!(of("var/spool/tcpw/root"), (0, 4712, 0o2770));
    assert_eq!(of("var/lib/tcpw/deliver"), (4711, 4712, 0o750));
    assert_eq!(of("var/lib/tcpw"), (0, 0, 0o711));
}

#[test]
fn the_mail_server_of_the_machine_is_chosen_and_takes_the_mail() {
    let script = format!(
        "mkdir /run/inbox
        /usr/bin/python3 {SERVER} --inbox /run/inbox --port 25 >/run/port &
        for _ in $(seq 100); do [ -s /run/port ] || sleep 0.1; done
        install_alert --dry-run
        ls /etc/tcpw.toml 2>&1 || true
        install_alert
        cat /etc/tcpw.toml
        stat -c '%n %U:%G %a' /etc/tcpw.toml
        chroot --userspec=tcpw:tcpw / /usr/local/bin/tcpw mail test
        cat /run/inbox/*.mail
        echo AGAIN
        install_alert"
    );
    let said = machine("", &format!("rm /etc/tcpw.toml\n{script}"));
    let (first, again) = said.split_once("AGAIN\n").unwrap();
    has(
        first,
        &[
            "+host = \"localhost\"",
            "dry run: nothing was written",
            "cannot access '/etc/tcpw.toml'",
            "mail: by the mail server on localhost:25, which answers, because /etc/tcpw.toml did not say",
            "transport = \"smtp\"",
            "/etc/tcpw.toml root:root 644",
            "sent to root@localhost",
            "Subject: ",
        ],
    );
    assert!(!again.contains("mail: by"), "{again}");
    // What the configuration says about people stays.
    let said = machine("[mail]\nto = 'me@example.org'\n", &script);
    has(
        &said,
        &["/etc/tcpw.toml root:tcpw 640", "sent to me@example.org"],
    );
    assert!(!said.contains("root@localhost"), "{said}");
}

#[test]
fn without_a_server_that_greets_it_is_sendmail_or_files() {
    let overlay = "
        mkdir $stage/over
        mount -t tmpfs none $stage/over
        mkdir $stage/over/upper $stage/over/work
        mount -t overlay -o lowerdir=/usr/sbin,upperdir=$stage/over/upper,workdir=$stage/over/work none /usr/sbin
        rm -f /usr/sbin/sendmail\n";
    let silent = "/usr/bin/python3 -c 'import socket, time
server = socket.create_server((\"127.0.0.1\", 25))
time.sleep(60)' &
        for _ in $(seq 100); do ss -ltn | grep -q :25 || sleep 0.1; done\n";
    let program = "printf '#!/bin/sh\\n' >/usr/sbin/sendmail\nchmod 755 /usr/sbin/sendmail\n";
    let install = "install_alert\ncat /etc/tcpw.toml\n";
    let said = machine("", &format!("{overlay}{silent}{program}{install}"));
    has(
        &said,
        &[
            "mail: by /usr/sbin/sendmail, as nothing answers on localhost:25, because",
            "transport = \"sendmail\"",
            "to = \"root@localhost\"",
        ],
    );
    let said = machine("", &format!("{overlay}{install}"));
    has(
        &said,
        &["mails are saved as files in /var/lib/tcpw/mail, NOT sent"],
    );
    assert!(!said.contains("transport ="), "{said}");
    let chosen = "[mail]\ntransport = 'file'\n";
    let said = machine(chosen, &format!("{overlay}{program}{install}"));
    assert!(!said.contains("sendmail"), "{said}");
}

/// `sandboxed PROGRAM...` runs what the hardened unit would: its user, no capability, its system calls
/// and address families, and nothing that can be written but its directories.
const SANDBOX: &str = r#"
mkdir -p /run/systemd/system /run/inbox
printf '#!/bin/sh\n' >/usr/local/bin/systemctl
chmod 755 /usr/local/bin/systemctl
unit=/etc/systemd/system/tcpw-deliver.service
value() { sed -n "s/^$1=//p" $unit $unit.d/hardened.conf; }
sandboxed() {
    mapfile -t filters < <(value SystemCallFilter)
    writable=$(value ReadWritePaths | sed 's/-\//\//g') unshare --mount bash -euc '
        for place in $writable; do if [ -e $place ]; then mount --bind $place $place; fi; done
        while read -r _ _ _ _ place _; do
            case " $writable /proc /dev " in
            *" $place "*) ;;
            *) mount -o remount,bind,ro "$place" 2>/dev/null || true ;;
            esac
        done < <(tac /proc/self/mountinfo)
        mount -t tmpfs -o mode=000 none /root
        cd /
        umask 0077
        exec "$@"
    ' bash env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --reuid=$(value User) --regid=$(value Group) \
        --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
        /usr/bin/python3 "$FILTER" "$(value RestrictAddressFamilies)" "${filters[@]}" -- "$@"
}
"#;

#[test]
fn the_deliverer_works_in_the_sandbox_of_the_hardened_unit() {
    let script = format!(
        "FILTER=/usr/local/bin/filter.py
        # The folder of the source may be closed to other users.
        install -m 644 {FILTER} $FILTER
        {SANDBOX}
        /usr/bin/python3 {SERVER} --inbox /run/inbox --port 25 >/run/port &
        for _ in $(seq 100); do [ -s /run/port ] || sleep 0.1; done
        install_alert --systemd
        chroot --userspec=nobody:nogroup / /usr/local/bin/tcpw-notify --addr 192.0.2.7 --daemon sshd -- stranger.example
        ls /var/spool/tcpw/root | sed 's/^/waits: /'
        # Who may not even list the directory.
        ! chroot --userspec=nobody:nogroup / ls /var/spool/tcpw/drop
        start=$(value ExecStart)
        sandboxed $start
        for _ in $(seq 100); do ls /run/inbox/*.mail >/dev/null 2>&1 || sleep 0.1; done
        cat /run/inbox/*.mail
        ls /var/spool/tcpw/drop | sed 's/^/left: /'
        stat -c '%n %U:%G %a' /var/lib/tcpw/deliver/journal.db
        sandboxed grep -E '^(Uid|Cap|NoNewPrivs|Seccomp:)' /proc/self/status
        for place in /etc/x /var/lib/tcpw/x /var/spool/tcpw/x /tmp/x /usr/x; do
            if sandboxed touch $place; then echo written: $place; fi
        done
        sandboxed cat /etc/shadow 2>&1 || true
        sandboxed chown nobody /var/lib/tcpw/deliver/journal.db 2>&1 || true
        sandboxed /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)' 2>&1 | tail -1
        sandboxed /usr/bin/python3 -c 'import socket; print(socket.getaddrinfo(\"localhost\", 25))' 2>&1"
    );
    let said = machine("[mail]\nto = 'me@example.org'\n", &script);
    has(
        &said,
        &[
            "units: hardened",
            "Subject: ",
            "192.0.2.7",
            "/var/lib/tcpw/deliver/journal.db tcpw:tcpw 600",
            "CapBnd:\t0000000000000000",
            "CapEff:\t0000000000000000",
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
            "/etc/shadow: Permission denied",
            "PermissionError: [Errno 1] Operation not permitted",
            "'127.0.0.1', 25",
        ],
    );
    for bad in ["left: ", "written: "] {
        assert!(!said.contains(bad), "{bad} in {said}");
    }
    let status: Vec<&str> = said
        .lines()
        .filter(|line| {
            ["Uid:", "CapBnd:", "NoNewPrivs:", "Seccomp:"]
                .iter()
                .any(|key| line.starts_with(key))
        })
        .collect();
    proof::say(&format!(
        "the deliverer in the sandbox of the hardened unit: {}",
        status.join(", ").replace('\t', " ")
    ));
}
