//! `tcpw status` and `tcpw metrics`: what they show of a machine, and that each fault is named.

/// Schedules that do not run.
mod clockwork;
/// How each problem is made.
mod faults;
/// The screen at two widths and in two languages, JSON, and what monitoring reads.
mod golden;
/// What a group may see, and what others may not.
mod group;
/// The text file of Prometheus.
mod metrics;
/// Each problem, made in a real machine, is named with exit code 1.
mod problems;
/// A directory that plays a machine which is well.
mod stage;
