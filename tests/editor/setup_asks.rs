//! `tcpw setup` on a terminal: what is asked in which language, what a wrong answer, the end of input
//! and ^C come to, and that a password is not shown.

use super::sandbox::{Ran, Sandbox, configuration, mail_program, names, with_cron, without_traces};
use crate::proof::say;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

const CONFIGURATION: &str = "# The configuration of tcpw; tcpw.toml(5) describes every key.\n\n";
const OWN: &str = "0.0.0.1";
const ENGLISH: &str = "en_US.UTF-8";
const KOREAN: &str = "ko_KR.UTF-8";
/// The end of input and an interrupt, as a terminal takes them.
const END: &str = "\u{4}";
const INTERRUPT: &str = "\u{3}";

/// Runs the program on a terminal.
fn on_terminal(
    sandbox: &Sandbox,
    language: &str,
    arguments: &[&str],
    answers: &[(&str, &str)],
) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editor/converse.py");
    let given = sandbox.command(arguments);
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(script)
        .arg(serde_json::to_string(answers).unwrap())
        .arg(given.get_program())
        .args(given.get_args())
        .env("SSH_CONNECTION", format!("{OWN} 1 0.0.0.2 22"))
        .env("NO_COLOR", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .env("LANG", language)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES");
    sandbox.ran(&mut command)
}

/// The answers that Enter gives, where the machine has a mail system.
const ENTER: [(&str, &str); 9] = [
    (
        "with spaces or commas between [127.0.0.0/8 ::1 0.0.0.1]: ",
        "",
    ),
    (
        "Names of daemons such as sshd or vsftpd, or ALL [ALL]: ",
        "",
    ),
    ("or none [sendmail]: ", ""),
    ("Who gets alerts about refused clients?", "ann@example.org"),
    ("The sender of the mails [tcpw@", ""),
    ("Who gets a copy (Cc)? [none]: ", ""),
    ("The subject; {fields} are filled in [tcpw's own]: ", ""),
    ("A file to attach to each mail [none]: ", ""),
    ("Make these changes? [yes]: ", ""),
];

#[test]
fn enter_is_enough() {
    let sandbox = Sandbox::new("", "");
    mail_program(&sandbox, "cat > \"$0.mail\"");
    let ran = on_terminal(&sandbox, ENGLISH, &["setup"], &ENTER);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(
        ran.out.contains("Your own session comes from 0.0.0.1."),
        "{}",
        ran.out
    );
    assert_eq!(
        configuration(&sandbox),
        format!(
            "{CONFIGURATION}[mail]\ntransport = \"sendmail\"\nto = \"ann@example.org\"\nlanguage \
             = \"en\"\nsendmail = \"/usr/sbin/sendmail\"\n"
        )
    );
    let (allow, deny) = sandbox.tables();
    assert_eq!(allow, "ALL: 127.0.0.0/8 [::1] 0.0.0.1\n");
    assert!(deny.starts_with("ALL: ALL : spawn "), "{deny}");
    let sentence = "After this only loopback and 0.0.0.1 get in; everybody else is refused and you get \
                    mail.";
    let at = |text: &str| ran.out.find(text).expect(text);
    assert!(at(sentence) < at("Make these changes?"), "{}", ran.out);
    assert!(sandbox.path("usr/sbin/sendmail.mail").exists());
}

