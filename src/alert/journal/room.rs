//! How many letters about events may leave within an hour: so many about what root reported, and as
//! many about what all other users reported together, of which no user gets more than his part.
//! Nobody can use up the room of root, and nobody alone that of the others.

use crate::alert::journal::clock::longest;
use crate::alert::journal::values::small;
use crate::config::Alert;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

pub(super) const HOUR: i64 = 3600;
/// How long an overflow waits at least when the mail is stalled.
const STALLED: i64 = 60;
/// One user who is not root gets this part of the letters about such users.
const PART: u32 = 4;
/// Whose the letter is whose events several users other than root may have reported.
pub(super) const OTHERS: i64 = -1;

/// Why an event gets no letter of its own now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// When there is room again, in seconds since the epoch.
    pub(super) again: i64,
    /// Whether it is undelivered letters that take it.
    pub(super) is_stalled: bool,
}

/// How many letters may leave now.
#[derive(Debug, Clone, Copy)]
struct Room {
    left: u32,
    held: Held,
}

/// The letters that a room counts.
#[derive(Debug, Clone, Copy)]
enum Whose {
    Root,
    AllOthers,
    One(i64),
}

impl Whose {
    /// The condition for the table `letters`.
    fn condition(self) -> String {
        match self {
            Self::Root => "letters.reporter = 0".to_owned(),
            Self::AllOthers => "letters.reporter <> 0".to_owned(),
            Self::One(uid) => format!("letters.reporter = {uid}"),
        }
    }
}

/// The rooms of root, of all other users, and of each of them.
#[derive(Debug)]
pub(super) struct Rooms {
    root: Room,
    others: Room,
    parts: BTreeMap<i64, Room>,
    most: u32,
    now: i64,
    longest: i64,
}

impl Rooms {
    pub(super) fn measure(
        database: &Connection,
        alert: &Alert,
        now: i64,
    ) -> rusqlite::Result<Self> {
        let (most, longest) = (alert.max_mails_per_hour, longest(alert));
        let room = |whose| Room::measure(database, whose, most, now, longest);
        Ok(Self {
            root: room(Whose::Root)?,
            others: room(Whose::AllOthers)?,
            parts: BTreeMap::new(),
            most,
            now,
            longest,
        })
    }

    /// Keeps room for the digests of everything that are due: what has waited longest is not
    /// passed by what comes now.
    pub(super) fn keep_for_due(&mut self, database: &Connection) -> rusqlite::Result<()> {
        for (room, whose) in [
            (&mut self.root, Whose::Root),
            (&mut self.others, Whose::AllOthers),
        ] {
            let sql = format!(
                "SELECT count(*) FROM letters
                 WHERE state = 'open' AND kind = 'overflow' AND due <= ?1 AND {}",
                whose.condition()
            );
            let due = database
                .prepare_cached(&sql)?
                .query_row([self.now], |row| small(row, 0))?;
            room.left = room.left.saturating_sub(due);
        }
        Ok(())
    }

    /// Takes the room for a letter whose `reporter` is root (0), a user, or [`OTHERS`]; says why
    /// not if there is none.
    pub(super) fn take(
        &mut self,
        database: &Connection,
        reporter: i64,
    ) -> rusqlite::Result<Result<(), Held>> {
        if reporter == 0 {
            return Ok(self.root.take());
        }
        if self.others.left == 0 || reporter == OTHERS {
            return Ok(self.others.take());
        }
        if !self.parts.contains_key(&reporter) {
            let whose = Whose::One(reporter);
            let most = (self.most / PART).max(1);
            let part = Room::measure(database, whose, most, self.now, self.longest)?;
            self.parts.insert(reporter, part);
        }
        let taken = self.parts.get_mut(&reporter).map_or(Ok(()), Room::take);
        Ok(taken.and_then(|()| self.others.take()))
    }
}

impl Room {
    fn measure(
        database: &Connection,
        whose: Whose,
        most: u32,
        now: i64,
        longest: i64,
    ) -> rusqlite::Result<Self> {
        let whose = whose.condition();
        let sql = format!(
            "SELECT count(*), min(released) FROM (SELECT released FROM letters
             WHERE released > ?1 AND released <= ?3
                 AND kind IN ('alarm', 'digest', 'overflow') AND {whose}
             ORDER BY released DESC LIMIT ?2)"
        );
        let (released, oldest): (u32, Option<i64>) = database.prepare_cached(&sql)?.query_row(
            params![now - HOUR, most, now.saturating_add(longest)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM dispatches
             JOIN letters ON letters.id = dispatches.letter
             WHERE dispatches.state = 'waiting' AND channel = 'mail'
                 AND kind IN ('alarm', 'digest', 'overflow') AND {whose} LIMIT ?1)"
        );
        let waiting: u32 = database
            .prepare_cached(&sql)?
            .query_row([most], |row| small(row, 0))?;
        let is_stalled = released < most && waiting >= most;
        let again = match oldest {
            Some(oldest) if released >= most => oldest.min(now) + HOUR,
            _ => now + STALLED,
        };
        Ok(Self {
            left: most.saturating_sub(released.max(waiting)),
            held: Held {
                again: again.max(now + 1),
                is_stalled,
            },
        })
    }

    fn take(&mut self) -> Result<(), Held> {
        if self.left == 0 {
            return Err(self.held);
        }
        self.left -= 1;
        Ok(())
    }
}
