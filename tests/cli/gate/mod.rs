//! Rules that ask the gate, as tcpw understands them: verdicts, differences and changes, and the
//! installed libwrap that runs the gate.

mod changes;
mod expiry;
mod library;
mod lint;
mod stage;
mod verdicts;
