//! The journal: every event that was ever collected, what was decided about it, and the letters
//! that tell of it; an SQLite database with one writer.

pub(super) mod aside;
pub(super) mod clock;
pub(super) mod counts;
pub(super) mod damaged;
pub(super) mod database;
pub(super) mod events;
pub(super) mod facts;
pub(super) mod forget;
pub(super) mod held;
pub(super) mod intake;
pub(super) mod letters;
pub(super) mod memory;
pub(super) mod outbox;
pub(super) mod overview;
pub(super) mod passing;
pub(super) mod plain;
pub(super) mod queue;
pub(super) mod reader;
pub(super) mod replace;
pub(super) mod retention;
pub(super) mod room;
pub(super) mod salvage;
pub(super) mod schema;
pub(super) mod search;
pub(super) mod shares;
pub(super) mod tables;
pub(super) mod tally;
pub(super) mod totals;
pub(super) mod trial;
pub(super) mod troubles;
pub(super) mod unlinked;
pub(super) mod values;
pub(super) mod walk;

pub use clock::Ahead;
pub use events::EventFilter;
pub(super) use held::Hold;
pub(super) use intake::Terms;
pub use outbox::{State, Waiting};
pub use overview::{JournalOverview, RefusedClient, VerdictCounts};
pub use queue::{Attempt, Queued};
pub use reader::JournalReader;
pub use search::{FoundEvent, Search};
pub use tally::{SourceCount, Tally};
pub use totals::EventTotal;
pub use troubles::{Sent, Stuck, Troubles};

pub(super) use outbox::{Dispatch, Settled, pause};
pub(super) use replace::Replaced;
pub(super) use shares::{Forgotten, Listener, of_one as share_of_one};
