//! What `tcpw-fleet push` has done, as its last run that succeeded left it in a file of one line.

use std::path::Path;
use tcpw_event::regular::read_regular;

/// More than this is never in the file.
const LONGEST: u64 = 200;

/// The last push that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// When it was, in seconds since the epoch.
    pub at: i64,
    /// The last event of the journal that the database has; 0 if it has none.
    pub event: i64,
    /// The time of that event, in microseconds since the epoch: a number may come again in another
    /// journal, with another time.
    pub time: i64,
}

impl Pushed {
    /// Reads the file; nothing if there is none, or not one that a push has written.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        // The directory is of the user who reads the network: whatever lies there, nobody waits for it.
        let bytes = read_regular(path, LONGEST).ok()?;
        Self::of_text(std::str::from_utf8(&bytes).ok()?)
    }

    /// What the file has; a line that was cut short is none.
    fn of_text(text: &str) -> Option<Self> {
        let mut numbers = text.strip_suffix('\n')?.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        let pushed = Self {
            at: next()?,
            event: next()?,
            time: next()?,
        };
        numbers.next().is_none().then_some(pushed)
    }

    /// As the file has it.
    pub fn to_text(self) -> String {
        format!("{} {} {}\n", self.at, self.event, self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let pushed = Pushed {
            at: 1_700_000_000,
            event: 17,
            time: -5,
        };
        assert_eq!(Pushed::of_text(&pushed.to_text()), Some(pushed));
        for bad in [
            "",
            "\n",
            "1 2 3",
            "1 2\n",
            "1 2 3 4\n",
            "1 2 x\n",
            "1  2 3\n",
        ] {
            assert_eq!(Pushed::of_text(bad), None, "{bad:?}");
        }
        let place = tempfile::tempdir().unwrap();
        assert_eq!(Pushed::read(place.path()), None);
        assert_eq!(Pushed::read(&place.path().join("none")), None);
        let file = place.path().join("file");
        std::fs::write(&file, pushed.to_text()).unwrap();
        assert_eq!(Pushed::read(&file), Some(pushed));
        std::fs::write(&file, pushed.to_text().repeat(100)).unwrap();
        assert_eq!(Pushed::read(&file), None);
        // Opening it to read would last until somebody writes.
        let pipe = place.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(Pushed::read(&pipe), None);
    }
}
