//! What a check has found, and about whom it is.

use super::check::{Check, Harm};
use super::group::Group;
use super::trial::{Question, Witness};
use crate::diagnostic::Diagnostic;
use crate::engine::TableName;
use crate::span::Span;

/// A finding and the table it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that has found it.
    pub(super) check: &'static Check,
    /// The table.
    pub table: TableName,
    /// What is wrong, and where in it.
    pub diagnostic: Diagnostic,
    /// What it does; for [`Harm::Missed`] and [`Harm::Broad`] as its rule has it, for [`Harm::Either`]
    /// as its witness shows it here.
    pub harm: Harm,
    /// An example client, where one shows it.
    pub witness: Option<Witness>,
    /// Further places of the same cause, in order.
    pub others: Vec<Span>,
    /// Whom it is about.
    pub(super) about: About,
    /// What is said of it and of several like it, if it can have others.
    pub(super) group: Option<Group>,
}

/// How bad a finding is, and whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rating {
    pub(super) harm: Harm,
    pub(super) about: About,
}

impl Finding {
    /// Lets the next place stand for the first one; whether there is one.
    pub(super) fn promote(&mut self) -> bool {
        if self.others.is_empty() {
            return false;
        }
        self.diagnostic.span = self.others.remove(0);
        // The example was about the first place.
        self.witness = None;
        true
    }
}

/// Where the words stand that say whom a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum About {
    /// At its place.
    #[default]
    Marked,
    /// Elsewhere: these clients are meant, as in a list file.
    Clients(Vec<u8>),
    /// At its place, where libwrap reads something else: these clients are meant.
    Meant(Vec<u8>),
    /// This daemon is meant, and not what is written.
    Daemon(&'static str),
    /// In a rule that libwrap does not read as one.
    Rule(Vec<u8>),
    /// The check has met this client.
    Seen(Question),
}
