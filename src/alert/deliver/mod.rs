//! The deliverer: from the drop directories through the journal to a mail that somebody has.

pub(super) mod background;
pub(super) mod collecting;
pub(super) mod compose;
pub(super) mod deliverer;
pub(super) mod dispatch;
pub(super) mod housekeeping;
pub(super) mod moving;
pub(super) mod pace;
pub(super) mod preview;
pub(super) mod reporting;
pub(super) mod standing;
pub(super) mod watch;
