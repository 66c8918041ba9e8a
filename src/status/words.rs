//! What the lines of the status say, in English and in Korean.

use crate::values::Language;

/// The texts of the lines; `{...}` stands for a value.
#[derive(Debug)]
pub(super) struct StatusWords {
    pub(super) access: &'static str,
    pub(super) asked: &'static str,
    pub(super) alert: &'static str,
    pub(super) mail: &'static str,
    pub(super) clients: &'static str,
    pub(super) pending: &'static str,
    pub(super) problems: &'static str,
    pub(super) none: &'static str,
    pub(super) saved: &'static str,
    pub(super) closed: &'static str,
    pub(super) open: &'static str,
    pub(super) nobody_in: &'static str,
    pub(super) everybody_in: &'static str,
    pub(super) others_refused: &'static str,
    pub(super) others_in: &'static str,
    pub(super) lets_in: &'static str,
    pub(super) refuses: &'static str,
    pub(super) every_daemon: &'static str,
    pub(super) every_daemon_but: &'static str,
    pub(super) everybody: &'static str,
    pub(super) no_address: &'static str,
    pub(super) except: &'static str,
    pub(super) more: &'static str,
    pub(super) not_computed: &'static str,
    pub(super) asks: &'static str,
    pub(super) asks_as: &'static str,
    pub(super) switched_off: &'static str,
    pub(super) never_asks: &'static str,
    pub(super) cannot_tell: &'static str,
    pub(super) no_program: &'static str,
    pub(super) none_started: &'static str,
    pub(super) on: &'static str,
    pub(super) off: &'static str,
    pub(super) for_whom: &'static str,
    pub(super) not_those: &'static str,
    pub(super) nobody_told: &'static str,
    pub(super) unlisted: &'static str,
    pub(super) nameless: &'static str,
    pub(super) some: &'static str,
    pub(super) by_systemd: &'static str,
    pub(super) by_cron: &'static str,
    pub(super) by_alert: &'static str,
    pub(super) mail_ok: &'static str,
    pub(super) mail_failing: &'static str,
    pub(super) mail_untried: &'static str,
    pub(super) mail_kept: &'static str,
    pub(super) last_sent: &'static str,
    pub(super) queue: &'static str,
    pub(super) given_up: &'static str,
    pub(super) gathering: &'static str,
    pub(super) dropped: &'static str,
    pub(super) refused_today: &'static str,
    pub(super) none_refused: &'static str,
    pub(super) admitted: &'static str,
    pub(super) outcome_unknown: &'static str,
    pub(super) not_by_root: &'static str,
    pub(super) last: &'static str,
    pub(super) reported_by: &'static str,
    pub(super) rolled_back: &'static str,
    /// So many seconds, minutes, hours and days ago.
    pub(super) ago: [&'static str; 4],
}

/// The words of `language`.
pub(super) fn words(language: Language) -> &'static StatusWords {
    match language {
        Language::English => &ENGLISH,
        Language::Korean => &KOREAN,
    }
}

const ENGLISH: StatusWords = StatusWords {
    access: "Access",
    asked: "Asked",
    alert: "Alert",
    mail: "Mail",
    clients: "Clients",
    pending: "Pending",
    problems: "Problems",
    none: "none",
    saved: "As root saw it at {time}, {ago}.",
    closed: "closed",
    open: "open",
    nobody_in: "nobody gets in",
    everybody_in: "everybody gets in",
    others_refused: "all others refused",
    others_in: "all others get in",
    lets_in: "{daemons} from {clients}",
    refuses: "refused by {daemons}: {clients}",
    every_daemon: "every daemon",
    every_daemon_but: "every daemon except {daemons}",
    everybody: "everybody",
    no_address: "clients without an address",
    except: "{clients} except {except}",
    more: "{count} more",
    not_computed: "cannot be computed: {what}",
    asks: "{daemon} yes",
    asks_as: "{daemon} yes, as {names}",
    switched_off: "{daemon} switched off ({why})",
    never_asks: "{daemon} never",
    cannot_tell: "{daemon} cannot tell",
    no_program: "no program waits for clients",
    none_started: "systemd starts no program for a client",
    on: "on",
    off: "off",
    for_whom: "for {whom}",
    not_those: ", not for those refused by {rules}",
    nobody_told: "nobody hears of refused clients",
    unlisted: "everybody on no list",
    nameless: "clients on no list without a name",
    some: "some refused clients",
    by_systemd: "delivery by systemd",
    by_cron: "delivery by cron",
    by_alert: "delivery only after an alert of a daemon that runs as root",
    mail_ok: "ok",
    mail_failing: "failing",
    mail_untried: "not tried yet",
    mail_kept: "kept as files, not sent",
    last_sent: "last sent {ago}",
    queue: "queue {count}",
    given_up: "given up {count}",
    gathering: "collecting {count}",
    dropped: "drop directory {count}",
    refused_today: "{count} refused today",
    none_refused: "none refused today",
    admitted: "{count} admitted with an alert",
    outcome_unknown: "{count} alerts of unknown outcome",
    not_by_root: "{count} reported by others than root",
    last: "last {client} {daemon} {time}",
    reported_by: "(reported by {who})",
    rolled_back: "change {number} is rolled back at {time} unless confirmed",
    ago: ["{n} s ago", "{n} min ago", "{n} h ago", "{n} days ago"],
};

