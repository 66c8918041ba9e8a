//! The alarm: from an event that `notify` records to a mail in an inbox. Knows nothing of tables.
//!
//! ```text
//! notify: event -> spool (one durable file in the drop directory)
//! deliver: collect -> journal + outbox (one transaction) -> letter -> message -> transport
//! ```

mod attachment;
mod collect;
mod deliverer;
mod encoding;
mod event;
mod journal;
mod letter;
mod lock;
mod message;
mod outbox;
mod spool;
mod surplus;
pub mod transport;
mod watch;
mod words;

pub use collect::{Collector, Found, Pass};
pub use deliverer::{
    DeliverError, Deliverer, Report, Workplace, has_events, problem, run_in_background, send_letter,
};
pub use encoding::one_line;
pub use event::{Claim, Event, HOST_LIMIT, VALUE_LIMIT};
pub use journal::{Journal, JournalError, make_directory as make_journal_directory};
pub use lock::{is_held as is_deliverer_alive, request as request_handover};
pub use message::People;
pub use outbox::{Delivery, Letter, RuleFinder, Waiting};
pub use spool::{SpoolError, repair as repair_drop, write as record};
