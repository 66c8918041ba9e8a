//! The directories that alerts pass through, the journal and the secrets, given to the user as which
//! alerts are delivered.

use super::alert_rule;
use super::words::{GIVEN, JOURNAL_GIVEN};
use crate::alert::{Moved, move_journal, request_handover};
use crate::cli::base::{Context, Failure};
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::config::{
    ChannelSettings, Config, DEFAULT_DROP, DEFAULT_JOURNAL, DEFAULT_MAIL, DEFAULT_ROOT_DROP,
    DELIVER_JOURNAL, Password, TransportSettings,
};
use crate::system::{Ownership, ServiceAccount, give_file, settle_directory};
use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// The directory of all state.
const STATE: &str = "/var/lib/tcpw";
/// The directory of the drop directories.
const SPOOL: &str = "/var/spool/tcpw";
/// How often a deliverer of before is asked to make room, and how long it is waited for each time.
const MOST_TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);
const PERMISSIONS: u32 = 0o7777;
/// What others than its owner may do with a file.
const OTHERS: u32 = 0o077;

/// A directory and whose it is to be.
struct Place {
    /// Where it is.
    path: PathBuf,
    wanted: Ownership,
    /// Whether nothing else is in it, so that it may be given away whatever its mode is.
    is_ours: bool,
}

/// Why a directory is not given away.
enum Unsettled {
    /// Others may use it, too.
    Shared,
    /// The system refuses.
    Failed(io::Error),
}

impl From<io::Error> for Unsettled {
    fn from(cause: io::Error) -> Self {
        Self::Failed(cause)
    }
}

/// The directories, those above first.
fn places(
    config: &Config,
    account: ServiceAccount,
    inside: &dyn Fn(&str) -> PathBuf,
) -> Vec<Place> {
    let ServiceAccount { uid, gid } = account;
    let roots = |path: &str, gid, mode| Place {
        path: inside(path),
        wanted: Ownership { uid: 0, gid, mode },
        is_ours: true,
    };
    let given = |path: &Path, mode, is_ours| Place {
        path: path.to_owned(),
        wanted: Ownership { uid, gid, mode },
        is_ours,
    };
    let is_usual = |path: &Path, usual: &str| *path == inside(usual);
    let mut own = vec![given(
        &config.drop,
        0o3733,
        is_usual(&config.drop, DEFAULT_DROP),
    )];
    let journal = usual_journal(config, inside);
    if let Some(directory) = journal.parent() {
        own.push(given(directory, 0o750, journal == inside(DELIVER_JOURNAL)));
    }
    if let TransportSettings::File { directory } = &config.mail.transport {
        own.push(given(directory, 0o750, is_usual(directory, DEFAULT_MAIL)));
    }
    let has_usual = config.drop.starts_with(inside(SPOOL));
    let spool = has_usual.then(|| roots(SPOOL, 0, 0o755));
    let mut places: Vec<Place> = spool.into_iter().collect();
    places.extend([
        // Who knows what is in it finds it.
        roots(STATE, 0, 0o711),
        Place {
            path: config.root_drop.clone(),
            wanted: Ownership {
                uid: 0,
                gid,
                mode: 0o2770,
            },
            is_ours: config.root_drop == inside(DEFAULT_ROOT_DROP),
        },
    ]);
    places.extend(own);
    places
}

/// Where the journal will be: one that the configuration does not name is in the directory of the
/// deliverer.
fn usual_journal(config: &Config, inside: &dyn Fn(&str) -> PathBuf) -> PathBuf {
    if config.journal == inside(DEFAULT_JOURNAL) {
        inside(DELIVER_JOURNAL)
    } else {
        config.journal.clone()
    }
}

/// Gives the directories to the user as which alerts are delivered; or, where there is none, the
/// drop directory the mode that it needs.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn settle(
    user: DelivererUser,
    config: &Config,
    context: &mut Context,
) -> Result<(), Failure> {
    match user.account() {
        Some(account) => hand_over(config, account, context),
        None => alert_rule::repair(context, &config.drop),
    }
}

