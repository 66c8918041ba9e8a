//! Choices that several commands offer: how a list is printed, and in which language.

use crate::values::Language;
use clap::ValueEnum;
use std::env;

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    #[default]
    #[value(name = "text", alias = "human", alias = "table")]
    Table,
    /// For programs
    Json,
}

/// The language of a mail or a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageChoice {
    /// English
    En,
    /// Korean
    Ko,
}

impl From<LanguageChoice> for Language {
    fn from(choice: LanguageChoice) -> Self {
        match choice {
            LanguageChoice::En => Self::English,
            LanguageChoice::Ko => Self::Korean,
        }
    }
}

/// The language of the locale.
pub(crate) fn locale() -> Language {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    if named.is_some_and(|value| value.as_encoded_bytes().starts_with(b"ko")) {
        Language::Korean
    } else {
        Language::English
    }
}
