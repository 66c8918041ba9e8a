//! Sending what is new: batch after batch, each confirmed before the next.

use super::batch::{Batch, Counter, Volume};
use super::fault::PushError;
use super::ingest::{Answer, Saying, Status, Way};
use super::pace;
use super::row::Row;
use super::spool::Spool;
use super::state::{Place, State};
use crate::database::{Address, connect_within, new_token};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tcpw::alert::{JournalError, JournalReader};
use tcpw::config::FleetMail;
use tcpw::system::Clock;

/// The most events of the first batch; the database says what the others may have.
const FIRST_MOST: usize = 1000;
/// So many times one run finds that another one has sent.
const CONTENDED: usize = 3;
/// Counts that were lost are made again for so long, in hours.
const RECOUNTED: i64 = 50;
/// A longer wait than this, in milliseconds, is left to the next run.
const PATIENCE: u64 = 10_000;
/// So many times in a row a run tries again where nobody answered: a way that is broken is reported in
/// less than a minute.
const UNANSWERED: u32 = 2;
/// How long one run goes on, in seconds: then the next one may be started.
const RUN: i64 = 300;
/// How long a connection is kept where there is more to send: then others may have it.
const TURN: Duration = Duration::from_secs(5);
/// The longest that a batch may take; the database ends it earlier.
const ANSWER: Duration = Duration::from_secs(90);

/// What a host sends, and where to.
#[derive(Debug)]
pub struct Push<'a> {
    /// The database.
    pub address: &'a Address,
    /// The name of this host, which is its login.
    pub host: &'a str,
    /// The journal.
    pub journal: &'a Path,
    /// The directory of the state.
    pub state: &'a Path,
    /// So many events of a source are sent in full, for each daemon and hour.
    pub full: u32,
    /// Whether all events are counted.
    pub counters: bool,
    /// Who mails about them.
    pub mail: FleetMail,
    /// A mail program of the fleet that did not look for events for so long mails of none.
    pub own_after: Duration,
    /// Whether to try although failures ask to wait.
    pub now: bool,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Events of the journal that the database knows now.
    pub events: u64,
    /// Events among them that were added in full.
    pub added: u64,
    /// Events that are left.
    pub left: u64,
    /// Seconds until the next try, where one is to wait.
    pub wait: Option<u64>,
    /// Whether it was the database that asked for it now.
    pub is_asked: bool,
    /// Whether `tcpw-fleet mail` has not looked for events for too long, so that this host mails itself.
    pub is_unmailed: bool,
    /// The life that began, where the journal does not go on from what was sent.
    pub life: Option<i32>,
}

