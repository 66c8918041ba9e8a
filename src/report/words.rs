//! Everything a report says, in English and in Korean.

use crate::values::Language;
pub(super) use crate::values::{fill, grouped};

/// The texts of a report; `{...}` stands for a value.
#[derive(Debug)]
pub(super) struct Words {
    /// The language tag of the HTML (RFC 5646).
    pub(super) tag: &'static str,
    pub(super) subject: &'static str,
    pub(super) title: &'static str,
    pub(super) period: &'static str,
    pub(super) problems: &'static str,
    pub(super) no_problems: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) uncollected: &'static str,
    pub(super) no_deliverer: &'static str,
    pub(super) clock_ahead: &'static str,
    pub(super) given_up: &'static str,
    pub(super) undelivered: &'static str,
    pub(super) stuck: &'static str,
    pub(super) damaged: &'static str,
    pub(super) forgotten: &'static str,
    pub(super) rejected: &'static str,
    pub(super) summary: &'static str,
    pub(super) nothing: &'static str,
    pub(super) verdicts: &'static str,
    pub(super) visitors: &'static str,
    pub(super) not_by_root: &'static str,
    pub(super) by_day: &'static str,
    pub(super) by_week: &'static str,
    pub(super) by_hour: &'static str,
    pub(super) by_source: &'static str,
    pub(super) new_sources: &'static str,
    pub(super) by_daemon: &'static str,
    pub(super) by_rule: &'static str,
    pub(super) letters: &'static str,
    pub(super) no_letters: &'static str,
    pub(super) letter_row: &'static str,
    pub(super) gathering: &'static str,
    pub(super) held_back: &'static str,
    pub(super) held_row: &'static str,
    pub(super) logged: &'static str,
    pub(super) logged_what: &'static str,
    pub(super) logged_none: &'static str,
    pub(super) logged_copies: &'static str,
    pub(super) logged_may_repeat: &'static str,
    pub(super) logged_not_by_root: &'static str,
    pub(super) logged_lines: &'static str,
    pub(super) logged_unsure: &'static str,
    pub(super) more: &'static str,
    pub(super) events: &'static str,
    pub(super) source: &'static str,
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) last_seen: &'static str,
    pub(super) first_seen: &'static str,
    pub(super) daemon: &'static str,
    pub(super) rule: &'static str,
    pub(super) not_given: &'static str,
    pub(super) not_told: &'static str,
    pub(super) footer: &'static str,
    pub(super) silent_host: &'static str,
    pub(super) never_heard: &'static str,
    pub(super) more_silent: &'static str,
    pub(super) behind: &'static str,
    pub(super) fleet_subject: &'static str,
    pub(super) fleet_title: &'static str,
    pub(super) unmailed: &'static str,
    pub(super) never_mailed: &'static str,
    pub(super) fleet_no_problems: &'static str,
    pub(super) no_hosts: &'static str,
    pub(super) reporting: &'static str,
    pub(super) by_host: &'static str,
    pub(super) spread: &'static str,
    pub(super) servers: &'static str,
    pub(super) server: &'static str,
    pub(super) refused: &'static str,
    pub(super) backlog: &'static str,
    pub(super) last_heard: &'static str,
    pub(super) fleet_footer: &'static str,
    kinds: [(&'static str, &'static str); 6],
    states: [(&'static str, &'static str); 4],
    decisions: [(&'static str, &'static str); 5],
}

impl Words {
    /// A kind of letter.
    pub(super) fn kind<'a>(&'a self, word: &'a str) -> &'a str {
        look_up(&self.kinds, word)
    }

    /// Where a letter stands.
    pub(super) fn state<'a>(&'a self, word: &'a str) -> &'a str {
        look_up(&self.states, word)
    }

    /// Why an event was held back.
    pub(super) fn decision<'a>(&'a self, word: &'a str) -> &'a str {
        look_up(&self.decisions, word)
    }
}

