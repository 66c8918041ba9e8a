//! The report for programs.

use super::numbers::Report;

/// The report as JSON, an object on several lines.
pub fn json(report: &Report) -> String {
    // Numbers and text always have a JSON form.
    serde_json::to_string_pretty(report).unwrap_or_default()
}
