//! Changes to tables: what the commands print and write, what libwrap then does, and that nothing
//! is lost when something fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "helpers of tests, to which the lints make no exception of their own"
)]

/// Two tables in a directory of their own, and the program run on them.
mod sandbox;

pub use sandbox::{Ran, Sandbox};

/// Where rules go, what is in conflict, what holds already.
mod placement;

/// Lists of clients, and rules that grow.
mod lists;

/// The defaults, the alert rules and the guard of the operator's own session.
mod defaults;

/// Whoever must still get in: other sessions, and whom the configuration names.
mod guard;

/// Faults of the file system, and many at once.
mod faults;

/// Changes that are rolled back unless they are confirmed.
mod provisional;

/// Back in time, whatever happens while a change waits.
mod in_time;

/// Rules that end beside others about the same clients.
mod ends;

/// Tables as they are wanted.
mod wanted;

/// The published schemas, and what the program reads and answers.
mod schema;

/// Names that move, and whatever a resolver says about them.
mod follow;

/// The rule is right at every step of a month, as libwrap sees it.
mod follow_month;

/// A name that cannot be resolved for too long is mailed about, once.
mod follow_mail;

/// A machine that follows names.
mod follow_stage;

/// fail2ban with the shipped action.
mod fail2ban;

/// Tables that are written where they are.
mod torn;

/// Everything at once.
mod setup;

/// Everything at once, asked for on a terminal.
mod setup_asks;

/// Everything at once, on a server that has some of it already.
mod setup_again;

/// Setup with other options than before, and on tables that refuse already.
mod setup_converges;

/// Nothing of tcpw is left, and access is as it was.
mod uninstall;

/// Others who write the same tables.
mod writers;

/// A change cut short at every step, or failing there, leaves the old pair of tables or the new.
mod cut;

/// Every change is recorded and can be rolled back.
mod history;

/// Why, by whom and until when: labels, and rules that run out.
mod labels;

/// Comments about rules, locks of others, and what undo goes back to.
mod records;

/// What tcpw writes is clean.
mod clean;

/// What list prints is what apply takes, and alerts stay.
mod round_trip;

/// Random histories with others who write between.
mod histories;

/// The reverse of the default and of the alert.
mod reverse;

/// `tcpw list`: a header, the default, and what concerns a client.
mod listing;

/// `deny` where refusals stand in the allow table.
mod layouts;

/// What is taken off the lists again.
mod revoke;

/// The real libwrap says what the changed tables do.
mod libwrap;

/// Who gains and who loses is said, and a change stops before it is somebody else.
mod effects;

/// The real libwrap confirms what is said, with every name that the tables mention.
mod sets;

/// Fewer rules, the same verdicts, and the same comments.
mod compact;

/// The same verdicts by a compiled set and a gate.
mod compact_gate;
