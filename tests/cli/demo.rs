//! `tcpw demo`: four beats that can be read, and the whole way from a rule to a mail; as anybody,
//! without a network.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// What a good run shows, in this order.
const MILESTONES: [&str; 14] = [
    "$ tcpw allow 192.0.2.10 --daemon sshd\n",
    "\n+sshd: 192.0.2.10\n",
    "$ tcpw deny-all\n",
    "\n+ALL: ALL\n",
    "$ tcpw install-alert\n",
    "\n+ALL: UNKNOWN : spawn /",
    "$ tcpw match sshd 192.0.2.10\ngranted: sshd from 192.0.2.10\n",
    "$ tcpw match sshd 203.0.113.77\ndenied: sshd from 203.0.113.77\n",
    "\n/bin/sh -c '/",
    "\nrecorded 1, sent 1 by file, into the directory ",
    " UTC  address 203.0.113.77  host 203.0.113.77  daemon sshd  server sshd@server.example  pid ",
    "\nSubject: [tcpw] ",
    "\nTo: admin@example.org\n",
    "\nAddress: 203.0.113.77\n",
];

fn check(output: &Output, folder: &std::path::Path) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    let mut rest = text.as_str();
    for milestone in MILESTONES {
        let at = rest.find(milestone);
        let at = at.unwrap_or_else(|| panic_with(milestone, &text));
        rest = &rest[at + milestone.len()..];
    }
    let left: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[expect(clippy::panic, reason = "the failure of a test")]
fn panic_with(milestone: &str, text: &str) -> usize {
    panic!("no {milestone:?} in\n{text}")
}

#[test]
fn it_shows_each_step_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(crate::sandbox::program())
        .args(["demo", "--full"])
        .env("TMPDIR", folder.path())
        // The session of whoever runs the demo is not on its sample list.
        .env("SSH_CONNECTION", "198.51.100.1 5000 192.0.2.1 22")
        .output()
        .unwrap();
    check(&output, folder.path());
}

/// Needs root, to become somebody who is not and to be without a network.
#[test]
fn it_needs_no_privileges_and_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tcpw");
    crate::sandbox::copy_program(crate::sandbox::program(), &program);
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    for (path, mode) in [(folder.path(), 0o755), (&program, 0o755), (&work, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let output = Command::new("unshare")
        .args([
            "--net",
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ])
        .arg(&program)
        .args(["demo", "--full"])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TMPDIR", &work)
        .output()
        .unwrap();
    check(&output, &work);
}

/// What the four beats show, in this order.
const BEATS: [&str; 12] = [
    "1. Today a stranger gets in",
    "$ tcpw match sshd 203.0.113.77\n",
    "granted: sshd from 203.0.113.77\n",
    "2. You set it up",
    "$ sudo tcpw setup --allow 192.0.2.10 ",
    "After this only 192.0.2.10 gets in;\n   everybody else is refused and you get mail.\n",
    "3. The stranger is refused, and by which rule",
    "denied: sshd from 203.0.113.77\n",
    "/etc/hosts.deny:2: ALL: ALL",
    "4. Your mail, with what to do",
    "Subject: [tcpw] ",
    "sudo tcpw allow 203.0.113.77 --daemon sshd",
];

fn check_beats(text: &str) {
    let mut rest = text;
    for beat in BEATS {
        let at = rest.find(beat).unwrap_or_else(|| panic_with(beat, text));
        rest = &rest[at + beat.len()..];
    }
    let last = rest.lines().last().unwrap_or_default();
    assert_eq!(last, "Now: sudo tcpw setup", "{text}");
    assert!(rest.contains("sudo tcpw mute 203.0.113.77\n"), "{text}");
    let lines = text.lines().count();
    assert!((18..=24).contains(&lines), "{lines} lines\n{text}");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(79), "{widest:?}\n{text}");
}

