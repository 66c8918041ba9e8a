//! What an audit says, in both languages.

use crate::audit::{Agreement, Besides, DemandKind, LineNature, Ruling};
use crate::cli::base::Text;
use crate::engine::TableName;

const fn text(en: &'static str, ko: &'static str) -> Text {
    Text { en, ko }
}

pub(super) const SCANNER: Text = text("scanner", "검사기");
pub(super) const LIBWRAP: &str = "libwrap";
pub(super) const TO_DO: Text = text("to do", "할 일");
pub(super) const AS_COPIED: Text = text(
    "owners and modes are those of the copies below --root",
    "소유자와 모드는 --root 아래 사본의 것입니다",
);

pub(super) const NOTHING_TO_FIX: Text = text(
    "--fix: nothing that it can change would meet what fails; nothing was changed",
    "--fix: 바꾸어서 실패한 요구를 충족할 수 있는 것이 없어 아무것도 바꾸지 않았습니다",
);

pub(super) const THERE: Text = text("{} is there", "{}이(가) 있습니다");
pub(super) const MISSING: Text = text("there is no {}", "{}이(가) 없습니다");
pub(super) const UNSEEN: Text = text("{} could not be read: {}", "{}을(를) 읽지 못했습니다: {}");
pub(super) const DIRECTORY: Text = text("{} is a directory", "{}은(는) 디렉터리입니다");
pub(super) const SIZE: Text = text("{} has {} bytes", "{}의 크기는 {}바이트입니다");
pub(super) const MORE_LINES: Text = text("{}: {} more lines match", "{}: {}줄이 더 일치합니다");
pub(super) const NO_LINE: Text = text("no line of {} matches", "{}에 일치하는 줄이 없습니다");
pub(super) const MODE: Text = text(
    "{}: mode {}, owner {}, group {}",
    "{}: 모드 {}, 소유자 {}, 그룹 {}",
);
pub(super) const MODE_OF_LINK: Text = text(
    "{}: mode {}, owner {}, group {}, of the symbolic link itself",
    "{}: 모드 {}, 소유자 {}, 그룹 {}, 심볼릭 링크 자체의 것",
);
pub(super) const INSTALLED: Text = text("{} is installed", "{}이(가) 설치되어 있습니다");
pub(super) const NOT_INSTALLED: Text =
    text("{} is not installed", "{}이(가) 설치되어 있지 않습니다");
pub(super) const PACKAGE_UNKNOWN: Text = text("{}: {}", "{}을(를) 알 수 없습니다: {}");

pub(super) const OTHERS_REFUSED: Text = text(
    "every daemon refuses every client that hosts.allow does not admit",
    "hosts.allow가 허용하지 않는 모든 클라이언트를 모든 데몬이 거부합니다",
);
pub(super) const NOBODY_REFUSED: Text = text(
    "no daemon refuses anybody",
    "어떤 데몬도 누구를 거부하지 않습니다",
);
pub(super) const SSHD_REFUSES_NOBODY: Text =
    text("sshd refuses nobody", "sshd는 아무도 거부하지 않습니다");
pub(super) const NOBODY_ADMITTED: Text = text(
    "nobody gets in by hosts.allow who would not without it",
    "hosts.allow가 있어야만 들어오는 클라이언트가 없습니다",
);
pub(super) const ADMITTED: Text = text("{} admits {}: {}", "{}이(가) {}을(를) 허용합니다: {}");
pub(super) const REFUSED: Text = text("{} refuses {}: {}", "{}이(가) {}을(를) 거부합니다: {}");
pub(super) const NO_RULE: Text = text("no rule decides", "정하는 규칙이 없습니다");
pub(super) const NOT_COMPUTED: Text = text("cannot be computed: {}", "계산할 수 없습니다: {}");
pub(super) const ONLY_ROOT: Text = text(
    "only root writes {}, by its owner and mode: {}",
    "소유자와 모드로 보아 root만 {}에 씁니다: {}",
);
pub(super) const OTHERS_WRITE: Text = text(
    "others than root can write {}: {}",
    "root가 아닌 사용자도 {}에 쓸 수 있습니다: {}",
);
pub(super) const OWNER: Text = text("mode {}, owner {}, group {}", "모드 {}, 소유자 {}, 그룹 {}");
pub(super) const NOT_OF_TABLES: Text = text(
    "not a matter of the tables; `tcpw doctor` says which daemons ask libwrap",
    "테이블과 무관합니다. 어느 데몬이 libwrap에 묻는지는 `tcpw doctor`가 알려 줍니다",
);

