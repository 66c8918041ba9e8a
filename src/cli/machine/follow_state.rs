//! What is known about the names that rules follow: when each was asked for, and with what success.
//! The addresses themselves stand in the table alone, so that a lost file loses none.

use crate::cli::base::Paths;
use crate::cli::machine::follow_lookup::NameFound;
use crate::config::Follow;
use crate::system::{AddressFamily, read_regular};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// Its name, beside the history.
const NAME: &str = "follow.json";
/// It is never larger.
const MOST_BYTES: u64 = 16 << 20;
/// The least and the longest time, in seconds, before a name is asked for again, whatever its own
/// time to live says.
const LEAST: i64 = 60;
const LONGEST: i64 = 86_400;
/// As often a name must have failed in a row before its grace can be over: a clock that jumps is no
/// reason.
const FAILURES: u32 = 10;
/// How often what lasts is reported, in seconds.
const REPORT_EVERY: i64 = 86_400;

/// What is known about names, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FollowState {
    /// The names.
    pub(crate) names: BTreeMap<String, FollowedName>,
}

/// What is known about one name. Times are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FollowedName {
    /// When it was asked for last.
    pub(crate) asked: i64,
    /// Before when it is not asked for again.
    pub(crate) next: i64,
    /// When all addresses that its rule holds were last confirmed.
    pub(crate) succeeded: Option<i64>,
    /// Since when that failed each time, if it did: of the family that has failed for longest.
    pub(crate) failing_since: Option<i64>,
    /// How often in a row, of the family that has failed most often.
    pub(crate) failures: u32,
    /// The time to live that its last addresses had, in seconds.
    pub(crate) ttl: Option<u32>,
    /// Whether the resolver said that it has checked their signatures (DNSSEC, the AD bit).
    pub(crate) authentic: bool,
    /// What was wrong the last time.
    pub(crate) trouble: Option<String>,
    /// When it was last reported that its grace is over.
    pub(crate) reported: Option<i64>,
    /// Whether a mail has said so.
    #[serde(default)]
    pub(crate) is_mailed: bool,
    /// How it goes with its addresses of IPv4.
    #[serde(default)]
    v4: FollowedFamily,
    /// The same of IPv6.
    #[serde(default)]
    v6: FollowedFamily,
}

/// How it goes with one family of the addresses of a name. One of which its rule holds no address does not
/// fail: there is nothing to confirm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct FollowedFamily {
    /// Since when no question about it was answered, if that is so.
    failing_since: Option<i64>,
    /// How often in a row.
    failures: u32,
}

impl FollowedFamily {
    fn fail(&mut self, now: i64) {
        let since = self.failing_since.filter(|since| *since <= now);
        self.failing_since = Some(since.unwrap_or(now));
        self.failures = self.failures.saturating_add(1);
    }
}

impl FollowState {
    /// Where it is kept.
    fn path(paths: &Paths) -> PathBuf {
        paths.history.with_file_name(NAME)
    }

