//! What `tcpw expire` does about names that move: asks for them again, and writes what has changed.

use super::changes::ChangeArgs;
use super::make::try_make;
use super::refusal::Stop;
use super::remarks::at;
use crate::cli::base::times::stamp;
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::cli::machine::follow_lookup::{NameFound, listed, look_up_all};
use crate::cli::machine::follow_state::FollowState;
use crate::cli::machine::settings;
use crate::cli::machine::surroundings::{Aclexec, Machine};
use crate::cli::machine::tables::TableFile;
use crate::config::Follow;
use crate::editor::{
    Asks, FollowedRule, Ground, Intent, NewAddresses, Scope, TransactionFault, follow, followed,
    overruled, verify_follow,
};
use crate::escape::visible;
use crate::syntax::parse;
use crate::system::{AddressFamily, Clock as _, DEV_LOG, Severity, SystemClock, syslog};
use crate::values::age;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

/// What is in a table of which a rule follows a name.
const MARK: &[u8] = b"follow=";

/// The rules that follow names, in the tables as they are now.
///
/// # Errors
/// When a table cannot be read.
pub(crate) fn followed_rules(paths: &Paths) -> Result<Vec<FollowedRule>, Failure> {
    let (allow, deny) = (
        TableFile::read(&paths.allow)?,
        TableFile::read(&paths.deny)?,
    );
    let has_mark = |table: &TableFile| memchr::memmem::find(table.source(), MARK).is_some();
    // Tables of a million lines are not parsed for nothing.
    if !has_mark(&allow) && !has_mark(&deny) {
        return Ok(Vec::new());
    }
    let (allow, deny) = (parse(allow.source()), parse(deny.source()));
    let world = Machine::new(paths, Aclexec::Ask);
    Ok(followed(&Ground::new(&allow, &deny, &world)))
}

/// Asks for the names whose time to live has passed, and writes what has changed, in one change.
pub(crate) fn refresh(
    options: ChangeArgs,
    force: bool,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let rules = followed_rules(&context.paths)?;
    if rules.is_empty() {
        return Ok(Exit::Done);
    }
    let settings = settings::load(&context.paths)?.follow;
    let mut round = Round::new(rules, settings, context)?;
    let found = round.ask(context);
    let wanted = round.take(&found);
    let change = round.commit(&wanted, (options, force), context);
    if change.is_err() {
        round.ask_again(&found);
    }
    let is_well = round.report(&found, options.dry_run, context)?;
    if !options.dry_run
        && let Err(error) = round.state.write(&context.paths)
    {
        context
            .out
            .note(&format!("cannot keep when names were resolved: {error}"))?;
    }
    change?;
    Ok(if is_well { Exit::Done } else { Exit::Negative })
}

/// One round of asking for names.
struct Round {
    now: DateTime<Utc>,
    settings: Follow,
    rules: Vec<FollowedRule>,
    /// The addresses that the rules of each name hold.
    old: NewAddresses,
    state: FollowState,
    /// Old addresses that stay because a login from them would be refused.
    kept: BTreeSet<IpAddr>,
    /// The addresses of each name that were removed, since nobody could confirm them.
    removed: NewAddresses,
}

/// What was found about names that were due.
type Found = BTreeMap<String, NameFound>;

impl Round {
    fn new(
        rules: Vec<FollowedRule>,
        settings: Follow,
        context: &mut Context,
    ) -> Result<Self, Failure> {
        let mut old = NewAddresses::new();
        for rule in &rules {
            let addresses = rule.addresses.iter().flatten();
            old.entry(rule.name.clone()).or_default().extend(addresses);
        }
        let mut state = match FollowState::read(&context.paths) {
            Ok(state) => state,
            Err(error) => {
                context.out.note(&format!(
                    "cannot read when names were resolved, so all are asked for: {error}"
                ))?;
                FollowState::default()
            }
        };
        state.names.retain(|name, _| old.contains_key(name));
        Ok(Self {
            now: SystemClock.now(),
            settings,
            rules,
            old,
            state,
            kept: BTreeSet::new(),
            removed: NewAddresses::new(),
        })
    }

