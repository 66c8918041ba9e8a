//! Answers about the database, as lines of JSON for `tcpw report --from` and `tcpw events --from`.

mod answer;
mod events;
mod lines;
mod numbers;
mod reach;
mod sources;
mod spans;
mod wanted;

pub use answer::answer;