/// What [`settle`] would change, one line each.
pub(crate) fn pending(user: DelivererUser, config: &Config, context: &Context) -> Vec<String> {
    let paths = &context.paths;
    let inside = |path: &str| paths.inside(Path::new(path));
    let Some(account) = user.account() else {
        let mode = fs::metadata(&config.drop).map(|found| found.mode() & PERMISSIONS);
        let drop = config.drop.display();
        let mode = mode.is_ok_and(|mode| mode != OPEN_DROP);
        let drop = mode.then(|| format!("{drop} has another mode than {OPEN_DROP:o}"));
        let user = (user == DelivererUser::Wanted).then(|| "the user tcpw is missing".to_owned());
        return drop.into_iter().chain(user).collect();
    };
    let is_unsettled = |place: &Place| match fs::symlink_metadata(&place.path) {
        Ok(found) => !place.is_as_wanted(&found) && (place.is_ours || is_as_made(&found)),
        Err(_) => true,
    };
    let places = places(config, account, &inside);
    let unsettled = places.iter().filter(|place| is_unsettled(place));
    let mut lines: Vec<String> = unsettled
        .map(|place| {
            let (path, named) = (place.path.display(), names(account, place.wanted));
            format!("{path} is not {named}, mode {:o}", place.wanted.mode)
        })
        .collect();
    if usual_journal(config, &inside) != config.journal && config.journal.exists() {
        lines.push(format!("{} is moved", config.journal.display()));
    }
    lines
}

/// The mode of the drop directory where there is no user to deliver.
const OPEN_DROP: u32 = 0o1733;

/// Gives them to the user, and says what was changed.
///
/// # Errors
/// When the output cannot be written: what cannot be given away is said, with what to type.
fn hand_over(
    config: &Config,
    account: ServiceAccount,
    context: &mut Context,
) -> Result<(), Failure> {
    let paths = context.paths.clone();
    let inside = |path: &str| paths.inside(Path::new(path));
    for place in places(config, account, &inside) {
        let named = names(account, place.wanted);
        let Ownership { mode, .. } = place.wanted;
        let path = place.path.display();
        match place.settle() {
            Ok(false) => {}
            Ok(true) => {
                let (path, mode) = (path.to_string(), format!("{mode:o}"));
                let text = context.out.words(GIVEN, &[&path, &named, &mode]);
                context.out.did(&text)?;
            }
            Err(Unsettled::Shared) => context.out.note(&format!(
                "{path} is not tcpw's alone and stays as it is, so that the user tcpw cannot work \
                 in it: name a directory of its own in the configuration"
            ))?,
            Err(Unsettled::Failed(cause)) => context.out.note(&format!(
                "cannot give {path} to the user tcpw: {cause}; run chown {named} {path} && chmod \
                 {mode:o} {path}"
            ))?,
        }
    }
    let journal = usual_journal(config, &inside);
    if journal != config.journal {
        move_old(&config.journal, &journal, context)?;
    }
    if give_journal(&journal, account) > 0 {
        let path = journal.display().to_string();
        let text = context.out.words(JOURNAL_GIVEN, &[&path]);
        context.out.did(&text)?;
    }
    if paths.root.is_none() {
        give_secrets(config, account, context)?;
    }
    Ok(())
}

/// Moves a journal of before into the directory of the deliverer, which could not write it where it
/// is; one that is at work makes room.
fn move_old(old: &Path, new: &Path, context: &mut Context) -> Result<(), Failure> {
    let mut moved = move_journal(old, new);
    for _ in 0..MOST_TRIES {
        if !matches!(moved, Ok(Moved::Busy)) {
            break;
        }
        // Without an answer it is tried again all the same.
        drop(request_handover(old));
        sleep(PAUSE);
        moved = move_journal(old, new);
    }
    let why = match moved {
        Ok(Moved::Done) => return Ok(()),
        Ok(Moved::Busy) => "a deliverer is at work on it".to_owned(),
        Err(error) => error.to_string(),
    };
    let (old, new) = (old.display(), new.display());
    context.out.note(&format!(
        "the journal {old} cannot be moved to {new}: {why}; run tcpw deliver as root, which moves it"
    ))
}

/// The owner and the group in words.
fn names(account: ServiceAccount, wanted: Ownership) -> String {
    let name = |number: u32, own: u32| if number == own { "tcpw" } else { "root" };
    let (user, group) = (name(wanted.uid, account.uid), name(wanted.gid, account.gid));
    format!("{user}:{group}")
}

