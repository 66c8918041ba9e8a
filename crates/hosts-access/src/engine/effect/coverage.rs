//! What two tables decide about every address for one daemon, whatever the name and the user of the
//! client are: what can be said where there are only addresses.

use crate::engine::clients::axis::Axis;
use crate::engine::effect::budget::Budget;
use crate::engine::effect::collect::{Scene, each_scene};
use crate::engine::effect::compile::Compiler;
use crate::engine::effect::daemons::Views;
use crate::engine::effect::judge::{Judge, OPEN_LIMIT, Walk};
use crate::engine::effect::merge::Placed;
use crate::engine::effect::profile::{Mark, Profile};
use crate::engine::effect::sweep::{Piece, Region};
use crate::engine::effect::work::{Work, end};
use crate::engine::search::compare::text_matches;
use crate::engine::search::list::list_matches;
use crate::engine::search::matching::Matcher;
use crate::engine::{Access, Host, Request, Surroundings, Table, TableName, Tables};
use crate::policy::{DaemonPattern, Element, HostPattern, Process, Rule, TextPattern, rules};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// As many kinds of addresses times kinds of names times moments as are judged.
const JUDGED_LIMIT: usize = 16_000_000;

/// Addresses about which the same is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// The first of them.
    pub low: IpAddr,
    /// The last of them, of the same family.
    pub high: IpAddr,
    /// What is decided about all of them, whatever their names and users; undecided if that depends
    /// on more than the address.
    pub access: Access,
    /// What is decided from a time on (seconds since 1970), in order: rules end.
    pub then: Vec<(i64, Access)>,
}

/// What is decided about all addresses, in order, IPv4 first, if the daemon `daemon` asks. `until`
/// says when a rule ends, in seconds since 1970, if it does; all rules are there now. Nothing if a
/// table cannot be read, or if there are too many kinds of clients.
///
/// A rule that is for the daemon only at some address or port of the server makes undecided what
/// depends on it. Addresses of IPv4 in IPv6 are IPv4 (F-V4-15); what is said of those in IPv6 means
/// nobody.
pub fn coverage(
    tables: &Tables<'_>,
    daemon: &[u8],
    until: &dyn Fn(TableName, Rule<'_, '_>) -> Option<i64>,
    world: &dyn Surroundings,
) -> Option<Vec<Covered>> {
    let mut compiler = Compiler::of_anybody(world);
    let region = Region {
        is_everywhere: true,
        ..Region::default()
    };
    let mut work = Work::default();
    let mut times = HashMap::new();
    for (name, table) in [
        (TableName::Allow, tables.allow),
        (TableName::Deny, tables.deny),
    ] {
        let tree = match table {
            Table::Read(tree) => tree,
            Table::Absent => continue,
            Table::Unreadable => return None,
        };
        for rule in rules(tree) {
            let applies = applies(rule, daemon, world);
            if applies == Applies::Never {
                continue;
            }
            compiler.condition = None;
            if let Some(time) = until(name, rule) {
                let question = compiler.questions.number(b't', &time.to_be_bytes());
                times.insert(question, time);
                compiler.condition = Some(question);
            }
            if applies == Applies::Perhaps {
                let text = rule.line().text(rule.line().span());
                compiler.condition = Some(compiler.questions.number(b'd', &text));
            }
            let placed = Placed {
                rule,
                numbers: [Some(rule.number()), None],
                old_line: Some(rule.line().index()),
            };
            work.take(name, placed, &mut compiler, &region);
        }
    }
    let views = Views::only(&work.heads, daemon);
    let judge = Judge {
        rules: &work.rules,
        ends: [end(tables.deny), Access::Undecided],
        is_deny_common: false,
        budget: &Budget::unlimited(),
    };
    let mut found = None;
    each_scene(
        (&work, &views, &judge),
        &region,
        (&compiler, world),
        |scene, pieces| found = scene.covered(pieces, &times),
    );
    found
}

/// Whether a rule is for a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Applies {
    Never,
    Always,
    /// At some address or port of the server.
    Perhaps,
}

fn applies(rule: Rule<'_, '_>, daemon: &[u8], world: &dyn Surroundings) -> Applies {
    let request = Request::new(daemon, Host::unknown());
    let matcher = Matcher::new(&request, world);
    let hangs = rule.daemons().elements().any(|element| match element {
        Element::Except { .. } => false,
        Element::Pattern { text, .. } => {
            let pattern = DaemonPattern::read_in(&text, world.dialect());
            let is_anywhere = pattern.host.is_none_or(|host| {
                matches!(
                    host,
                    HostPattern::Text {
                        pattern: TextPattern::All,
                        ..
                    }
                )
            });
            match pattern.process {
                Process::Port(_) => true,
                Process::Overflow => false,
                Process::Name(name) => !is_anywhere && text_matches(name, daemon),
            }
        }
    });
    if hangs {
        return Applies::Perhaps;
    }
    match list_matches(rule.daemons(), |text| matcher.daemon(text)) {
        Ok(answer) if answer.matched().is_some() => Applies::Always,
        Ok(_) => Applies::Never,
        Err(_) => Applies::Perhaps,
    }
}

