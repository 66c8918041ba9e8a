//! A row of the table: a check with all that belongs to it, as the file of the check declares it.

use super::check::{Check, Ends, Harm};
use super::claims::{Shown, Step};
use super::fix::Broken;
use super::harms::Place;
use super::machine_files::Site;
use super::policy::Policy;
use super::sink::Sink;
use super::trial::Client;
use super::view::{ClientView, LineView, RuleView};
use crate::diagnostic::{Fix, Severity};
use crate::policy::Dialect;

/// A check of one logical line.
pub(super) type LineCheck = fn(LineView<'_, '_>, &mut Sink);
/// A check of one rule.
pub(super) type RuleCheck = fn(&RuleView<'_, '_>, &mut Sink);
/// A check of one pattern of a client list.
pub(super) type ClientCheck = fn(&ClientView<'_, '_>, &mut Sink);

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run {
    /// Each logical line up to the one that ends the table.
    Line(LineCheck),
    /// Each rule that libwrap reads.
    Rule(RuleCheck),
    /// The daemons of each rule. Whether it finds anything depends on their list alone: one
    /// without findings is not looked at again in the next rule.
    Daemons(RuleCheck),
    /// Each pattern of each client list.
    Client(ClientCheck),
    /// Both tables, once.
    Policy(fn(&Policy<'_>, &mut Sink)),
    /// Both tables and the machine they are for, once.
    Site(fn(&Policy<'_>, &Site<'_>, &mut Sink)),
    /// Found by the check of another row.
    Elsewhere,
}

/// How a finding is repaired.
#[derive(Debug, Clone, Copy)]
pub(super) enum Repair {
    /// By a person.
    ByHand,
    /// The marked word is replaced with the one that was meant; not where none is returned.
    Word(fn(&[u8]) -> Option<Vec<u8>>),
    /// What is marked is replaced: a title, and the new text.
    Replace(&'static str, &'static str),
    /// Edits change the line.
    Line(fn(&Broken<'_, '_>) -> Option<Fix>),
    /// Edits after which the whole table is read in another way.
    Table(fn(&Broken<'_, '_>) -> Option<Fix>),
    /// The rule moves to another place.
    Moved(fn(&Broken<'_, '_>) -> Option<Fix>),
}

/// A check with all that belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) check: Check,
    pub(super) run: Run,
    pub(super) repair: Repair,
    /// What an example must show; without it the strictest claim of the harm.
    pub(super) shown: Option<fn(&Shown<'_>) -> Vec<Step>>,
    /// What a finding does where that depends on its own line alone.
    pub(super) harm: Option<fn(&Place<'_, '_>) -> Option<Harm>>,
    /// A client that the marked pattern matches although nobody meant it.
    pub(super) also_tried: Option<fn(&str) -> Option<Client>>,
    /// What `tcpw explain` says.
    pub(super) text: &'static str,
}

impl Row {
    pub(super) const fn new(
        code: &'static str,
        name: &'static str,
        severity: Severity,
        harm: Harm,
        run: Run,
    ) -> Self {
        Self {
            check: Check::new(code, name, severity, harm),
            run,
            repair: Repair::ByHand,
            shown: None,
            harm: None,
            also_tried: None,
            text: "",
        }
    }

    /// The code holds in some builds of libwrap only.
    pub(super) const fn only_where(mut self, holds: fn(&Dialect) -> bool) -> Self {
        self.check.holds = holds;
        self
    }

    /// The finding explains others of its line; `depth` orders those that end as much, the deepest
    /// cause with 1.
    pub(super) const fn ends(mut self, ends: Ends, depth: u8) -> Self {
        self.check.ends = Some((ends, depth));
        self
    }

    pub(super) const fn is_no_pattern(mut self) -> Self {
        self.check.is_no_pattern = true;
        self
    }

    pub(super) const fn may_be_prose(mut self) -> Self {
        self.check.may_be_prose = true;
        self
    }

    pub(super) const fn fixed(self, repair: Repair) -> Self {
        Self { repair, ..self }
    }

    pub(super) const fn shown(mut self, shown: fn(&Shown<'_>) -> Vec<Step>) -> Self {
        self.shown = Some(shown);
        self
    }

    pub(super) const fn harm(mut self, harm: fn(&Place<'_, '_>) -> Option<Harm>) -> Self {
        self.harm = Some(harm);
        self
    }

    pub(super) const fn also_tried(mut self, client: fn(&str) -> Option<Client>) -> Self {
        self.also_tried = Some(client);
        self
    }

    pub(super) const fn explained(self, text: &'static str) -> Self {
        Self { text, ..self }
    }
}

/// What the expression of a row may name.
pub(in crate::lint) mod prelude {
    pub(in crate::lint) use super::super::check::{Ends, Harm::*};
    pub(in crate::lint) use super::super::claims::{self, Decider, Group, Reach, claim};
    pub(in crate::lint) use super::super::harms;
    pub(in crate::lint) use super::{Repair, Row, Run};
    pub(in crate::lint) use crate::diagnostic::Severity::*;
    pub(in crate::lint) use crate::syntax::{Brackets, Comments, TooLong};
}

/// Declares rows. Their comments are what `tcpw explain`, tcpw-codes(7) and SARIF say: a paragraph on
/// what is wrong, one on what comes of it, how it is repaired, and the measured facts.
macro_rules! rows {
    ($($(#[doc = $text:literal])+ $name:ident = $row:expr;)+) => {
        $(pub(in crate::lint) const $name: $crate::lint::row::Row = {
            use $crate::lint::row::prelude::*;
            $row.explained(concat!($($text, "\n"),+))
        };)+
    };
}
