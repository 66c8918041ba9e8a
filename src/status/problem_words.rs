//! What is said of each problem, in English and in Korean. The places for values are called as the
//! fields of the problem are.

use super::ago::clock;
use super::problem::StatusProblem;
use super::view::View;
use crate::values::{Language, fill, grouped};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The word of a problem, and its sentence in both languages.
const SENTENCES: [(&str, &str, &str); 28] = [
    (
        "lint-errors",
        "lint errors in the tables: {errors} (`tcpw lint`): {first}",
        "테이블의 린트 오류 {errors}개(`tcpw lint`): {first}",
    ),
    (
        "daemon",
        "{daemon} does not do as the tables say: {trouble}",
        "{daemon}이(가) 테이블대로 하지 않습니다: {trouble}",
    ),
    (
        "program-gone",
        "{rule} runs {program}, which is not there or cannot be run: nobody is alerted; `tcpw install-alert` renews it",
        "{rule}이(가) 실행하는 {program}이(가) 없거나 실행할 수 없어 아무도 경보를 받지 못합니다: `tcpw install-alert`로 고칩니다",
    ),
    (
        "path-gone",
        "{key} of the configuration: there is no {path}",
        "설정의 {key}: {path}이(가) 없습니다",
    ),
    (
        "writers",
        "{programs} write these tables: none waits for the other, and lines can get lost between them",
        "{programs}이(가) 이 테이블에 쓰며 서로 기다리지 않아 줄을 잃을 수 있습니다",
    ),
    (
        "ran-out",
        "{rule}: its time was over at {until} and it is still there: run `tcpw expire`",
        "{rule}: {until}에 기한이 지났지만 남아 있습니다: `tcpw expire`를 실행하십시오",
    ),
    (
        "overdue",
        "change {change} was to be rolled back at {due} and still stands: run `tcpw expire`",
        "변경 {change}을(를) {due}에 되돌려야 했지만 남아 있습니다: `tcpw expire`를 실행하십시오",
    ),
    (
        "cut-short",
        "a change was cut short: `tcpw expire` finishes it",
        "변경이 도중에 끊겼습니다: `tcpw expire`가 마무리합니다",
    ),
    (
        "uncollected",
        "alerts that wait in {directory}: {events}, the oldest since {oldest}; nobody collects them: run `tcpw deliver`",
        "{directory}에서 기다리는 경보 {events}건, 가장 오래된 것은 {oldest}; 아무도 가져가지 않습니다: `tcpw deliver`를 실행하십시오",
    ),
    (
        "no-deliverer",
        "no deliverer is running, although one is needed: run `tcpw deliver`",
        "발송 프로그램이 필요하지만 실행되고 있지 않습니다: `tcpw deliver`를 실행하십시오",
    ),
    (
        "drop-mode",
        "{directory} has {found} and needs {wanted}: run `tcpw install-alert`",
        "{directory}은(는) {found}이고 {wanted}이어야 합니다: `tcpw install-alert`를 실행하십시오",
    ),
    (
        "no-mail",
        "mails are kept in {directory} and not sent, because the configuration has no mail.transport",
        "설정에 mail.transport가 없어 메일을 보내지 않고 {directory}에 보관합니다",
    ),
    (
        "mail-failing",
        "messages that were tried without success so far: {messages} (`tcpw queue`); last error: {error}",
        "아직 보내지 못한 메일 {messages}통(`tcpw queue`); 마지막 오류: {error}",
    ),
    (
        "given-up",
        "messages given up: {messages} (`tcpw queue`); last error: {error}",
        "발송을 포기한 메일 {messages}통(`tcpw queue`); 마지막 오류: {error}",
    ),
    (
        "clock-ahead",
        "the journal has times up to {latest}: the clock was ahead, or is slow now",
        "저널에 {latest}까지의 시각이 있습니다: 시계가 앞서 있었거나 지금 뒤처져 있습니다",
    ),
    (
        "clock-behind",
        "{file} has a time that is still to come, {time}: the clock is slow, or was ahead then",
        "{file}의 시각 {time}이(가) 아직 오지 않았습니다: 시계가 뒤처져 있거나 그때 앞서 있었습니다",
    ),
    (
        "damaged",
        "the journal was damaged at {time}; it is now {aside}, and a new one was started",
        "{time}에 저널이 손상되어 {aside}(으)로 옮기고 새로 시작했습니다",
    ),
    (
        "rejected",
        "files in a drop directory that were not events, found at {time}: {files}",
        "드롭 디렉터리에서 {time}에 발견한, 이벤트가 아닌 파일 {files}개",
    ),
    (
        "forgotten",
        "events of users other than root that were removed for lack of room, noted at {time}: {events}",
        "공간이 모자라 {time}에 삭제된 일반 사용자의 이벤트 {events}건",
    ),
    (
        "unit-dead",
        "{unit} is {state}: see `systemctl status {unit}`",
        "{unit}의 상태가 {state}입니다: `systemctl status {unit}`을 보십시오",
    ),
    (
        "schedule-gone",
        "{file} runs {program}, which is not there: run `tcpw install-alert` again",
        "{file}이(가) 실행하는 {program}이(가) 없습니다: `tcpw install-alert`를 다시 실행하십시오",
    ),
    (
        "no-systemd",
        "the units of tcpw are installed, and systemd does not run this machine: use `tcpw install-alert --cron`",
        "tcpw의 유닛이 설치되어 있지만 이 시스템은 systemd로 실행되지 않습니다: `tcpw install-alert --cron`을 쓰십시오",
    ),
    (
        "cron-ignored",
        "cron does not read {file}, because others than root could change it: run `tcpw install-alert --cron`",
        "root가 아닌 사용자가 {file}을(를) 바꿀 수 있어 cron이 읽지 않습니다: `tcpw install-alert --cron`을 실행하십시오",
    ),
    (
        "no-cron",
        "{file} is installed, and no cron is running",
        "{file}이(가) 설치되어 있지만 cron이 실행되고 있지 않습니다",
    ),
    (
        "no-schedule",
        "rules have an end, and nothing removes them in time: use `tcpw install-alert --systemd`, or --cron",
        "기한이 있는 규칙이 있지만 제때 지우는 것이 없습니다: `tcpw install-alert --systemd` 또는 --cron을 쓰십시오",
    ),
    (
        "unresolved",
        "{name}, which a rule follows, has not been resolved since {since}: {trouble}; its last addresses stay in the rule",
        "규칙이 따르는 {name}을(를) {since} 이후로 찾지 못했습니다: {trouble}; 마지막 주소가 규칙에 남아 있습니다",
    ),
    (
        "no-follower",
        "rules follow names, and nothing asks for these again: use `tcpw install-alert --systemd`, or --cron",
        "이름을 따르는 규칙이 있지만 이름을 다시 찾는 것이 없습니다: `tcpw install-alert --systemd` 또는 --cron을 쓰십시오",
    ),
    (
        "stale",
        "{file} is of {time}: nobody has looked since; `tcpw status --save` writes it",
        "{file}은(는) {time}의 상태이고 그 뒤로 아무도 보지 않았습니다: `tcpw status --save`가 다시 씁니다",
    ),
];