    /// Reads it; nothing is known where there is no file.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what tcpw has written.
    pub(crate) fn read(paths: &Paths) -> io::Result<Self> {
        match read_regular(&Self::path(paths), MOST_BYTES) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::from),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes it, as a whole: everybody may read it, as the table.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub(crate) fn write(&self, paths: &Paths) -> io::Result<()> {
        let path = Self::path(paths);
        let directory = path.parent().ok_or(io::ErrorKind::NotFound)?;
        let mut maker = DirBuilder::new();
        maker.recursive(true).mode(0o755).create(directory)?;
        let mut file = NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        let mode = Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

impl FollowedName {
    /// Whether its time to live has passed, or the clock has been set back.
    pub(crate) fn is_due(&self, now: i64) -> bool {
        now >= self.next || now < self.asked
    }

    /// Takes what was found at the time `now` about a name whose rule holds `old`.
    pub(crate) fn take(&mut self, found: &NameFound, old: &BTreeSet<IpAddr>, now: i64) {
        self.asked = now;
        self.trouble.clone_from(&found.trouble);
        for family in AddressFamily::ALL {
            let is_held = old.is_empty()
                || old
                    .iter()
                    .any(|address| AddressFamily::of(*address) == family);
            let state = self.family_mut(family);
            if found.is_sure(family) || !is_held && !found.good.is_empty() {
                *state = FollowedFamily::default();
            } else if is_held {
                state.fail(now);
            }
        }
        let families = [self.v4, self.v6];
        self.failing_since = families.iter().filter_map(|of| of.failing_since).min();
        self.failures = families.iter().map(|of| of.failures).max().unwrap_or(0);
        let is_confirmed = self.failing_since.is_none();
        if is_confirmed {
            self.succeeded = Some(now);
            self.reported = None;
            self.is_mailed = false;
            self.ttl = found.ttl;
            self.authentic = found.is_authentic;
        }
        let ttl = found.ttl.filter(|_| is_confirmed).map_or(0, i64::from);
        self.next = now + ttl.clamp(LEAST, LONGEST);
    }

    fn family(&self, family: AddressFamily) -> &FollowedFamily {
        match family {
            AddressFamily::V4 => &self.v4,
            AddressFamily::V6 => &self.v6,
        }
    }

    fn family_mut(&mut self, family: AddressFamily) -> &mut FollowedFamily {
        match family {
            AddressFamily::V4 => &mut self.v4,
            AddressFamily::V6 => &mut self.v6,
        }
    }

    /// Whether a family could not be resolved for longer than its grace, time after time.
    pub(crate) fn is_overdue(&self, settings: &Follow, now: i64) -> bool {
        !self.overdue(settings, now).is_empty()
    }

    /// The families of which that is so.
    pub(crate) fn overdue(&self, settings: &Follow, now: i64) -> Vec<AddressFamily> {
        let grace = i64::try_from(settings.grace.as_secs()).unwrap_or(i64::MAX);
        let is_over = |family: &AddressFamily| {
            let state = self.family(*family);
            let since = state.failing_since;
            since.is_some_and(|since| now.saturating_sub(since) >= grace)
                && state.failures >= FAILURES
        };
        AddressFamily::ALL.into_iter().filter(is_over).collect()
    }

    /// Whether that is to be reported again; it counts as reported then.
    pub(crate) fn report(&mut self, now: i64) -> bool {
        let last = self.reported.filter(|last| *last <= now);
        let is_due = last.is_none_or(|last| now - last >= REPORT_EVERY);
        if is_due {
            self.reported = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{DnsAnswer, DnsFault, DnsLookup};
    use std::time::Duration;

    const NOW: i64 = 1_800_000_000;

    /// What the rule holds.
    fn held() -> BTreeSet<IpAddr> {
        BTreeSet::from(["45.0.0.1".parse().unwrap()])
    }

    fn found(v4: Result<(&str, u32), DnsFault>) -> NameFound {
        let answer = |(address, ttl): (&str, u32)| DnsAnswer {
            addresses: vec![address.parse().unwrap()],
            ttl: Some(ttl),
            ..DnsAnswer::default()
        };
        let nothing = DnsAnswer::default();
        let lookup = DnsLookup {
            v4: v4.map(answer),
            v6: Ok(nothing),
        };
        NameFound::of(lookup, &BTreeSet::new())
    }

    #[test]
    fn the_time_to_live_counts_within_bounds() {
        for (ttl, wait) in [(0, 60), (59, 60), (61, 61), (3600, 3600), (1 << 30, 86_400)] {
            let mut name = FollowedName::default();
            name.take(&found(Ok(("45.0.0.1", ttl))), &held(), NOW);
            assert!(!name.is_due(NOW + wait - 1), "{ttl}");
            assert!(name.is_due(NOW + wait), "{ttl}");
            // Set back to last year: a name is not left alone until then.
            assert!(name.is_due(NOW - 1), "{ttl}");
        }
        let mut name = FollowedName::default();
        name.take(&found(Err(DnsFault::Silent)), &held(), NOW);
        assert!(!name.is_due(NOW + 59) && name.is_due(NOW + 60));
    }

    #[test]
    fn grace_is_over_after_its_time_and_many_failures_in_a_row() {
        let settings = Follow {
            grace: Duration::from_secs(3600),
            ..Follow::default()
        };
        let mut name = FollowedName::default();
        name.take(&found(Ok(("45.0.0.1", 60))), &held(), NOW);
        // A clock that is set ten years ahead is no grace.
        for failures in 1..=9 {
            name.take(
                &found(Err(DnsFault::Silent)),
                &held(),
                NOW + failures * 100_000_000,
            );
            assert!(!name.is_overdue(&settings, NOW + failures * 100_000_000));
        }
        let mut name = FollowedName::default();
        for minute in 0..=60 {
            let now = NOW + 60 * minute;
            name.take(&found(Err(DnsFault::NoSuchName)), &held(), now);
            assert_eq!(name.is_overdue(&settings, now), minute == 60, "{minute}");
        }
        assert!(name.report(NOW + 3600) && !name.report(NOW + 3660));
        assert!(name.report(NOW + 3600 + 86_400));
        name.take(&found(Ok(("45.0.0.1", 60))), &held(), NOW + 7200);
        assert_eq!((name.failing_since, name.reported), (None, None));
        assert!(!name.is_overdue(&settings, NOW + 7200));
    }

    #[test]
    fn a_family_of_which_the_rule_holds_no_address_is_never_overdue() {
        let settings = Follow {
            grace: Duration::from_secs(3600),
            ..Follow::default()
        };
        let answers = |v6: Result<&str, DnsFault>| {
            let of = |address: &str| DnsAnswer {
                addresses: vec![address.parse().unwrap()],
                ttl: Some(600),
                ..DnsAnswer::default()
            };
            let lookup = DnsLookup {
                v4: Ok(of("45.0.0.1")),
                v6: v6.map(of),
            };
            NameFound::of(lookup, &BTreeSet::new())
        };
        let mut name = FollowedName::default();
        for minute in 0..100 {
            name.take(&answers(Err(DnsFault::Silent)), &held(), NOW + 60 * minute);
        }
        let end = NOW + 60 * 99;
        assert!(!name.is_overdue(&settings, end));
        assert_eq!(
            (name.succeeded, name.ttl, name.next),
            (Some(end), Some(600), end + 600)
        );
        assert!(name.trouble.is_some(), "it is told all the same");
        // Of a family that it holds the grace is counted by itself.
        let both = BTreeSet::from(["45.0.0.1", "2a00::1"].map(|address| address.parse().unwrap()));
        name.take(&answers(Ok("2a00::1")), &both, end);
        for minute in 0..=60 {
            let now = end + 60 * minute;
            name.take(&answers(Err(DnsFault::Silent)), &both, now);
            assert_eq!(name.is_overdue(&settings, now), minute == 60, "{minute}");
        }
        assert_eq!(name.overdue(&settings, end + 3600), [AddressFamily::V6]);
        assert_eq!(name.succeeded, Some(end));
    }
}
