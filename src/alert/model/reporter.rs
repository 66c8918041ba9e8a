//! Who reported an event: root, whose daemons can be believed, or another user, who may invent it.
//! No user may take from root, or from another user, the room to be heard.

use crate::alert::event::{Claim, Event, UNKNOWN_REPORTER};
use std::borrow::Cow;

/// How many bytes of a value are kept when somebody else than root reported it.
const MOST_KEPT: usize = 300;

/// Who reported an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reporter {
    /// Root.
    Root,
    /// Another user, by his number.
    User(u32),
    /// Somebody who could have been anybody.
    Unknown,
}

impl Reporter {
    /// Whom the number in an event or in the journal stands for.
    pub fn of(uid: u32) -> Self {
        match uid {
            0 => Self::Root,
            UNKNOWN_REPORTER => Self::Unknown,
            uid => Self::User(uid),
        }
    }

    /// The user's number; nothing if it is not known who it was.
    pub fn uid(self) -> Option<u32> {
        match self {
            Self::Root => Some(0),
            Self::User(uid) => Some(uid),
            Self::Unknown => None,
        }
    }

    /// Whether it was root.
    pub fn is_root(self) -> bool {
        self == Self::Root
    }
}

/// The event as the journal keeps it: of users other than root at most 300 bytes of each value.
pub(crate) fn kept(event: &Event) -> Cow<'_, Event> {
    let claims = [
        &event.host,
        &event.addr,
        &event.daemon,
        &event.server,
        &event.pid,
        &event.user,
    ];
    let fits = |claim: &&Claim| claim.bytes().len() <= MOST_KEPT;
    if Reporter::of(event.uid).is_root() || claims.iter().all(fits) {
        return Cow::Borrowed(event);
    }
    let [host, addr, daemon, server, pid, user] = claims.map(|claim| claim.shortened(MOST_KEPT));
    Cow::Owned(Event {
        time: event.time,
        host,
        addr,
        daemon,
        server,
        pid,
        user,
        uid: event.uid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn event(uid: u32) -> Event {
        let long = |length: usize| Claim::cut(&vec![b'x'; length], 1024);
        Event {
            time: DateTime::UNIX_EPOCH,
            host: long(5000),
            addr: long(300),
            daemon: long(301),
            server: long(0),
            pid: long(1),
            user: long(400),
            uid,
        }
    }

    #[test]
    fn only_the_values_of_others_are_cut_and_their_length_stays_known() {
        assert_eq!(kept(&event(0)).as_ref(), &event(0));
        for uid in [1, 65_534, UNKNOWN_REPORTER] {
            let given = event(uid);
            let kept = kept(&given);
            let facts = |claim: &Claim| (claim.bytes().len(), claim.length());
            assert_eq!(facts(&kept.host), (300, 5000));
            assert_eq!(facts(&kept.addr), (300, 300));
            assert_eq!(facts(&kept.daemon), (300, 301));
            assert_eq!(facts(&kept.user), (300, 400));
            assert_eq!((kept.server.length(), kept.pid.length()), (0, 1));
            assert_eq!(kept.uid, uid);
        }
    }

    #[test]
    fn who_is_not_known_has_no_number() {
        assert_eq!(Reporter::of(0), Reporter::Root);
        assert_eq!(Reporter::of(7).uid(), Some(7));
        assert_eq!(Reporter::of(UNKNOWN_REPORTER).uid(), None);
        assert!(!Reporter::of(UNKNOWN_REPORTER).is_root());
    }
}
