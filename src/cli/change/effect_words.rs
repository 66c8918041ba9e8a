//! Who gains or loses access, in words of both languages.

use crate::cli::base::Text;
use crate::engine::{Change, NamePhrase};
use crate::values::Language;

/// As many daemons and names are named.
const WORDS: usize = 4;

pub(super) const EVERY_CLIENT: Text = Text {
    en: "every client",
    ko: "모든 접속",
};
pub(super) const EVERY_ADDRESS: Text = Text {
    en: "every client whose address is known",
    ko: "주소가 알려진 모든 접속",
};
pub(super) const NO_ADDRESS: Text = Text {
    en: "every client whose address is not known",
    ko: "주소를 모르는 모든 접속",
};
pub(super) const ALL_IPV4: Text = Text {
    en: "all of IPv4",
    ko: "모든 IPv4",
};
pub(super) const ALL_IPV6: Text = Text {
    en: "all of IPv6",
    ko: "모든 IPv6",
};
pub(super) const LOOPBACK: Text = Text {
    en: "loopback",
    ko: "루프백",
};
pub(super) const EXCEPT: Text = Text {
    en: "{} except {}",
    ko: "{} ({} 제외)",
};
pub(super) const EXCEPT_AMONG: Text = Text {
    en: "{} (except {})",
    ko: "{} ({} 제외)",
};
pub(super) const AND: Text = Text {
    en: "{} and {}",
    ko: "{}, {}",
};
pub(super) const MORE: Text = Text {
    en: "{} more",
    ko: "그 밖에 {}건",
};
const OR: Text = Text {
    en: "{} or {}",
    ko: "{}, {}",
};
const EVERY_DAEMON: Text = Text {
    en: "every daemon",
    ko: "모든 데몬",
};
const EVERY_DAEMON_BUT: Text = Text {
    en: "every daemon except {}",
    ko: "{} 이외의 모든 데몬",
};
const IF_USER: Text = Text {
    en: ", if the user is {}",
    ko: " (사용자가 {}일 때)",
};
const NOT_COMPUTED: Text = Text {
    en: ", which cannot be computed: {}",
    ko: " (계산하지 못함: {})",
};

/// The daemons that a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AffectedDaemons {
    /// All of them.
    Every,
    /// All but these.
    EveryBut(Vec<String>),
    /// These.
    These(Vec<String>),
}

impl AffectedDaemons {
    pub(super) fn words(&self, language: Language) -> String {
        match self {
            Self::Every => EVERY_DAEMON.of(language).to_owned(),
            Self::EveryBut(others) => {
                EVERY_DAEMON_BUT.with(language, &[&few(others.clone(), AND, language)])
            }
            Self::These(names) => few(names.clone(), AND, language),
        }
    }
}

/// `a, b and c`, or the first of them and how many more there are; `and` joins the last one.
fn few(mut words: Vec<String>, and: Text, language: Language) -> String {
    if words.len() > WORDS + 1 {
        let more = words.len() - WORDS;
        words.truncate(WORDS);
        words.push(MORE.with(language, &[&more.to_string()]));
    }
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        last
    } else {
        and.with(language, &[&words.join(", "), &last])
    }
}

/// The names that clients must have, or, if `is_most`, must not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct AffectedNames {
    pub(super) phrases: Vec<NamePhrase>,
    pub(super) is_most: bool,
}

impl AffectedNames {
    /// Whether every name is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty() && !self.is_most
    }

    /// After the clients, in English.
    pub(super) fn english(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let words = self.phrases.iter().map(NamePhrase::to_string).collect();
        let words = few(words, OR, Language::English);
        if self.is_most {
            format!(", unless {words},")
        } else {
            format!(" {words}")
        }
    }

    /// The clients of these names, in Korean.
    pub(super) fn korean(&self) -> String {
        let words = self.phrases.iter().map(korean).collect();
        few(words, OR, Language::Korean)
    }
}

/// The clients of some names, in Korean.
fn korean(phrase: &NamePhrase) -> String {
    match phrase {
        NamePhrase::Nameless => "이름이 없는 접속".to_owned(),
        NamePhrase::Doubtful => "이름이 의심스러운(PARANOID) 접속".to_owned(),
        NamePhrase::Named(name) => format!("이름이 {name}인 접속"),
        NamePhrase::Below { domain, but: 0 } => format!("이름이 .{domain}(으)로 끝나는 접속"),
        NamePhrase::Below { domain, but } => {
            format!("이름이 .{domain}(으)로 끝나는 접속(규칙에 있는 {but}개 제외)")
        }
        NamePhrase::Unnamed => "이름이 규칙에 없는 접속".to_owned(),
        NamePhrase::UnnamedDotless => "이름에 점이 없고 규칙에도 없는 접속".to_owned(),
        NamePhrase::Dotless => "이름에 점이 없는 접속".to_owned(),
    }
}

/// Of which user, if that counts.
pub(super) fn if_user(user: Option<&str>, language: Language) -> String {
    user.map_or_else(String::new, |user| IF_USER.with(language, &[user]))
}

/// Why it cannot be computed, if it cannot.
pub(super) fn doubt(because: &str, language: Language) -> String {
    if because.is_empty() {
        return String::new();
    }
    NOT_COMPUTED.with(language, &[because])
}

/// What becomes of the access of somebody, in Korean.
pub(super) fn korean_verb(change: Change) -> &'static str {
    match change {
        Change::Gains => "새로 허용됩니다",
        Change::Loses => "거부됩니다",
        Change::Unknown => "달라질 수 있습니다",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_take_the_same_parts() {
        for text in [
            EVERY_CLIENT,
            EVERY_ADDRESS,
            NO_ADDRESS,
            ALL_IPV4,
            ALL_IPV6,
            LOOPBACK,
            EXCEPT,
            EXCEPT_AMONG,
            MORE,
            EVERY_DAEMON,
            EVERY_DAEMON_BUT,
            IF_USER,
            NOT_COMPUTED,
        ] {
            assert!(text.is_alike(), "{}", text.en);
        }
    }

    #[test]
    fn names_are_said_in_both_languages() {
        let phrases = [
            NamePhrase::Nameless,
            NamePhrase::Doubtful,
            NamePhrase::Named("a.example".to_owned()),
            NamePhrase::Below {
                domain: "example".to_owned(),
                but: 2,
            },
            NamePhrase::Unnamed,
            NamePhrase::UnnamedDotless,
            NamePhrase::Dotless,
        ];
        let names = AffectedNames {
            phrases: phrases.to_vec(),
            is_most: true,
        };
        assert_eq!(
            names.english(),
            ", unless without a name, with a doubtful name (PARANOID), named a.example, named \
             .example (but 2 that rules name) or 3 more,"
        );
        assert_eq!(
            names.korean(),
            "이름이 없는 접속, 이름이 의심스러운(PARANOID) 접속, 이름이 a.example인 접속, \
             이름이 .example(으)로 끝나는 접속(규칙에 있는 2개 제외), 그 밖에 3건"
        );
        for phrase in &phrases {
            assert!(korean(phrase).contains("접속"), "{phrase}");
        }
    }
}
