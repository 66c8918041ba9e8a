//! Events by day and by hour, as the clocks of this machine's place count them.

use super::time::Local;
use crate::alert::Tally;
use chrono::{DateTime, Days, NaiveDate, Timelike as _, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// Longer times than this show only the days that have events.
const MOST_DAYS: i64 = 4000;

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Day {
    /// `2026-01-31`.
    pub date: String,
    /// Its events.
    pub events: u64,
}

/// Gathers times.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    days: BTreeMap<NaiveDate, u64>,
    hours: [u64; 24],
}

impl Calendar {
    pub(super) fn of(quarters: &BTreeMap<i64, u64>, local: Local<'_>) -> Self {
        let mut calendar = Self::default();
        for (quarter, events) in quarters {
            calendar.add(Tally::time_of_quarter(*quarter), *events, local);
        }
        calendar
    }

    pub(super) fn add(&mut self, time: DateTime<Utc>, events: u64, local: Local<'_>) {
        let time = local(time);
        let day = self.days.entry(time.date_naive()).or_default();
        *day = day.saturating_add(events);
        let hour = usize::try_from(time.hour()).unwrap_or(0);
        if let Some(hour) = self.hours.get_mut(hour) {
            *hour = hour.saturating_add(events);
        }
    }

    /// The hours of the day, from midnight on.
    pub(super) fn hours(&self) -> Vec<u64> {
        self.hours.to_vec()
    }

    /// Every day of the time, also those without events.
    pub(super) fn days(&self, since: NaiveDate, until: NaiveDate) -> Vec<Day> {
        let first = self
            .days
            .keys()
            .next()
            .map_or(since, |day| (*day).min(since));
        let last = self
            .days
            .keys()
            .next_back()
            .map_or(until, |day| (*day).max(until));
        let day = |date: NaiveDate, events| Day {
            date: date.format("%Y-%m-%d").to_string(),
            events,
        };
        if (last - first).num_days() > MOST_DAYS {
            let days = self.days.iter();
            return days.map(|(date, events)| day(*date, *events)).collect();
        }
        let mut days = Vec::new();
        let mut next = Some(first);
        while let Some(date) = next.filter(|date| *date <= last) {
            days.push(day(date, self.days.get(&date).copied().unwrap_or(0)));
            next = date.checked_add_days(Days::new(1));
        }
        days
    }
}
