//! The edits that repair a finding, as the row of its check says.

use crate::diagnostic::Fix;
use crate::lint::checks::torn;
use crate::lint::finding::Finding;
use crate::lint::fix::{Broken, replace};
use crate::lint::machine_files::Site;
use crate::lint::row::Repair;
use crate::lint::table::{is_code, row_of};
use crate::syntax::Line;

/// What must be looked at to prove a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The lines that it touches.
    Lines,
    /// The table, which is read in another way.
    Table,
    /// The table, in which a rule has another place.
    Moved,
}

/// The fix of a finding in `line` of a table, where there is one that needs no thinking.
pub(super) fn of(finding: &Finding, line: Line<'_, '_>, site: &Site<'_>) -> Option<(Fix, Scope)> {
    let broken = Broken {
        span: finding.diagnostic.span,
        table: finding.table,
        line,
        dialect: site.world.dialect(),
        files: site.files,
        is_code,
    };
    // A label of tcpw is about the rule as it is.
    if broken.is_labelled() {
        return None;
    }
    let (fix, scope) = match row_of(finding.check)?.repair {
        Repair::ByHand => return None,
        Repair::Word(meant) => {
            if is_doubtful(&broken) {
                return None;
            }
            let meant = meant(broken.text())?;
            let fix = replace("write what is meant", broken.span, meant);
            (Some(fix), Scope::Lines)
        }
        Repair::Replace(title, new) => (Some(replace(title, broken.span, new)), Scope::Lines),
        Repair::Line(fix) => (fix(&broken), Scope::Lines),
        Repair::Table(fix) => (fix(&broken), Scope::Table),
        Repair::Moved(fix) => (fix(&broken), Scope::Moved),
    };
    fix.map(|fix| (fix, scope))
}

/// Whether the words around what is marked say that it means something else than by itself: it is a
/// part of an address, or a number in a sentence.
fn is_doubtful(broken: &Broken<'_, '_>) -> bool {
    let text = broken.text();
    let is_number = text.iter().all(|byte| !byte.is_ascii_alphabetic());
    let Some(rule) = broken.rule().filter(|_| is_number) else {
        return false;
    };
    torn::is_torn(&rule.clients, broken.span, text)
        || (torn::is_short(text) && torn::is_prose(&rule.clients))
}