    /// Asks for what is due, those first that were not asked for longest.
    fn ask(&self, context: &Context) -> Found {
        let now = self.now.timestamp();
        let last = |name: &String| self.state.names.get(name).map_or(0, |known| known.asked);
        let is_due = |name: &&String| {
            let known = self.state.names.get(*name);
            known.is_none_or(|known| known.is_due(now))
        };
        let mut due: Vec<String> = self.old.keys().filter(is_due).cloned().collect();
        due.sort_by_key(last);
        let found = look_up_all(&due, &self.settings, &context.paths);
        let pairs = due.into_iter().zip(found);
        pairs
            .filter_map(|(name, found)| Some((name, found?)))
            .collect()
    }

    /// Keeps what was found, and says what the rules shall hold.
    fn take(&mut self, found: &Found) -> NewAddresses {
        let now = self.now.timestamp();
        let mut wanted = NewAddresses::new();
        for (name, found) in found {
            let known = self.state.names.entry(name.clone()).or_default();
            let old = self.old.get(name).cloned().unwrap_or_default();
            known.take(found, &old, now);
            let mut too_long = known.overdue(&self.settings, now);
            if !self.settings.remove {
                too_long.clear();
            }
            let new = found.next(&old, &too_long);
            let is_unconfirmed =
                |address: &&IpAddr| too_long.contains(&AddressFamily::of(**address));
            let gone: BTreeSet<IpAddr> = old.iter().filter(is_unconfirmed).copied().collect();
            let is_over = !gone.is_empty();
            if is_over {
                self.removed.insert(name.clone(), gone);
            }
            // Rules of one name hold the same, but for one that cannot be kept.
            if is_over || !new.is_empty() && !found.good.is_empty() {
                wanted.insert(name.clone(), new);
            }
        }
        wanted
    }

    /// Writes what has changed. An address from which somebody must still get in stays.
    fn commit(
        &mut self,
        wanted: &NewAddresses,
        (options, force): (ChangeArgs, bool),
        context: &mut Context,
    ) -> Result<(), Failure> {
        let since = stamp(self.now);
        loop {
            let wanted = self.with_kept(wanted);
            if !self.is_change(&wanted) {
                return Ok(());
            }
            let change = |ground: &Ground<'_>| follow(ground, &wanted, &since);
            let verify = |before: &Ground<'_>, after: &Ground<'_>, _: &_| {
                verify_follow(before, after, &wanted)
            };
            let outlook = |after: &Ground<'_>| overruled(after, &wanted);
            let intent = Intent::new(&change, &verify, Scope::Forced(Asks::Anybody))
                .with_outlook(&outlook)
                .guarded(!force);
            match try_make(context, options, &intent) {
                Ok(_) => return Ok(()),
                Err(stop) => {
                    let address = locked_out(&stop).filter(|address| self.holds(address));
                    let is_new = address.is_some_and(|address| self.kept.insert(address));
                    if !is_new {
                        return Err(stop.failure(&context.paths));
                    }
                }
            }
        }
    }

    /// What the rules shall hold, with the old addresses that stay.
    fn with_kept(&self, wanted: &NewAddresses) -> NewAddresses {
        let mut wanted = wanted.clone();
        for (name, new) in &mut wanted {
            let old = self.old.get(name).into_iter().flatten();
            new.extend(old.filter(|address| self.kept.contains(address)));
        }
        wanted
    }

    fn holds(&self, address: &IpAddr) -> bool {
        self.old.values().any(|old| old.contains(address))
    }

    fn is_change(&self, wanted: &NewAddresses) -> bool {
        self.rules.iter().any(|rule| {
            let new = wanted.get(&rule.name);
            let old = rule.addresses.as_ref();
            new.is_some_and(|new| old.is_some_and(|old| old != new))
        })
    }

    /// What was found and could not be written is asked for again the next time.
    fn ask_again(&mut self, found: &Found) {
        for name in found.keys() {
            if let Some(known) = self.state.names.get_mut(name) {
                known.next = self.now.timestamp();
            }
        }
        self.removed.clear();
    }

