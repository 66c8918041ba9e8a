//! The forms in which a report is written.

use crate::report::{Paper, Report, csv, html, json, text};
use crate::system::local_time;
use crate::values::Language;
use clap::ValueEnum;
use std::env;

/// How wide text is where nobody says.
const WIDTH: usize = 80;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a terminal
    #[default]
    #[value(alias = "table", alias = "human")]
    Text,
    /// For a browser
    Html,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

impl ReportFormat {
    /// The report in this form; text is as wide as the terminal, if it goes there.
    pub(super) fn write(self, report: &Report, language: Language, is_terminal: bool) -> Vec<u8> {
        match self {
            Self::Text => text(report, language, paper(is_terminal), &local_time).into_bytes(),
            Self::Html => html(report, language, &local_time).into_bytes(),
            Self::Json => format!("{}\n", json(report)).into_bytes(),
            Self::Csv => csv(report),
        }
    }
}

/// The terminal, or what stands in for it.
fn paper(is_terminal: bool) -> Paper {
    let told = env::var_os("COLUMNS").and_then(|text| text.to_str()?.parse().ok());
    let measured = || {
        let (width, _) = terminal_size::terminal_size()?;
        Some(usize::from(width.0))
    };
    let width = told.or_else(|| is_terminal.then(measured).flatten());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    let is_unicode = locale.is_some_and(|value| {
        let value = value.to_string_lossy().to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    });
    Paper {
        width: width.unwrap_or(WIDTH).clamp(40, 200),
        is_unicode,
    }
}
