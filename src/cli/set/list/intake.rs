//! The entries of lists on their way into a set.

use super::place::Place;
use super::told::Told;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use std::fmt;
use std::net::IpAddr;
use tcpw_gate::Network;
use tcpw_gate::set::Builder;

/// As much of an entry as is shown.
const SHOWN: usize = 60;

/// Takes the entries of one list after the other.
#[derive(Debug)]
pub(crate) struct Intake<'b> {
    builder: Builder<'b>,
    told: Told,
    list: String,
    /// The number of the list, once one is begun.
    source: Option<u16>,
    entries: u64,
    now: i64,
}

impl<'b> Intake<'b> {
    /// Takes entries for this set.
    pub(crate) fn new(builder: Builder<'b>) -> Self {
        Self {
            builder,
            told: Told::default(),
            list: String::new(),
            source: None,
            entries: 0,
            now: 0,
        }
    }

    /// The next list begins; ends that it gives as lengths of time are counted from `time`, in
    /// seconds since 1970.
    pub(crate) fn begin(&mut self, list: &str, time: i64) {
        list.clone_into(&mut self.list);
        self.source = Some(self.source.map_or(0, |last| last.saturating_add(1)));
        self.entries = 0;
        self.now = time;
    }

    /// From when this list counts lengths of time.
    pub(super) fn time(&self) -> i64 {
        self.now
    }

    /// How many entries this list had so far.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// What is built, and what there is to say.
    pub(crate) fn end(self) -> (Builder<'b>, Told) {
        (self.builder, self.told)
    }

    /// Takes an entry: an address, a network or a range, which counts until `until`, in seconds since
    /// 1970.
    ///
    /// # Errors
    /// When there is no room for it. What cannot be understood is noted.
    pub(super) fn take(
        &mut self,
        place: Place,
        text: &[u8],
        until: Option<i64>,
    ) -> Result<(), Failure> {
        self.entries += 1;
        let shown = || visible_short(text, SHOWN);
        let parsed = match str::from_utf8(text) {
            Ok(text) => text.parse::<Network>(),
            Err(_) => Err(tcpw_gate::NetworkError::Form),
        };
        let network = match parsed {
            Ok(network) => network,
            Err(error) => {
                self.told.is_like_csv |= text.contains(&b',');
                self.told
                    .faults
                    .add(&self.list, place, &format!("`{}`: {error}", shown()));
                return Ok(());
            }
        };
        if let Some(odd) = oddity(network, text) {
            self.told
                .warnings
                .add(&self.list, place, &format!("`{}` {odd}", shown()));
        }
        if !self.told.faults.is_empty() {
            // Nothing will be written.
            return Ok(());
        }
        let source = self.source.unwrap_or(0);
        self.builder.add(network, until, source).map_err(|error| {
            Failure::new(format_args!(
                "cannot keep the networks of {}: {error}",
                self.list
            ))
            .hint("make room on the disk of OUT, or in TMPDIR with --dry-run; nothing was changed")
        })
    }

    /// Notes an entry that cannot be understood.
    pub(super) fn fault(&mut self, place: Place, what: &str) {
        self.entries += 1;
        self.told.faults.add(&self.list, place, what);
    }

    /// A failure of reading the list.
    pub(super) fn unreadable(&self, error: &dyn fmt::Display) -> Failure {
        Failure::new(format_args!("cannot read {}: {error}", self.list))
            .hint("name a list that you may read; nothing was changed")
    }
}

/// What is odd about an entry, as the end of a sentence.
fn oddity(network: Network, text: &[u8]) -> Option<&'static str> {
    if network == Network::ALL_V4 {
        return Some("is every address of IPv4");
    }
    if network == Network::ALL_V6 {
        return Some("is every address of IPv6");
    }
    let is_mapped = matches!(network.first(), IpAddr::V4(_)) && text.contains(&b':');
    is_mapped.then_some("is IPv4 in IPv6: it is taken as IPv4")
}