/// What is wrong, and what to do, in one sentence.
pub fn sentence(problem: &StatusProblem, view: &View<'_>) -> String {
    let word = problem.word();
    let found = SENTENCES.iter().find(|(known, _, _)| *known == word);
    let text = match (found, view.language) {
        (Some((_, english, _)), Language::English) => english,
        (Some((_, _, korean)), Language::Korean) => korean,
        (None, _) => word,
    };
    let fields = serde_json::to_value(problem).unwrap_or_default();
    let values: Vec<(&str, String)> = fields
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), shown(value, view)))
        .collect();
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    fill(text, &values)
}

/// A value as people read it: times by the clocks here.
fn shown(value: &Value, view: &View<'_>) -> String {
    match value {
        Value::Null => "?".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), grouped),
        Value::String(text) => DateTime::parse_from_rfc3339(text).map_or_else(
            |_| text.clone(),
            |time| clock(time.with_timezone(&Utc), view.now, view.local),
        ),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(item, view)).collect();
            items.join(", ")
        }
        Value::Object(fields) => format!("{} values", fields.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::PROBLEMS;
    use super::*;

    #[test]
    fn each_problem_has_a_sentence_with_the_same_places_in_both_languages() {
        let places = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            names.sort();
            names.dedup();
            names
        };
        let words: Vec<&str> = SENTENCES.iter().map(|(word, _, _)| *word).collect();
        assert_eq!(words, PROBLEMS);
        for (word, english, korean) in SENTENCES {
            assert_eq!(places(english), places(korean), "{word}");
            assert!(korean.chars().any(|c| ('가'..='힣').contains(&c)), "{word}");
        }
    }
}
