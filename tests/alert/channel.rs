//! Programs and HTTPS services that are told.

use super::https::{Service, answer};
use super::server::{Certificates, Server};
use super::stage::Stage;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tcpw::alert::transport::{Channel, Outcome, Step, open_channel};
use tcpw::alert::{Claim, Event, Kind, Note, Rule, Source, Visit, note_time};
use tcpw::config::{self, CommandChannel, Password, Secret, WebhookChannel, parse};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/tcpw.toml.5");

/// Each of these in every text of a note.
const HOSTILE: [&str; 6] = [
    "\"}, {\"text\": \"forged",
    "x\r\nBcc: y\r\n\r\n\\",
    "<!channel> <http://evil.example|you> @everyone",
    "```\n# big [link](http://evil.example) `x`",
    "\u{1b}]0;owned\u{7}\u{202e}gnp.exe\u{200b}\u{2028}",
    "{{ 7 * 7 }}{% raw %}'\"$(touch owned)",
];

fn hostile(text: &str) -> Note {
    let claim = |text: &str| Claim::cut(text.as_bytes(), 100);
    let time = "2026-01-02T03:04:05.006Z".parse().unwrap();
    let event = Event {
        time,
        host: claim(text),
        addr: claim("192.0.2.7"),
        daemon: claim(text),
        server: claim(text),
        pid: claim("7"),
        user: Claim::default(),
        uid: 105,
    };
    Note {
        kind: Kind::Alarm,
        message_id: "<1@x>".to_owned(),
        server: text.to_owned(),
        subject: text.to_owned(),
        text: format!("{text}\n{text}"),
        time: note_time(time),
        source: Source {
            address: "192.0.2.7".to_owned(),
            name: text.to_owned(),
        },
        daemon: text.to_owned(),
        rule: Some(Rule {
            file: "/etc/hosts.allow".to_owned(),
            line: 3,
            text: text.to_owned(),
        }),
        count: 60,
        first: Some(note_time(time)),
        last: None,
        uid: Some(105),
        is_privileged: false,
        events: vec![Visit::of(&event); 60],
    }
}