#[test]
fn in_korean_the_same_questions_are_asked() {
    let sandbox = Sandbox::new("", "ALL: ALL: spawn /root/mail.py %a\n");
    mail_program(&sandbox, "cat > \"$0.mail\"");
    with_cron(&sandbox);
    let answers = [
        (
            "Enter를 누르면 [괄호] 안의 값을 씁니다.",
            "10.1.2.3, 192.0.2.0/24",
        ),
        ("어느 서비스에 허용할까요?", "sshd"),
        ("0.0.0.1의 sshd 접속이 거부됩니다.", "ㅛ"),
        ("`/root/mail.py %a` 명령을 실행합니다.", "네"),
        ("메일을 어떻게 보낼까요?", ""),
        (
            "거부된 접속의 경보를 누가 받을까요?",
            "ann@example.org, bob@example.org",
        ),
        ("보내는 사람 메일 주소 [tcpw@", ""),
        ("참조(Cc)로 누가 받을까요? [없음]: ", "없음"),
        (
            "제목 ({필드}는 값으로 바뀜) [tcpw 기본값]: ",
            "[{host}] {addr}",
        ),
        ("메일마다 첨부할 파일 [없음]: ", ""),
        ("systemd, cron 또는 none [cron]: ", ""),
        (
            "이제 0.0.0.1, 10.1.2.3, 192.0.2.0/24 (sshd)만 들어올 수 있고, 그 밖에는 모두 거부되고 \
             메일이 옵니다.",
            "",
        ),
    ];
    let ran = on_terminal(&sandbox, KOREAN, &["setup"], &answers);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(ran.out.contains("이대로 바꿀까요? [예]: "), "{}", ran.out);
    let (allow, deny) = sandbox.tables();
    assert_eq!(allow, "sshd: 10.1.2.3 192.0.2.0/24 0.0.0.1\n");
    assert!(
        !deny.contains("mail.py") && deny.starts_with("ALL: ALL: spawn "),
        "{deny}"
    );
    let toml = configuration(&sandbox);
    for line in [
        "to = [\"ann@example.org\", \"bob@example.org\"]",
        "subject = \"[{host}] {addr}\"",
        "language = \"ko\"",
    ] {
        assert!(toml.contains(line), "{toml}");
    }
    assert!(sandbox.path("etc/cron.d/tcpw").exists());
    // The alert is new: that nothing needs to be made of it would be said of a rule that is there.
    assert!(!ran.out.contains("이미 있습니다"), "{}", ran.out);
    is_all_korean(&ran.out);
    // A terminal of another character set cannot show it: the mails are Korean all the same.
    let sandbox = Sandbox::new("", "");
    mail_program(&sandbox, "cat > \"$0.mail\"");
    let ran = on_terminal(&sandbox, "ko_KR.eucKR", &["setup"], &ENTER);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(configuration(&sandbox).contains("language = \"ko\""));
    say("setup: asked and answered on a terminal in English and in Korean");
}

/// Every line that setup says is Korean: all but the changes themselves.
fn is_all_korean(shown: &str) {
    let is_hangul = |c: char| ('가'..='힣').contains(&c);
    let is_change = |line: &&str| line.starts_with(['+', '-', ' ', '@']) || line.is_empty();
    let said: Vec<&str> = shown.lines().filter(|line| !is_change(line)).collect();
    let other: Vec<&&str> = said
        .iter()
        .filter(|line| !line.contains(is_hangul))
        .collect();
    assert!(other.is_empty(), "{other:#?}\n{shown}");
    for text in [
        "0.0.0.1, 10.1.2.3, 192.0.2.0/24: sshd 접속이 새로 허용됩니다\n",
        "보냄, ann@example.org: ",
        "/etc/hosts.allow 파일을 바꾸었습니다",
        "변경 1입니다.",
    ] {
        assert!(shown.contains(text), "{text} is missing in:\n{shown}");
    }
    assert!(said.len() > 15, "{shown}");
}

/// Without a terminal the locale counts alike; JSON stays English, and so does every other command.
#[test]
fn who_loses_access_is_said_in_korean_by_setup_alone() {
    let sandbox = Sandbox::new("ALL: 10.9.0.0/16\n", "");
    let run = |arguments: &[&str]| {
        let clients = ["--allow", "192.0.2.0/24", "--allow", "host.example.org"];
        let mut command = sandbox.command(&[arguments, &clients].concat());
        sandbox.ran(command.env("LC_ALL", KOREAN).env_remove("SSH_CONNECTION"))
    };
    let setup = ["setup", "--check", "--no-mail", "--no-alarm", "-d", "sshd"];
    let ran = run(&setup);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    for line in [
        "모든 접속 (10.9.0.0/16, 192.0.2.0/24, 이름이 host.example.org인 접속 제외): sshd 접속이 거부됩니다\n",
        "모든 접속 (10.9.0.0/16 제외): sshd 이외의 모든 데몬 접속이 거부됩니다\n",
        "미리 보기: 아무것도 쓰지 않았습니다\n",
    ] {
        assert!(ran.out.contains(line), "{line} is missing in:\n{}", ran.out);
    }
    let json = run(&[&setup[..], &["--format", "json"]].concat());
    assert!(
        json.out.contains("After this only 10.9.0.0/16, "),
        "{}",
        json.out
    );
    let mut allow = sandbox.command(&["allow", "192.0.2.9", "-d", "sshd", "-n"]);
    let allow = sandbox.ran(allow.env("LC_ALL", KOREAN));
    assert!(
        allow.out.contains("dry run: nothing was written\n"),
        "{}",
        allow.out
    );
}

