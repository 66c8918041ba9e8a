//! Findings about a table, as plain data: what, where, why and how to repair it.

use crate::edit::Edit;
use crate::span::Span;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably not what was meant.
    Warning,
    /// Lets people in, locks people out, or never works.
    Error,
}

impl Severity {
    /// The word shown to people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding. Wording is final; only escaping and layout are left to whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, `TW` and three digits.
    pub code: &'static str,
    /// Stable kebab-case name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The bytes that are meant.
    pub span: Span,
    /// What is there and what it does, in one sentence.
    pub message: String,
    /// What to do, in one sentence.
    pub help: String,
}

/// A repair of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the edits do, in the imperative.
    pub title: String,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it is meant to change no verdict; whoever applies it proves that.
    pub is_safe: bool,
}
