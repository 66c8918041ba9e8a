//! What setup asks, in English and in Korean. Errors stay English: people search for them.

use crate::cli::base::Text;
use crate::values::Language;
use std::env;

/// The language of whoever sits at this terminal, and whether the terminal shows Korean.
pub(super) fn of_locale() -> (Language, bool) {
    let value = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()));
    let value = value.map(|value| value.to_string_lossy().to_ascii_lowercase());
    let value = value.unwrap_or_default();
    let is_korean = value == "ko" || value.starts_with("ko_") || value.starts_with("ko.");
    let is_utf8 = value.contains("utf-8") || value.contains("utf8");
    let language = if is_korean {
        Language::Korean
    } else {
        Language::English
    };
    (language, is_korean && is_utf8)
}

pub(super) const HOW_TO_ANSWER: Text = Text {
    en: "Enter takes what is in [brackets]; nothing is changed before you have seen it.",
    ko: "Enter를 누르면 [괄호] 안의 값을 씁니다. 확인하기 전에는 아무것도 바뀌지 않습니다.",
};
pub(super) const OWN_SESSION: Text = Text {
    en: "Your own session comes from {}.",
    ko: "지금 이 세션은 {}에서 접속했습니다.",
};
pub(super) const WHO: Text = Text {
    en: "Who may connect? Addresses, networks or names, with spaces or commas between",
    ko: "누구의 접속을 허용할까요? 주소, 네트워크 또는 이름 (공백이나 쉼표로 구분)",
};
pub(super) const SERVICES: Text = Text {
    en: "To which services? Names of daemons such as sshd or vsftpd, or ALL",
    ko: "어느 서비스에 허용할까요? sshd, vsftpd 같은 데몬 이름 또는 ALL",
};
pub(super) const LEFT_OUT: Text = Text {
    en: "{} would be refused by {}.",
    ko: "{}의 {} 접속이 거부됩니다.",
};
pub(super) const ALLOW_TOO: Text = Text {
    en: "Allow {} too?",
    ko: "{}도 허용할까요?",
};
pub(super) const WAY_OUT: Text = Text {
    en: "Name all who may connect again, or end with Ctrl-C: nothing was changed. `tcpw setup --force` \
         leaves out whoever is connected, too.",
    ko: "허용할 대상을 다시 입력하거나 Ctrl-C로 끝내십시오. 아무것도 바뀌지 않았습니다. 지금 접속한 사람도 빼려면 `tcpw setup --force`를 쓰십시오.",
};
pub(super) const OLD_ALERT: Text = Text {
    en: "{} runs `{}` when it refuses somebody.",
    ko: "{} 규칙은 접속을 거부할 때 `{}` 명령을 실행합니다.",
};
pub(super) const OLD_COMMAND: Text = Text {
    en: "{} runs `{}` when it refuses somebody, which may do more than mail: it stays.",
    ko: "{} 규칙은 접속을 거부할 때 `{}` 명령을 실행합니다. 메일만 보내는 명령이 아닐 수 있어 그대로 둡니다.",
};
pub(super) const REPLACE_OLD: Text = Text {
    en: "Replace it by the alert of tcpw? Otherwise both mail you",
    ko: "tcpw의 경보로 바꿀까요? 그대로 두면 메일이 두 번 옵니다",
};
pub(super) const REPLACE_MANY: Text = Text {
    en: "Replace them by the alert of tcpw? Otherwise both mail you",
    ko: "모두 tcpw의 경보로 바꿀까요? 그대로 두면 메일이 두 번 옵니다",
};
pub(super) const WAY: Text = Text {
    en: "How does mail leave this machine? smtp (a mail server), sendmail (the local mail system) or \
         none",
    ko: "메일을 어떻게 보낼까요? smtp (메일 서버), sendmail (이 서버의 메일 시스템) 또는 none (보내지 않음)",
};
pub(super) const SERVER: Text = Text {
    en: "The name of the mail server, or name:port",
    ko: "메일 서버 이름, 또는 이름:포트",
};
pub(super) const PROTECTION: Text = Text {
    en: "Its protection: starttls, implicit or none",
    ko: "암호화 방식: starttls, implicit 또는 none",
};
pub(super) const PORT: Text = Text {
    en: "Its port",
    ko: "포트",
};
pub(super) const LOGIN: Text = Text {
    en: "The user name there; none if no login is needed",
    ko: "메일 서버의 사용자 이름 (로그인이 필요 없으면 none)",
};
pub(super) const PASSWORD: Text = Text {
    en: "The password, which is not shown; Enter if a file holds it already",
    ko: "비밀번호 (화면에 보이지 않음, 이미 파일에 있으면 Enter)",
};
pub(super) const PASSWORD_FILE: Text = Text {
    en: "The file with the password, which only its owner may read",
    ko: "비밀번호가 든 파일 (소유자만 읽을 수 있어야 함)",
};
pub(super) const PASSWORD_KEPT: Text = Text {
    en: "It will be kept in {}, which only root may read.",
    ko: "비밀번호는 root만 읽을 수 있는 {} 파일에 저장됩니다.",
};
pub(super) const SENDER: Text = Text {
    en: "The sender of the mails",
    ko: "보내는 사람 메일 주소",
};
pub(super) const RECIPIENTS: Text = Text {
    en: "Who gets alerts about refused clients? Mail addresses, with spaces or commas between",
    ko: "거부된 접속의 경보를 누가 받을까요? 메일 주소 (공백이나 쉼표로 구분)",
};
pub(super) const COPIES: Text = Text {
    en: "Who gets a copy (Cc)?",
    ko: "참조(Cc)로 누가 받을까요?",
};
pub(super) const SUBJECT: Text = Text {
    en: "The subject; {fields} are filled in",
    ko: "제목 ({필드}는 값으로 바뀜)",
};
pub(super) const ATTACHMENT: Text = Text {
    en: "A file to attach to each mail",
    ko: "메일마다 첨부할 파일",
};
pub(super) const NONE: Text = Text {
    en: "none",
    ko: "없음",
};
pub(super) const AS_ALWAYS: Text = Text {
    en: "tcpw's own",
    ko: "tcpw 기본값",
};
pub(super) const SCHEDULE: Text = Text {
    en: "Who sends the alerts of daemons that do not run as root, and removes rules in time? systemd, \
         cron or none",
    ko: "root가 아닌 데몬의 경보를 보내고 기한이 지난 규칙을 지우는 일은 누가 할까요? systemd, cron 또는 none",
};
pub(super) const MAKE_IT: Text = Text {
    en: "Make these changes?",
    ko: "이대로 바꿀까요?",
};
pub(super) const KEEP_TABLES: Text = Text {
    en: "Keep the new tables?",
    ko: "바뀐 규칙을 그대로 둘까요?",
};
pub(super) const YES: Text = Text {
    en: "yes",
    ko: "예",
};
pub(super) const NO: Text = Text {
    en: "no",
    ko: "아니요",
};
pub(super) const AFTER_THIS: Text = Text {
    en: "After this only {} get in; {}.",
    ko: "이제 {}만 들어올 수 있고, {}.",
};
pub(super) const AFTER_THIS_ONE: Text = Text {
    en: "After this only {} gets in; {}.",
    ko: "이제 {}만 들어올 수 있고, {}.",
};
pub(super) const NOBODY: Text = Text {
    en: "After this nobody gets in; {}.",
    ko: "이제 아무도 들어올 수 없고, {}.",
};
pub(super) const OTHERS_MAILED: Text = Text {
    en: "everybody else is refused and you get mail",
    ko: "그 밖에는 모두 거부되고 메일이 옵니다",
};
pub(super) const OTHERS_KEPT: Text = Text {
    en: "everybody else is refused, and each is kept as a file, without mail",
    ko: "그 밖에는 모두 거부되고 메일 대신 파일로 남습니다",
};
pub(super) const OTHERS_SILENT: Text = Text {
    en: "everybody else is refused, without an alert",
    ko: "그 밖에는 모두 경보 없이 거부됩니다",
};
pub(super) const MAILED_NAMELESS: Text = Text {
    en: "everybody else is refused, and you get mail about those on no list who have no name",
    ko: "그 밖에는 모두 거부되고, 목록에 없고 이름이 없는 접속만 메일로 알립니다",
};
pub(super) const KEPT_NAMELESS: Text = Text {
    en: "everybody else is refused, and those on no list who have no name are kept as files, without mail",
    ko: "그 밖에는 모두 거부되고, 목록에 없고 이름이 없는 접속만 메일 대신 파일로 남습니다",
};
pub(super) const MAILED_BUT: Text = Text {
    en: "everybody else is refused, and you get mail, but not about those refused by {}",
    ko: "그 밖에는 모두 거부되고 메일이 옵니다. 다만 {}에서 거부하는 접속은 알리지 않습니다",
};
pub(super) const KEPT_BUT: Text = Text {
    en: "everybody else is refused, and each is kept as a file, without mail, but not those refused by {}",
    ko: "그 밖에는 모두 거부되고 메일 대신 파일로 남습니다. 다만 {}에서 거부하는 접속은 남지 않습니다",
};
pub(super) const TO_DAEMONS: Text = Text {
    en: "{} (to {})",
    ko: "{} ({})",
};
pub(super) const PERHAPS: Text = Text {
    en: "perhaps {}",
    ko: "{} (확실하지 않음)",
};
pub(super) const AND: Text = Text {
    en: "{} and {}",
    ko: "{}, {}",
};
pub(super) const AND_APART: Text = Text {
    en: "{}, and {}",
    ko: "{}, {}",
};
pub(super) const MORE: Text = Text {
    en: "{} more",
    ko: "그 밖에 {}건",
};
pub(super) const DOUBT: Text = Text {
    en: "Not computed: {}",
    ko: "계산하지 못함: {}",
};
pub(super) const KEEP_SESSION: Text = Text {
    en: "keep this session open, and test a login in another terminal; `tcpw list` shows who may connect",
    ko: "이 세션을 열어 둔 채 다른 터미널에서 로그인해 보십시오. 누가 접속할 수 있는지는 `tcpw list`가 보여 줍니다",
};
pub(super) const NOTHING_CHANGED: Text = Text {
    en: "nothing was changed",
    ko: "아무것도 바꾸지 않았습니다",
};
pub(super) const WOULD_CHANGE: Text = Text {
    en: "would change: {}",
    ko: "바뀔 것: {}",
};
pub(super) const MISSING: Text = Text {
    en: "{} is missing",
    ko: "{} 없음",
};
pub(super) const IS_WRITTEN: Text = Text {
    en: "{} is written",
    ko: "{} 씀",
};
pub(super) const IS_REMOVED: Text = Text {
    en: "{} is removed",
    ko: "{} 지움",
};
pub(super) const DIFFERS: Text = Text {
    en: "{} differs",
    ko: "{} 다름",
};
pub(super) const WROTE_SECRET: Text = Text {
    en: "wrote {} with mode 600",
    ko: "{} 파일을 권한 600으로 썼습니다",
};
pub(super) const NO_MAIL: Text = Text {
    en: "no mail is sent: each is kept as a file in {}",
    ko: "메일을 보내지 않고 {}에 파일로 보관합니다",
};
pub(super) const STILL_RUNS: Text = Text {
    en: "{} still runs `{}`, so that both report: --replace-alert replaces it",
    ko: "{} 규칙이 여전히 `{}` 명령을 실행하여 양쪽에서 알립니다. --replace-alert로 바꿉니다",
};
pub(super) const STAYS: Text = Text {
    en: "{} still runs `{}`, which may do more than mail: it stays beside the alert of tcpw; `tcpw edit` removes it",
    ko: "{} 규칙은 여전히 `{}` 명령을 실행합니다. 메일만 보내는 명령이 아닐 수 있어 tcpw의 경보와 함께 둡니다. `tcpw edit`로 지울 수 있습니다",
};
pub(super) const TEST_FAILED: Text = Text {
    en: "the test mail was not sent; everything else is set up, and refused clients are recorded and mailed as soon as mail works: correct {}, then run `tcpw mail test`",
    ko: "시험 메일을 보내지 못했습니다. 다른 것은 모두 설정되었고, 거부된 접속은 기록했다가 메일이 되는 대로 보냅니다. {}을(를) 고친 뒤 `tcpw mail test`를 실행하십시오",
};
pub(super) const RESTORES: Text = Text {
    en: "`tcpw undo {}` restores the tables",
    ko: "`tcpw undo {}`로 테이블을 되돌립니다",
};
pub(super) const DNS_COST: Text = Text {
    en: "--on both: libwrap looks up the name of each stranger in DNS before it refuses",
    ko: "--on both: 모르는 접속마다 거부하기 전에 DNS에서 이름을 찾습니다",
};

