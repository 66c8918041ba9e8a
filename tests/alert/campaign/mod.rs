//! The fault campaign: every fault of every system call of `tcpw-notify`, `tcpw notify` and
//! `tcpw deliver`, alone, in pairs and at random, for real.

/// The system calls, and how each can fail.
mod calls;
/// What became of the events, and what must never become of them.
mod ledger;
/// The programs, run by strace.
mod program;
/// The systems on which it is tried.
mod scene;
/// One try: faults, and after them a run without any.
mod trial;
/// The campaign, and its own tests.
mod whole;