/// A way through every question, with a wrong answer at each first; the last is no.
const WRONG: [(&str, &str); 41] = [
    ("Who may connect?", "300.1.1.1"),
    ("300.1.1.1", "@-"),
    ("which is this terminal", ","),
    ("somebody must be able to connect", "10.0.0.0/8,192.0.2.7"),
    ("To which services?", "/usr/sbin/sshd"),
    ("libwrap compares names, not paths", "sshd, vsftpd"),
    ("0.0.0.1 would be refused by sshd.", "maybe"),
    ("neither yes nor no", "n"),
    (
        "Who may connect? Addresses, networks or names, with spaces or commas between [10.0.0.0/8 192.0.2.7]: ",
        "",
    ),
    ("Allow 0.0.0.1 too? [yes]: ", "y"),
    ("`/root/mail.py %a` when it refuses somebody.", "why"),
    ("neither yes nor no", "n"),
    ("or none [smtp]: ", "pigeon"),
    ("none of the three", "sendmail"),
    ("there is no /usr/sbin/sendmail", "smtp"),
    ("or name:port: ", ""),
    ("the name is missing", "smtp://u:p@m"),
    ("holds a user name", "mail.example.org:99999"),
    ("it must be from 1 to 65535", "mail.example.org"),
    ("implicit or none [starttls]: ", "ssl"),
    ("none of the three", "implicit"),
    ("Its port [465]: ", "70000"),
    ("is not a port", ""),
    ("The user name there", "ann"),
    ("Enter if a file holds it already: ", ""),
    ("[/etc/tcpw.password]: ", "password"),
    ("is not an absolute path", ""),
    ("cannot read /etc/tcpw.password", "/etc"),
    ("is not a regular file", "/etc/password"),
    ("[ann@example.org]: ", "ann"),
    ("has no @", "ann@example.org bob@example.org"),
    ("The sender of the mails [ann@example.org]: ", "ann, bob"),
    ("write it as user@host", ""),
    ("Who gets a copy (Cc)? [none]: ", "carl"),
    ("has no @", "carl@example.org"),
    ("[tcpw's own]: ", "{nonsense}"),
    ("has the unknown field {nonsense}", "{count} from {addr}"),
    ("A file to attach to each mail [none]: ", "/nowhere"),
    ("cannot read /nowhere", "/etc/hosts.allow"),
    ("Make these changes? [yes]: ", "perhaps"),
    ("neither yes nor no", "n"),
];

#[test]
fn a_wrong_answer_is_asked_again_and_no_is_no() {
    let deny = "ALL: ALL: spawn /root/mail.py %a\n";
    let sandbox = Sandbox::new("# mine\n", deny);
    std::fs::write(sandbox.path("etc/password"), "geheim\n").unwrap();
    let ran = on_terminal(&sandbox, ENGLISH, &["setup"], &WRONG);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    for words in [
        "+sshd vsftpd: 10.0.0.0/8 192.0.2.7 0.0.0.1\n",
        "+password_file = \"/etc/password\"\n",
        "+cc = \"carl@example.org\"\n",
        "+subject = \"{count} from {addr}\"\n",
        "+attachments = \"/etc/hosts.allow\"\n",
        "+from = \"ann@example.org\"\n",
        "still runs `/root/mail.py %a`, so that both report: --replace-alert",
        "nothing was changed",
    ] {
        assert!(ran.out.contains(words), "{words} is not in {}", ran.out);
    }
    std::fs::remove_file(sandbox.path("etc/password")).unwrap();
    without_traces(&sandbox);
    assert_eq!(sandbox.tables(), ("# mine\n".to_owned(), deny.to_owned()));
}

/// What is asked where a mail server takes a login, and what is typed.
const LOGIN: [(&str, &str); 13] = [
    ("Who may connect?", ""),
    ("To which services?", ""),
    ("or none [smtp]: ", ""),
    ("or name:port: ", "mail.example.org:587"),
    ("implicit or none [starttls]: ", ""),
    ("The user name there", "ann"),
    (
        "Enter if a file holds it already: ",
        "ge\u{7f}eheim\u{d55c}",
    ),
    ("[ann@example.org]: ", ""),
    ("The sender of the mails [ann@example.org]: ", ""),
    ("Who gets a copy (Cc)? [none]: ", ""),
    ("[tcpw's own]: ", ""),
    ("A file to attach to each mail [none]: ", ""),
    ("Make these changes? [yes]: ", ""),
];

