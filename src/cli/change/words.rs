//! What a change of the tables is said to do, in English and, where setup speaks it, in Korean.

use crate::cli::base::Text;

pub(super) const MORE_CHANGES: Text = Text {
    en: "and {} more changes of this kind",
    ko: "이런 변경이 {}건 더 있습니다",
};
pub(super) const NOBODY_GAINS: Text = Text {
    en: "nobody gains or loses access",
    ko: "누구의 접속 권한도 바뀌지 않습니다",
};
pub(super) const NOBODY_SEEN: Text = Text {
    en: "nobody gains or loses access, as far as it can be computed",
    ko: "계산할 수 있는 한 누구의 접속 권한도 바뀌지 않습니다",
};
pub(super) const NOT_COMPUTED: Text = Text {
    en: "not computed: {}",
    ko: "계산하지 못함: {}",
};
pub(super) const MORE_NOT_COMPUTED: Text = Text {
    en: "and {} more that are not computed",
    ko: "계산하지 못한 것이 {}건 더 있습니다",
};
pub(super) const NOTHING_TO_CHANGE: Text = Text {
    en: "nothing to change",
    ko: "바꿀 것이 없습니다",
};
pub(super) const NOTHING_CHANGED: Text = Text {
    en: "nothing was changed",
    ko: "아무것도 바꾸지 않았습니다",
};
pub(super) const DRY_RUN: Text = Text {
    en: "dry run: nothing was written",
    ko: "미리 보기: 아무것도 쓰지 않았습니다",
};
pub(super) const CREATED: Text = Text {
    en: "created {}",
    ko: "{} 파일을 만들었습니다",
};
pub(super) const CHANGED: Text = Text {
    en: "changed {}",
    ko: "{} 파일을 바꾸었습니다",
};
pub(super) const CREATED_WITH_MODE: Text = Text {
    en: "created {} with mode {}",
    ko: "{} 디렉터리를 권한 {}(으)로 만들었습니다",
};
pub(super) const GIVEN: Text = Text {
    en: "{}: {}, mode {}",
    ko: "{}: 소유자 {}, 권한 {}",
};
pub(super) const JOURNAL_GIVEN: Text = Text {
    en: "{}: given to tcpw",
    ko: "{}: 소유자를 tcpw로 바꾸었습니다",
};
pub(super) const MODE_CHANGED: Text = Text {
    en: "changed the mode of {} from {} to {}",
    ko: "{} 디렉터리의 권한을 {}에서 {}(으)로 바꾸었습니다",
};
pub(super) const ABSENT: Text = Text {
    en: "{} does not exist: taken as an empty table",
    ko: "{} 파일이 없어 빈 테이블로 봅니다",
};
pub(super) const MORE_OF_THIS_KIND: Text = Text {
    en: "and {} more of this kind",
    ko: "이런 것이 {}건 더 있습니다",
};
pub(super) const THIS_IS: Text = Text {
    en: "this is change {}: `tcpw undo` undoes it",
    ko: "변경 {}입니다. `tcpw undo`로 되돌립니다",
};
pub(super) const THIS_IS_OF_TABLES: Text = Text {
    en: "this is change {}: `tcpw undo` undoes it in the tables",
    ko: "변경 {}입니다. `tcpw undo`로 테이블을 되돌립니다",
};
pub(super) const WILL_BE_ROLLED_BACK: Text = Text {
    en: "change {} will be rolled back at {} unless confirmed: keep this session open, log in again, and type `tcpw confirm` there; or, from anywhere, `tcpw confirm {}`",
    ko: "변경 {}은(는) {}까지 확인하지 않으면 되돌려집니다. 이 세션을 열어 둔 채 다시 로그인하여 `tcpw confirm`을 실행하거나, 어디서든 `tcpw confirm {}`을 실행하십시오",
};
pub(super) const FIRES_FOR_NAMELESS: Text = Text {
    en: "unknown: fires for unlisted clients whose address has no name in DNS, not for clients that have one",
    ko: "unknown: 목록에 없는 접속 가운데 DNS에 이름이 없는 주소에만 알립니다",
};
pub(super) const FIRES_FOR_REFUSED: Text = Text {
    en: "unlisted: fires for unlisted clients that these rules refuse, with a name or without",
    ko: "unlisted: 목록에 없고 이 규칙들이 거부하는 접속을 이름과 상관없이 알립니다",
};
pub(super) const FIRES_FOR_UNLISTED: Text = Text {
    en: "unlisted: fires for every unlisted client, with a name or without",
    ko: "unlisted: 목록에 없는 모든 접속을 이름과 상관없이 알립니다",
};
pub(super) const OPEN_DOORS: Text = Text {
    en: "nobody guards these doors, whatever the tables say, since they do not ask libwrap: {} (tcpw doctor --explain says why)",
    ko: "다음은 libwrap에 묻지 않으므로 테이블과 상관없이 열려 있습니다: {} (이유는 tcpw doctor --explain이 보여 줍니다)",
};

/// All of them.
#[cfg(test)]
const ALL: [Text; 23] = [
    MORE_CHANGES,
    NOBODY_GAINS,
    NOBODY_SEEN,
    NOT_COMPUTED,
    MORE_NOT_COMPUTED,
    NOTHING_TO_CHANGE,
    NOTHING_CHANGED,
    DRY_RUN,
    CREATED,
    CHANGED,
    CREATED_WITH_MODE,
    GIVEN,
    JOURNAL_GIVEN,
    MODE_CHANGED,
    ABSENT,
    MORE_OF_THIS_KIND,
    THIS_IS,
    THIS_IS_OF_TABLES,
    WILL_BE_ROLLED_BACK,
    FIRES_FOR_NAMELESS,
    FIRES_FOR_REFUSED,
    FIRES_FOR_UNLISTED,
    OPEN_DOORS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_take_the_same_parts() {
        for text in ALL {
            assert!(text.is_alike(), "{}", text.en);
        }
    }
}
