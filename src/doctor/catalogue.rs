//! The daemons of which it is known how they ask libwrap: under which name, with which switch, and
//! whether a test has seen it or only their documents say so.

use std::path::Path;

/// Under which name a daemon asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsksAs {
    /// Always this one.
    Name(&'static str),
    /// The name that its process was started with.
    ItsOwn,
    /// A name for each service that its configuration has.
    Services,
}

/// What has to be on before it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    /// Nothing.
    None,
    /// `KEY=value` in a file.
    Key(Key),
    /// `libwrap = yes` in the services of stunnel.
    Stunnel,
    /// The services of xinetd, unless they say `NOLIBWRAP`.
    Xinetd,
    /// `-l`, or a line that runs `tcpd`.
    Inetd,
    /// `service:` of a protocol.
    Sslh,
    /// `tcpwrap` in its arguments.
    Socat,
    /// `mod_wrap` is loaded.
    Proftpd,
    /// `tcpd` of an accepter.
    Ser2net,
    /// None: what connects by TCP is asked about, and no datagram.
    SyslogNg,
    /// None: its name is that of its own resource.
    Bacula {
        /// Its usual configuration.
        file: &'static str,
        /// What its own resource is called there, in small letters and without blanks.
        resources: &'static [&'static str],
    },
    /// A module for TCP is loaded.
    Pulseaudio,
    /// Nobody has looked how its configuration says it.
    NotRead(&'static str),
}

/// A switch that is one key of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// Where the daemon reads it, unless its arguments name another file.
    pub(super) files: &'static [&'static str],
    /// The key, whatever its case.
    pub(super) name: &'static str,
    /// What stands between key and value.
    pub(super) separator: char,
    /// Whether it is on where no line says otherwise.
    pub(super) is_on: bool,
    /// Whether the first argument without a dash is the file.
    pub(super) by_argument: bool,
}

/// How it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A test runs the daemon and sees it refuse.
    Tested,
    /// Its documents or its source say so.
    Documents,
}

/// A program that a daemon starts for each connection, which asks in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asker {
    /// How its path ends, which the daemon has inside if it starts one.
    pub(super) end: &'static [u8],
    /// The key of the configuration that names another one, and where that stands.
    pub(super) key: &'static str,
    pub(super) file: &'static str,
    /// The name it asks with.
    pub(super) name: &'static str,
}

/// A daemon of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// What its programs are called, without their folder.
    pub(super) programs: &'static [&'static str],
    pub(super) asks_as: AsksAs,
    pub(super) switch: Switch,
    pub(super) known: Known,
    /// The program that asks in its place.
    pub(super) asker: Option<Asker>,
    /// Folders of plugins, and how the name of the one that asks begins.
    pub(super) plugins: &'static [(&'static str, &'static str)],
    /// What an administrator has to know besides.
    pub(super) note: &'static str,
}

const PLAIN: Entry = Entry {
    programs: &[],
    asks_as: AsksAs::ItsOwn,
    switch: Switch::None,
    known: Known::Documents,
    asker: None,
    plugins: &[],
    note: "",
};

/// Linked with libwrap, and never asking about a client.
const TOOLS: &[&str] = &[
    "slapacl",
    "slapadd",
    "slapauth",
    "slapcat",
    "slapdn",
    "slapindex",
    "slapmodify",
    "slappasswd",
    "slapschema",
    "slaptest",
    "tcpdchk",
    "tcpdmatch",
    "try-from",
    "safe_finger",
];

const VSFTPD: Key = Key {
    files: &["etc/vsftpd.conf", "etc/vsftpd/vsftpd.conf"],
    name: "tcp_wrappers",
    separator: '=',
    is_on: false,
    by_argument: true,
};
const AUDITD: Key = Key {
    files: &["etc/audit/auditd.conf"],
    name: "use_libwrap",
    separator: '=',
    is_on: true,
    by_argument: false,
};
const APT_CACHER: Key = Key {
    files: &["etc/apt-cacher-ng/acng.conf"],
    name: "UseWrap",
    separator: ':',
    is_on: false,
    by_argument: false,
};
/// Since 9.8 another program of OpenSSH serves a connection.
const SSHD_SESSION: Asker = Asker {
    end: b"/sshd-session",
    key: "SshdSessionPath",
    file: "etc/ssh/sshd_config",
    name: "sshd",
};
const NFS_CACHE: &str = "it remembers its verdicts: after a change of its rules run `systemctl \
                         restart nfs-mountd rpc-statd`";

