//! What the texts of a letter need besides the letter.

use crate::alert::letter::names::Reverse;
use crate::config::{Geo, LetterForm};
use crate::values::Language;
use chrono::{DateTime, FixedOffset, Utc};
use std::net::IpAddr;

/// What is needed besides the letter.
pub(crate) struct Setting<'a> {
    /// The language of the reader.
    pub(crate) language: Language,
    /// This machine's name.
    pub(crate) server: &'a str,
    /// In place of the default subject; may hold `{server}`, `{host}`, `{addr}`, `{daemon}` and
    /// `{count}`.
    pub(crate) subject: Option<&'a str>,
    /// Templates of one's own.
    pub(crate) form: &'a LetterForm,
    /// Where addresses are looked up.
    pub(crate) geo: &'a Geo,
    /// The local time of an instant.
    pub(crate) local: &'a dyn Fn(DateTime<Utc>) -> DateTime<FixedOffset>,
    /// The names of addresses, within a short time.
    pub(crate) names: &'a dyn Fn(&[IpAddr]) -> Vec<Reverse>,
}
