//! The alarm: from an event that `notify` records to a mail in an inbox. Knows nothing of tables.
//!
//! ```text
//! notify: event -> spool (one durable file in the drop directory)
//! deliver: collect -> journal + outbox (one transaction) -> letter -> message -> transport
//! ```

mod answer;
mod attachment;
mod background;
mod collect;
mod compose;
mod deliverer;
mod dispatch;
mod duties;
mod fault;
mod fired;
mod found;
mod geo;
mod inbox;
mod journal;
mod letter;
mod letter_model;
mod message;
mod note;
mod notice;
mod outcome;
mod preview;
mod reporting;
mod source;
mod standing;
mod surplus;
mod texts;
pub mod transport;
mod watch;
mod words;

use tcpw_event::{encoding, event, lock, spool};

pub use background::run_in_background;
pub use collect::collector::{Collector, Pass};
pub use deliverer::{DeliverError, Deliverer, Report, Workplace, has_events};
pub use dispatch::{problem, send_test};
pub use encoding::one_line;
pub use event::{Claim, Event, HOST_LIMIT, VALUE_LIMIT};
pub use fired::{FiredRule, RuleFinder, Verdict};
pub use found::Found;
pub use geo::places::locator;
pub use inbox::Inbox;
pub use journal::database::{Journal, JournalError, make_directory as make_journal_directory};
pub use journal::{
    Ahead, Attempt, EventFilter, FoundEvent, Queued, Search, Sent, SourceCount, State, Stuck,
    Tally, Troubles, Waiting,
};
pub use letter_model::{Decision, Entry, History, Letter, LetterKind, Reason, SourceTally};
pub use lock::{
    is_held as is_deliverer_alive, is_running as is_deliverer_running, request as request_handover,
};
pub use message::People;
pub use note::{Kind, Note, Rule, Source, Visit, stamp as note_time};
pub use notice::Notice;
pub use outcome::Delivery;
pub use preview::{Preview, letter_of, letter_of_report, preview, preview_sample};
pub use spool::{SpoolError, event_file, repair as repair_drop, write as record};
