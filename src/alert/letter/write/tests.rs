//! Letters of every kind in both languages, as they should be.

use crate::alert::event::Claim;
use crate::alert::letter::write::*;
use crate::alert::letter::*;
use crate::alert::model::rule_finder::Verdict;
use crate::config::{Geo, LetterForm};
use crate::values::Language;
use chrono::FixedOffset;
use std::cell::RefCell;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

pub(super) const KINDS: [LetterKind; 7] = [
    LetterKind::Alarm,
    LetterKind::Digest,
    LetterKind::Overflow,
    LetterKind::Notice,
    LetterKind::Heartbeat,
    LetterKind::Report,
    LetterKind::Test,
];
pub(super) const LANGUAGES: [(Language, &str); 2] =
    [(Language::English, "en"), (Language::Korean, "ko")];

/// A setting that changes may be made to before the letter is written.
pub(super) struct Desk {
    language: Language,
    subject: Option<String>,
    form: LetterForm,
    geo: Geo,
    pub(super) name: Option<Reverse>,
}

impl Desk {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            subject: None,
            form: LetterForm::default(),
            geo: Geo::default(),
            name: None,
        }
    }

    /// With databases of countries and networks, as long as the directory lives.
    pub(super) fn with_places(language: Language) -> (Self, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let mut desk = Self::new(language);
        desk.geo = places::tests::write(directory.path());
        (desk, directory)
    }

    pub(super) fn write(&self, letter: &Letter) -> Texts {
        self.write_with(letter, &[])
    }

    pub(super) fn write_with(&self, letter: &Letter, missing: &[String]) -> Texts {
        let seoul = FixedOffset::east_opt(9 * 3600).unwrap();
        let names = |addresses: &[IpAddr]| {
            let one = |address: &IpAddr| self.name.clone().unwrap_or_else(|| sample_name(*address));
            addresses.iter().map(one).collect()
        };
        let setting = Setting {
            language: self.language,
            server: "web1",
            subject: self.subject.as_deref(),
            form: &self.form,
            geo: &self.geo,
            local: &|time| time.with_timezone(&seoul),
            names: &names,
        };
        write(letter, &setting, missing).unwrap()
    }

    fn in_english(letter: &Letter) -> Texts {
        Self::new(Language::English).write(letter)
    }
}

fn claim(text: &str) -> Claim {
    Claim::cut(text.as_bytes(), 99)
}

pub(super) fn of_notice(kind: LetterKind, notice: &Notice) -> Letter {
    Letter {
        body: Some(notice.to_json()),
        ..sample(kind)
    }
}

/// Compares with a file in `fixtures/letters`; `TCPW_UPDATE=1` writes it.
pub(super) fn golden(name: &str, made: &str, stale: &RefCell<Vec<PathBuf>>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/letters")
        .join(name);
    if std::env::var_os("TCPW_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    if std::fs::read_to_string(&path).ok().as_deref() != Some(made) {
        stale.borrow_mut().push(path);
    }
}

/// As an earlier version has written it.
const DAMAGED: &str = r#"{"notice":"journal-damaged",
    "aside":"/var/lib/tcpw/journal.db.damaged-20260301T093000Z"}"#;
const AHEAD: &str = r#"{"notice":"clock-ahead","latest":"2027-03-01T09:30:00Z","events":7}"#;
const FORGOTTEN: &str =
    r#"{"notice":"others-forgotten","events":1234,"users":[[65534,1200],[null,34]]}"#;
const SALVAGED: &str = r#"{"notice":"journal-damaged",
    "aside":"/var/lib/tcpw/journal.db.damaged-20260301T093000Z",
    "letters":3,"events":1200,"lost_letters":1,"lost_events":17}"#;

#[test]
fn letters_of_every_kind_are_as_they_should_be() {
    let stale = RefCell::new(Vec::new());
    for (language, tag) in LANGUAGES {
        for kind in KINDS {
            let texts = Desk::new(language).write(&sample(kind));
            let name = format!("{tag}/{}", kind.word());
            let text = format!("Subject: {}\n\n{}", texts.subject, texts.text);
            golden(&format!("{name}.txt"), &text, &stale);
            golden(&format!("{name}.html"), &texts.html, &stale);
            assert_eq!(texts.problems, Vec::<String>::new());
        }
        for (name, notice) in [
            ("notice-damaged", Notice::of_json(DAMAGED).unwrap()),
            ("notice-salvaged", Notice::of_json(SALVAGED).unwrap()),
            (
                "notice-rejected",
                Notice::Rejected {
                    count: 3,
                    examples: vec![
                        "deleted /var/spool/tcpw/drop/x: it is not a regular file".to_owned(),
                    ],
                },
            ),
            ("notice-clock-ahead", Notice::of_json(AHEAD).unwrap()),
            ("notice-forgotten", Notice::of_json(FORGOTTEN).unwrap()),
        ] {
            let texts = Desk::new(language).write(&of_notice(LetterKind::Notice, &notice));
            let text = format!("Subject: {}\n\n{}", texts.subject, texts.text);
            golden(&format!("{tag}/{name}.txt"), &text, &stale);
        }
    }
    let stale = stale.into_inner();
    assert!(
        stale.is_empty(),
        "differ; look at what TCPW_UPDATE=1 makes of them: {stale:#?}"
    );
}