    /// Says what is wrong; gives whether nothing is that somebody has to look at.
    fn report(
        &mut self,
        found: &Found,
        is_preview: bool,
        context: &mut Context,
    ) -> Result<bool, Failure> {
        let is_kept_well = self.report_rules(context)?;
        let mut are_resolved = true;
        let names: Vec<String> = self.old.keys().cloned().collect();
        for name in names {
            let is_new = found.contains_key(&name);
            are_resolved &= self.report_name(&name, is_new, is_preview, context)?;
        }
        Ok(is_kept_well && are_resolved)
    }

    /// Says which rules cannot be kept, and which addresses stay for the sake of somebody.
    fn report_rules(&self, context: &mut Context) -> Result<bool, Failure> {
        let mut is_well = true;
        for rule in self.rules.iter().filter(|rule| rule.addresses.is_none()) {
            is_well = false;
            let name = visible(rule.name.as_bytes());
            let place = at(&context.paths, &rule.place);
            context.out.note(&format!(
                "the addresses of {name} cannot be kept in a rule with other clients, an exception \
                 or an option: {place}"
            ))?;
        }
        for address in &self.kept {
            is_well = false;
            context.out.note(&format!(
                "{address} stays, although its name has left it: somebody who must still get in \
                 comes from there"
            ))?;
        }
        Ok(is_well)
    }

    /// Says what is wrong with a name, if it was asked for or its grace is over; gives whether that is
    /// nothing that somebody has to look at.
    fn report_name(
        &mut self,
        name: &str,
        is_new: bool,
        is_preview: bool,
        context: &mut Context,
    ) -> Result<bool, Failure> {
        let now = self.now.timestamp();
        let held = self.old.get(name).cloned().unwrap_or_default();
        let Some(known) = self.state.names.get_mut(name) else {
            return Ok(true);
        };
        let Some(trouble) = known.trouble.clone() else {
            return Ok(true);
        };
        let shown = visible(name.as_bytes());
        let overdue = known.overdue(&self.settings, now);
        if overdue.is_empty() {
            if is_new {
                let text = if known.failing_since.is_none() {
                    format!("{shown}: {trouble}")
                } else {
                    let addresses = listed(&held);
                    format!("{shown} cannot be resolved: {trouble}; {addresses} stays")
                };
                context.out.line(text)?;
            }
            return Ok(true);
        }
        let since = now - known.failing_since.unwrap_or(now);
        let long = age(u64::try_from(since).unwrap_or(0));
        let is_of_overdue = |address: &&IpAddr| overdue.contains(&AddressFamily::of(**address));
        let mut addresses: BTreeSet<IpAddr> = held.iter().filter(is_of_overdue).copied().collect();
        let removed = self.removed.get(name).cloned().unwrap_or_default();
        let gone: BTreeSet<IpAddr> = removed.difference(&self.kept).copied().collect();
        let end = match (gone.is_empty(), is_preview) {
            (false, false) => "is removed",
            (false, true) => "would be removed",
            (true, _) => "stays",
        };
        if !gone.is_empty() {
            addresses = gone;
        }
        let addresses = listed(&addresses);
        let text =
            format!("{shown} could not be resolved for {long}: {trouble}; {addresses} {end}");
        if is_preview || !known.report(now) {
            context.out.line(text)?;
            return Ok(false);
        }
        context.out.note(&text)?;
        let socket = context.paths.inside(Path::new(DEV_LOG));
        drop(syslog(&socket, Severity::Warning, &text));
        Ok(false)
    }
}

/// The address of whoever would be locked out, if that is why a change was not made.
fn locked_out(stop: &Stop) -> Option<IpAddr> {
    let Stop::Fault(TransactionFault::LockedOut(lockout)) = stop else {
        return None;
    };
    let client = lockout.kept.session.client.split('%').next()?;
    Some(client.parse::<IpAddr>().ok()?.to_canonical())
}
