//! What an alert rule runs: reads the line of the rule, records one event durably, wakes the
//! deliverer, and returns, because the client waits.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod line;
mod record;
mod run;

pub use line::{Arguments, read, run_of};
pub use record::{Unrecorded, log, log_words, record};
pub use run::{BY_ALERT, Places, Run, program};