pub(super) const OF_VERSION: Text = text(
    "not asked of OpenSSH {} and later: --sshd-version says which one is there",
    "OpenSSH {}부터는 요구되지 않습니다. 어느 버전인지는 --sshd-version으로 알려 주세요",
);
pub(super) const REPLACE_LINK: Text = text(
    "replace the link: cp --remove-destination -- \"$(readlink -f -- {})\" {}",
    "링크를 파일로 바꿉니다: cp --remove-destination -- \"$(readlink -f -- {})\" {}",
);
pub(super) const END_IN_DENY: Text = text(
    "a command of hosts.allow fails: the rules of hosts.deny with options must end in `: deny`: tcpw edit",
    "hosts.allow의 명령이 실패하면 옵션이 있는 hosts.deny 규칙은 `: deny`로 끝나야 합니다: tcpw edit",
);
pub(super) const RULES_MUST_GO: Text = text(
    "the rule that lets others in must go: tcpw edit",
    "다른 클라이언트를 들이는 규칙을 tcpw edit로 없앱니다",
);

pub(super) const SUM: Text = text(
    "{}: {} pass, {} fail, {} cannot be told, {} not applicable; scanner and libwrap disagree on {}",
    "{}: 통과 {}, 실패 {}, 알 수 없음 {}, 해당 없음 {}; 검사기와 libwrap이 다른 것 {}",
);

/// What is demanded.
pub(super) fn demanded(kind: DemandKind) -> Text {
    match kind {
        DemandKind::AllowTable => text("there is an allow table", "허용 테이블이 있다"),
        DemandKind::DenyDefault => text(
            "whoever is not allowed is denied",
            "허용되지 않은 클라이언트는 거부된다",
        ),
        DemandKind::OnlyRootWrites(TableName::Allow) => text(
            "only root writes hosts.allow",
            "hosts.allow에는 root만 쓴다",
        ),
        DemandKind::OnlyRootWrites(TableName::Deny) => {
            text("only root writes hosts.deny", "hosts.deny에는 root만 쓴다")
        }
        DemandKind::Package => text(
            "the package of libwrap is installed",
            "libwrap 패키지가 설치되어 있다",
        ),
        DemandKind::SshdLimited => text(
            "sshd is limited to some addresses",
            "sshd를 일부 주소로 제한한다",
        ),
        DemandKind::SomeHosts => text(
            "access is granted to some hosts and denied to others",
            "일부 호스트는 허용하고 나머지는 거부한다",
        ),
    }
}

/// What came of it.
pub(super) fn ruled(ruling: Ruling) -> Text {
    match ruling {
        Ruling::Pass => text("pass", "통과"),
        Ruling::Fail => text("FAIL", "실패"),
        Ruling::NotApplicable => text("not applicable", "해당 없음"),
        Ruling::CannotTell => text("cannot tell", "알 수 없음"),
    }
}

/// What a line is to libwrap.
pub(super) fn nature(nature: LineNature) -> Text {
    match nature {
        LineNature::Rule => text("a rule", "규칙"),
        LineNature::Comment => text("a comment", "주석"),
        LineNature::Skipped => text("libwrap skips this line", "libwrap이 건너뛰는 줄"),
        LineNature::Broken => text(
            "libwrap stops reading at this line",
            "libwrap이 읽기를 멈추는 줄",
        ),
        LineNature::Unread => text("libwrap never reads this", "libwrap이 읽지 않는 줄"),
    }
}

/// That scanner and libwrap say different things.
pub(super) fn disagreement(agreement: Agreement) -> Option<Text> {
    match agreement {
        Agreement::Same | Agreement::Open => None,
        Agreement::ScannerPasses => Some(text(
            "DISAGREE: the checks pass, and libwrap does not do it",
            "불일치: 검사는 통과하지만 libwrap은 그렇게 하지 않습니다",
        )),
        Agreement::ScannerFails => Some(text(
            "DISAGREE: the checks fail, and libwrap does it",
            "불일치: 검사는 실패하지만 libwrap은 그렇게 합니다",
        )),
    }
}

