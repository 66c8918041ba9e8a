//! Letters as mail programs read them, and `tcpw mail preview`.

use super::stage::Stage;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Reads a mail with Python's parser, and prints what it holds.
const READER: &str = r#"
import sys, email, email.policy, html.parser
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
defects = [d for part in mail.walk() for d in part.defects]
defects += [d for name in mail.keys() for d in mail[name].defects]
print("defects:", defects)
for name in mail.keys():
    print("header:", name + ":", mail[name])
for part in mail.walk():
    print("part:", part.get_content_type(), part.get_filename())
class Reader(html.parser.HTMLParser):
    stack, bad = [], []
    def handle_starttag(self, tag, attributes):
        if tag in ("a", "img", "script", "link", "iframe", "form", "object"):
            self.bad.append(tag)
        for name, value in attributes:
            if name in ("href", "src") or name.startswith("on") or "url(" in (value or ""):
                self.bad.append(name)
        if tag not in ("meta", "br"):
            self.stack.append(tag)
    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.bad.append("/" + tag)
reader = Reader()
for part in mail.walk():
    if part.get_content_type() == "text/html":
        reader.feed(part.get_content())
        reader.close()
print("html:", reader.bad + reader.stack)
print(mail.get_body(("plain",)).get_content().replace("\r\n", "\n"))
"#;

/// What a mail program makes of a mail.
fn read(mail: &[u8]) -> String {
    let mut python = Command::new("python3")
        .args(["-c", READER])
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(mail).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in:\n{text}");
    }
}

/// The commands that a letter names, without the program.
fn commands(text: &str) -> Vec<Vec<String>> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("    sudo tcpw "));
    lines
        .map(|line| {
            // A shell takes them apart, as the administrator's would.
            let script = format!("for word in {line}; do printf '%s\\n' \"$word\"; done");
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            let words = String::from_utf8(output.stdout).unwrap();
            words.lines().map(str::to_owned).collect()
        })
        .collect()
}

#[test]
fn a_mail_has_the_headers_that_filters_like_and_a_sound_body() {
    let stage = Stage::configured("[mail]\nattach_events = true\nreverse_dns = false\n");
    let lock = stage.hold_lock();
    stage.notify("=scanner.example.net");
    drop(lock);
    stage.run(&["deliver"]).says(0, &["sent 1"]);
    let mail = stage.mails().remove(0);
    let told = read(mail.as_bytes());
    says(
        &told,
        &[
            "defects: []\n",
            "header: Auto-Submitted: auto-generated\n",
            "header: X-Auto-Response-Suppress: All\n",
            "header: List-Id: <tcpw.",
            "header: Message-ID: <",
            "header: Date: ",
            "part: multipart/mixed None\npart: multipart/alternative None\npart: text/plain None\npart: text/html None\npart: text/csv events.csv\n",
            "html: []\n",
            "sshd reported 192.0.2.7 (=scanner.example.net)\n",
            "Client: =scanner.example.net\n",
        ],
    );
    assert!(!told.contains("header: Precedence") && !told.contains("header: References"));
    says(&mail.replace("=\r\n", ""), &["\"'=3Dscanner.example.net\""]);
}

#[test]
fn letters_about_one_source_are_one_thread() {
    let stage = Stage::configured("[mail]\nreverse_dns = false\n[alert]\nquiet = '0s'\n");
    for _ in 0..2 {
        let lock = stage.hold_lock();
        stage.notify("192.0.2.7");
        drop(lock);
        stage.run(&["deliver"]).says(0, &["sent 1"]);
    }
    let mails: Vec<String> = stage
        .mails()
        .iter()
        .map(|mail| read(mail.as_bytes()))
        .collect();
    let later = mails
        .iter()
        .find(|mail| mail.contains("header: References"));
    let first = mails
        .iter()
        .find(|mail| !mail.contains("header: References"));
    let (later, first) = (later.unwrap(), first.unwrap());
    let id = first.split("header: Message-ID: ").nth(1).unwrap();
    let id = id.lines().next().unwrap();
    says(
        later,
        &[
            &format!("header: References: {id}\n"),
            &format!("header: In-Reply-To: {id}\n"),
            "Before: once, on ",
            "Before that, from the same source:\n",
        ],
    );
    says(first, &["Before: never: this is the first time\n"]);
}

