//! The journal as numbers, and the numbers as text, HTML, JSON or CSV. Reads only what `alert`
//! answers, and what libwrap logged before there was a journal.

mod chart;
mod counts;
mod csv;
mod days;
mod fleet;
mod html;
mod json;
mod layout;
mod logged;
mod numbers;
mod problem;
mod text;
mod time;
mod words;

pub use counts::Named;
pub use csv::csv;
pub use days::Day;
pub use fleet::{
    FleetEvent, FleetHost, FleetLine, FleetPart, FleetQuery, FleetReader, FleetSource, FleetTotals,
    FleetWanted, HostRow, SpreadRow,
};
pub use html::html;
pub use json::json;
pub use logged::{JOURNAL_FIELDS, Lines, LogReader, Logged, is_export};
pub use numbers::{Gathering, Held, Letters, Report, ReportTerms, RuleCount, SourceRow, report};
pub use problem::Problem;
pub use text::{Paper, subject, text};
pub use time::Local;
