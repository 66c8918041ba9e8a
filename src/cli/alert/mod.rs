//! Commands about alerts on their way: recording, delivering, the queue, mail and silence.

pub(super) mod deliver;
pub(super) mod mail;
pub(super) mod mail_as_alert;
pub(super) mod mail_hints;
pub(super) mod mail_preview;
pub(super) mod mute;
pub(super) mod notify;
pub(super) mod notify_line;
pub(super) mod queue;
pub(super) mod queue_words;
