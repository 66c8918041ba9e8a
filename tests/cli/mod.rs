//! The commands that ask, as a user calls them.

/// Sentences that give an all-clear, where they would be false.
mod all_clear;
/// Nobody reads the output: the code is still that of the command.
mod closed_output;
/// `tcpw compile` follows what tcpw changes, and nobody uses what is out of date.
mod compile;
/// `tcpw demo` goes the whole way, as anybody.
mod demo;
/// `tcpw diff` says who gains or loses what.
mod diff;
/// `tcpw match --explain` and `tcpw test` show the whole search, and whom they answer for.
mod explain;
/// Rules that ask the gate: verdicts without running it, changes, and the library that runs it.
mod gate;
/// Help in groups, words that people type, colour, and narrow terminals.
mod help;
/// The manual pages, the help and the parser say the same.
mod manual;
/// `tcpw match` says who decides and why.
mod match_;
/// What a command is told to read must be there.
mod named;
/// Options are alike in every command, and every command has a group and a page.
mod options;
/// `tcpw parse` shows what was read and gives it back unchanged.
mod parse;
/// `tcpw set build` writes one file or nothing, and `tcpw set show` says what is in it.
mod set;
/// A compiled set is the old one or the new one, however its building ends.
mod set_cut;
/// What only root may read is not taken for empty.
mod unread;
