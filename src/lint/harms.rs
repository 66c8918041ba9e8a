//! What a finding does at its place, where that depends on its own line alone.
//!
//! A rule of the deny table refuses with a broken option, too, as its author wanted; and a line of the
//! allow table that is not read lets people in if it was to refuse them.

use super::check::Harm;
use crate::engine::TableName;
use crate::span::Span;
use crate::syntax::Line;

/// The place of a finding.
pub(super) struct Place<'t, 's> {
    pub(super) table: TableName,
    pub(super) line: Line<'t, 's>,
    pub(super) span: Span,
    /// Whether the line grants to those it matches, or would if it were read.
    pub(super) effect: bool,
}

impl<'s> Place<'_, 's> {
    /// What is marked.
    pub(super) fn text(&self) -> &'s [u8] {
        self.span.of(self.line.tree().source())
    }

    /// One of two harms, by what the line does.
    pub(super) fn by_effect(&self, granting: Harm, refusing: Harm) -> Harm {
        if self.effect { granting } else { refusing }
    }
}

/// libwrap refuses everybody whom a rule with a broken option matches.
#[expect(clippy::unnecessary_wraps, reason = "the shape that a row takes")]
pub(super) fn of_broken_option(place: &Place<'_, '_>) -> Option<Harm> {
    Some(place.by_effect(Harm::LocksOut, Harm::Breaks))
}

/// The line is lost to the allow table; what it does to the deny table, its check says.
pub(super) fn of_lost_line(place: &Place<'_, '_>) -> Option<Harm> {
    let text = place.line.text(place.line.span());
    let is_nothing = text.starts_with(b"#") || !text.contains(&b':');
    (place.table == TableName::Allow).then(|| {
        if is_nothing {
            Harm::Dead
        } else {
            place.by_effect(Harm::LocksOut, Harm::LetsIn)
        }
    })
}

/// All lines are lost to the allow table, of which libwrap makes one.
pub(super) fn of_lost_table(place: &Place<'_, '_>) -> Option<Harm> {
    let is_allow = place.table == TableName::Allow;
    is_allow.then(|| place.by_effect(Harm::LocksOut, Harm::LetsIn))
}
