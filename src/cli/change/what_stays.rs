//! What stays of tcpw when it is uninstalled, each with what it is: whoever wants it gone knows what
//! to remove.

use super::alert_places::secret_files;
use super::remarks::at;
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::settings::load;
use crate::config::Config;
use crate::editor::{Ground, Listed, Place, followed, listed};
use crate::escape::visible;
use crate::values::counted;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The directories of all state and of the alerts that wait.
const STATE: &str = "/var/lib/tcpw";
const SPOOL: &str = "/var/spool/tcpw";

/// The rules that end by themselves, which nothing ends without tcpw.
pub(super) fn with_an_end(ground: &Ground<'_>) -> Vec<Place> {
    let has_end = |rule: &Listed| {
        let label = rule.label.as_ref();
        label.is_some_and(|label| label.until.is_some())
    };
    let rules = listed(ground).into_iter().filter(has_end);
    rules.map(|rule| rule.place).collect()
}

/// The rules that follow a name, which nothing resolves without tcpw.
pub(super) fn following(ground: &Ground<'_>) -> Vec<Place> {
    let rules = followed(ground).into_iter();
    rules.map(|rule| rule.place).collect()
}

/// Says what stays; `ending` are the rules that end by themselves, `following` those that follow a
/// name.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn tell(
    ending: &[Place],
    following: &[Place],
    context: &mut Context,
) -> Result<(), Failure> {
    let paths = context.paths.clone();
    let config = load(&paths);
    warn(ending, following, context)?;
    let (allow, deny) = (paths.allow.display(), paths.deny.display());
    context.out.line(format!(
        "access stays as it is: {allow}, {deny} and the comments in them"
    ))?;
    let mut removal = Vec::new();
    let mut add = |path: &Path, what: &str, context: &mut Context| {
        if fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        let shown = visible(path.as_os_str().as_encoded_bytes());
        let result = context.out.line(format!("{shown} stays: {what}"));
        removal.push(shown);
        result
    };
    add(&paths.config, "the configuration", context)?;
    match &config {
        Ok(config) => {
            for file in secret_files(config) {
                add(&file, "a secret that the configuration names", context)?;
            }
        }
        Err(_) => context
            .out
            .note("the configuration cannot be read: secrets that it names are not in this list")?,
    }
    let spools = spools(&paths, config.as_ref().ok());
    for spool in &spools {
        add(
            spool,
            &waiting(spool, &paths, config.as_ref().ok()),
            context,
        )?;
    }
    let state = paths.inside(Path::new(STATE));
    let what = "the journal, mails kept as files, when names were resolved, and the history that tcpw undo needs";
    add(&state, what, context)?;
    let has_user = DelivererUser::find(context).account().is_some();
    if has_user {
        context.out.line("the user and the group tcpw stay")?;
    }
    if removal.is_empty() {
        return Ok(());
    }
    let user = if has_user && paths.root.is_none() {
        " && userdel tcpw"
    } else {
        ""
    };
    let words = removal.join(" ");
    context
        .out
        .line(format!("to remove them too: rm -r {words}{user}"))
}

/// Names the list files that rules need.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn tell_lists(lists: &BTreeSet<String>, context: &mut Context) -> Result<(), Failure> {
    for list in lists {
        let list = visible(list.as_bytes());
        let text = if Path::new(&list).extension().is_some_and(|end| end == "set") {
            format!("{list} stays: a rule asks the gate about it, which without it admits nobody")
        } else {
            format!("{list} stays: a rule names it, and without it matches nobody")
        };
        context.out.line(text)?;
    }
    Ok(())
}

/// Names the rules that nothing ends any more, and those that follow nothing any more.
pub(super) fn warn(
    ending: &[Place],
    following: &[Place],
    context: &mut Context,
) -> Result<(), Failure> {
    for place in following {
        let place = at(&context.paths, place);
        context.out.note(&format!(
            "{place} follows a name only as long as tcpw runs: then its addresses stay for good, \
             whoever has them"
        ))?;
    }
    for place in ending {
        let place = at(&context.paths, place);
        context.out.note(&format!(
            "{place} ends by itself only as long as tcpw runs: remove it with tcpw revoke, or it \
             stays for good"
        ))?;
    }
    Ok(())
}

/// The directories of alerts that wait: the usual one, and those that the configuration names.
fn spools(paths: &Paths, config: Option<&Config>) -> Vec<PathBuf> {
    let usual = paths.inside(Path::new(SPOOL));
    let mut found = vec![usual.clone()];
    for drop in config
        .into_iter()
        .flat_map(|one| [&one.drop, &one.root_drop])
    {
        if !drop.starts_with(&usual) && !found.contains(drop) {
            found.push(drop.clone());
        }
    }
    found
}

/// What is in a directory of alerts.
fn waiting(spool: &Path, paths: &Paths, config: Option<&Config>) -> String {
    let ways: Vec<PathBuf> = match config {
        Some(config) => vec![config.drop.clone(), config.root_drop.clone()],
        None => vec![paths.inside(Path::new(SPOOL))],
    };
    let below = ways.iter().filter(|way| way.starts_with(spool));
    let mut count = 0_usize;
    for way in below {
        match fs::read_dir(way) {
            Ok(entries) => count += entries.flatten().filter(is_event).count(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return "alerts that wait; how many cannot be read".to_owned(),
        }
    }
    match count {
        0 => "the way of the alerts, with none that waits".to_owned(),
        count => format!(
            "{} wait in it, which tcpw deliver sends",
            counted(count, "alert")
        ),
    }
}

fn is_event(entry: &fs::DirEntry) -> bool {
    let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
    !is_hidden && entry.file_type().is_ok_and(|kind| kind.is_file())
}