fn look_up<'a>(table: &'a [(&'static str, &'static str)], word: &'a str) -> &'a str {
    let found = table.iter().find(|(known, _)| *known == word);
    found.map_or(word, |(_, text)| text)
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
    subject: "[tcpw] {machine}: report, {events} events, {problems} problems",
    title: "Report for {machine}",
    period: "{since} to {until}, local time ({zone})",
    problems: "Problems",
    no_problems: "Nothing is wrong with the alerts.",
    unreadable: "The drop directory {directory} cannot be read, so alerts may be waiting there: {error}",
    uncollected: "Alerts waiting in the drop directory {directory}: {events}, the oldest since {time}. They are not counted below.",
    no_deliverer: "No deliverer is running, although one is needed: run `tcpw deliver`.",
    clock_ahead: "The journal has times up to {latest}: the clock was ahead, or is slow now. Events with such times: {events}. They are not counted below.",
    given_up: "Messages given up: {letters}. `tcpw queue` lists them; `tcpw queue retry` tries again.",
    undelivered: "Messages tried without success so far: {letters}. They will be tried again.",
    stuck: "Message {letter} ({kind}, events: {events}) by {channel}, attempts: {attempts}: {error}",
    damaged: "{time}: the journal was damaged; it is now {aside}, and a new one was started.",
    forgotten: "{time}: events of users other than root that were removed from the journal because their share was full: {events}",
    rejected: "{time}: files in the drop directory that are not events: {count}, such as {example}",
    summary: "Summary",
    nothing: "No events in this period.",
    verdicts: "Events: {events}. Refused: {denied}, admitted: {granted}, not known: {unknown}.",
    visitors: "Sources: {sources}. New: {new}, more than once: {repeating}.",
    not_by_root: "Reported by users other than root, so possibly forged: {events}.",
    by_day: "By day",
    by_week: "By week, named by its first day",
    by_hour: "By hour of the day",
    by_source: "By source",
    new_sources: "New sources",
    by_daemon: "By daemon",
    by_rule: "By rule",
    letters: "Messages",
    no_letters: "No messages in this period.",
    letter_row: "{kind}, {state}: {letters} (events: {events})",
    gathering: "Collecting: {letters} (events: {events}), the next is sent {due}",
    held_back: "Delayed",
    held_row: "{reason}: {events}",
    logged: "From the system log, not from the journal",
    logged_what: "Read: {files}. Lines: {lines}, refusals by libwrap: {events}.",
    logged_none: "No refusals by libwrap in this period.",
    logged_copies: "Counted once: {count} refusals are in more than one log.",
    logged_may_repeat: "Too many refusals to compare: some that are in several logs may count twice.",
    logged_not_by_root: "Not written by root's own daemon; any user can write such a message: {who}.",
    logged_lines: "Lines without a readable time: {untimed}, outside this period: {outside}, not understood: {strange}.",
    logged_unsure: "No refusals by libwrap were found, but not every line could be read.",
    more: "and {count} more",
    events: "Events",
    source: "Source",
    name: "Name",
    place: "Place",
    last_seen: "Last seen",
    first_seen: "First seen",
    daemon: "Daemon",
    rule: "Rule",
    not_given: "(not given)",
    not_told: "(undetermined)",
    footer: "Made by tcpw. `tcpw events` shows every event.",
    silent_host: "Server {host} has been silent since {time}.",
    never_heard: "Server {host} was never heard of.",
    more_silent: "More silent servers: {hosts}.",
    behind: "Not pushed yet, so not counted below: events {events}, of servers {hosts}.",
    unmailed: "tcpw-fleet mail has not looked for alerts since {time}; the servers that leave their mail to it ({hosts}) mail by themselves meanwhile.",
    never_mailed: "tcpw-fleet mail has never looked for alerts; the servers that leave their mail to it ({hosts}) mail by themselves meanwhile.",
    fleet_subject: "[tcpw] {hosts} servers: report, {events} events, {problems} problems",
    fleet_title: "Report for {hosts} servers ({machine})",
    fleet_no_problems: "Every server was heard of lately, and none has events left to push.",
    no_hosts: "The database knows no server yet.",
    reporting: "Servers with events: {reporting} of {hosts}.",
    by_host: "By server",
    spread: "Sources seen on most servers",
    servers: "Servers",
    server: "Server",
    refused: "Refused",
    backlog: "Left to push",
    last_heard: "Last heard",
    fleet_footer: "Made by tcpw. `tcpw events --from` shows the events that the database keeps in full.",
    kinds: [
        ("alarm", "alert"),
        ("digest", "digest of a source"),
        ("overflow", "digest of everything"),
        ("notice", "notice"),
        ("heartbeat", "sign of life"),
        ("report", "report"),
    ],
    states: [
        ("waiting", "waiting"),
        ("delivered", "delivered"),
        ("failed", "given up"),
        ("dropped", "removed"),
    ],
    decisions: [
        ("repeat", "Repeats of a source, reported in its digest"),
        (
            "too-many",
            "Hourly mail limit reached, reported in a digest of everything",
        ),
        ("rule-digest", "An [[alert.rule]] wants a digest"),
        ("rule-never", "An [[alert.rule]] excludes them from alerts"),
        (
            "stalled",
            "Mail was stalled, reported in a digest of everything",
        ),
    ],
};

