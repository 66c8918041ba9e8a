//! The deliverer as a user of its own: what it needs of root is made ready, then root's rights are given
//! up for good, and the kernel keeps it from what it never does.

use super::hand_over::hand_over;
use crate::alert::transport::read_secrets;
use crate::cli::base::{Failure, Paths};
use crate::config::{ChannelSettings, Config, Password, TransportSettings};
use crate::system::{
    Company, DelivererAccount, PASSWD, SAFE_PATH, WriteGuard, become_user, deliverer_account,
    find_deliverer, guard_writing, is_deliverer, is_root, keep_privileges_as_they_are,
    make_private_files, restrict_system_calls, set_environment, stay_bound,
};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What of the environment the deliverer keeps: the time zone, the language, proxies, certificates, the
/// resolver's options and systemd's credentials.
const KEPT: [&str; 24] = [
    "ALL_PROXY",
    "COLUMNS",
    "CREDENTIALS_DIRECTORY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_TIME",
    "LOCALDOMAIN",
    "NO_COLOR",
    "NO_PROXY",
    "RES_OPTIONS",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TZ",
    "TZDIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// How far this process is confined.
#[derive(Debug, Default)]
pub(super) struct Confinement {
    /// It runs as this user, and was root.
    pub(super) account: Option<DelivererAccount>,
    /// What must not go unnoticed.
    pub(super) warnings: Vec<String>,
    /// What whoever asks is told.
    pub(super) facts: Vec<String>,
}

/// Confines this process, which has one thread, as far as this machine and the configuration let it.
///
/// # Errors
/// When root's rights cannot be given up although the user is there: then nothing is delivered.
pub(super) fn confine(
    config: &mut Config,
    drops: &[PathBuf],
    paths: &Paths,
) -> Result<Confinement, Failure> {
    let mut confinement = Confinement::default();
    if !is_root() {
        if is_deliverer() {
            stay_bound();
            confinement.facts.push("runs as the user tcpw".to_owned());
            guard(config, drops, &mut confinement);
            filter(config, &mut confinement);
        }
        return Ok(confinement);
    }
    let found = find_deliverer(&paths.inside(Path::new(PASSWD))).map_err(|cause| {
        Failure::new(format_args!(
            "cannot see whether there is a user tcpw: {cause}"
        ))
        .hint("nothing was delivered as root; the events wait, run tcpw deliver again")
    })?;
    let Some(account) = found else {
        confinement
            .facts
            .push("runs as root: there is no user tcpw (`tcpw install-alert` makes it)".to_owned());
        return Ok(confinement);
    };
    match hand_over(config, drops, paths, &account) {
        Ok(true) => {}
        Ok(false) => {
            let what = "another deliverer is at work on the journal, which is to be moved";
            return Err(Failure::new(what).hint("run tcpw deliver again when it has ended"));
        }
        Err(problem) => {
            let text = format!("the deliverer works as root and not as tcpw: {problem}");
            confinement.warnings.push(text);
            return Ok(confinement);
        }
    }
    read_secrets(config, credentials().as_deref());
    settle(&account, &config.journal);
    guard(config, drops, &mut confinement);
    become_user(account.uid, account.gid).map_err(|cause| {
        Failure::new(format_args!("cannot give up root's rights: {cause}"))
            .hint("nothing was delivered; it needs CAP_SETUID and CAP_SETGID, or starts as tcpw")
    })?;
    stay_bound();
    let (uid, gid) = (account.uid, account.gid);
    let fact = format!("runs as the user tcpw (uid {uid}, gid {gid})");
    confinement.facts.insert(0, fact);
    filter(config, &mut confinement);
    confinement.account = Some(account);
    Ok(confinement)
}

/// The directory of systemd's credentials (systemd.exec(5)), if there is one.
pub(super) fn credentials() -> Option<PathBuf> {
    env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

/// Whether this process is root's and there is a user that it could become.
pub(super) fn has_account(paths: &Paths) -> bool {
    is_root() && deliverer_account(&paths.inside(Path::new(PASSWD))).is_some()
}

/// The surroundings of a service.
fn settle(account: &DelivererAccount, journal: &Path) {
    make_private_files();
    let directory = journal.parent().unwrap_or(Path::new("/"));
    let own: [(&str, &OsStr); 5] = [
        ("PATH", SAFE_PATH.as_ref()),
        ("HOME", account.home.as_os_str()),
        ("USER", "tcpw".as_ref()),
        ("LOGNAME", "tcpw".as_ref()),
        // SQLite sorts here what does not fit into memory.
        ("SQLITE_TMPDIR", directory.as_os_str()),
    ];
    set_environment(&KEPT, &own);
    // Without it the working directory only keeps a file system busy.
    env::set_current_dir("/").unwrap_or_default();
}

/// Whether programs of others are started: a mailer, a command, or one that prints a password.
fn company(config: &Config) -> Company {
    let is_command = |secret: Option<&Password>| matches!(secret, Some(Password::Command(_)));
    let has_mailer = match &config.mail.transport {
        TransportSettings::File { .. } => false,
        TransportSettings::Sendmail { .. } => true,
        TransportSettings::Smtp(servers) => servers.iter().any(|server| {
            let login = server.login.as_ref();
            is_command(login.map(|login| &login.password))
        }),
    };
    let has_command = config.channels.iter().any(|channel| match channel {
        ChannelSettings::Command(_) => true,
        ChannelSettings::Webhook(webhook) => is_command(webhook.secret.as_ref()),
    });
    if has_mailer || has_command {
        Company::Programs
    } else {
        Company::Alone
    }
}

/// Landlock. A mailer may need the rights of its setgid bit: with programs of others `no_new_privs` stays
/// as it is.
fn guard(config: &Config, drops: &[PathBuf], confinement: &mut Confinement) {
    let company = company(config);
    let mut places = drops.to_vec();
    places.extend(config.journal.parent().map(Path::to_owned));
    if let TransportSettings::File { directory } = &config.mail.transport {
        places.push(directory.clone());
    }
    let where_to = match company {
        Company::Alone => {
            // Landlock asks for it where this process is not root.
            keep_privileges_as_they_are().unwrap_or_default();
            let names: Vec<String> = places
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            format!("writes only below {}", names.join(", "))
        }
        Company::Programs => {
            "writes, with the programs that it starts, nowhere in /etc, /usr, /boot and /root"
                .to_owned()
        }
    };
    confinement
        .facts
        .push(match guard_writing(&places, company, false) {
            WriteGuard::Whole => format!("{where_to} (Landlock)"),
            WriteGuard::Part => format!("{where_to} (Landlock, as far as this kernel has it)"),
            WriteGuard::None(cause) => format!("is kept from writing by its user alone: {cause}"),
        });
}

/// The filter of system calls, where no program of others would have to live with it.
fn filter(config: &Config, confinement: &mut Confinement) {
    confinement.facts.push(match company(config) {
        Company::Programs => {
            "may make any system call: the configuration names programs".to_owned()
        }
        Company::Alone => match restrict_system_calls() {
            Ok(()) => "makes only the system calls of a service (seccomp)".to_owned(),
            Err(cause) => format!("may make any system call: {cause}"),
        },
    });
}