impl Push<'_> {
    /// Sends what is new. A failure is kept, so that the next runs wait longer and longer.
    ///
    /// # Errors
    /// When something is in the way; what was confirmed stays confirmed, and nothing is lost.
    pub fn run(&self, clock: &dyn Clock) -> Result<Pushed, PushError> {
        let key = format!("{}@{}", self.host, self.address.place());
        let state = State::open(self.state, &key)?;
        let wait = pace::left_until(state.not_before()?, clock.now().timestamp());
        if wait.is_some() && !self.now {
            return Ok(Pushed {
                wait,
                ..Pushed::default()
            });
        }
        let result = self.send(&state, clock);
        let failed = result.as_ref().err();
        if failed.is_some_and(PushError::is_of_database) {
            let seconds = pace::after_failures(state.fail()?)?;
            let until = clock.now().timestamp().saturating_add(seconds);
            state.wait_until(until)?;
        }
        result
    }

    fn send(&self, state: &State, clock: &dyn Clock) -> Result<Pushed, PushError> {
        let end = clock.now() + TimeDelta::seconds(RUN);
        let mut done = Pushed::default();
        let (mut crowded, mut unanswered) = (0, 0);
        loop {
            // Nobody keeps a connection while he waits.
            let wait = match self.send_on_one(state, clock, end, &mut done) {
                Err(PushError::Database(error)) if error.is_crowded() && clock.now() < end => {
                    crowded += 1;
                    sleep(Duration::from_millis(pace::in_crowd(crowded)?));
                    continue;
                }
                Err(PushError::Database(error))
                    if error.is_unanswered() && unanswered < UNANSWERED =>
                {
                    unanswered += 1;
                    sleep(Duration::from_millis(pace::in_crowd(unanswered)?));
                    continue;
                }
                ended => ended?,
            };
            (crowded, unanswered) = (0, 0);
            let Some(wait) = wait else {
                return Ok(done);
            };
            if wait <= PATIENCE && clock.now() < end {
                sleep(Duration::from_millis(wait));
                continue;
            }
            let seconds = wait.div_ceil(1000);
            let until = clock.now().timestamp();
            state.wait_until(until.saturating_add_unsigned(seconds))?;
            done.wait = Some(seconds);
            done.is_asked = true;
            return Ok(done);
        }
    }

    /// Sends on one connection until nothing is left, or for a turn, or until the database asks to wait;
    /// gives for how many milliseconds others may have it.
    fn send_on_one(
        &self,
        state: &State,
        clock: &dyn Clock,
        end: DateTime<Utc>,
        done: &mut Pushed,
    ) -> Result<Option<u64>, PushError> {
        let client = connect_within(self.address, ANSWER)?;
        let (begin, before) = (Instant::now(), done.events);
        let mut sender = Sender {
            push: self,
            state,
            clock,
            way: Way::new(client, self.mail)?,
            journal: Spool::open(self.journal)?,
            place: state.place()?,
            most: FIRST_MOST,
            contended: 0,
            mailed: None,
            done,
        };
        sender.look_back()?;
        loop {
            match sender.step()? {
                Step::Next(pause)
                    if begin.elapsed() + Duration::from_millis(pause) > TURN
                        && clock.now() < end =>
                {
                    let pause = pause.max(pace::after_turn()?);
                    sender.finish()?;
                    return Ok(Some(pause));
                }
                Step::Next(pause) if clock.now() < end => sleep(Duration::from_millis(pause)),
                Step::Next(_) | Step::End => break,
                Step::Wait(pause) => {
                    // What was taken before counts, for whoever looks how far this host has come.
                    if sender.done.events > before {
                        sender.finish()?;
                    }
                    return Ok(Some(pause));
                }
            }
        }
        sender.finish()?;
        Ok(None)
    }
}

/// What follows a batch.
enum Step {
    /// The next one, after so many milliseconds.
    Next(u64),
    /// The same one again, on another connection after so many milliseconds.
    Wait(u64),
    /// There is none to send.
    End,
}

/// One run.
struct Sender<'a> {
    push: &'a Push<'a>,
    state: &'a State,
    clock: &'a dyn Clock,
    way: Way,
    journal: Spool,
    place: Place,
    most: usize,
    contended: usize,
    /// How many seconds ago `tcpw-fleet mail` looked for events, as the last answer says.
    mailed: Option<i64>,
    done: &'a mut Pushed,
}

