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
/// The source tree keeps to the design: who uses whom, sizes, openings, the index itself.
mod architecture;
/// What benchmarks demand: by their own commands, and by libwrap's word.
mod audit;
/// The commands that ask, as a user calls them.
mod cli;
/// The documents are true.
mod docs;
/// Which daemons ask libwrap, compared with what they do.
mod doctor;
/// Changes to tables: where rules go, what is refused, faults, and the installed libwrap's word.
mod editor;
/// Verdicts and deciding lines are those of the installed libwrap, and of its builds elsewhere.
mod engine;
/// Exports decide what the tables decide, by the word of the real nft and the real sshd.
mod export;
/// A fail2ban of its own.
mod fail2ban;
/// Each fuzz target for a fixed time, without a fuzzer.
mod fuzz;
/// The written grammar is closed and names every parser.
mod grammar;
/// What other programs keep, as they wrote it, and what becomes of it in tables.
mod import;
/// Every code of the linter: its fixture, and its claims before the installed libwrap.
mod lint;
/// A DNS server that does what it is told to.
mod name_server;
/// The library, used by a crate of somebody else.
mod outside;
/// What is installed: the package, the archive, what they are made of, and what editors and CI get.
mod packages;
/// Says what was proven.
mod proof;
/// `tcpw events` and `tcpw report`: a journal in numbers, old logs, a letter, a browser.
mod report;
/// Runs tcpw on files of its own and compares output, exit code and files exactly.
mod sandbox;
/// A refused stranger at a real sshd becomes a mail in a real inbox.
mod sshd;
/// `tcpw status` and `tcpw metrics`: how things stand, and each fault by its name.
mod status;