/// What the benchmark asks for besides.
pub(super) fn besides(besides: Besides) -> Option<Text> {
    match besides {
        Besides::Nothing => None,
        Besides::Judged => Some(text(
            "a person must judge whether the contents are those of your network",
            "내용이 이 네트워크에 맞는지는 사람이 판단해야 합니다",
        )),
        Besides::Inetd => Some(text(
            "not looked at: whether inetd asks libwrap (inetadm -p)",
            "살펴보지 않음: inetd가 libwrap에 묻는지(inetadm -p)",
        )),
        Besides::Firewall => Some(text(
            "not looked at: whether firewalld or another packet filter does it instead",
            "살펴보지 않음: firewalld나 다른 패킷 필터가 대신하는지",
        )),
    }
}

/// What to do about a requirement that fails; `{}` is the file it is about.
pub(super) fn remedy(kind: DemandKind) -> Text {
    match kind {
        DemandKind::AllowTable => text(
            "tcpw allow CLIENT, for whoever shall get in, then tcpw deny-all; --fix makes a table without a rule",
            "들어올 클라이언트마다 tcpw allow CLIENT, 그다음 tcpw deny-all. --fix는 규칙 없는 테이블을 만듭니다",
        ),
        DemandKind::DenyDefault => text(
            "--fix, or tcpw deny-all; a rule that lets others in must go: tcpw edit",
            "--fix 또는 tcpw deny-all. 다른 클라이언트를 들이는 규칙은 tcpw edit로 없앱니다",
        ),
        DemandKind::OnlyRootWrites(_) => text(
            "chown root:root -- {}; chmod 0644 -- {}",
            "실행: chown root:root -- {}; chmod 0644 -- {}",
        ),
        DemandKind::Package => text("install the package", "패키지를 설치"),
        DemandKind::SshdLimited => text(
            "tcpw allow CLIENT --daemon sshd, for whoever shall get in, then tcpw deny-all",
            "들어올 클라이언트마다 tcpw allow CLIENT --daemon sshd, 그다음 tcpw deny-all",
        ),
        DemandKind::SomeHosts => text(
            "tcpw allow CLIENT, for whoever shall get in, then tcpw deny-all",
            "들어올 클라이언트마다 tcpw allow CLIENT, 그다음 tcpw deny-all",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_as_many_places_in_both_languages() {
        for text in [
            THERE,
            MISSING,
            UNSEEN,
            DIRECTORY,
            SIZE,
            MORE_LINES,
            NO_LINE,
            MODE,
            MODE_OF_LINK,
            INSTALLED,
            NOT_INSTALLED,
            PACKAGE_UNKNOWN,
            OTHERS_REFUSED,
            NOBODY_REFUSED,
            SSHD_REFUSES_NOBODY,
            NOBODY_ADMITTED,
            ADMITTED,
            REFUSED,
            NO_RULE,
            NOT_COMPUTED,
            ONLY_ROOT,
            OTHERS_WRITE,
            OWNER,
            NOT_OF_TABLES,
            OF_VERSION,
            REPLACE_LINK,
            END_IN_DENY,
            RULES_MUST_GO,
            SUM,
            SCANNER,
            TO_DO,
            AS_COPIED,
            NOTHING_TO_FIX,
        ] {
            assert!(text.is_alike(), "{}", text.en);
        }
    }

    #[test]
    fn every_kind_has_words_in_both_languages() {
        let kinds = [
            DemandKind::AllowTable,
            DemandKind::DenyDefault,
            DemandKind::OnlyRootWrites(TableName::Allow),
            DemandKind::OnlyRootWrites(TableName::Deny),
            DemandKind::Package,
            DemandKind::SshdLimited,
            DemandKind::SomeHosts,
        ];
        let rulings = [
            Ruling::Pass,
            Ruling::Fail,
            Ruling::NotApplicable,
            Ruling::CannotTell,
        ];
        let natures = [
            LineNature::Rule,
            LineNature::Comment,
            LineNature::Skipped,
            LineNature::Broken,
            LineNature::Unread,
        ];
        let texts = kinds.map(demanded).into_iter().chain(kinds.map(remedy));
        let texts = texts.chain(rulings.map(ruled)).chain(natures.map(nature));
        let agreements = [Agreement::ScannerPasses, Agreement::ScannerFails];
        let others = [Besides::Judged, Besides::Inetd, Besides::Firewall];
        let texts = texts
            .chain(agreements.into_iter().filter_map(disagreement))
            .chain(others.into_iter().filter_map(besides));
        for text in texts {
            assert!(text.is_alike(), "{}", text.en);
        }
    }
}
