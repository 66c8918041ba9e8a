//! `--dialect`: the build of the library that is asked about.

use crate::policy::{CLASSIC, DEBIAN_12, DEBIAN_13, Dialect, FREEBSD};
use clap::ValueEnum;

/// Builds of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DialectChoice {
    /// Debian 12 (7.6.q-32); verified against that library
    #[default]
    Debian12,
    /// Debian 13 and Ubuntu since 24.04 (7.6.q-33): @netgroup matches nothing
    Debian13,
    /// 7.6 as released: also no list files, wildcards or net/24, and one shell command for options
    Classic,
    /// The BSD of that name: no wildcards, net/24 or aclexec; its resident sshd refuses twist
    Freebsd,
}

impl From<DialectChoice> for &'static Dialect {
    fn from(choice: DialectChoice) -> Self {
        match choice {
            DialectChoice::Debian12 => &DEBIAN_12,
            DialectChoice::Debian13 => &DEBIAN_13,
            DialectChoice::Classic => &CLASSIC,
            DialectChoice::Freebsd => &FREEBSD,
        }
    }
}
