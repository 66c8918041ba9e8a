//! Going through a drop directory once: root's in the order of time, any other as the system lists
//! it, a name at a time, so that no number of names takes memory or makes anybody wait.

use crate::alert::inbox::directory::{DropDirectory, Names, Step};
use crate::alert::inbox::reading::is_name;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How much later what was found is reported when there is no end of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The way through a directory, as far as it has come.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) directory: Rc<DropDirectory>,
    way: Way,
    /// Whether there were more names than are kept.
    pub(crate) is_cut: bool,
    /// Whether the next way through it will find less.
    pub(crate) has_progress: bool,
    /// Whose files have to wait, how many, and one of them.
    pub(crate) left: BTreeMap<u32, (u64, PathBuf)>,
    /// How long it has taken, without what others did between two passes.
    pub(crate) work: Duration,
    told: Instant,
}

#[derive(Debug)]
enum Way {
    /// The oldest names.
    Listed(VecDeque<String>),
    /// All that are there.
    Streamed(Names),
}

impl Sweep {
    /// Begins with the directory at `path`, of which at most `most` names are kept; nothing if there
    /// is none.
    ///
    /// # Errors
    /// When it cannot be opened, or root's not be listed.
    pub(crate) fn begin(path: &Path, most: usize) -> io::Result<Option<Self>> {
        let Some(directory) = DropDirectory::open(path)? else {
            return Ok(None);
        };
        let mut is_cut = false;
        let way = if directory.is_roots() {
            let mut names = BTreeSet::new();
            directory.visit(&mut |name| {
                if is_name(name) {
                    names.insert(name.to_owned());
                    is_cut |= names.len() > most && names.pop_last().is_some();
                }
            })?;
            Way::Listed(names.into_iter().collect())
        } else {
            Way::Streamed(directory.names()?)
        };
        Ok(Some(Self {
            directory: Rc::new(directory),
            way,
            is_cut,
            has_progress: false,
            left: BTreeMap::new(),
            work: Duration::ZERO,
            told: Instant::now(),
        }))
    }

    /// The next name of an event, or a name of something else, or the end.
    ///
    /// # Errors
    /// When the directory cannot be listed to its end.
    pub(crate) fn step(&mut self) -> io::Result<Step> {
        match &mut self.way {
            Way::Listed(names) => Ok(names.pop_front().map_or(Step::End, Step::Name)),
            Way::Streamed(names) => names.step(is_name),
        }
    }

    /// Leaves a file of `uid` for later.
    pub(crate) fn leave(&mut self, uid: u32, path: &Path) {
        let (files, _) = self.left.entry(uid).or_insert((0, path.to_owned()));
        *files += 1;
    }

    /// Whether it is time to say what was found, although there is no end of it yet.
    pub(crate) fn is_to_tell(&mut self) -> bool {
        let is_time = self.told.elapsed() >= PATIENCE;
        if is_time {
            self.told = Instant::now();
        }
        is_time
    }
}
