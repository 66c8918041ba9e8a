//! The texts of a mail.

/// The three texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    /// One line.
    pub(crate) subject: String,
    /// The plain text.
    pub(crate) text: String,
    /// The same as HTML.
    pub(crate) html: String,
    /// What is wrong with the templates of one's own, whose place the built-in ones took.
    pub(crate) problems: Vec<String>,
}
