//! The deliverer that nobody watches: it sleeps until something arrives or is due, tries again what
//! failed, and ends when nothing is left to do.

use crate::alert::deliver::deliverer::{DeliverError, Deliverer, Workplace, has_events};
use crate::alert::deliver::standing::identity_of;
use crate::alert::deliver::watch::Watch;
use crate::alert::journal::pause as pause_after;
use crate::alert::lock;
use crate::alert::ways::{Way, is_root, make};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a background deliverer stays when nothing is left to do: the next client of a burst
/// finds it awake.
const LINGER: Duration = Duration::from_secs(3);
/// How long a background deliverer waits before it collects: what comes together is told together,
/// and its syncs do not meet those of the clients it is woken by.
const GATHER: Duration = Duration::from_millis(100);
/// How long it waits after the first failure that may pass; doubled after each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);
/// How often it looks whether somebody wants the lock meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Works in the background: sleeps until something arrives or is due, and ends when nothing has
/// been left to do for some seconds, or when a deliverer in the foreground wants to work. No
/// event is stranded: a `notify` that saw the lock held put its file there before, and the
/// directory is looked at again after the lock is let go. What fails and may pass, such as a
/// database that another program has locked, is tried again after growing pauses.
///
/// # Errors
/// When the journal cannot be used and time does not help.
pub fn run_in_background(place: &Workplace<'_>) -> Result<(), DeliverError> {
    let mut is_fruitless = false;
    let mut pause = FIRST_PAUSE;
    let mut lacking = 0;
    loop {
        match visit(place) {
            Ok(None) => return Ok(()),
            Ok(Some(end)) if end.is_lacking => {
                lacking += 1;
                (place.warn)(
                    "this deliverer lacks what the mail needs (see above); it makes room, so that another one can deliver: tcpw-deliver.service, or tcpw deliver",
                );
                let seconds = pause_after(lacking);
                if !lock::wait_in_turn(&place.config.journal, seconds) {
                    return Ok(());
                }
            }
            Ok(Some(end)) => {
                pause = FIRST_PAUSE;
                // Files that can be neither collected nor deleted are no reason to stay.
                let is_stuck = end.collected == 0 && is_fruitless;
                if end.is_asked || is_stuck || !has_events(&place.drops) {
                    return Ok(());
                }
                is_fruitless = end.collected == 0;
            }
            Err(DeliverError::Replaced { path }) => {
                // Nothing is left where it was: then there is nothing to do, either.
                if identity_of(&path).is_none() && !has_events(&place.drops) {
                    return Ok(());
                }
                let path = path.display();
                (place.warn)(&format!(
                    "the journal {path} was moved or replaced while it was open; going on with what is there now"
                ));
                sleep(GATHER);
            }
            Err(error) if error.may_pass() => {
                let seconds = pause.as_secs();
                (place.warn)(&format!("{error}; trying again in {seconds} s"));
                if !wait(place, pause) {
                    return Ok(());
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Waits with the lock held, so that not every new event starts a deliverer of its own; says
/// whether to go on, and not leave the work to somebody else.
fn wait(place: &Workplace<'_>, pause: Duration) -> bool {
    let journal = &place.config.journal;
    let Ok(Some(held)) = lock::acquire(journal) else {
        return false;
    };
    let begin = Instant::now();
    while begin.elapsed() < pause {
        sleep(LOOK);
        if lock::is_wanted_elsewhere(journal) || !lock::lock_path(journal).exists() {
            return false;
        }
    }
    drop(held);
    true
}

/// How a deliverer in the background came to its end.
struct End {
    /// Somebody wants the lock.
    is_asked: bool,
    /// Events it moved into the journal.
    collected: usize,
    /// It lacks what a letter needs.
    is_lacking: bool,
}

/// Works until nothing is left to do; nothing when another deliverer is at work.
fn visit(place: &Workplace<'_>) -> Result<Option<End>, DeliverError> {
    let Some(deliverer) = Deliverer::start(place)? else {
        return Ok(None);
    };
    make_ways(place);
    deliverer.work_until_idle().map(Some)
}

/// Makes the drop directories that are missing, root's if this is root's process. Without one there
/// is nothing to collect; notify makes it, or says why not.
fn make_ways(place: &Workplace<'_>) {
    for directory in &place.drops {
        let is_named = *directory == place.config.root_drop;
        let named = is_named.then_some(Way::Root);
        let way = named.or_else(|| Way::of_usual(directory));
        let way = way.unwrap_or(Way::Public);
        if way == Way::Public || is_root() {
            drop(make(directory, way));
        }
    }
}

impl Deliverer<'_> {
    /// Rounds and sleeps in turn, until nothing is left to do or somebody wants the lock.
    fn work_until_idle(mut self) -> Result<End, DeliverError> {
        let journal = &self.place.config.journal;
        let directory = journal.parent().map(Path::to_owned);
        let watch = Watch::new(&self.place.drops, directory.as_deref());
        let mut is_idle = false;
        let mut collected = 0;
        // How long what cannot be read is left alone.
        let mut unread_pause = LINGER;
        loop {
            sleep(GATHER);
            let report = self.round(false)?;
            collected += report.collected;
            let left = report.left.next_due.map(|due| {
                let seconds = due.saturating_sub(self.place.clock.now().timestamp());
                // The clock may be put to another time meanwhile.
                let left = Duration::from_secs(u64::try_from(seconds).unwrap_or(0).max(1));
                left.min(LONGEST_SLEEP)
            });
            let is_calm = left.is_none() && report.again.is_none();
            let is_over = is_calm && is_idle && report.collected == 0;
            let longest = match (report.unread, left) {
                (0, None) => LINGER,
                (0, Some(left)) => left,
                (_, left) => left.unwrap_or(unread_pause).min(unread_pause),
            };
            let longest = report.again.map_or(longest, |again| again.min(longest));
            if report.unread > 0 {
                unread_pause = (unread_pause * 2).min(LONGEST_PAUSE);
            }
            let is_asked = lock::is_wanted_elsewhere(journal);
            if is_asked || report.is_lacking || (is_over && report.unread == 0) {
                return Ok(End {
                    is_asked,
                    collected,
                    is_lacking: report.is_lacking,
                });
            }
            is_idle = is_calm;
            watch.wait(longest);
            if lock::is_wanted_elsewhere(journal) {
                return Ok(End {
                    is_asked: true,
                    collected,
                    is_lacking: false,
                });
            }
            self.stand()?;
        }
    }
}
