//! Values that a stranger chose are recorded and never obeyed.

use super::stage::{Stage, wait_until};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

const HOSTILE: &[&[u8]] = &[
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
    stage.run(&["deliver"]).says(0, &["collected 13"]);
    let recorded: Vec<Vec<u8>> = stage.query("SELECT host FROM readable ORDER BY id");
    assert_eq!(&recorded[..HOSTILE.len()], HOSTILE);
    assert_eq!(recorded[HOSTILE.len()], vec![b'a'; 10_000]);
    let mails = stage.mails();
    assert_eq!(mails.len(), 1, "one letter for one address");
    let mail = &mails[0];
    let head = mail.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("Bcc") && !head.contains("thief"), "{head}");
    assert!(!mail.contains("\r\nBcc") && !mail.contains("\n.\n"));
    let html = mail.split("text/html").nth(1).unwrap();
    assert!(!html.contains("<script") && !html.contains("<a href"));
    assert!(html.contains("&lt;script"));
    assert!(mail.is_ascii() && !mail.contains('\x1b'));
    assert!(!mail.contains("http://evil"));
    assert!(!stage.path("owned").exists());
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