/// Whether a line is the sentence of who gets in afterwards, in whichever language.
pub(in crate::cli) fn says_who_gets_in(line: &str) -> bool {
    let texts = [AFTER_THIS, AFTER_THIS_ONE, NOBODY].map(|text| [text.en, text.ko]);
    let starts = texts
        .iter()
        .flatten()
        .filter_map(|text| text.split("{}").next());
    starts.into_iter().any(|start| line.contains(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_known_in_both_languages() {
        for language in [Language::English, Language::Korean] {
            let sentence = AFTER_THIS_ONE.with(language, &["192.0.2.10", ""]);
            assert!(says_who_gets_in(&sentence), "{sentence}");
        }
        assert!(!says_who_gets_in("changed /etc/hosts.deny"));
    }

    #[test]
    fn both_languages_take_the_same_parts() {
        for text in [
            OWN_SESSION,
            LEFT_OUT,
            ALLOW_TOO,
            OLD_ALERT,
            OLD_COMMAND,
            PASSWORD_KEPT,
            AFTER_THIS,
            AFTER_THIS_ONE,
            NOBODY,
            TO_DAEMONS,
            PERHAPS,
            AND,
            AND_APART,
            MORE,
            DOUBT,
            WOULD_CHANGE,
            MISSING,
            IS_WRITTEN,
            DIFFERS,
            WROTE_SECRET,
            NO_MAIL,
            STILL_RUNS,
            STAYS,
            MAILED_BUT,
            KEPT_BUT,
            TEST_FAILED,
            RESTORES,
        ] {
            let count = |text: &str| text.matches("{}").count();
            assert_eq!(count(text.en), count(text.ko), "{}", text.en);
            assert!(count(text.en) > 0, "{}", text.en);
        }
        assert_eq!(
            LEFT_OUT.with(Language::English, &["a", "b"]),
            "a would be refused by b."
        );
        assert_eq!(
            ALLOW_TOO.with(Language::Korean, &["10.0.0.1"]),
            "10.0.0.1도 허용할까요?"
        );
    }
}
