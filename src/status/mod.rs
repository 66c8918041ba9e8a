//! How things stand on a machine, as data: for people, for monitoring, for programs and for
//! Prometheus. Looks at nothing itself.

mod ago;
mod json;
mod line;
mod machine;
mod measures;
mod nagios;
mod piece;
mod problem;
mod problem_words;
mod prometheus;
mod screen;
mod sentences;
mod utc_time;
mod view;
mod words;

pub use json::{StatusError, json, of_json};
pub use line::{
    AccessLine, AccessRow, AlertLine, AskedDaemon, AskedLine, Asking, Catches, ClientsLine,
    Delivering, LastClient, Looked, MailLine, MailState, PendingChange, PendingLine,
    StandardAccess,
};
pub use machine::MachineStatus;
pub use measures::{EventCount, Measures, StateCount};
pub use nagios::nagios;
pub use piece::{Piece, Tone};
pub use problem::{PROBLEMS, StatusProblem};
pub use problem_words::sentence;
pub use prometheus::prometheus;
pub use screen::screen;
pub use utc_time::UtcTime;
pub use view::{LocalTime, View};
