//! Texts of the screens that are shown in English and in Korean. Errors stay English: people search for
//! them.

use crate::values::Language;

/// A text in both languages; `{}` stands for what is put in, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    pub(crate) en: &'static str,
    pub(crate) ko: &'static str,
}

impl Text {
    /// In `language`.
    pub(crate) const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Korean => self.ko,
        }
    }

    /// In `language`, with `parts` put in.
    pub(crate) fn with(self, language: Language, parts: &[&str]) -> String {
        let mut pieces = self.of(language).split("{}");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        let mut parts = parts.iter();
        for piece in pieces {
            text.push_str(parts.next().copied().unwrap_or_default());
            text.push_str(piece);
        }
        text
    }

    /// Whether both languages have as many places for parts, and Korean is Korean.
    #[cfg(test)]
    pub(crate) fn is_alike(self) -> bool {
        let count = |text: &str| text.matches("{}").count();
        let is_korean = self.ko.chars().any(|c| ('가'..='힣').contains(&c));
        count(self.en) == count(self.ko) && is_korean
    }
}
