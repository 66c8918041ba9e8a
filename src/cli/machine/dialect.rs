//! `--dialect`: the build of the library that is asked about.

use crate::policy::{CLASSIC, DEBIAN_12, DEBIAN_13, Dialect, FREEBSD, ILLUMOS, NETBSD};
use crate::system::imports_innetgr;
use clap::ValueEnum;
use std::path::Path;

/// What is to be known about verdicts for builds that nobody has asked.
pub(crate) const UNTESTED: &str = "from documents and a rebuild, not tested against the system";

/// Builds of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectChoice {
    /// Debian 11 and 12, Ubuntu 22.04; tested against the library of Debian 12
    Debian12,
    /// Debian 13 and sid, Ubuntu since 24.04: @netgroup matches nothing; tested against the
    /// libraries of trixie and sid
    Debian13,
    #[value(
        name = "freebsd",
        help = "FreeBSD; from documents and a rebuild, not tested against the system"
    )]
    FreeBsd,
    #[value(
        name = "netbsd",
        help = "NetBSD; from documents and a rebuild, not tested against the system"
    )]
    NetBsd,
    /// illumos; from documents and a rebuild, not tested against the system
    Illumos,
    /// TCP Wrappers 7.6 as released; from documents and a rebuild, not tested against the system
    Classic,
}

impl DialectChoice {
    /// What differs there.
    pub(crate) fn dialect(self) -> &'static Dialect {
        match self {
            Self::Debian12 => &DEBIAN_12,
            Self::Debian13 => &DEBIAN_13,
            Self::FreeBsd => &FREEBSD,
            Self::NetBsd => &NETBSD,
            Self::Illumos => &ILLUMOS,
            Self::Classic => &CLASSIC,
        }
    }
}

/// The dialect of the libwrap that is installed below `root`; that of Debian 12 where there is
/// none.
pub(crate) fn installed(root: Option<&Path>) -> &'static Dialect {
    match imports_innetgr(root) {
        Some(false) => &DEBIAN_13,
        Some(true) | None => &DEBIAN_12,
    }
}
