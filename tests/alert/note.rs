//! Notes in which everything was chosen by a stranger.

use serde_json::Value;
use tcpw::alert::{ChannelNote, Claim, Event, Kind, Rule, Source, Visit, note_time};

/// Each of these in every text of a note.
pub(super) const HOSTILE: [&str; 6] = [
    "\"}, {\"text\": \"forged",
    "x\r\nBcc: y\r\n\r\n\\",
    "<!channel> <http://evil.example|you> @everyone",
    "```\n# big [link](http://evil.example) `x`",
    "\u{1b}]0;owned\u{7}\u{202e}gnp.exe\u{200b}\u{2028}",
    "{{ 7 * 7 }}{% raw %}'\"$(touch owned)",
];

pub(super) fn hostile(text: &str) -> ChannelNote {
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
    ChannelNote {
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
pub(super) fn assert_safe(value: &Value) {
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