#[test]
fn four_beats_fit_on_a_screen_and_do_not_wait_where_nobody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let begin = std::time::Instant::now();
    let output = Command::new(crate::sandbox::program())
        .arg("demo")
        .env("TMPDIR", folder.path())
        .env("SSH_CONNECTION", "198.51.100.1 5000 192.0.2.1 22")
        .env("LANG", "C")
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    check_beats(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn on_a_terminal_each_beat_stays() {
    let script = "import os, pty, sys, time\n\
                  begin, seen = time.monotonic(), []\n\
                  def read(fd):\n    \
                      data = os.read(fd, 65536)\n    \
                      seen.append((time.monotonic() - begin, data))\n    \
                      return data\n\
                  code = pty.spawn(sys.argv[1:], read)\n\
                  marks = [next(t for t, d in seen if m.encode() in d) for m in ['1. ', '2. ', '3. ', '4. ', 'Now: ']]\n\
                  print('\\nGAPS', ' '.join('%.1f' % (b - a) for a, b in zip(marks, marks[1:])))\n\
                  sys.exit(os.waitstatus_to_exitcode(code))";
    let output = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(crate::sandbox::program())
        .arg("demo")
        .env("NO_COLOR", "1")
        .env("LANG", "C")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let gaps = text.lines().find_map(|line| line.strip_prefix("GAPS "));
    let gaps: Vec<f64> = gaps
        .unwrap_or_default()
        .split(' ')
        .map(|gap| gap.parse().unwrap())
        .collect();
    assert_eq!(gaps.len(), 4, "{text}");
    // Half a second a line is a slow reader's pace; nobody waits for half a minute.
    assert!(gaps.iter().all(|gap| *gap > 2.0), "{gaps:?}");
    assert!(gaps.iter().sum::<f64>() < 30.0, "{gaps:?}");
}

#[test]
fn without_a_place_to_work_it_says_so() {
    let output = Command::new(crate::sandbox::program())
        .arg("demo")
        .env("TMPDIR", "/proc/none")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.starts_with("tcpw: cannot create a temporary directory: "),
        "{text}"
    );
    assert!(
        text.contains("\n  help: set TMPDIR to a directory you may write to\n"),
        "{text}"
    );
}

/// Ends the demo in its second beat by ^C, on a terminal of 60 columns.
#[test]
fn an_interrupt_leaves_nothing_and_a_narrow_terminal_breaks_no_word() {
    let script = "import fcntl, os, pty, signal, struct, sys, termios\n\
                  pid, fd = pty.fork()\n\
                  if pid == 0:\n    \
                      fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))\n    \
                      signal.signal(signal.SIGINT, signal.SIG_DFL)\n    \
                      os.execv(sys.argv[1], sys.argv[1:])\n\
                  seen, sent = b'', False\n\
                  while True:\n    \
                      try:\n        \
                          data = os.read(fd, 65536)\n    \
                      except OSError:\n        \
                          break\n    \
                      if not data:\n        \
                          break\n    \
                      seen += data\n    \
                      if b'gets in;' in seen and not sent:\n        \
                          sent = True\n        \
                          os.write(fd, b'\\x03')\n\
                  sys.stdout.buffer.write(seen.replace(b'\\r', b''))\n\
                  print('CODE', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))";
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("/usr/bin/python3")
        .args(["-c", script])
        .arg(crate::sandbox::program())
        .arg("demo")
        .env("NO_COLOR", "1")
        .env("LANG", "C")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("CODE -2\n"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{widest:?}\n{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("--mail-to admin@example.org ..."), "{text}");
    assert!(!text.contains("Now: "), "{text}");
}

#[test]
fn it_speaks_one_language() {
    let output = Command::new(crate::sandbox::program())
        .arg("demo")
        .env("LANG", "ko_KR.UTF-8")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("SSH_CONNECTION", "198.51.100.1 5000 192.0.2.1 22")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!text.chars().any(|c| ('가'..='힣').contains(&c)), "{text}");
    check_beats(&text);
}