#[test]
fn a_password_is_hidden_and_kept_for_its_owner_alone() {
    let sandbox = Sandbox::new("", "");
    let ran = on_terminal(&sandbox, ENGLISH, &["setup", "--no-test-mail"], &LOGIN);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let file = sandbox.path("etc/tcpw.password");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "geheim\u{d55c}\n");
    let found = std::fs::metadata(&file).unwrap();
    assert_eq!(found.mode() & 0o7777, 0o600);
    assert!(!ran.out.contains("eheim"), "{}", ran.out);
    assert!(
        ran.out
            .contains("It will be kept in /etc/tcpw.password, which only root may read."),
        "{}",
        ran.out
    );
    assert_eq!(
        configuration(&sandbox),
        format!(
            "{CONFIGURATION}[mail]\ntransport = \"smtp\"\nto = \"ann@example.org\"\nfrom = \
             \"ann@example.org\"\nlanguage = \"en\"\n\n[mail.smtp]\nhost = \
             \"mail.example.org:587\"\ntls = \"starttls\"\nusername = \"ann\"\npassword_file = \
             \"/etc/tcpw.password\"\n"
        )
    );
}

#[test]
fn the_end_of_input_or_an_interrupt_at_any_question_changes_nothing() {
    let mut tried = 0;
    for (key, name) in [(END, "the end"), (INTERRUPT, "an interrupt")] {
        for number in 0..LOGIN.len() {
            let sandbox = Sandbox::new("", "");
            let mut answers = LOGIN[..=number].to_vec();
            answers[number].1 = key;
            let ran = on_terminal(&sandbox, ENGLISH, &["setup", "--no-test-mail"], &answers);
            let told = format!("{name} at {:?}: {}", answers[number].0, ran.out);
            // Python gives the signal's number, negative, as what is left of it in a byte.
            let expected = if key == INTERRUPT && !answers[number].0.contains("file holds") {
                254
            } else {
                2
            };
            assert_eq!(ran.code, Some(expected), "{told}");
            without_traces(&sandbox);
            assert_eq!(sandbox.tables(), (String::new(), String::new()), "{told}");
            tried += 1;
        }
    }
    say(&format!(
        "setup: the end of input and ^C at {tried} questions changed nothing"
    ));
}

/// A terminal that shows what is typed shows it again after a password was interrupted.
#[test]
fn after_a_hidden_answer_the_terminal_shows_again() {
    let sandbox = Sandbox::new("", "");
    let mut answers = LOGIN[..7].to_vec();
    answers[6].1 = INTERRUPT;
    let given = sandbox.command(&["setup"]);
    let quoted: Vec<&str> = given
        .get_args()
        .map(|word| word.to_str().unwrap())
        .collect();
    let line = format!(
        "{} {}; stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon -e isig | tr '\\n' ' '",
        given.get_program().to_str().unwrap(),
        quoted.join(" ")
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/editor/converse.py");
    let mut command = Command::new("/usr/bin/python3");
    command
        .arg(script)
        .arg(serde_json::to_string(&answers).unwrap())
        .args(["/bin/sh", "-c", &line])
        .env("NO_COLOR", "1")
        .env("SSH_CONNECTION", format!("{OWN} 1 0.0.0.2 22"))
        .env("LANG", ENGLISH)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES");
    let ran = sandbox.ran(&mut command);
    let end = ran.out.lines().last().unwrap_or_default().to_owned();
    for word in ["echo", "icanon", "isig"] {
        assert!(end.split(' ').any(|found| found == word), "{}", ran.out);
    }
    assert!(ran.out.contains("interrupted"), "{}", ran.out);
}

#[test]
fn the_tables_can_be_undone_if_mail_fails() {
    let sandbox = Sandbox::new("", "");
    mail_program(&sandbox, "exit 75");
    let mut answers = ENTER.to_vec();
    answers.push(("Keep the new tables? [yes]: ", "n"));
    let ran = on_terminal(&sandbox, ENGLISH, &["setup"], &answers);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
    assert_eq!(
        names(&sandbox.path("etc")),
        ["hosts.allow", "hosts.deny", "tcpw.toml"]
    );
}