/// What is decided now, and from some times on.
type Course = (Access, Vec<(i64, Access)>);

impl Scene<'_> {
    /// What is decided about pieces of all addresses; nothing if they are of too many kinds.
    fn covered(&self, pieces: &[Piece], times: &HashMap<u32, i64>) -> Option<Vec<Covered>> {
        let rules = self.judge.rules;
        let kinds: BTreeMap<Profile, &Profile> = self
            .profiles
            .iter()
            .map(|profile| (profile.key(rules), profile))
            .collect();
        let mut courses: HashMap<(Axis, Profile), Course> = HashMap::new();
        let mut judged = 0_usize;
        let mut found: Vec<Covered> = Vec::new();
        for piece in pieces {
            let (Some(low), Some(high)) = (piece.axis.ip(piece.low), piece.axis.ip(piece.high))
            else {
                continue;
            };
            let ends = ends(piece, times);
            let work = || {
                let moments = ends.iter().map(|end| Some(*end));
                let moments = std::iter::once(None).chain(moments);
                self.course(piece, moments, &kinds, times)
            };
            let (access, then) = if ends.is_empty() {
                let key = (piece.axis, piece.profile.key(rules));
                let entry = courses.entry(key);
                let is_new = matches!(entry, std::collections::hash_map::Entry::Vacant(_));
                judged += usize::from(is_new) * kinds.len();
                entry.or_insert_with(work).clone()
            } else {
                judged += kinds.len() * (ends.len() + 1);
                work()
            };
            if judged > JUDGED_LIMIT {
                return None;
            }
            let covered = Covered {
                low,
                high,
                access,
                then,
            };
            match found.last_mut().filter(|last| is_next(last, &covered)) {
                Some(last) => last.high = high,
                None => found.push(covered),
            }
        }
        Some(found)
    }

    /// What is decided about a piece at each of these moments; none is now.
    fn course(
        &self,
        piece: &Piece,
        moments: impl Iterator<Item = Option<i64>>,
        kinds: &BTreeMap<Profile, &Profile>,
        times: &HashMap<u32, i64>,
    ) -> Course {
        let mut course: Course = (Access::Undecided, Vec::new());
        for moment in moments {
            let questions = piece.profile.marks.iter().filter_map(|(_, mark)| {
                let number = question(*mark)?;
                let end = times.get(&number)?;
                Some((number, moment.is_none_or(|moment| *end > moment)))
            });
            let known: Vec<(u32, bool)> = questions.collect();
            let access = self.access(piece, &known, kinds);
            match moment {
                None => course.0 = access,
                Some(moment) => {
                    let last = course.1.last().map_or(course.0, |(_, access)| *access);
                    if last != access {
                        course.1.push((moment, access));
                    }
                }
            }
        }
        course
    }

    /// What is decided about a piece, whatever the name.
    fn access(
        &self,
        piece: &Piece,
        known: &[(u32, bool)],
        kinds: &BTreeMap<Profile, &Profile>,
    ) -> Access {
        let mut all = None;
        for profile in kinds.values() {
            let of = [&piece.profile, *profile];
            let access = self.settled(piece.axis, of, &mut known.to_vec(), OPEN_LIMIT);
            if access == Access::Undecided || all.is_some_and(|all| all != access) {
                return Access::Undecided;
            }
            all = Some(access);
        }
        all.unwrap_or(Access::Undecided)
    }

    /// What is decided whatever the answers to open questions are, `left` of them tried both ways.
    fn settled(
        &self,
        axis: Axis,
        of: [&Profile; 2],
        known: &mut Vec<(u32, bool)>,
        left: usize,
    ) -> Access {
        match self.judge.walk(0, axis, of, known) {
            Walk::Decided(access, _) => access,
            Walk::Options(..) => Access::Undecided,
            Walk::Ask(_) if left == 0 => Access::Undecided,
            Walk::Ask(question) => {
                let [yes, no] = [true, false].map(|answer| {
                    known.push((question, answer));
                    let access = self.settled(axis, of, known, left - 1);
                    known.pop();
                    access
                });
                if yes == no { yes } else { Access::Undecided }
            }
        }
    }
}

fn question(mark: Mark) -> Option<u32> {
    match mark {
        Mark::If(number) => Some(number),
        Mark::Yes | Mark::IfAddress => None,
    }
}

/// When rules about a piece end, in order.
fn ends(piece: &Piece, times: &HashMap<u32, i64>) -> BTreeSet<i64> {
    if times.is_empty() {
        return BTreeSet::new();
    }
    let marks = piece.profile.marks.iter();
    marks
        .filter_map(|(_, mark)| times.get(&question(*mark)?).copied())
        .collect()
}

/// Whether addresses lie straight after others, and fare like them.
fn is_next(last: &Covered, next: &Covered) -> bool {
    let follows = match (last.high, next.low) {
        (IpAddr::V4(high), IpAddr::V4(low)) => high.to_bits().checked_add(1) == Some(low.to_bits()),
        (IpAddr::V6(high), IpAddr::V6(low)) => high.to_bits().checked_add(1) == Some(low.to_bits()),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    };
    follows && last.access == next.access && last.then == next.then
}