#[test]
fn subjects_say_what_happened() {
    let subject = |letter: &Letter| Desk::in_english(letter).subject;
    let mut alarm = sample(LetterKind::Alarm);
    let with_name = |letter: &Letter, name: Reverse| {
        let mut desk = Desk::new(Language::English);
        desk.name = Some(name);
        desk.write(letter).subject
    };
    assert_eq!(
        subject(&alarm),
        "[tcpw] web1: sshd refused 203.0.113.7 (no reverse DNS)"
    );
    let named = Reverse::Name("scanner.example.net".to_owned());
    assert_eq!(
        with_name(&alarm, named),
        "[tcpw] web1: sshd refused 203.0.113.7 (scanner.example.net)"
    );
    let liar = Reverse::Doubtful(
        "bank.example".to_owned(),
        crate::system::Doubt::OtherAddress,
    );
    assert_eq!(
        with_name(&alarm, liar),
        "[tcpw] web1: sshd refused 203.0.113.7 (reverse DNS does not lead back)"
    );
    assert_eq!(
        with_name(&alarm, Reverse::NotAsked),
        "[tcpw] web1: sshd refused 203.0.113.7"
    );
    alarm.events[0].event.host = claim("asked.example");
    assert_eq!(
        subject(&alarm),
        "[tcpw] web1: sshd refused 203.0.113.7 (asked.example)"
    );
    alarm.events[0].event.uid = 105;
    assert_eq!(
        subject(&alarm),
        "[tcpw] web1: sshd refused 203.0.113.7 (no reverse DNS)"
    );
    alarm.events[0].event.uid = 0;
    alarm.count = 3;
    alarm.events[0].verdict = Verdict::Granted;
    assert_eq!(
        subject(&alarm),
        "[tcpw] web1: sshd admitted 203.0.113.7 (asked.example), 3 times"
    );
    alarm.events[0].verdict = Verdict::Unknown;
    alarm.events[0].event.addr = claim("no address");
    assert_eq!(
        subject(&alarm),
        "[tcpw] web1: sshd reported no address, 3 times"
    );
}

#[test]
fn a_digest_says_again_only_of_whom_a_letter_told() {
    let subject = |letter: &Letter| Desk::in_english(letter).subject;
    let mut digest = sample(LetterKind::Digest);
    assert_eq!(
        subject(&digest),
        "[tcpw] web1: 203.0.113.7 again, 412 times in 1 h"
    );
    digest.history = None;
    digest.reasons.clear();
    assert_eq!(
        subject(&digest),
        "[tcpw] web1: 203.0.113.7, 412 times in 1 h"
    );
}

#[test]
fn what_is_not_sure_is_said() {
    let mut alarm = sample(LetterKind::Alarm);
    alarm.events[0].event.uid = 105;
    alarm.events[0].rule = None;
    alarm.events[0].verdict = Verdict::Unknown;
    let texts = Desk::in_english(&alarm);
    for part in [&texts.text, &texts.html] {
        for words in [
            "Reported by uid 105, not by root: any local user could have made this up",
            "not known: the tables have changed since",
            "not determined",
        ] {
            assert!(part.contains(words), "{words}: {part}");
        }
    }
    let digest = Desk::in_english(&sample(LetterKind::Digest)).text;
    assert!(digest.contains("412 repeats, because"), "{digest}");
    assert!(digest.contains("Rule of the first: "), "{digest}");
    let odd = Letter {
        body: Some("{\"notice\":\"of-the-future\"}".to_owned()),
        ..sample(LetterKind::Notice)
    };
    assert!(Desk::in_english(&odd).text.contains("of-the-future"));
}

#[test]
fn long_values_are_shortened() {
    let mut alarm = sample(LetterKind::Alarm);
    alarm.events[0].event.host = Claim::cut(&vec![b'a'; 100_000], 16 * 1024);
    alarm.events[0].rule.as_mut().unwrap().text = "b".repeat(100_000);
    let texts = Desk::in_english(&alarm);
    assert!(texts.text.len() < 4000, "{}", texts.text);
    assert!(texts.subject.len() < 400, "{}", texts.subject);
    assert!(texts.text.contains("(16184 more bytes) [of 100,000 bytes]"));
}

