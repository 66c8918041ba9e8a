//! Which rule fired an alarm, as far as the tables can still tell.

use super::machine::{Aclexec, Machine};
use super::paths::Paths;
use super::tables::{TableFile, TableFiles};
use super::why::place;
use crate::alert::Event;
use crate::engine::{Host, HostName, Request, decide};
use crate::escape::visible;

/// What a rule must hold to have fired an alarm.
const SPAWN: &[u8] = b"spawn";

/// `FILE:LINE: TEXT` of the rule that decides about the connection of `event` now; nothing where
/// the tables cannot be read or have changed so that no rule with a command decides. No name is
/// looked up: libwrap knew one exactly when it reported one (`%h` is the name, if one was asked
/// for).
pub(super) fn rule_of(paths: &Paths, event: &Event) -> Option<String> {
    let tables = TableFiles {
        allow: TableFile::read(&paths.allow).ok()?,
        deny: TableFile::read(&paths.deny).ok()?,
    };
    let name = match event.host.bytes() {
        host if host == event.addr.bytes() => HostName::new(Vec::new()),
        host => HostName::new(host),
    };
    let request = Request::new(event.daemon.bytes(), Host::new(event.source(), name));
    let machine = Machine::new(paths, Aclexec::Ask);
    let verdict = tables.parsed(|tables| decide(tables, &request, &machine));
    let (place, text) = place(&verdict, &tables)?;
    memchr::memmem::find(&text, SPAWN)?;
    Some(format!("{place}: {}", visible(text.trim_ascii())))
}
