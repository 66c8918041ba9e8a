//! One mail for all hosts: which sources came where, gathered for a while, with the politeness of a
//! single host; and hosts that fell silent. What was told is in the database.

mod close;
mod gather;
mod hand_over;
mod moment;
mod muting;
mod notice;
mod pass;
mod silence;
mod terms;

pub use hand_over::{Outbox, hand_over};
pub use pass::{Passed, pass};
pub use terms::MailTerms;
