//! Commands about alerts on their way: recording, delivering, the queue, mail and silence.

mod confine;
pub(super) mod deliver;
mod hand_over;
mod mail_as_alert;
pub(super) mod mail_hints;
pub(super) mod mail_test;
pub(super) mod mute;
pub(super) mod notify;
pub(super) mod overdue_names;
pub(super) mod queue;
pub(super) mod queue_words;
mod revised_file;
