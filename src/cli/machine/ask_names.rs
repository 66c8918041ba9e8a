//! Asking for several names at the same time, for a limited time.

use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// As many names are asked for at a time.
const AT_ONCE: usize = 8;

/// What `one` finds out about each of the names, several at a time; nothing for a name that had not been
/// begun with when `until` came.
pub(crate) fn ask_all<T: Send>(
    names: &[String],
    until: Instant,
    one: &(impl Fn(&str) -> T + Sync),
) -> Vec<Option<T>> {
    let waiting = Mutex::new(names.iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        loop {
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some((number, name)) = next.filter(|_| Instant::now() < until) else {
                return done;
            };
            done.push((number, one(name)));
        }
    };
    let mut found: Vec<Option<T>> = names.iter().map(|_| None).collect();
    let done: Vec<(usize, T)> = thread::scope(|scope| {
        let helpers: Vec<_> = (1..names.len().min(AT_ONCE))
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut done = work();
        // A helper that panics has found nothing: its names count as not asked for.
        done.extend(
            helpers
                .into_iter()
                .filter_map(|one| one.join().ok())
                .flatten(),
        );
        done
    });
    for (number, one) in done {
        if let Some(place) = found.get_mut(number) {
            *place = Some(one);
        }
    }
    found
}