const KOREAN: StatusWords = StatusWords {
    access: "접근",
    asked: "질의",
    alert: "경보",
    mail: "메일",
    clients: "접속",
    pending: "대기",
    problems: "문제",
    none: "없음",
    saved: "root가 {time}에 본 상태({ago})입니다.",
    closed: "닫힘",
    open: "열림",
    nobody_in: "아무도 들어올 수 없음",
    everybody_in: "누구나 들어올 수 있음",
    others_refused: "그 밖은 모두 거부",
    others_in: "그 밖은 모두 허용",
    lets_in: "{daemons}에 {clients} 허용",
    refuses: "{daemons}에 {clients} 거부",
    every_daemon: "모든 데몬",
    every_daemon_but: "{daemons}을(를) 뺀 모든 데몬",
    everybody: "모두",
    no_address: "주소가 없는 접속",
    except: "{clients}({except} 제외)",
    more: "그 밖에 {count}",
    not_computed: "계산할 수 없음: {what}",
    asks: "{daemon} 예",
    asks_as: "{daemon} 예({names})",
    switched_off: "{daemon} 꺼짐({why})",
    never_asks: "{daemon} 아니요",
    cannot_tell: "{daemon} 알 수 없음",
    no_program: "접속을 기다리는 프로그램 없음",
    none_started: "systemd가 접속을 위해 시작하는 프로그램 없음",
    on: "켜짐",
    off: "꺼짐",
    for_whom: "대상은 {whom}",
    not_those: "({rules}에서 거부하는 접속은 제외)",
    nobody_told: "거부된 접속을 아무에게도 알리지 않음",
    unlisted: "목록에 없는 모든 접속",
    nameless: "목록에 없고 이름이 없는 접속",
    some: "거부된 접속의 일부",
    by_systemd: "systemd가 발송",
    by_cron: "cron이 발송",
    by_alert: "root로 실행되는 데몬의 경보가 있을 때만 발송",
    mail_ok: "정상",
    mail_failing: "실패",
    mail_untried: "아직 보낸 적 없음",
    mail_kept: "보내지 않고 파일로 보관",
    last_sent: "마지막 발송 {ago}",
    queue: "대기열 {count}",
    given_up: "포기 {count}",
    gathering: "모으는 중 {count}",
    dropped: "드롭 디렉터리 {count}",
    refused_today: "오늘 {count}건 거부",
    none_refused: "오늘 거부 없음",
    admitted: "경보와 함께 {count}건 허용",
    outcome_unknown: "결과를 알 수 없는 경보 {count}건",
    not_by_root: "root가 아닌 사용자가 보고한 {count}건",
    last: "마지막 {client} {daemon} {time}",
    reported_by: "(보고: {who})",
    rolled_back: "변경 {number}은(는) 확인하지 않으면 {time}에 되돌림",
    ago: ["{n}초 전", "{n}분 전", "{n}시간 전", "{n}일 전"],
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The same places for values in both languages, and something Korean in each text.
    #[test]
    fn both_languages_are_complete() {
        let texts = |words: &StatusWords| -> Vec<String> {
            let text = format!("{words:?}");
            let parts = text.split('"').enumerate();
            parts
                .filter(|(at, _)| at % 2 == 1)
                .map(|(_, part)| part.to_owned())
                .collect()
        };
        let places = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|part| part.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            names.sort();
            names
        };
        let (english, korean) = (texts(&ENGLISH), texts(&KOREAN));
        assert_eq!(english.len(), korean.len());
        assert!(english.len() > 50);
        for (one, other) in english.iter().zip(&korean) {
            assert_eq!(places(one), places(other), "{one} {other}");
            let is_korean = other.chars().any(|c| ('가'..='힣').contains(&c));
            assert!(is_korean, "{other}");
        }
    }
}