#[test]
fn countries_and_networks_are_told_and_their_absence_stops_nothing() {
    let (mut desk, directory) = Desk::with_places(Language::English);
    let mut alarm = sample(LetterKind::Alarm);
    alarm.events[0].event.addr = claim("192.0.2.7");
    let texts = desk.write(&alarm);
    assert!(
        texts.text.contains("Country: South Korea (KR)\n"),
        "{}",
        texts.text
    );
    assert!(texts.text.contains("Network: AS64500 Example Networks\n"));
    let overflow = desk.write(&sample(LetterKind::Overflow));
    assert!(
        overflow.text.contains("<b>Kosovo</b> (XK)"),
        "{}",
        overflow.text
    );
    assert!(
        overflow
            .html
            .contains("&lt;b&gt;Kosovo&lt;&#x2f;b&gt; (XK)")
    );
    let unknown = desk.write(&sample(LetterKind::Alarm));
    assert!(unknown.text.contains("Network: not in the database\n"));
    desk.geo.country = Some(directory.path().join("absent.mmdb"));
    let texts = desk.write(&alarm);
    for part in [&texts.text, &texts.html] {
        assert!(part.contains("could not be looked up") && part.contains("absent.mmdb"));
    }
    assert!(texts.text.contains("Network: AS64500"));
}

#[test]
fn names_are_asked_only_for_what_a_letter_is_about() {
    let asked = RefCell::new(Vec::new());
    let names = |addresses: &[IpAddr]| {
        asked.borrow_mut().extend_from_slice(addresses);
        vec![Reverse::Nothing; addresses.len()]
    };
    for kind in KINDS {
        let setting = Setting {
            language: Language::English,
            server: "web1",
            subject: None,
            form: &LetterForm::default(),
            geo: &Geo::default(),
            local: &|time| time.fixed_offset(),
            names: &names,
        };
        write(&sample(kind), &setting, &[]).unwrap();
    }
    let asked: Vec<String> = asked.borrow().iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        ["203.0.113.7", "203.0.113.7", "203.0.113.7", "198.51.100.23"]
    );
}

#[test]
fn the_older_subject_still_works_and_values_in_it_are_no_templates() {
    let mut desk = Desk::new(Language::English);
    desk.subject = Some("Refused: {host} {daemon} {count} {x}".to_owned());
    let mut alarm = sample(LetterKind::Alarm);
    alarm.events[0].event.host = claim("{daemon}{{ 7 * 7 }}");
    assert_eq!(
        desk.write(&alarm).subject,
        "Refused: {daemon}{{ 7 * 7 }} sshd 1 {x}"
    );
    assert_eq!(
        desk.write(&sample(LetterKind::Heartbeat)).subject,
        "[tcpw] web1: all is well, 12 alerts in the last day"
    );
}

/// A desk with a template of one's own in a file for text and HTML.
fn own(text: &str) -> (Desk, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.template");
    std::fs::write(&path, text).unwrap();
    let mut desk = Desk::new(Language::English);
    desk.form.subject_template = Some("{{ daemon }}: {{ host }}".to_owned());
    desk.form.text_template = Some(path.clone());
    desk.form.html_template = Some(path);
    (desk, directory)
}

#[test]
fn a_template_of_ones_own_takes_the_place_and_escapes_in_html() {
    let (desk, _directory) = own("<p>{{ host }} {{ words.labels.rule }}\u{7}\n</p>{{ count }}\n");
    let mut alarm = sample(LetterKind::Alarm);
    alarm.events[0].event.host = claim("<b>\r\nx");
    let texts = desk.write(&alarm);
    assert_eq!(texts.subject, "sshd: <b>\\r\\nx");
    assert_eq!(texts.text, "<p><b>\\r\\nx Rule\n</p>1\n");
    assert_eq!(texts.html, "<p>&lt;b&gt;\\r\\nx Rule\n</p>1\n");
    assert!(texts.problems.is_empty());
}

