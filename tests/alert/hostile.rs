//! Values that a stranger chose are recorded and never obeyed.

use super::record::{heard, listen};
use super::stage::{Stage, wait_until};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

const HOSTILE: &[&[u8]] = &[
    // What made DenyHosts ban others (CVE-2006-6301, 2007-4323, 2007-5715, 2013-6890).
    b"x from 192.0.2.99",
    b"Did not receive identification string from 192.0.2.99",
    b"User root from 192.0.2.99 not allowed because not listed in AllowUsers",
    b"Invalid user root from 123.123.123.123",
    b"--help",
    b"-rf",
    b"--",
    b"'\"`$(touch owned)`;|&<>",
    b"x\r\nBcc: thief@example.org\r\n\r\nbody",
    b"x\n.\nQUIT\n",
    b"<script>alert(1)</script><a href=\"http://evil.example\">x</a>",
    b"\xff\xfe\x80invalid",
    b"\x1b[2J\x1b]0;title\x07\x9b31m",
    "\u{202e}gnp.exe\u{200b}".as_bytes(),
    b"{{ 7 * 7 }}{% raw %}",
    b"",
];

#[test]
fn every_byte_is_recorded_and_none_is_obeyed() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    for host in HOSTILE {
        stage.notify(OsStr::from_bytes(host));
    }
    stage.notify("a".repeat(10_000));
    drop(lock);
    stage.run(&["deliver"]).says(0, &["collected 17"]);
    let recorded: Vec<Vec<u8>> = stage.query("SELECT host FROM readable ORDER BY id");
    assert_eq!(&recorded[..HOSTILE.len()], HOSTILE);
    assert_eq!(recorded[HOSTILE.len()], vec![b'a'; 10_000]);
    let mails = stage.mails();
    assert_eq!(mails.len(), 1, "one letter for one address");
    let mail = &mails[0];
    let head = mail.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("Bcc") && !head.contains("thief"), "{head}");
    assert!(!mail.contains("\r\nBcc") && !mail.contains("\n.\n"));
    let html = mail.split("text/html").nth(1).unwrap().replace("=\r\n", "");
    assert!(!html.contains("<script") && !html.contains("<a href"));
    // The letter lists the last ten of one source.
    assert!(html.contains("&lt;script"));
    assert!(mail.is_ascii() && !mail.contains('\x1b'));
    assert!(!mail.contains("http://evil"));
    assert!(!stage.path("owned").exists());
}

/// In every option, by both programs, and in the system log when there is no drop directory.
#[test]
fn every_option_takes_every_byte() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    let huge = vec![b'z'; 100_000];
    let values: Vec<&[u8]> = HOSTILE.iter().copied().chain([&huge[..]]).collect();
    let line = |value: &[u8]| {
        let value = OsStr::from_bytes(value).to_owned();
        let mut words: Vec<OsString> = Vec::new();
        for option in ["--addr", "--daemon", "--server", "--pid", "--user"] {
            words.extend([option.into(), value.clone()]);
        }
        words.extend(["--".into(), value]);
        words
    };
    for value in &values {
        assert_eq!(stage.alarm(&line(value)).code, 0);
        let mut words = line(value);
        words.insert(0, "notify".into());
        assert_eq!(stage.run(&words).code, 0);
    }
    for path in stage.drops() {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.bytes()
                .all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
        );
        assert!(
            !text.contains("user 100000 ") || text.len() < 30_000,
            "cut at its limit"
        );
    }
    drop(lock);
    let collected = format!("collected {}", 2 * values.len());
    stage.run(&["deliver"]).says(0, &[&collected]);
    for column in ["host", "addr", "daemon", "server", "pid"] {
        let query = format!("SELECT {column} FROM readable ORDER BY id");
        let limit = if column == "host" { 16 * 1024 } else { 1024 };
        let recorded: Vec<Vec<u8>> = stage.query(&query);
        let given = values.iter().flat_map(|value| [value, value]);
        for (is, value) in recorded.iter().zip(given) {
            assert_eq!(is, &value[..value.len().min(limit)], "{column}");
        }
        assert_eq!(recorded.len(), 2 * values.len());
    }

    let stage = Stage::configured("[drop]\npath = '/etc/tcpw.toml/drop'\n");
    let log = listen(&stage);
    for value in &values {
        assert_eq!(stage.alarm(&line(value)).code, 75);
        let told = heard(&log);
        assert!(told.starts_with("<35>tcpw["), "{told}");
        assert!(!told.chars().any(char::is_control), "{told}");
        let fact = format!("; pid {} ", value.len());
        assert!(told.contains(&fact), "{fact}: {told}");
        assert!(told.ends_with("; end"), "{told}");
    }
}

#[test]
fn odd_process_numbers_and_values_do_not_lose_the_event() {
    let stage = Stage::new();
    for pid in ["", "-1", "12x", "99999999999999999999"] {
        let pid = format!("--pid={pid}");
        stage
            .run(&["notify", &pid, "--addr", "-x", "--daemon", "", "h"])
            .says(0, &[]);
    }
    wait_until("four events", || {
        stage.count("SELECT count(*) FROM events") == 4
    });
    let addresses: Vec<Vec<u8>> = stage.query("SELECT DISTINCT addr FROM readable");
    assert_eq!(addresses, [b"-x"]);
}

#[test]
fn mails_of_one_source_are_told_apart_from_others() {
    let stage = Stage::new();
    let lock = stage.hold_lock();
    for addr in ["192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        stage.run(&["notify", "--addr", addr, addr]).says(0, &[]);
    }
    drop(lock);
    stage.run(&["deliver"]).says(0, &["collected 3", "sent 2"]);
    let mails = stage.mails();
    let both = mails
        .iter()
        .find(|mail| mail.contains("192.0.2.1"))
        .unwrap();
    assert!(both.contains("Connections: 2"), "{both}");
    assert!(!both.contains("192.0.2.2"));
}
