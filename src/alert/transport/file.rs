//! One `.eml` file a mail: the way out that needs nothing and nobody.

use crate::alert::model::outcome::Delivery;
use crate::alert::model::outcome::{Mail, Outcome, Step};
use crate::alert::transport::channel::{Transport, for_all, for_each};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Writes mails into a directory, each complete or not at all; a retry replaces its own file.
#[derive(Debug)]
pub struct FileTransport {
    directory: PathBuf,
}

impl FileTransport {
    /// Mails go into `directory`, which is made (0700) when it is absent.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    fn write(&self, mail: &Mail) -> io::Result<PathBuf> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let unfinished = self.directory.join(format!(".{}.new", mail.name));
        let finished = self.directory.join(format!("{}.eml", mail.name));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(&mail.bytes)?;
        file.sync_all()?;
        rename(&unfinished, &finished)?;
        File::open(&self.directory)?.sync_all()?;
        Ok(finished)
    }
}

impl Transport for FileTransport {
    fn send(&self, mail: &Mail) -> Vec<Delivery> {
        match self.write(mail) {
            Ok(path) => for_each(
                &mail.recipients,
                &Outcome::Delivered {
                    answer: path.display().to_string(),
                },
            ),
            Err(cause) => for_all(Outcome::Transient(
                Step::File,
                format!("{}: {cause}", self.directory.display()).into(),
            )),
        }
    }

    fn describe(&self) -> String {
        format!("file, into the directory {}", self.directory.display())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "mails in files are written by alert alone"
)]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}
