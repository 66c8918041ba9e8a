//! HTTPS services that are told.

use super::https::{Request, Service, answer};
use super::note::{HOSTILE, assert_safe, hostile};
use super::server::{Certificates, Server};
use super::stage::Stage;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tcpw::alert::transport::{Channel, Outcome, Step, open_channel};
use tcpw::config::{self, Password, Secret, WebhookChannel, parse};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/tcpw.toml.5");

fn webhook(service: &Service, certificates: &Certificates) -> WebhookChannel {
    WebhookChannel {
        name: "hook".to_owned(),
        url: format!("https://127.0.0.1:{}/in", service.port),
        headers: Vec::new(),
        body: None,
        secret: None,
        ca_file: Some(certificates.path("ca.pem")),
        timeout: Duration::from_secs(6),
    }
}

fn open(settings: WebhookChannel) -> Box<dyn Channel> {
    open_channel(&config::ChannelSettings::Webhook(settings), None)
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
        found.extend(
            config
                .channels
                .into_iter()
                .filter_map(|channel| match channel {
                    config::ChannelSettings::Webhook(webhook) => Some(webhook),
                    config::ChannelSettings::Command(_) => None,
                }),
        );
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

/// The client's text stands where it belongs, and is not markup there.
fn check(name: &str, request: &Request, value: &Value, text: &str) {
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
        other => assert_eq!(other, "", "no such example"),
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
            "redirected to http://127.0.0.1:1/; redirects",
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
            Outcome::Transient(_, fault) => (1, fault.text),
            Outcome::Permanent(_, fault) => (2, fault.text),
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
    let busy = answer("429 Slow down", "Retry-After: 3\r\n", "");
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
    assert!(text.contains("asks for a pause"), "{text}");
    assert_eq!(service.requests().len(), 1);
    std::thread::sleep(way.asked_to_wait().unwrap() + Duration::from_millis(50));
    assert!(matches!(
        way.send(&hostile("x")),
        Outcome::Transient(Step::Post, _)
    ));
    assert_eq!(service.requests().len(), 2);
}

/// A note that cannot get out, now.
#[track_caller]
fn fails(settings: WebhookChannel, wanted: Step, words: &str) {
    let outcome = open(settings).send(&hostile("x"));
    let (step, text) = match outcome {
        Outcome::Transient(step, fault) => (Some(step), fault.text),
        Outcome::Permanent(_, fault) => (None, fault.text),
        Outcome::Delivered { answer: text } => (None, text),
    };
    assert_eq!(step, Some(wanted), "{text}");
    assert!(text.contains(words), "{words:?} in {text:?}");
    assert!(text.len() < 400 && !text.contains('\x1b'), "{text}");
}

#[test]
fn services_that_cannot_be_trusted_or_understood() {
    let certificates = Certificates::new();
    certificates.add_leaf("wrong", "DNS:other.example", 2);
    let start =
        |leaf, answer: &str| webhook(&Service::start(&certificates, leaf, answer), &certificates);
    let fine = answer("200 OK", "", "");
    fails(
        start("wrong", &fine),
        Step::Tls,
        "not for 127.0.0.1, but for other.example",
    );
    let mut strange = start("leaf", &fine);
    strange.ca_file = None;
    fails(strange, Step::Tls, "not signed by a trusted authority");
    let mut silent = start("leaf", "");
    silent.timeout = Duration::from_millis(300);
    fails(silent, Step::Post, "no answer within the time limit");
    let endless = format!("HTTP/1.1 500 Oops\r\n\r\n{}", "x".repeat(1 << 20));
    fails(start("leaf", &endless), Step::Post, "500");
    fails(start("leaf", "SSH-2.0-x\r\n\r\n"), Step::Post, "");
}

#[test]
fn what_is_wrong_on_our_side_is_told_before_anything_is_sent() {
    let certificates = Certificates::new();
    let service = Service::start(&certificates, "leaf", &answer("200 OK", "", ""));
    let settings = || webhook(&service, &certificates);
    let mut no_authority = settings();
    no_authority.ca_file = Some(PathBuf::from("/nonexistent/ca.pem"));
    fails(no_authority, Step::Prepare, "ca_file /nonexistent/ca.pem");
    let mut no_secret = settings();
    no_secret.secret = Some(Password::File(PathBuf::from("/nonexistent/secret")));
    fails(no_secret, Step::Prepare, "/nonexistent/secret");
    let mut bad_secret = settings();
    bad_secret.secret = Some(Password::Literal(Secret("a b".to_owned())));
    fails(bad_secret, Step::Prepare, "can stand in no address");
    let mut bad_body = settings();
    bad_body.body = Some("{{ x }}".to_owned());
    fails(bad_body, Step::Prepare, "the template of the body fails");
    let mut nowhere = settings();
    nowhere.url = "https://no.invalid/".to_owned();
    fails(nowhere, Step::Resolve, "");
    assert!(service.requests().is_empty());
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
