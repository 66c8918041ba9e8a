//! Answers about the database, as lines of JSON for `tcpw report --from` and `tcpw events --from`.

mod answer;
mod events;
mod lines;
mod numbers;

pub use answer::answer;
