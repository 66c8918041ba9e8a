//! What a letter says: the facts of its events in the reader's language, as text and as HTML.
//! Every value is escaped before a template sees it, so that none adds a line, a header, markup, a
//! link or a terminal escape.

pub(super) mod attachment;
pub(super) mod commands;
pub(super) mod context;
pub(super) mod events_csv;
pub(super) mod facts;
pub(super) mod fleet;
pub(super) mod leads;
pub(super) mod mime;
pub(super) mod names;
pub(super) mod page;
pub(super) mod places;
pub(super) mod render;
pub(super) mod sample;
pub(super) mod setting;
pub(super) mod show;
pub(super) mod subject;
pub(super) mod tally;
pub(super) mod words;
pub(super) mod write;

pub(super) use events_csv::events_csv;
pub(super) use names::{PATIENCE, look_up};
pub(super) use sample::{letter as sample, name as sample_name};

pub(super) use names::Reverse;
