//! What the old set has to say before it is replaced: a list that shrank may be one that failed.

use super::outcome::entries;
use crate::cli::base::Failure;
use crate::escape::visible;
use crate::values::counted;
use std::io::ErrorKind;
use std::path::Path;
use tcpw_gate::set::{Set, SetFault, SetSource, SetSummary};

/// What to do about a list that shrank.
const HINT: &str = "the old set stays as it is; look at the list, and use --force if it is right";

/// The set that is to be replaced.
#[derive(Debug)]
pub(super) enum Former {
    /// There is none.
    Absent,
    /// There is one.
    Whole {
        /// Its lists.
        sources: Vec<SetSource>,
        /// Its networks.
        networks: u64,
    },
    /// There is one that cannot be compared with; why, in words.
    Broken(String),
}

impl Former {
    /// Looks at what is at `path`.
    ///
    /// # Errors
    /// When it is not a set or cannot be read, unless it is replaced by force.
    pub(super) fn read(path: &Path, is_forced: bool) -> Result<Self, Failure> {
        let found = match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Absent),
            found => found,
        };
        let read = |error: &dyn std::fmt::Display| {
            Failure::new(format_args!("cannot read {}: {error}", path.display()))
                .hint("name a file in a directory that you may read and write")
        };
        let kind = found.map_err(|error| read(&error))?.file_type();
        if !kind.is_file() && !kind.is_symlink() {
            return Err(
                Failure::new(format_args!("{} is not a regular file", path.display()))
                    .hint("name a file for the compiled set; nothing was written"),
            );
        }
        if kind.is_symlink() && !is_forced {
            check_link(path)?;
        }
        let open = || -> Result<Self, SetFault> {
            let set = Set::open(path)?;
            let header = set.header();
            Ok(Self::Whole {
                sources: set.sources()?,
                networks: header.v4.saturating_add(header.v6),
            })
        };
        let broken = |fault: SetFault| {
            Ok(Self::Broken(format!(
                "the old {} is not compared with the new one: {fault}",
                path.display()
            )))
        };
        match open() {
            Ok(former) => Ok(former),
            Err(fault) if is_forced => broken(fault),
            Err(fault @ SetFault::NotASet) => Err(Failure::new(format_args!(
                "{} is there: {fault}",
                path.display()
            ))
            .hint("the compiled set comes first: tcpw set build OUT FILE...; --force replaces it")),
            Err(SetFault::Read(cause)) if !kind.is_symlink() => Err(read(&cause)),
            Err(
                fault @ (SetFault::Read(_)
                | SetFault::Version(_)
                | SetFault::Length { .. }
                | SetFault::Checksum(_)
                | SetFault::Content { .. }),
            ) => broken(fault),
        }
    }

    /// What has to be said if it cannot be compared with.
    pub(super) fn remark(&self) -> Option<&str> {
        match self {
            Self::Broken(remark) => Some(remark),
            Self::Absent | Self::Whole { .. } => None,
        }
    }

    /// Whether no list is empty or has less than half of the entries that it had.
    ///
    /// # Errors
    /// When one has.
    pub(super) fn check_sources(&self, new: &[SetSource]) -> Result<(), Failure> {
        for source in new {
            let had = self.entries_of(&source.name);
            if source.entries == 0 && had != Some(0) {
                let what = format!("{} has no entry", source.name);
                return Err(Failure::new(what).hint(HINT));
            }
            if let Some(had) = had.filter(|&had| is_less_than_half(source.entries, had)) {
                let entries = entries(source.entries);
                let what = format!(
                    "{} has {entries}, and had {had} when the set was built: it shrank by more than half",
                    source.name
                );
                return Err(Failure::new(what).hint(HINT));
            }
        }
        Ok(())
    }

    /// Whether the new set has at least half of the networks.
    ///
    /// # Errors
    /// When it has not.
    pub(super) fn check_size(&self, new: &SetSummary) -> Result<(), Failure> {
        let Self::Whole { networks: had, .. } = self else {
            return Ok(());
        };
        let has = new.header.v4.saturating_add(new.header.v6);
        if !is_less_than_half(has, *had) {
            return Ok(());
        }
        let what = format!(
            "the set would have {}, and has {had}: it would shrink by more than half",
            counted(has, "network")
        );
        Err(Failure::new(what).hint(HINT))
    }

    /// The entries that a list had.
    fn entries_of(&self, name: &str) -> Option<u64> {
        match self {
            Self::Absent | Self::Broken(_) => None,
            Self::Whole { sources, .. } => {
                let source = sources.iter().find(|source| source.name == name)?;
                Some(source.entries)
            }
        }
    }
}

/// Whether a link leads to something: a set in its place would not be where it was meant to be.
fn check_link(path: &Path) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let target = std::fs::read_link(path).unwrap_or_default();
            let shown = visible(target.as_os_str().as_encoded_bytes());
            Err(Failure::new(format_args!(
                "{} is a link to {shown}, which is not there",
                path.display()
            ))
            .hint(
                "name that file as OUT, or remove the link; --force replaces it; nothing was written",
            ))
        }
        Err(_) | Ok(_) => Ok(()),
    }
}

fn is_less_than_half(now: u64, before: u64) -> bool {
    now < before.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_is_enough_and_less_is_not() {
        for (now, before, is_less) in [
            (0, 0, false),
            (0, 1, true),
            (1, 1, false),
            (1, 2, false),
            (1, 3, true),
            (2, 3, false),
            (4999, 9999, true),
            (5000, 10_000, false),
            (4999, 10_000, true),
        ] {
            assert_eq!(is_less_than_half(now, before), is_less, "{now} of {before}");
        }
    }

    #[test]
    fn an_empty_list_is_right_only_where_it_was_empty() {
        let source = |entries| {
            let mut source = SetSource::new("a.txt");
            source.entries = entries;
            source
        };
        let former = |entries| Former::Whole {
            sources: vec![source(entries)],
            networks: 0,
        };
        assert!(Former::Absent.check_sources(&[source(0)]).is_err());
        assert!(Former::Absent.check_sources(&[source(1)]).is_ok());
        assert!(former(0).check_sources(&[source(0)]).is_ok());
        assert!(former(5).check_sources(&[source(0)]).is_err());
        assert!(former(5).check_sources(&[source(2)]).is_err());
        assert!(former(5).check_sources(&[source(3)]).is_ok());
        assert!(former(5).check_sources(&[SetSource::new("b.txt")]).is_err());
    }
}
