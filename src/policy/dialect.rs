//! What differs between builds of the library, as far as its documents tell.

/// The language of one build: which of its forms have a meaning there.
///
/// The length of a line is not among them: every build reads into the same buffer of 2048 bytes.
/// Nor is the way a line is taken apart: that is Debian's in every dialect, so `[...]` keeps its
/// colons also where a build knows no IPv6.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form of its own")]
pub struct Dialect {
    /// Its name on the command line.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// `@group` is looked up; else it matches nothing.
    pub netgroups: bool,
    /// `/path` names a list file; else it matches nothing.
    pub list_files: bool,
    /// `net/24` is an IPv4 network; else only `net/255.255.255.0` is.
    pub prefix_lengths: bool,
    /// `*` and `?` are wildcards; else they are letters like others.
    pub wildcards: bool,
    /// The option `aclexec` exists; else it is a wrong one, which denies.
    pub aclexec: bool,
    /// Options stand behind the second colon; else all of it is one shell command.
    pub options: bool,
    /// The daemon that asks goes on to serve others, so it refuses `twist`.
    pub is_resident: bool,
}

/// Debian 12, libwrap 7.6.q-32: the only one that is compared with the library itself.
pub const DEBIAN_12: Dialect = Dialect {
    name: "debian12",
    title: "Debian 12",
    netgroups: true,
    list_files: true,
    prefix_lengths: true,
    wildcards: true,
    aclexec: true,
    options: true,
    is_resident: false,
};

/// Debian 13 and Ubuntu since 24.04: built without netgroups since 7.6.q-33.
pub const DEBIAN_13: Dialect = Dialect {
    name: "debian13",
    title: "Debian 13",
    netgroups: false,
    ..DEBIAN_12
};

/// 7.6 as it was released: the language of its `hosts_access(5)`, with a shell command where others
/// have options.
pub const CLASSIC: Dialect = Dialect {
    name: "classic",
    title: "TCP Wrappers 7.6 as released",
    netgroups: true,
    list_files: false,
    prefix_lengths: false,
    wildcards: false,
    aclexec: false,
    options: false,
    is_resident: false,
};

/// The one of `FreeBSD`: the language of its `hosts_access(5)` and `hosts_options(5)`, asked by an sshd that
/// stays resident.
pub const FREEBSD: Dialect = Dialect {
    name: "freebsd",
    title: "FreeBSD",
    netgroups: true,
    list_files: true,
    prefix_lengths: false,
    wildcards: false,
    aclexec: false,
    options: true,
    is_resident: true,
};

/// All of them, the default first.
pub const DIALECTS: [&Dialect; 4] = [&DEBIAN_12, &DEBIAN_13, &CLASSIC, &FREEBSD];
