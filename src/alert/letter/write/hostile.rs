//! Letters with hostile bytes in every value: nothing gets out of its place.

use crate::alert::event::{Claim, Event};
use crate::alert::letter::mime::People;
use crate::alert::letter::write::tests::{Desk, KINDS, LANGUAGES};
use crate::alert::letter::write::*;
use crate::alert::letter::*;
use crate::config::Config;
use crate::values::Language;
use proptest::prelude::*;
use std::path::Path;

/// The tags of a page, in order, with their attributes but for `content` of a title.
fn tags(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, behind) = after.split_once('>').expect("a tag has an end");
        found.push(tag.to_owned());
        rest = behind;
    }
    found
}

fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let nasty = prop::sample::select(vec![
        "\r\nBcc: thief@example.org\r\n\r\n",
        "<script>alert(1)</script>",
        "<a href=\"http://evil.example\">x</a>",
        "\" onload=\"x",
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "\u{202e}\u{200b}\u{feff}",
        "{{ 7 * 7 }}{% raw %}",
        "';reboot;'",
        "-->",
        "]]>",
        "&lt;b&gt;&#60;",
        "=?utf-8?q?=0d=0aBcc:_x?=",
        "\u{85}\u{2028}\u{9b}31m",
        "http://evil.example/ www.evil.example mailto:x@evil.example",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        prop::collection::vec(nasty, 1..4).prop_map(|parts| parts.concat().into_bytes()),
        ".{0,80}".prop_map(String::into_bytes),
    ]
}

/// The letter with every value that a stranger can choose replaced by `bytes`, and every text that
/// came from elsewhere too.
fn poisoned(kind: LetterKind, bytes: &[u8], is_address: bool) -> Letter {
    let mut letter = sample(kind);
    let claim = |add: &[u8]| Claim::cut(&[add, bytes].concat(), 16 * 1024);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let poison = |event: &mut Event| {
        event.host = claim(b"h");
        event.daemon = claim(b" ");
        event.server = claim(b"s");
        event.pid = claim(b"p");
        if !is_address {
            event.addr = claim(b"no ");
        }
    };
    for entry in &mut letter.events {
        poison(&mut entry.event);
        entry.machine.clone_from(&text);
        if !is_address {
            entry.source = format!("name {text}");
        }
        if let Some(rule) = &mut entry.rule {
            (rule.file, rule.text) = (format!("/{text}"), text.clone());
        }
    }
    for entry in letter
        .history
        .iter_mut()
        .flat_map(|history| &mut history.earlier)
    {
        poison(&mut entry.event);
    }
    for tally in &mut letter.sources {
        tally.hosts = vec![claim(b"h")];
        tally.daemons = vec![claim(b" ")];
        if !is_address {
            tally.source = format!("name {text}");
        }
    }
    if kind == LetterKind::Notice {
        let notice = Notice::Rejected {
            count: 3,
            examples: vec![format!("x{text}")],
        };
        letter.body = Some(notice.to_json());
    }
    letter
}

fn check(kind: LetterKind, language: Language, bytes: &[u8], is_address: bool) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let make = |bytes: &[u8], text: &str| {
        let (mut desk, _directory) = Desk::with_places(language);
        desk.name = Some(Reverse::Name(format!("n{text}")));
        let missing = [crate::escape::visible(format!("/x{text}").as_bytes())];
        let texts = desk.write_with(&poisoned(kind, bytes, is_address), &missing);
        let config = Config::default_at(&Path::to_path_buf);
        let people = People::new(&config.mail, "web1");
        let letter = sample(kind);
        let recipients = people.recipients();
        let mail = mime::build(&letter, &texts, &people, "web1", Vec::new(), recipients);
        let mail = String::from_utf8(mail.unwrap().bytes).expect("a mail is ASCII");
        (texts, mail)
    };
    let (calm, calm_mail) = make(b"calm", "calm");
    let (texts, mail) = make(bytes, &text);
    assert_eq!(tags(&texts.html), tags(&calm.html), "{}", texts.html);
    assert!(!texts.html.contains("href") || text.contains("href"));
    assert_eq!(
        texts.text.lines().count(),
        calm.text.lines().count(),
        "{}",
        texts.text
    );
    assert_eq!(texts.subject.lines().count(), 1);
    assert!(!texts.subject.contains("=?"), "{}", texts.subject);
    for part in [&texts.subject, &texts.text, &texts.html] {
        let is_raw = |c: char| c.is_control() && c != '\n';
        assert!(!part.contains(is_raw), "{part:?}");
        assert!(!part.contains(['\u{202e}', '\u{200b}', '\u{2028}', '\u{feff}']));
        assert!(
            !part.contains("://") && !part.contains("www.evil"),
            "{part}"
        );
        assert!(
            !part.contains("tcpw mute") && !part.contains("<pre"),
            "{part}"
        );
    }
    let heads = |mail: &str| -> Vec<String> {
        let head = mail.split("\r\n\r\n").next().unwrap().to_owned();
        let lines = head.split("\r\n").filter(|line| !line.starts_with(' '));
        lines
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(heads(&mail), heads(&calm_mail), "{mail}");
    let bare = mail.replace("\r\n", "");
    assert!(
        !bare.contains(|c: char| c.is_control() && c != '\t'),
        "{mail:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("TCPW_LETTERS").ok().and_then(|n| n.parse().ok()).unwrap_or(16),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_hostile_gets_out_of_its_place(bytes in hostile_bytes(), is_address: bool) {
        for kind in KINDS {
            for (language, _) in LANGUAGES {
                check(kind, language, &bytes, is_address);
            }
        }
    }
}