impl Sender<'_> {
    /// Begins another life where the journal does not have what was sent of it: it was restored from
    /// a backup, or begun again.
    fn look_back(&mut self) -> Result<(), PushError> {
        let (seq, at) = (self.place.seq, self.place.at);
        if seq == 0 {
            return Ok(());
        }
        let (last, _) = self.journal.read((seq, 0), |journal| journal.rest(seq))?;
        let is_other = self.time_of(seq)?.is_some_and(|time| Some(time) != at);
        if is_other || last < seq {
            let base = self.base()?;
            self.fork(base)?;
        }
        Ok(())
    }

    /// Up to which event the journal has what was sent.
    fn base(&mut self) -> Result<i64, PushError> {
        let (seq, at) = (self.place.seq, self.place.at);
        if seq == 0 || self.time_of(seq)? == at {
            return Ok(seq);
        }
        let collected = self.place.collected.unwrap_or(0);
        let moment = DateTime::from_timestamp_nanos(collected);
        self.journal
            .read(0, |journal| journal.last_collected(moment))
    }

    /// When an event was reported, in microseconds; nothing if the journal has none of this number.
    fn time_of(&mut self, number: i64) -> Result<Option<i64>, PushError> {
        let found = self.journal.read(None, |journal| journal.time_of(number))?;
        Ok(found.map(|nanos| nanos.div_euclid(1000)))
    }

    /// Sends the next batch.
    fn step(&mut self) -> Result<Step, PushError> {
        let rows = self.rows()?;
        let Some(last) = rows.last() else {
            return self.sign_of_life();
        };
        let (seq, at, collected) = (last.seq, last.at, last.collected);
        let token = match &self.place.pending {
            Some((token, end)) if *end == seq => token.clone(),
            _ => new_token()?,
        };
        let count = u64::try_from(rows.len()).unwrap_or(0);
        let volume = Volume {
            full: i64::from(self.push.full),
            counters: self.push.counters,
        };
        let batch = Batch::of(rows, self.state, volume)?;
        self.state.begin(&token, seq)?;
        self.place.pending = Some((token.clone(), seq));
        let backlog = self.backlog(seq)?;
        let saying = Saying {
            host: self.push.host,
            place: &self.place,
            next: Some(&token),
            fork: false,
            base: self.place.base,
            backlog,
            last: seq,
            last_at: Some(at),
        };
        let answer = self.way.send(saying, &batch)?;
        self.mailed = answer.mailed;
        match answer.status {
            Status::Wait => Ok(Step::Wait(answer.pause)),
            Status::Other => self.meet(&answer).map(|()| Step::Next(0)),
            Status::Done => {
                self.place = Place {
                    life: answer.life,
                    base: self.place.base,
                    token: Some(token),
                    seq,
                    at: Some(at.timestamp_micros()),
                    collected: collected.timestamp_nanos_opt(),
                    pending: None,
                };
                let now = self.clock.now();
                self.state.settle(&self.place, &batch.tallies, false, now)?;
                self.done.events += count;
                self.done.added += answer.added;
                self.most = answer.most;
                Ok(Step::Next(answer.pause))
            }
        }
    }

    /// The events of the next batch: those of one that was not confirmed, else the next ones.
    fn rows(&mut self) -> Result<Vec<Row>, PushError> {
        let (seq, most) = (self.place.seq, self.most);
        let entries = match self.place.pending.as_ref().map(|(_, last)| *last) {
            None => self
                .journal
                .read(Vec::new(), |journal| journal.after(seq, most))?,
            Some(last) => {
                let size = usize::try_from(last.saturating_sub(seq)).unwrap_or(0);
                let mut found = self
                    .journal
                    .read(Vec::new(), |journal| journal.after(seq, size))?;
                found.retain(|entry| entry.id <= last);
                found
            }
        };
        if entries.is_empty() && self.place.pending.take().is_some() {
            return self.rows();
        }
        Ok(entries.iter().map(Row::of).collect())
    }

    fn backlog(&mut self, after: i64) -> Result<i64, PushError> {
        let (_, left) = self.journal.read((0, 0), |journal| journal.rest(after))?;
        Ok(left)
    }

    /// Says that this host is there, where it has nothing to send.
    fn sign_of_life(&mut self) -> Result<Step, PushError> {
        if self.done.events > 0 {
            return Ok(Step::End);
        }
        let place = self.place.clone();
        let saying = Saying {
            next: place.token.as_deref(),
            ..about(self.push.host, &place, place.base)
        };
        let answer = self.way.send(saying, &Batch::default())?;
        self.mailed = answer.mailed;
        match answer.status {
            Status::Done => Ok(Step::End),
            Status::Wait => Ok(Step::Wait(answer.pause)),
            Status::Other => self.meet(&answer).map(|()| Step::Next(0)),
        }
    }

    /// Goes on from what the database knows if this journal has that, else begins another life.
    fn meet(&mut self, answer: &Answer) -> Result<(), PushError> {
        self.contended += 1;
        if self.contended > CONTENDED {
            return Err(PushError::Contended(self.push.host.to_owned()));
        }
        let at = answer.seq_at.map(|time| time.timestamp_micros());
        let pending = self.place.pending.as_ref().map(|(token, _)| token.clone());
        let is_own = answer.seq == 0
            || (answer.token.is_some() && answer.token == pending)
            || (answer.seq == self.place.seq && at == self.place.at)
            || (at.is_some() && self.time_of(answer.seq)? == at);
        if is_own {
            return self.adopt(answer, at);
        }
        let base = self.base()?;
        self.place.token.clone_from(&answer.token);
        self.place.life = answer.life;
        self.fork(base)
    }

    /// Goes on from what the database knows, and counts again what it was counted up to.
    fn adopt(&mut self, answer: &Answer, at: Option<i64>) -> Result<(), PushError> {
        let (base, seq) = (answer.base, answer.seq);
        let now = self.clock.now();
        let ago = now - TimeDelta::hours(RECOUNTED);
        let since = answer
            .seq_at
            .map_or(ago, |time| ago.min(time - TimeDelta::hours(2)));
        let (counter, collected) = self.journal.read((Counter::empty(), None), |reader| {
            recount(reader, since, base, seq)
        })?;
        let tallies = counter.tallies();
        self.place = Place {
            life: answer.life,
            base,
            token: answer.token.clone(),
            seq,
            at,
            collected: collected.or(self.place.collected),
            pending: None,
        };
        self.state.settle(&self.place, &tallies, true, now)
    }

    /// Begins another life after the event `base`: what comes after it is counted on its own.
    fn fork(&mut self, base: i64) -> Result<(), PushError> {
        let at = self.time_of(base)?;
        let token = new_token()?;
        let place = self.place.clone();
        let saying = Saying {
            next: Some(&token),
            fork: true,
            last_at: at.and_then(DateTime::from_timestamp_micros),
            ..about(self.push.host, &place, base)
        };
        let answer = self.way.send(saying, &Batch::default())?;
        match answer.status {
            Status::Other | Status::Wait => return self.meet(&answer),
            Status::Done => {}
        }
        self.place = Place {
            life: answer.life,
            base,
            token: Some(token),
            seq: base,
            at,
            collected: self.place.collected,
            pending: None,
        };
        self.done.life = Some(answer.life);
        self.state.settle(&self.place, &[], true, self.clock.now())
    }

    fn finish(mut self) -> Result<(), PushError> {
        let left = self.backlog(self.place.seq)?;
        self.done.left = u64::try_from(left).unwrap_or(0);
        let most = i64::try_from(self.push.own_after.as_secs()).unwrap_or(i64::MAX);
        let is_mailed = self.mailed.is_some_and(|seconds| seconds <= most);
        self.done.is_unmailed = self.push.mail == FleetMail::Fleet && !is_mailed;
        let now = self.clock.now();
        self.state.succeed(&self.place, !self.done.is_unmailed, now)
    }
}

/// What is said without events.
fn about<'a>(host: &'a str, place: &'a Place, base: i64) -> Saying<'a> {
    Saying {
        host,
        place,
        next: None,
        fork: false,
        base,
        backlog: 0,
        last: base,
        last_at: None,
    }
}

/// Counts the events after `base` up to `last` from `since` on; gives when the last of them entered the
/// journal, too.
fn recount(
    reader: &mut JournalReader,
    since: DateTime<Utc>,
    base: i64,
    last: i64,
) -> Result<(Counter<'static>, Option<i64>), JournalError> {
    let mut counter = Counter::empty();
    let mut collected = None;
    reader.visit(since, base, &mut |entry| {
        if entry.id > last {
            return false;
        }
        let row = Row::of(&entry);
        collected = row.collected.timestamp_nanos_opt();
        // Without a state nothing can fail.
        counter.count(&row).is_ok()
    })?;
    Ok((counter, collected))
}