#[test]
fn the_commands_of_a_letter_do_what_they_say() {
    let stage = Stage::configured("[mail]\nreverse_dns = false\n");
    fs::write(stage.path("etc/hosts.allow"), "").unwrap();
    fs::write(stage.path("etc/hosts.deny"), "ALL : ALL\n").unwrap();
    let lock = stage.hold_lock();
    stage.notify("192.0.2.7");
    drop(lock);
    stage.run(&["deliver"]).says(0, &["sent 1"]);
    let told = read(stage.mails().remove(0).as_bytes());
    let commands = commands(&told);
    assert_eq!(commands.len(), 3, "{told}");
    let run = |at: usize, words: &[&str]| {
        stage.run(&commands[at]).says(0, words);
    };
    run(0, &["sshd", "192.0.2.7"]);
    let allow = fs::read_to_string(stage.path("etc/hosts.allow")).unwrap();
    says(&allow, &["sshd: 192.0.2.7", "alert of 20"]);
    fs::write(stage.path("etc/hosts.allow"), "").unwrap();
    run(1, &["192.0.2.7"]);
    run(2, &["no more alerts about 192.0.2.7"]);
    let toml = fs::read_to_string(stage.path("etc/tcpw.toml")).unwrap();
    says(&toml, &["mute = [\"192.0.2.7\"]"]);
}

#[test]
fn an_alarm_is_not_lost_to_a_template() {
    let stage = Stage::configured(
        "[mail]\nreverse_dns = false\nsubject_template = 'Mine: {{ addr }}'\ntext_template = '/etc/letter.txt'\nhtml_template = '/etc/letter.html'\n",
    );
    fs::write(stage.path("etc/letter.txt"), "Hello\n{{ hots }}\n").unwrap();
    fs::write(stage.path("etc/letter.html"), "<p>{{ host }}</p>\n").unwrap();
    let lock = stage.hold_lock();
    stage.notify("<b>");
    drop(lock);
    let place = "etc/letter.txt:2: undefined value";
    stage
        .run(&["deliver"])
        .says(0, &["sent 1", "a message template failed", place]);
    let mail = stage.mails().remove(0);
    says(
        &read(mail.as_bytes()),
        &[
            "header: Subject: Mine: 192.0.2.7\n",
            "Client: <b>\n",
            "A template of this message failed",
            place,
        ],
    );
    says(&mail, &["<p>&lt;b&gt;</p>"]);
    stage.run(&["mail", "preview"]).says(2, &[place, "help: "]);
    fs::write(stage.path("etc/letter.txt"), "Hello {{ addr }}\n").unwrap();
    stage
        .run(&["mail", "preview"])
        .says(0, &["Subject: Mine: 203.0.113.7\n\nHello 203.0.113.7\n"]);
    stage.configure("[mail]\ntext_template = '/etc/absent'\n");
    stage
        .run(&["mail", "preview"])
        .says(2, &["etc/absent: No such file"]);
}

#[test]
fn a_preview_shows_every_kind_in_every_form() {
    let stage = Stage::configured("[mail]\nlanguage = 'ko'\n");
    for (kind, english, korean) in [
        (
            "alarm",
            "sshd refused 203.0.113.7 (no",
            "접속 거부 (역방향 DNS 없음)",
        ),
        ("digest", "again, 412 times in 1 h", "1시간 동안 412회"),
        (
            "overflow",
            "1,034 alerts from 3 sources",
            "3곳에서 경보 1,034건",
        ),
        ("notice", "3 messages were never", "메일 3통을"),
        ("heartbeat", "all is well, 12 alerts", "이상 없음"),
        ("report", "report", "보고서"),
        ("test", "test mail", "시험 메일"),
    ] {
        let show = |more: &[&str]| {
            let args = [&["mail", "preview", "--kind", kind], more].concat();
            let ran = stage.run(&args);
            ran.says(0, &[]);
            ran.out
        };
        says(&show(&["--format", "subject"]), &["[tcpw] ", korean]);
        says(&show(&["--lang", "en"]), &["Subject: [tcpw] ", english]);
        says(&show(&["--format", "html"]), &["<!DOCTYPE html>"]);
        let mail = read(show(&["--format", "eml", "--lang", "en"]).as_bytes());
        says(&mail, &["defects: []\n", "html: []\n", english]);
        let mail = read(show(&["--format", "eml"]).as_bytes());
        says(&mail, &["defects: []\n", "html: []\n", korean]);
    }
    assert!(stage.mails().is_empty());
}

#[test]
fn a_preview_shows_the_letter_of_an_event() {
    let stage = Stage::configured("[mail]\nreverse_dns = false\n");
    let preview = |event: &str| stage.run(&["mail", "preview", "--event", event]);
    preview("1").says(2, &["has no event 1", "leave out --event"]);
    let lock = stage.hold_lock();
    stage.notify("visitor.example");
    drop(lock);
    stage.run(&["deliver"]).says(0, &["sent 1"]);
    preview("1").says(
        0,
        &[
            "Subject: [tcpw] ",
            "(visitor.example)",
            "Daemon: sshd\n",
            "Process: 4711\n",
        ],
    );
    preview("2").says(2, &["has no event 2"]);
    stage
        .run(&["mail", "preview", "--event", "1", "--kind", "alarm"])
        .says(2, &["cannot be used with"]);
}
