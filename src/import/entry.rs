//! An entry of a source: whom it is about, at which daemons, and its verdict.

use std::rc::Rc;
use tcpw_gate::Network;

/// What is done with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryVerdict {
    /// It may connect.
    Allow,
    /// It may not.
    Deny,
}

/// Whom an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// These addresses.
    Ranges(Vec<Network>),
    /// A name, or a domain with its leading dot, as a table has it.
    Named(String),
}

impl Whom {
    /// All addresses.
    pub(crate) fn everybody() -> Self {
        Self::Ranges(vec![Network::ALL_V4, Network::ALL_V6])
    }
}

/// What is known about an entry besides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// Since when, in seconds since 1970.
    pub(crate) since: Option<i64>,
    /// Until when.
    pub(crate) until: Option<i64>,
    /// By whom; the form of the source if nothing.
    pub(crate) by: Option<Rc<str>>,
    /// Why.
    pub(crate) reason: Option<Rc<str>>,
}

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) verdict: EntryVerdict,
    pub(crate) whom: Whom,
    /// Its daemons; nothing for those of the terms.
    pub(crate) daemons: Option<Rc<[String]>>,
    pub(crate) origin: Origin,
}

impl Entry {
    /// An entry at the daemons of the terms, of which nothing else is known.
    pub(crate) fn new(verdict: EntryVerdict, whom: Whom) -> Self {
        Self {
            verdict,
            whom,
            daemons: None,
            origin: Origin::default(),
        }
    }
}