/// Nothing in it moves a cursor, hides or reorders.
fn assert_safe(value: &Value) {
    match value {
        Value::String(text) => {
            let safe = |c: char| {
                c == '\n' || tcpw::escape::visible(c.to_string().as_bytes()).starts_with(c)
            };
            assert!(text.chars().all(safe), "{text:?}");
        }
        Value::Array(all) => all.iter().for_each(assert_safe),
        Value::Object(all) => all.values().for_each(assert_safe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn script(directory: &Path, text: &str) -> String {
    let path = directory.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path.display().to_string()
}

fn program(argv: Vec<String>) -> Box<dyn Channel> {
    let settings = CommandChannel {
        name: "pager".to_owned(),
        argv,
        timeout: Duration::from_millis(1500),
    };
    open_channel(&config::Channel::Command(settings), None)
}

#[test]
fn a_program_gets_the_note_as_json_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().display();
    let path = script(
        directory.path(),
        &format!(
            "cd {place} && cat > note && env > env && ls -l /proc/self/fd > fds && echo \"$1 $2\""
        ),
    );
    for text in HOSTILE {
        let argv = vec![path.clone(), "$HOME; a".to_owned(), "*".to_owned()];
        let way = program(argv);
        assert_eq!(way.describe(), format!("command pager, through {path}"));
        let Outcome::Delivered { answer } = way.send(&hostile(text)) else {
            panic!("{text}");
        };
        assert_eq!(answer, "$HOME; a *");
        let note = fs::read_to_string(directory.path().join("note")).unwrap();
        assert_eq!(note.lines().count(), 1);
        let value: Value = serde_json::from_str(&note).unwrap();
        assert_safe(&value);
        assert_eq!(value["kind"], "alarm");
        assert_eq!(value["source"]["address"], "192.0.2.7");
        assert_eq!(value["rule"]["line"], 3);
        assert_eq!(value["events"].as_array().unwrap().len(), 50);
        assert_eq!(value["events"][0]["is_privileged"], false);
        assert_eq!(value["first"], "2026-01-02T03:04:05.006Z");
    }
    let environment = fs::read_to_string(directory.path().join("env")).unwrap();
    let mut names: Vec<&str> = environment
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        // The shell's own.
        .filter(|name| !["PWD", "OLDPWD", "_", "SHLVL"].contains(name))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH"]);
    assert!(!directory.path().join("owned").exists());
}

#[test]
fn a_program_that_fails_hangs_or_talks_without_end() {
    let directory = tempfile::tempdir().unwrap();
    for (text, words) in [
        (
            "echo 'not now \x1b[2J' >&2; exit 75",
            "exit code 75 not now \\x1b[2J",
        ),
        ("exit 1", "exit code 1"),
        ("kill -9 $$", "ended by a signal"),
        ("sleep 60", "not done after 1.5 s"),
        ("exec cat /dev/zero", "not done after 1.5 s"),
    ] {
        let begin = Instant::now();
        let outcome = program(vec![script(directory.path(), text)]).send(&hostile("x"));
        assert!(begin.elapsed() < Duration::from_secs(8), "{text}");
        let Outcome::Transient(Step::Program, said) = outcome else {
            panic!("{text}: {outcome:?}");
        };
        assert!(said.contains(words), "{words:?} in {said:?}");
    }
    // Not reading what it gets is no failure, and an endless word of thanks is cut.
    let text = "head -c 1000000 /dev/zero | tr '\\0' x";
    let outcome = program(vec![script(directory.path(), text)]).send(&hostile("x"));
    let Outcome::Delivered { answer } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(answer.starts_with("xxx") && answer.len() < 400, "{answer}");
    let outcome = program(vec!["/nonexistent/x".to_owned()]).send(&hostile("x"));
    assert!(
        matches!(outcome, Outcome::Transient(Step::Program, _)),
        "{outcome:?}"
    );
}

fn webhook(service: &Service, certificates: &Certificates) -> WebhookChannel {
    WebhookChannel {
        name: "hook".to_owned(),
        url: format!("https://127.0.0.1:{}/in", service.port),
        headers: Vec::new(),
        body: None,
        secret: None,
        ca_file: Some(certificates.path("ca.pem")),
        timeout: Duration::from_secs(2),
    }
}

fn open(settings: WebhookChannel) -> Box<dyn Channel> {
    open_channel(&config::Channel::Webhook(settings), None)
}

/// The channels of the examples in the manual.
fn examples() -> Vec<WebhookChannel> {
    let page = fs::read_to_string(PAGE).unwrap();
    let examples = page.split(".Sh EXAMPLES").nth(1).unwrap();
    let mut found = Vec::new();
    for block in examples.split(".Bd -literal\n").skip(1) {
        let text = block.split("\n.Ed").next().unwrap();
        if !text.starts_with("[[alert.webhook]]") {
            continue;
        }
        let text = text
            .replace("\\(aq", "'")
            .replace("\\(ga", "`")
            .replace("\\e", "\\");
        let config = parse(text.as_bytes(), Path::new(PAGE), &Path::to_path_buf).unwrap();
        let [config::Channel::Webhook(webhook)] = config.channels.as_slice() else {
            panic!("{text}");
        };
        found.push(webhook.clone());
    }
    found
}

#[test]
fn the_examples_of_the_manual_send_valid_json_whatever_the_visitor_is_called() {
    let certificates = Certificates::new();
    let examples = examples();
    let names: Vec<&str> = examples
        .iter()
        .map(|example| example.name.as_str())
        .collect();
    assert_eq!(names, ["ntfy", "slack", "discord", "telegram"]);
    for example in examples {
        let service = Service::start(&certificates, "leaf", &answer("200 OK", "", "ok"));
        let mut settings = example.clone();
        let path = example.url.split_once("https://").unwrap().1;
        let path = path.split_once('/').unwrap().1;
        settings.url = format!("https://127.0.0.1:{}/{path}", service.port);
        settings.secret = Some(Password::Literal(Secret("T0ken:a-b/c_9".to_owned())));
        settings.ca_file = Some(certificates.path("ca.pem"));
        let way = open(settings);
        for text in HOSTILE {
            let note = hostile(text);
            let outcome = way.send(&note);
            assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
            let request = service.requests().pop().unwrap();
            let wanted = format!(
                "POST /{} HTTP/1.1",
                path.replace("{secret}", "T0ken:a-b/c_9")
            );
            assert_eq!(request.line, wanted);
            assert_eq!(request.header("content-type"), Some("application/json"));
            let value: Value = serde_json::from_slice(&request.body).unwrap();
            assert_safe(&value);
            check(&example.name, &request, &value, text);
        }
        assert_eq!(service.requests().len(), HOSTILE.len());
        assert_eq!(
            way.describe(),
            format!(
                "webhook {}, at https://127.0.0.1:{}",
                example.name, service.port
            )
        );
    }
}

/// The visitor's text stands where it belongs, and is no markup there.
fn check(name: &str, request: &super::https::Request, value: &Value, text: &str) {
    let shown = tcpw::escape::visible(text.as_bytes());
    let keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    match name {
        "ntfy" => {
            assert_eq!(keys, ["message", "tags", "title", "topic"]);
            assert_eq!(
                request.header("authorization"),
                Some("Bearer T0ken:a-b/c_9")
            );
            assert_eq!(value["title"], shown);
        }
        "slack" => {
            assert_eq!(keys, ["mrkdwn", "text", "unfurl_links"]);
            let text = value["text"].as_str().unwrap();
            assert!(!text.contains(['<', '>']), "{text}");
            let back = text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
            assert!(back.starts_with(&format!("{shown}\n")), "{back}");
        }
        "discord" => {
            assert_eq!(keys, ["allowed_mentions", "content"]);
            assert_eq!(value["allowed_mentions"]["parse"], Value::Array(Vec::new()));
            let text = value["content"].as_str().unwrap();
            let inside = text
                .strip_prefix("```\n")
                .and_then(|text| text.strip_suffix("\n```"));
            assert!(!inside.unwrap().contains('`'), "{text}");
            assert!(text.chars().count() <= 2000);
        }
        "telegram" => {
            assert_eq!(keys, ["chat_id", "link_preview_options", "text"]);
            assert!(
                value["text"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("{shown}\n\n"))
            );
        }
        other => panic!("{other}"),
    }
}

#[test]
fn long_notes_fit_what_the_services_take() {
    let certificates = Certificates::new();
    for mut settings in examples() {
        let service = Service::start(&certificates, "leaf", &answer("204 No Content", "", ""));
        settings.url = format!("https://127.0.0.1:{}/", service.port);
        settings.headers.clear();
        settings.secret = None;
        settings.ca_file = Some(certificates.path("ca.pem"));
        let mut note = hostile("x");
        note.text = "한글 line\n".repeat(2000);
        let outcome = open(settings.clone()).send(&note);
        assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
        let body = service.requests().pop().unwrap().body;
        let value: Value = serde_json::from_slice(&body).unwrap();
        let most = if settings.name == "discord" {
            2000
        } else {
            4096
        };
        for key in ["message", "text", "content"] {
            let length = value[key].as_str().unwrap_or_default().chars().count();
            assert!(length <= most, "{}: {length}", settings.name);
        }
    }
}

#[test]
fn each_answer_of_a_service_has_its_meaning() {
    let certificates = Certificates::new();
    let cases = [
        ("200 OK", "", 0, "200 fine"),
        ("204 No Content", "", 0, "204"),
        ("408 Request Timeout", "", 1, "408"),
        ("429 Too Many Requests", "", 1, "429"),
        ("500 Oops", "", 1, "500"),
        ("503 Busy", "", 1, "503"),
        ("400 Bad Request", "", 2, "400"),
        ("401 Unauthorized", "", 2, "401"),
        ("404 Not Found", "", 2, "404"),
        (
            "302 Found",
            "Location: http://127.0.0.1:1/\r\n",
            2,
            "elsewhere now (http://127.0.0.1:1/)",
        ),
        (
            "307 Moved",
            "Location: https://127.0.0.1:1/\r\n",
            2,
            "not followed",
        ),
    ];
    for (status, headers, kind, words) in cases {
        let service = Service::start(
            &certificates,
            "leaf",
            &answer(status, headers, "fine \x1b[2J geheim"),
        );
        let mut settings = webhook(&service, &certificates);
        settings.headers = vec![("X-Token".to_owned(), "a {secret}".to_owned())];
        settings.secret = Some(Password::Literal(Secret("geheim".to_owned())));
        let way = open(settings);
        let (got, text) = match way.send(&hostile("x")) {
            Outcome::Delivered { answer } => (0, answer),
            Outcome::Transient(_, text) => (1, text),
            Outcome::Permanent(_, text) => (2, text),
        };
        assert_eq!(got, kind, "{status}: {text}");
        assert!(text.contains(words), "{words:?} in {text:?}");
        assert!(!text.contains("geheim") && !text.contains('\x1b'), "{text}");
        assert_eq!(service.requests()[0].header("x-token"), Some("a geheim"));
        assert_eq!(way.asked_to_wait(), None);
    }
}

#[test]
fn a_service_that_asks_for_time_is_left_alone() {
    let certificates = Certificates::new();
    let busy = answer("429 Slow down", "Retry-After: 2\r\n", "");
    let service = Service::start(&certificates, "leaf", &busy);
    let way = open(webhook(&service, &certificates));
    assert!(matches!(
        way.send(&hostile("x")),
        Outcome::Transient(Step::Post, _)
    ));
    assert!(way.asked_to_wait().unwrap() > Duration::from_millis(500));
    let Outcome::Transient(Step::Post, text) = way.send(&hostile("x")) else {
        panic!("it was asked again");
    };
    assert!(text.contains("asked to be left alone"), "{text}");
    assert_eq!(service.requests().len(), 1);
    std::thread::sleep(way.asked_to_wait().unwrap() + Duration::from_millis(50));
    assert!(matches!(
        way.send(&hostile("x")),
        Outcome::Transient(Step::Post, _)
    ));
    assert_eq!(service.requests().len(), 2);
}

#[test]
fn services_that_cannot_be_trusted_reached_or_understood() {
    let certificates = Certificates::new();
    certificates.add_leaf("wrong", "DNS:other.example", 2);
    let fine = answer("200 OK", "", "");
    let wrong = Service::start(&certificates, "wrong", &fine);
    let right = Service::start(&certificates, "leaf", &fine);
    let silent = Service::start(&certificates, "leaf", "");
    let endless = Service::start(
        &certificates,
        "leaf",
        &format!("HTTP/1.1 500 Oops\r\n\r\n{}", "x".repeat(1 << 20)),
    );
    let odd = Service::start(&certificates, "leaf", "SSH-2.0-x\r\n\r\n");
    let with = |service: &Service, change: &dyn Fn(&mut WebhookChannel)| {
        let mut settings = webhook(service, &certificates);
        change(&mut settings);
        open(settings).send(&hostile("x"))
    };
    let same = |_: &mut WebhookChannel| {};
    let missing = |settings: &mut WebhookChannel| {
        settings.ca_file = Some(PathBuf::from("/nonexistent/ca.pem"));
    };
    let no_secret = |settings: &mut WebhookChannel| {
        settings.secret = Some(Password::File(PathBuf::from("/nonexistent/secret")));
    };
    let bad_secret = |settings: &mut WebhookChannel| {
        settings.secret = Some(Password::Literal(Secret("a b".to_owned())));
    };
    let quick = |settings: &mut WebhookChannel| settings.timeout = Duration::from_millis(300);
    let nowhere = |settings: &mut WebhookChannel| {
        settings.url = "https://no.invalid/".to_owned();
    };
    let bad_body = |settings: &mut WebhookChannel| settings.body = Some("{{ x }}".to_owned());
    for (outcome, wanted, words) in [
        (with(&wrong, &same), Step::Tls, "not valid for name"),
        (
            with(&right, &|s| s.ca_file = None),
            Step::Tls,
            "UnknownIssuer",
        ),
        (
            with(&right, &missing),
            Step::Prepare,
            "ca_file /nonexistent/ca.pem",
        ),
        (
            with(&right, &no_secret),
            Step::Prepare,
            "/nonexistent/secret",
        ),
        (
            with(&right, &bad_secret),
            Step::Prepare,
            "can stand in no address",
        ),
        (
            with(&right, &bad_body),
            Step::Prepare,
            "the template of the body fails",
        ),
        (with(&right, &nowhere), Step::Resolve, ""),
        (
            with(&silent, &quick),
            Step::Post,
            "no answer within the time limit",
        ),
        (with(&endless, &same), Step::Post, "500"),
        (with(&odd, &same), Step::Post, ""),
    ] {
        let Outcome::Transient(step, text) = outcome else {
            panic!("{words}: {outcome:?}");
        };
        assert_eq!(step, wanted, "{text}");
        assert!(text.contains(words), "{words:?} in {text:?}");
        assert!(text.len() < 400 && !text.contains('\x1b'), "{text}");
    }
    assert!(right.requests().is_empty());
}

#[test]
fn mail_test_tells_every_channel_and_what_became_of_it() {
    let certificates = Certificates::new();
    let service = Service::start(&certificates, "leaf", &answer("200 OK", "", "posted"));
    let server = Server::start(&[]);
    let stage = Stage::configured(&format!(
        "{}[[alert.command]]\nname = 'pager'\nargv = ['/etc/page', 'x']\n\
         [[alert.webhook]]\nname = 'chat'\nurl = 'https://localhost:{}/in'\nca_file = '/etc/ca.pem'\n\
         [[alert.webhook]]\nname = 'lost'\nurl = 'https://localhost:{}/{{secret}}'\nsecret = 'geheim'\n",
        super::delivery::smtp(server.port, "tls = 'none'\n"),
        service.port,
        service.port,
    ));
    fs::copy(certificates.path("ca.pem"), stage.path("etc/ca.pem")).unwrap();
    let page = stage.path("etc/page");
    let note = stage.path("note");
    fs::write(
        &page,
        format!("#!/bin/sh\ncat > {}; echo \"paged $1\"\n", note.display()),
    )
    .unwrap();
    fs::set_permissions(&page, fs::Permissions::from_mode(0o700)).unwrap();
    let ran = stage.run(&["mail", "test"]);
    ran.says(
        1,
        &[
            "sent to a@example.org: 2.0.0 kept",
            "sent to command pager, through ",
            ": paged x",
            &format!(
                "sent to webhook chat, at https://localhost:{}: 200 posted",
                service.port
            ),
            "not sent to webhook lost, at https://localhost:",
            "TLS handshake: ",
            "help: check the service's certificate",
        ],
    );
    assert!(!ran.out.contains("geheim"));
    let told: Value = serde_json::from_str(&fs::read_to_string(note).unwrap()).unwrap();
    let posted: Value = serde_json::from_slice(&service.requests()[0].body).unwrap();
    assert_eq!(told, posted);
    assert_eq!(told["kind"], "test");
    let id = told["message_id"].as_str().unwrap().to_owned();
    assert!(server.mails()[0].contains(&format!("Message-ID: {id}")));
}