impl Place {
    /// Makes it if it is missing, and gives it away; says whether anything was changed.
    fn settle(&self) -> Result<bool, Unsettled> {
        match fs::symlink_metadata(&self.path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&self.path)?;
            }
            Err(cause) => return Err(Unsettled::Failed(cause)),
            Ok(found) if self.is_as_wanted(&found) => return Ok(false),
            Ok(found) if !self.is_ours && !is_as_made(&found) => {
                return Err(Unsettled::Shared);
            }
            Ok(_) => {}
        }
        Ok(settle_directory(&self.path, self.wanted)?)
    }

    fn is_as_wanted(&self, found: &Metadata) -> bool {
        let is = Ownership {
            uid: found.uid(),
            gid: found.gid(),
            mode: found.mode() & PERMISSIONS,
        };
        is == self.wanted
    }
}

/// Whether a directory is as tcpw itself makes one that a configuration names.
fn is_as_made(found: &Metadata) -> bool {
    let is_root = found.uid() == 0;
    is_root && [0o700, 0o750, 0o1733, 0o3733].contains(&(found.mode() & PERMISSIONS))
}

/// Gives the journal that root began to the user, with what lies beside it under its name, if their
/// directory is the user's; how many files were given. One that cannot be given is reported by
/// whoever cannot write it.
fn give_journal(journal: &Path, account: ServiceAccount) -> usize {
    let (Some(directory), Some(name)) = (journal.parent(), journal.file_name()) else {
        return 0;
    };
    if !fs::metadata(directory).is_ok_and(|found| found.uid() == account.uid) {
        return 0;
    }
    let wanted = Ownership {
        uid: account.uid,
        gid: account.gid,
        mode: 0o600,
    };
    let name = name.as_encoded_bytes();
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    files
        .filter(|file| file.file_name().as_encoded_bytes().starts_with(name))
        .filter(|file| give_file(&file.path(), wanted).unwrap_or(false))
        .count()
}

/// Lets the group read what only root could: the configuration and the secrets that it names.
fn give_secrets(
    config: &Config,
    account: ServiceAccount,
    context: &mut Context,
) -> Result<(), Failure> {
    let wanted = Ownership {
        uid: 0,
        gid: account.gid,
        mode: 0o640,
    };
    let mut files = vec![context.paths.config.clone()];
    files.extend(secret_files(config));
    for path in files {
        let Ok(found) = fs::metadata(&path) else {
            continue;
        };
        let is_readable = found.mode() & 0o004 != 0
            || found.gid() == account.gid && found.mode() & 0o040 != 0
            || found.uid() == account.uid;
        if is_readable {
            continue;
        }
        let is_roots = found.uid() == 0 && found.mode() & OTHERS == 0;
        let is_given = is_roots && give_file(&path, wanted).unwrap_or(false);
        let path = path.display();
        if is_given {
            let path = path.to_string();
            let text = context.out.words(GIVEN, &[&path, "root:tcpw", "640"]);
            context.out.did(&text)?;
        } else {
            context.out.note(&format!(
                "the user tcpw, as which alerts are delivered, cannot read {path}: run chown \
                 root:tcpw {path} && chmod 640 {path}"
            ))?;
        }
    }
    Ok(())
}

/// The files of secrets that the configuration names.
pub(super) fn secret_files(config: &Config) -> Vec<PathBuf> {
    let file = |secret: &Password| match secret {
        Password::File(path) => Some(path.clone()),
        Password::Command(_) | Password::Credential(_) | Password::Literal(_) => None,
    };
    let servers = match &config.mail.transport {
        TransportSettings::Smtp(servers) => servers.as_slice(),
        TransportSettings::File { .. } | TransportSettings::Sendmail { .. } => &[],
    };
    let logins = servers.iter().filter_map(|server| server.login.as_ref());
    let passwords = logins.filter_map(|login| file(&login.password));
    let secrets = config.channels.iter().filter_map(|channel| match channel {
        ChannelSettings::Webhook(webhook) => webhook.secret.as_ref().and_then(file),
        ChannelSettings::Command(_) => None,
    });
    passwords.chain(secrets).collect()
}