#[test]
fn every_template_sees_the_same_variables_in_every_letter() {
    let view = "{{ kind }} {{ language }} {{ server }} {{ subject }} {{ title }} {{ lead }} {{ \
         host }} {{ addr }} {{ name }} {{ daemon }} {{ server_end }} {{ pid }} {{ uid }} {{ \
         verdict }} {{ rule_file }} {{ rule_line }} {{ rule_text }} {{ country }} {{ owner }} {{ \
         source }} {{ local_time }} {{ utc_time }} {{ first }} {{ last }} {{ span }} {{ count }} \
         {{ source_count }} {{ facts }} {{ reasons }} {{ commands }} {{ sources_title }} {{ \
         sources }} {{ events_title }} {{ events }} {{ earlier }} {{ files }} {{ advice }} {{ \
         warnings }} {{ remarks }} {{ footer }} {{ words.footer }}";
    let (mut desk, _directory) = own(view);
    desk.form.subject_template = None;
    for kind in KINDS {
        assert_eq!(desk.write(&sample(kind)).problems, Vec::<String>::new());
    }
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/man/tcpw.toml.5")).unwrap();
    for name in view.split("{{ ").filter_map(|rest| rest.split_once(" }}")) {
        let name = name.0;
        assert!(
            name.contains('.') || page.contains(&format!("Sy {name}")),
            "{name} is not in the manual"
        );
    }
}

#[test]
fn a_template_that_fails_is_told_with_its_line_and_nothing_is_lost() {
    for (template, wanted) in [
        ("a\n{{ hots }}\n", ":2: undefined value"),
        ("a\n\n{% if x %}\n", ":3: syntax error"),
        ("{{ host|safe }}", ":1: unknown filter"),
        (
            "{% autoescape false %}{{ host }}{% endautoescape %}",
            ":1: autoescape cannot",
        ),
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "ran out of fuel",
        ),
        (
            "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
            "1 MiB",
        ),
        ("{{ 'x' * 999999999999 }}", "ran out of fuel"),
        (" \n", "it makes nothing"),
    ] {
        let (desk, _directory) = own(template);
        let texts = desk.write(&sample(LetterKind::Alarm));
        assert_eq!(texts.problems.len(), 2, "{template}: {:?}", texts.problems);
        assert!(
            texts.problems[0].contains(wanted),
            "{template}: {:?}",
            texts.problems
        );
        assert!(
            texts.problems[0].contains("own.template"),
            "{:?}",
            texts.problems
        );
        for part in [&texts.text, &texts.html] {
            for words in [
                "To stop alerts about it",
                "203.0.113.7",
                "this message failed",
            ] {
                assert!(part.contains(words), "{part}");
            }
        }
    }
}

#[test]
fn each_part_of_a_message_fails_by_itself() {
    let (mut desk, directory) = own("mine {{ host }}");
    desk.form.html_template = Some(directory.path().join("absent"));
    desk.form.subject_template = Some("{{ x".to_owned());
    let texts = desk.write(&sample(LetterKind::Alarm));
    assert_eq!(texts.problems.len(), 2);
    assert!(texts.subject.starts_with("[tcpw] web1: sshd refused"));
    assert!(
        texts.text.starts_with("mine 203.0.113.7\n"),
        "{}",
        texts.text
    );
    for problem in [
        "mail.subject_template:1: syntax error",
        "absent: No such file",
    ] {
        assert!(texts.text.contains(problem), "{}", texts.text);
        assert!(
            texts.html.contains(&problem.replace('/', "&#x2f;")),
            "{}",
            texts.html
        );
    }
}

#[test]
fn attachments_that_are_missing_or_short_are_told() {
    let mut desk = Desk::new(Language::English);
    desk.form.attach_events = true;
    let texts = desk.write_with(&sample(LetterKind::Digest), &["/x: absent".to_owned()]);
    assert!(texts.text.contains("could not be attached: /x: absent"));
    assert!(texts.text.contains("has the first 50 of 412 events"));
    let report = desk.write_with(&sample(LetterKind::Report), &["<x>".to_owned()]);
    assert!(report.text.ends_with("A file could not be attached: <x>\n"));
    assert!(
        report.html.contains("attached: &lt;x&gt;</p>\n</body>"),
        "{}",
        report.html
    );
}

/// No words of the built-in templates are outside the words of a language.
#[test]
fn templates_say_nothing_of_their_own() {
    let without = |text: &str, open: &str, close: &str| -> String {
        let parts = text.split(open).enumerate();
        parts
            .map(|(at, part)| match part.split_once(close) {
                Some((_, behind)) if at > 0 => behind,
                _ => part,
            })
            .collect()
    };
    for source in [
        include_str!("../letter.txt"),
        include_str!("../letter.html"),
    ] {
        let told = without(&without(source, "{%", "%}"), "{{", "}}");
        let told = told.split("</head>").last().unwrap();
        let told = without(told, "<", ">");
        let letters: String = told.chars().filter(|c| c.is_alphabetic()).collect();
        // `800 x 192.0.2.7`
        assert_eq!(letters.replace('x', ""), "", "{told}");
    }
}
