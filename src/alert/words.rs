//! Everything a mail says, in English and in Korean.

use crate::config::Language;

/// The fixed texts of a letter. In `subject` and `note_*`, `{...}` stands for a value.
#[derive(Debug)]
pub(super) struct Words {
    /// The language tag of the HTML part (RFC 5646).
    pub(super) tag: &'static str,
    pub(super) subject: &'static str,
    pub(super) subject_many: &'static str,
    pub(super) lead: &'static str,
    pub(super) lead_many: &'static str,
    pub(super) visitor: &'static str,
    pub(super) address: &'static str,
    pub(super) daemon: &'static str,
    pub(super) server_end: &'static str,
    pub(super) server: &'static str,
    pub(super) local_time: &'static str,
    pub(super) utc_time: &'static str,
    pub(super) process: &'static str,
    pub(super) reporter: &'static str,
    pub(super) rule: &'static str,
    pub(super) rule_unknown: &'static str,
    pub(super) unknown: &'static str,
    pub(super) count: &'static str,
    pub(super) events: &'static str,
    pub(super) more: &'static str,
    pub(super) missing: &'static str,
    pub(super) footer: &'static str,
    pub(super) test_subject: &'static str,
    pub(super) test_body: &'static str,
}

/// The words of `language`.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Korean => &KOREAN,
    }
}

const ENGLISH: Words = Words {
    tag: "en",
    subject: "[{server}] Alarm: {host} at {daemon}",
    subject_many: "[{server}] Alarm: {host} at {daemon}, {count} connections",
    lead: "A connection to this server fired the alarm rule.",
    lead_many: "Connections to this server fired the alarm rule.",
    visitor: "Visitor",
    address: "Address",
    daemon: "Daemon",
    server_end: "Server end",
    server: "This server",
    local_time: "Local time",
    utc_time: "UTC",
    process: "Process",
    reporter: "Reported by uid",
    rule: "Rule",
    rule_unknown: "not determined",
    unknown: "not given",
    count: "Connections",
    events: "All connections in this letter",
    more: "more are in the journal",
    missing: "Attachment left out",
    footer: "Sent by tcpw. The journal of this server holds every event.",
    test_subject: "[{server}] Test mail of tcpw",
    test_body: "This is a test. Alarms of this server reach you.",
};

const KOREAN: Words = Words {
    tag: "ko",
    subject: "[{server}] 경보: {daemon}에 {host} 접속",
    subject_many: "[{server}] 경보: {daemon}에 {host} 접속 {count}건",
    lead: "이 서버에 대한 접속이 경보 규칙에 걸렸습니다.",
    lead_many: "이 서버에 대한 여러 접속이 경보 규칙에 걸렸습니다.",
    visitor: "접속자",
    address: "주소",
    daemon: "데몬",
    server_end: "서버 쪽",
    server: "이 서버",
    local_time: "현지 시각",
    utc_time: "협정 세계시(UTC)",
    process: "프로세스",
    reporter: "보고한 사용자(uid)",
    rule: "규칙",
    rule_unknown: "확인되지 않음",
    unknown: "주어지지 않음",
    count: "접속 수",
    events: "이 메일에 담긴 모든 접속",
    more: "건이 저널에 더 있습니다",
    missing: "첨부하지 못한 파일",
    footer: "tcpw가 보냈습니다. 모든 기록은 이 서버의 저널에 있습니다.",
    test_subject: "[{server}] tcpw 시험 메일",
    test_body: "시험 메일입니다. 이 서버의 경보가 여기로 도착합니다.",
};
