//! How a letter is written: its templates, what it adds to the events, and where networks are
//! looked up (`[geo]`).

use super::error::ConfigError;
use super::section::Section;
use std::path::{Path, PathBuf};

pub(super) const GEO: &[&str] = &["country", "asn"];

/// How a letter is written, beside its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterForm {
    /// A template in place of the built-in subject.
    pub subject_template: Option<String>,
    /// A file with a template in place of the built-in text.
    pub text_template: Option<PathBuf>,
    /// A file with a template in place of the built-in HTML.
    pub html_template: Option<PathBuf>,
    /// Whether the events go along as a CSV file.
    pub attach_events: bool,
    /// Whether the name of an address is looked up when the letter is written.
    pub reverse_dns: bool,
}

impl Default for LetterForm {
    fn default() -> Self {
        Self {
            subject_template: None,
            text_template: None,
            html_template: None,
            attach_events: false,
            reverse_dns: true,
        }
    }
}

/// Databases in the format of `MaxMind`, which tell where an address belongs: of those that the gate asks,
/// the first that is not in the legacy format, which has no names for messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Geo {
    /// One of countries.
    pub country: Option<PathBuf>,
    /// One of networks (autonomous systems) and their owners.
    pub asn: Option<PathBuf>,
}

/// Reads the keys in `[mail]` that say how a letter is written.
pub(super) fn form(
    section: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<LetterForm, ConfigError> {
    let defaults = LetterForm::default();
    let subject_template = section.text("subject_template")?;
    if subject_template.is_some() && section.text("subject")?.is_some() {
        return Err(section.missing("[mail] has both subject and subject_template; keep one"));
    }
    let file = |key| -> Result<Option<PathBuf>, ConfigError> {
        Ok(section.path(key)?.map(|path| place(&path)))
    };
    Ok(LetterForm {
        subject_template,
        text_template: file("text_template")?,
        html_template: file("html_template")?,
        attach_events: section
            .flag("attach_events")?
            .unwrap_or(defaults.attach_events),
        reverse_dns: section.flag("reverse_dns")?.unwrap_or(defaults.reverse_dns),
    })
}

/// Reads `[geo]`.
pub(super) fn geo(
    section: &Section<'_>,
    place: &dyn Fn(&Path) -> PathBuf,
) -> Result<Geo, ConfigError> {
    let is_legacy = |path: &PathBuf| path.extension().is_some_and(|end| end == "dat");
    let file = |key| -> Result<Option<PathBuf>, ConfigError> {
        let mut paths = section.paths(key)?.into_iter();
        Ok(paths.find(|path| !is_legacy(path)).map(|path| place(&path)))
    };
    Ok(Geo {
        country: file("country")?,
        asn: file("asn")?,
    })
}