/// All of them.
const ENTRIES: &[Entry] = &[
    Entry {
        programs: &["sshd"],
        asker: Some(SSHD_SESSION),
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["rpcbind", "slapd", "mosquitto", "nrpe"],
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["snmpd"],
        asks_as: AsksAs::Name("snmpd"),
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["in.tftpd", "tcpd"],
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &[
            "diod",
            "p910nd",
            "opensm",
            "usbipd",
            "conserver",
            "conmand",
            "afpd",
            "apcupsd",
            "imap4d",
        ],
        ..PLAIN
    },
    Entry {
        programs: &["rpc.mountd"],
        asks_as: AsksAs::Name("mountd"),
        note: NFS_CACHE,
        ..PLAIN
    },
    Entry {
        programs: &["rpc.statd"],
        asks_as: AsksAs::Name("statd"),
        note: NFS_CACHE,
        ..PLAIN
    },
    Entry {
        programs: &["rpc.rquotad"],
        asks_as: AsksAs::Name("rquotad"),
        ..PLAIN
    },
    Entry {
        programs: &["vsftpd"],
        switch: Switch::Key(VSFTPD),
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["auditd"],
        switch: Switch::Key(AUDITD),
        ..PLAIN
    },
    Entry {
        programs: &["apt-cacher-ng"],
        switch: Switch::Key(APT_CACHER),
        ..PLAIN
    },
    Entry {
        programs: &["stunnel", "stunnel4", "stunnel3"],
        asks_as: AsksAs::Services,
        switch: Switch::Stunnel,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["xinetd"],
        asks_as: AsksAs::Services,
        switch: Switch::Xinetd,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["inetd", "openbsd-inetd"],
        asks_as: AsksAs::Services,
        switch: Switch::Inetd,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["sslh", "sslh-select", "sslh-ev"],
        asks_as: AsksAs::Services,
        switch: Switch::Sslh,
        ..PLAIN
    },
    Entry {
        programs: &["socat", "socat1"],
        switch: Switch::Socat,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["proftpd"],
        asks_as: AsksAs::Services,
        switch: Switch::Proftpd,
        plugins: &[("usr/lib/proftpd", "mod_wrap.")],
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["syslog-ng"],
        plugins: &[("usr/lib/syslog-ng", "libafsocket")],
        switch: Switch::SyslogNg,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["uwsgi", "uwsgi-core"],
        switch: Switch::NotRead("the configuration of its application"),
        ..PLAIN
    },
    Entry {
        programs: &["rlinetd"],
        asks_as: AsksAs::Services,
        switch: Switch::NotRead("/etc/rlinetd.conf"),
        ..PLAIN
    },
    Entry {
        programs: &["ser2net"],
        asks_as: AsksAs::Services,
        switch: Switch::Ser2net,
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["bacula-fd"],
        asks_as: AsksAs::Services,
        switch: Switch::Bacula {
            file: "etc/bacula/bacula-fd.conf",
            resources: &["filedaemon", "client"],
        },
        known: Known::Tested,
        ..PLAIN
    },
    Entry {
        programs: &["bacula-sd"],
        asks_as: AsksAs::Services,
        switch: Switch::Bacula {
            file: "etc/bacula/bacula-sd.conf",
            resources: &["storage"],
        },
        ..PLAIN
    },
    Entry {
        programs: &["bacula-dir"],
        asks_as: AsksAs::Services,
        switch: Switch::Bacula {
            file: "etc/bacula/bacula-dir.conf",
            resources: &["director"],
        },
        ..PLAIN
    },
    Entry {
        programs: &["bareos-dir", "bareos-sd", "bareos-fd"],
        asks_as: AsksAs::Services,
        switch: Switch::NotRead("the Name of its own resource, in its configuration"),
        ..PLAIN
    },
    Entry {
        programs: &["pulseaudio"],
        asks_as: AsksAs::Services,
        switch: Switch::Pulseaudio,
        ..PLAIN
    },
];

/// What is known of the program at `path`.
pub(super) fn entry(path: &Path) -> Option<&'static Entry> {
    let name = path.file_name()?.to_str()?;
    ENTRIES.iter().find(|entry| entry.programs.contains(&name))
}

/// Whether the program at `path` is linked with libwrap and never asks about a client.
pub(super) fn is_tool(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| TOOLS.contains(&name))
}

/// The programs that ask under a name that is not their own.
pub(super) fn programs_asking_as(name: &str) -> Vec<&'static str> {
    let entries = ENTRIES.iter().filter(|entry| match entry.asks_as {
        AsksAs::Name(own) => own.eq_ignore_ascii_case(name),
        AsksAs::ItsOwn | AsksAs::Services => false,
    });
    entries.flat_map(|entry| entry.programs).copied().collect()
}