const KOREAN: Words = Words {
    tag: "ko",
    subject: "[tcpw] {machine}: 보고서, 이벤트 {events}건, 문제 {problems}건",
    title: "{machine} 보고서",
    period: "{since}부터 {until}까지, 현지 시각 ({zone})",
    problems: "문제",
    no_problems: "경보에 아무 문제가 없습니다.",
    unreadable: "드롭 디렉터리 {directory}을(를) 읽을 수 없어 경보가 남아 있을 수 있습니다: {error}",
    uncollected: "드롭 디렉터리 {directory}에서 기다리는 경보: {events}건, 가장 오래된 것은 {time}. 아래 숫자에는 들어 있지 않습니다.",
    no_deliverer: "발송 프로그램이 필요하지만 실행되고 있지 않습니다: `tcpw deliver`를 실행하십시오.",
    clock_ahead: "저널에 {latest}까지의 시각이 있습니다: 시계가 앞서 있었거나 지금 뒤처져 있습니다. 그런 이벤트 {events}건은 아래 숫자에 들어 있지 않습니다.",
    given_up: "발송을 포기한 메일: {letters}통. `tcpw queue`로 볼 수 있고 `tcpw queue retry`로 다시 보냅니다.",
    undelivered: "아직 보내지 못한 메일: {letters}통. 다시 시도합니다.",
    stuck: "메일 {letter} ({kind}, 이벤트 {events}건), 경로 {channel}, 시도 {attempts}회: {error}",
    damaged: "{time}: 저널이 손상되어 {aside}(으)로 옮기고 새로 시작했습니다.",
    forgotten: "{time}: 할당된 공간이 가득 차서 저널에서 삭제된 일반 사용자의 이벤트: {events}건",
    rejected: "{time}: 드롭 디렉터리에 이벤트가 아닌 파일 {count}개, 예: {example}",
    summary: "요약",
    nothing: "이 기간에는 이벤트가 없습니다.",
    verdicts: "이벤트: {events}건. 거부 {denied}건, 허용 {granted}건, 알 수 없음 {unknown}건.",
    visitors: "출처: {sources}곳. 처음 접속한 곳 {new}, 두 번 이상 접속한 곳 {repeating}.",
    not_by_root: "root가 아닌 사용자가 보고하여 위조되었을 수 있는 이벤트: {events}건.",
    by_day: "날짜별",
    by_week: "주별 (그 주의 첫날)",
    by_hour: "시간대별",
    by_source: "출처별",
    new_sources: "새로운 출처",
    by_daemon: "데몬별",
    by_rule: "규칙별",
    letters: "메일",
    no_letters: "이 기간에는 메일이 없습니다.",
    letter_row: "{kind}, {state}: {letters}통 (이벤트 {events}건)",
    gathering: "모으는 중: {letters}통 (이벤트 {events}건), 다음 발송 {due}",
    held_back: "바로 알리지 않은 이벤트",
    held_row: "{reason}: {events}건",
    logged: "저널이 아니라 시스템 로그에서",
    logged_what: "읽은 곳: {files}. 줄 {lines}개, libwrap의 거부 {events}건.",
    logged_none: "이 기간에는 libwrap의 거부가 없습니다.",
    logged_copies: "한 번만 셈: 여러 로그에 함께 있는 거부 {count}건.",
    logged_may_repeat: "거부가 너무 많아 비교할 수 없습니다. 여러 로그에 있는 거부는 두 번 셌을 수 있습니다.",
    logged_not_by_root: "root의 데몬이 쓴 것이 아님(이런 메시지는 누구나 쓸 수 있음): {who}.",
    logged_lines: "시각을 읽을 수 없는 줄 {untimed}개, 기간 밖의 줄 {outside}개, 이해하지 못한 줄 {strange}개.",
    logged_unsure: "libwrap의 거부를 찾지 못했지만 읽지 못한 줄이 있습니다.",
    more: "그 밖에 {count}",
    events: "건수",
    source: "출처",
    name: "이름",
    place: "위치",
    last_seen: "마지막",
    first_seen: "처음",
    daemon: "데몬",
    rule: "규칙",
    not_given: "(없음)",
    not_told: "(알 수 없음)",
    footer: "tcpw가 만들었습니다. 모든 이벤트는 `tcpw events`로 볼 수 있습니다.",
    silent_host: "서버 {host}에서 {time} 이후 소식이 없습니다.",
    never_heard: "서버 {host}에서 소식이 온 적이 없습니다.",
    more_silent: "그 밖에 소식이 없는 서버: {hosts}대.",
    behind: "아직 보내지 않아 아래 숫자에 없는 이벤트: 서버 {hosts}대의 {events}건.",
    fleet_subject: "[tcpw] 서버 {hosts}대: 보고서, 이벤트 {events}건, 문제 {problems}건",
    fleet_title: "서버 {hosts}대 보고서 ({machine})",
    unmailed: "tcpw-fleet mail이 {time} 이후로 경보를 확인하지 않았습니다. 그동안 메일을 맡긴 서버({hosts}대)가 직접 메일을 보냅니다.",
    never_mailed: "tcpw-fleet mail이 경보를 확인한 적이 없습니다. 그동안 메일을 맡긴 서버({hosts}대)가 직접 메일을 보냅니다.",
    fleet_no_problems: "모든 서버에서 최근에 소식이 왔고 보내지 않은 이벤트가 없습니다.",
    no_hosts: "데이터베이스에 아직 서버가 없습니다.",
    reporting: "이벤트가 있는 서버: {hosts}대 중 {reporting}대.",
    by_host: "서버별",
    spread: "가장 많은 서버에 접속한 출처",
    servers: "서버",
    server: "서버",
    refused: "거부",
    backlog: "보내지 않음",
    last_heard: "마지막 소식",
    fleet_footer: "tcpw가 만들었습니다. 데이터베이스가 보관하는 이벤트는 `tcpw events --from`으로 볼 수 있습니다.",
    kinds: [
        ("alarm", "경보"),
        ("digest", "출처별 요약"),
        ("overflow", "전체 요약"),
        ("notice", "안내"),
        ("heartbeat", "정상 신호"),
        ("report", "보고서"),
    ],
    states: [
        ("waiting", "대기"),
        ("delivered", "전달"),
        ("failed", "포기"),
        ("dropped", "취소"),
    ],
    decisions: [
        ("repeat", "같은 출처의 반복 (출처별 요약으로 알림)"),
        ("too-many", "한 시간의 메일 한도 초과 (전체 요약으로 알림)"),
        ("rule-digest", "[[alert.rule]]에 따라 요약으로 알림"),
        ("rule-never", "[[alert.rule]]에 따라 알리지 않음"),
        ("stalled", "메일 발송이 막힘 (전체 요약으로 알림)"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The same places for values in both languages.
    #[test]
    fn both_languages_are_complete() {
        let of = |words: &Words| {
            let text = format!("{words:?}");
            let mut names: Vec<String> = text
                .split('{')
                .skip(2)
                .filter_map(|part| part.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(of(&ENGLISH), of(&KOREAN));
        let korean = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for (_, text) in KOREAN
            .kinds
            .iter()
            .chain(&KOREAN.states)
            .chain(&KOREAN.decisions)
        {
            assert!(korean(text), "{text}");
        }
    }
}
