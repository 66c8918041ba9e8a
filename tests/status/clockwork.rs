//! Schedules that do not run, on a machine with processes and a systemctl of its own.

use crate::proof;

/// What is done there, and between marks what the status says.
const SCRIPT: &str = r#"
stage=$1
cp -a /etc "$stage/etc"
mount --bind "$stage/etc" /etc
for place in /var/lib /var/spool /run /usr/local/bin; do mount -t tmpfs -o mode=755 none $place; done
mount -t proc proc /proc
rm -rf /etc/hosts.allow /etc/hosts.deny /etc/tcpw.toml /etc/cron.d/tcpw
install -m 755 "$2" "$2-notify" /usr/local/bin/
unset SSH_CONNECTION
tcpw=/usr/local/bin/tcpw
printf '[mail]\nto = "a@b"\n[mail.smtp]\nhost = "h"\n' >/etc/tcpw.toml
chmod 600 /etc/tcpw.toml
$tcpw install-alert --cron --force >/dev/null 2>&1
echo "== no cron"
$tcpw status || echo "exit $?"
cp /bin/sleep /run/cron
/run/cron 300 &
echo "== cron"
$tcpw status || echo "exit $?"
rm /etc/cron.d/tcpw
mkdir -p /run/systemd/system
# What systemctl says, word by word as systemd says it.
cat >/usr/local/bin/systemctl <<'END'
#!/bin/sh
[ "$1" = is-active ] || exit 0
shift
for unit; do
    case $unit in
    tcpw-expire.timer) echo inactive ;;
    tcpw-expire.service) echo failed ;;
    *.service) echo inactive ;;
    *) echo active ;;
    esac
done
exit 3
END
chmod 755 /usr/local/bin/systemctl
$tcpw install-alert --systemd --force >/dev/null 2>&1
# install-alert's systemctl enables nothing here.
mkdir -p /etc/systemd/system/paths.target.wants /etc/systemd/system/timers.target.wants
ln -s /etc/systemd/system/tcpw-deliver.path /etc/systemd/system/paths.target.wants/
ln -s /etc/systemd/system/tcpw-deliver.timer /etc/systemd/system/tcpw-expire.timer /etc/systemd/system/timers.target.wants/
echo "== systemd"
$tcpw status || echo "exit $?"
echo "== doctor"
$tcpw doctor --mail || echo "exit $?"
for synchronised in yes no; do
    printf '#!/bin/sh\n[ "$2" = --property=NTPSynchronized ] && echo %s\n' $synchronised >/usr/local/bin/timedatectl
    chmod 755 /usr/local/bin/timedatectl
    echo "== clock $synchronised"
    $tcpw doctor --mail || echo "exit $?"
done
rm /usr/local/bin/timedatectl
printf '#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n' >/usr/local/bin/systemctl
echo "== no bus"
$tcpw status || echo "exit $?"
rm -r /run/systemd
echo "== no systemd"
$tcpw status || echo "exit $?"
"#;

/// Of each mark: the exit code, and what is said.
const SAID: [(&str, i32, &[&str]); 8] = [
    (
        "no cron",
        1,
        &["/etc/cron.d/tcpw is installed, and no cron is running"],
    ),
    ("cron", 0, &["delivery by cron", "Problems  none"]),
    (
        "systemd",
        1,
        &[
            "delivery by systemd",
            "tcpw-expire.timer is inactive",
            "tcpw-expire.service is failed",
        ],
    ),
    (
        "doctor",
        1,
        &[
            "schedule: tcpw-expire.timer is inactive: see `systemctl status tcpw-expire.timer`",
            "schedule: tcpw-expire.service is failed",
            "cannot tell: clock: whether the network sets it: timedatectl: ",
        ],
    ),
    (
        "clock yes",
        1,
        &["ok: clock: set by the network, and no time that tcpw knows is still to come"],
    ),
    (
        "clock no",
        1,
        &[
            "cannot tell: clock: nothing sets it by the network",
            "let systemd-timesyncd",
        ],
    ),
    (
        "no bus",
        2,
        &["cannot read the units by systemctl: Failed to connect to bus"],
    ),
    ("no systemd", 1, &["systemd does not run this machine"]),
];

/// On a machine of its own: no cron runs there, and no systemd.
#[test]
fn what_runs_on_the_machine_is_asked_of_the_machine() {
    let stage = tempfile::TempDir::with_prefix("tcpw-clock-").unwrap();
    let output = std::process::Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "private",
            "--net",
            "--pid",
            "--fork",
        ])
        .args(["--kill-child", "bash", "-euc", SCRIPT, "machine"])
        .arg(stage.path())
        .arg(env!("CARGO_BIN_EXE_tcpw"))
        .env_remove("LC_ALL")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "200")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let steps = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "needs root and namespaces\n{said}\n{steps}"
    );
    let part = |name: &str| {
        let begin = format!("== {name}\n");
        let rest = said
            .split_once(&begin)
            .unwrap_or_else(|| panic!("{name}\n{said}{steps}"))
            .1;
        rest.split("== ").next().unwrap().to_owned()
    };
    for (name, code, words) in &SAID {
        let text = part(name);
        for word in *words {
            assert!(
                text.contains(word),
                "{name}: {word:?} is missing in:\n{text}{steps}"
            );
        }
        let is_zero = !text.contains("exit ");
        let has_code = text.contains(&format!("exit {code}"));
        assert!(
            if *code == 0 { is_zero } else { has_code },
            "{name}:\n{text}"
        );
    }
    proof::say(
        "status: units and cron that do not run are named: asked of systemctl and of the processes",
    );
}
