//! What waits outside the journal, and whether a deliverer sees to it: without a look at both,
//! nobody may say that nothing waits.

use super::open_journal;
use crate::alert::{Inbox, Journal, has_events, is_deliverer_running};
use crate::cli::base::{Context, Exit, Failure, Paths};
use crate::config::{self, Config};
use crate::escape::visible;
use crate::system::{Clock as _, SystemClock, local_time};
use crate::values::age;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a deliverer may take to start before it is said that none is running.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// Where events arrive, root's ways first: the directory of `--drop` if it is given, the configured
/// ones, and the default ones, where events of a `notify` are that could not read the
/// configuration; not where `--config` names a set-up of its own.
pub(crate) fn drops(drop: Option<&Path>, paths: &Paths, config: &Config) -> Vec<PathBuf> {
    let default = |path: &str| (!paths.config_is_given).then(|| paths.inside(Path::new(path)));
    let ways = [
        Some(config.root_drop.clone()),
        default(config::DEFAULT_ROOT_DROP),
        drop.map(Path::to_path_buf),
        Some(config.drop.clone()),
        default(config::DEFAULT_DROP),
    ];
    let mut drops = Vec::new();
    for way in ways.into_iter().flatten() {
        if !drops.contains(&way) {
            drops.push(way);
        }
    }
    drops
}

/// What waits outside the journal.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) inboxes: Vec<Inbox>,
    drops: Vec<PathBuf>,
    /// Whether something waits and no deliverer is running.
    pub(crate) is_abandoned: bool,
}

impl Waiting {
    /// Looks into the drop directories. Look before you read the journal: events go from here to
    /// there, so that none is missed.
    pub(crate) fn look(drop: Option<&Path>, paths: &Paths, config: &Config) -> Self {
        let drops = drops(drop, paths, config);
        Self {
            inboxes: drops.iter().map(|drop| Inbox::look(drop)).collect(),
            drops,
            is_abandoned: false,
        }
    }

    /// Looks whether a deliverer is running, if one is needed.
    pub(crate) fn look_for_deliverer(&mut self, config: &Config) -> Result<(), Failure> {
        let begin = Instant::now();
        loop {
            let is_running = is_deliverer_running(&config.journal).map_err(|cause| {
                let path = config.journal.display();
                Failure::new(format_args!(
                    "cannot tell whether a deliverer is running on the journal {path}: {cause}"
                ))
                .hint("run it as the user who owns the journal, usually root")
            })?;
            if is_running || !(has_events(&self.drops) || is_due(config)?) {
                return Ok(());
            }
            if begin.elapsed() > PATIENCE {
                self.is_abandoned = true;
                return Ok(());
            }
            sleep(PAUSE);
        }
    }

    /// Whether all directories could be looked at, and are empty.
    pub(crate) fn is_nothing(&self) -> bool {
        let is_empty = |inbox: &Inbox| inbox.events == 0 && inbox.problem.is_none();
        self.inboxes.iter().all(is_empty)
    }

    /// What waits, for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let now = SystemClock.now();
        let with_events = self.inboxes.iter().filter(|inbox| inbox.events > 0);
        let mut lines: Vec<String> = with_events
            .map(|inbox| {
                let path = shown(&inbox.path);
                let since = inbox.oldest.map_or_else(String::new, |oldest| {
                    let time = local_time(oldest).format("%Y-%m-%d %H:%M:%S %:z");
                    format!("since {time} ({})", age(elapsed(oldest, now)))
                });
                match inbox.events {
                    1 => format!("1 alert waits in the drop directory {path}, {since}"),
                    many => {
                        format!(
                            "{many} alerts wait in the drop directory {path}, the oldest {since}"
                        )
                    }
                }
            })
            .collect();
        if self.is_abandoned {
            lines.push(
                "no deliverer is running, although one is needed: run `tcpw deliver`".to_owned(),
            );
        }
        lines
    }

    /// What waits, for programs: one object for each directory that is not empty or could not be
    /// read, and one if a deliverer is missing.
    pub(crate) fn objects(&self) -> Vec<String> {
        let worth = |inbox: &&Inbox| inbox.events > 0 || inbox.problem.is_some();
        let mut objects: Vec<String> = self
            .inboxes
            .iter()
            .filter(worth)
            .map(|inbox| {
                let oldest = inbox
                    .oldest
                    .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
                json!({
                    "drop": shown(&inbox.path),
                    "events": inbox.events,
                    "oldest": oldest,
                    "problem": inbox.problem.as_ref().map(|problem| format!("cannot read: {problem}")),
                })
                .to_string()
            })
            .collect();
        if self.is_abandoned {
            objects.push(json!({"deliverer": "not running"}).to_string());
        }
        objects
    }

    /// Tells of the directories that could not be read, and gives the exit code: `usual` where
    /// nothing is wrong here.
    pub(crate) fn exit(&self, usual: Exit, context: &mut Context) -> Result<Exit, Failure> {
        let mut exit = usual;
        if self.is_abandoned && exit == Exit::Done {
            exit = Exit::Negative;
        }
        for inbox in &self.inboxes {
            if let Some(problem) = &inbox.problem {
                let path = shown(&inbox.path);
                context.out.note(&format!(
                    "cannot read the drop directory {path}: {problem}; alerts may wait there"
                ))?;
                exit = Exit::Failed;
            }
        }
        Ok(exit)
    }
}

/// Whether the journal has a letter that leaves sooner or later.
fn is_due(config: &Config) -> Result<bool, Failure> {
    let Some(mut journal) = open_journal::open(&config.journal)? else {
        return Ok(false);
    };
    let waiting = Journal::waiting(&mut journal).map_err(open_journal::told)?;
    Ok(waiting.next_due.is_some())
}

/// The seconds from `time` to `now`; none if it is later.
fn elapsed(time: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    u64::try_from((now - time).num_seconds()).unwrap_or(0)
}

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_bytes())
}
