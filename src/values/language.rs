//! The languages of mails and reports.

/// A language of mails and reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `ko`
    Korean,
}
