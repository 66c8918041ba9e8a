//! The alert: from an event that `notify` records to a mail in an inbox. Knows nothing of tables.
//!
//! ```text
//! notify: event -> spool (one durable file in the drop directory)
//! deliver: collect -> journal + outbox (one transaction) -> letter -> message -> transport
//! ```

mod deliver;
mod inbox;
mod journal;
mod letter;
mod model;
pub mod transport;

use tcpw_event::{encoding, event, lock, spool, trust, ways};

pub use deliver::background::run_in_background;
pub use deliver::deliverer::{
    DeliverError, Deliverer, DeliveryReport, Workplace, fresh_message_id, has_events,
};
pub use deliver::dispatch::{problem, send_test};
pub use deliver::moving::{Moved, move_journal};
pub use deliver::preview::{Preview, letter_of, letter_of_report, preview, preview_sample};
pub use encoding::one_line;
pub use event::{Claim, Event, HOST_LIMIT, UNKNOWN_REPORTER, VALUE_LIMIT};
pub use inbox::collector::{Collector, Pass};
pub use inbox::waiting::Inbox;
pub use journal::database::{Journal, JournalError, make_directory as make_journal_directory};
pub use journal::{
    Ahead, Attempt, EventFilter, EventTotal, FoundEvent, JournalOverview, JournalReader, Queued,
    RefusedClient, Search, Sent, SourceCount, State, Stuck, Tally, Troubles, VerdictCounts,
    Waiting,
};
pub use letter::mime::People;
pub use letter::places::locator;
pub use lock::{
    is_held as is_deliverer_alive, is_running as is_deliverer_running, request as request_handover,
};
pub use model::channel_note::{ChannelNote, Kind, Rule, Source, Visit, stamp as note_time};
pub use model::fleet_notice::{FleetDelay, FleetNotice, SourceAtServers};
pub use model::found::Found;
pub use model::letter::{Decision, Entry, Letter, LetterKind, Reason, SourceHistory, SourceTally};
pub use model::outcome::Delivery;
pub use model::pushed::Pushed;
pub use model::reporter::Reporter;
pub use model::rule_finder::{FiredRule, RuleFinder, Verdict};
pub use model::system_letter::{Notice, OverdueName};
pub use spool::{SpoolError, event_file, write as record, write_as_root as record_as_root};
pub use ways::{Form as DropForm, misfit as drop_misfit, repair as repair_drop};
