//! The one integration binary. Every module is listed here with what it proves.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must stop; helpers outside #[test] are not exempted"
)]

/// From `tcpw notify` to a mail in a real inbox.
mod alert;
/// Sentences that give an all-clear, where they would be false.
mod all_clear;
/// The source tree keeps to the design: who uses whom, sizes, openings, the index itself.
mod architecture;
/// Changes to tables: where rules go, what is refused, faults, and the installed libwrap's word.
mod changes;
/// `tcpw demo` goes the whole way, as anybody.
mod demo;
/// What the builds of libwrap differ in: each difference, in each dialect.
mod dialects;
/// `tcpw diff` tells who gains or loses what.
mod diff;
/// What the documents and the developers' menu name is there.
mod documents;
/// `tcpw match --explain` and `tcpw test` tell the whole search, and whom they answer for.
mod explain;
/// Every fact of libwrap that the tree cites is in `docs/`.
mod facts;
/// The written grammar is closed and names every parser.
mod grammar;
/// Every code of the linter: its fixture, and its claims before the installed libwrap.
mod lint;
/// The manual pages, the help and the parser say the same.
mod manual;
/// `tcpw match` says who decides and why.
mod match_;
/// What a command is told to read must be there.
mod named;
/// Verdicts and deciding lines are those of the installed libwrap.
mod oracle;
/// The library, used by a crate of somebody else.
mod outside;
/// `tcpw parse` shows what was read and gives it back unchanged.
mod parse;
/// Says what was proven.
mod proof;
/// The README is true.
mod readme;
/// `tcpw events` and `tcpw report`: a journal in numbers, old logs, a letter, a browser.
mod report;
/// Runs tcpw on files of its own and compares output, exit code and files exactly.
mod sandbox;
/// A refused stranger at a real sshd becomes a mail in a real inbox.
mod sshd;
