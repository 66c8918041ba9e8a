//! A list as a file, or as standard input.

use super::column::Column;
use super::feed::{Feed, Leash};
use super::form::ListForm;
use super::intake::Intake;
use super::{array, ipset, lines, nft, table};
use crate::cli::base::Failure;
use crate::system::{Clock as _, SystemClock};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is read at a time, and from which the form is told.
const READ: usize = 64 << 10;
/// What some programs of another system put before a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A list that is read once.
#[derive(Debug)]
pub(crate) struct ListFile {
    name: String,
    date: Option<i64>,
    input: BufReader<Feed>,
    leash: Leash,
}

impl ListFile {
    /// Opens a list; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be opened, or is a directory.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(format_args!("cannot read {}: {error}", path.display()))
                .hint("name a list that you may read; nothing was changed")
        };
        let leash = Leash::default();
        let (from, date): (Box<dyn Read>, _) = if path == Path::new("-") {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(|error| failed(&error))?;
            let found = file.metadata().map_err(|error| failed(&error))?;
            if found.is_dir() {
                return Err(failed(&"it is a directory"));
            }
            let modified = found.modified().ok().filter(|_| found.is_file());
            let age = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let date = age.and_then(|age| i64::try_from(age.as_secs()).ok());
            (Box::new(file), date)
        };
        let feed = Feed::new(from, leash.clone());
        Ok(Self {
            name: path.to_string_lossy().into_owned(),
            date,
            input: BufReader::with_capacity(READ, feed),
            leash,
        })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// When it was changed last, in seconds since 1970.
    pub(crate) fn date(&self) -> Option<i64> {
        self.date
    }

    /// From when it counts lengths of time: when it was written, or now.
    pub(crate) fn time_of_ends(&self) -> i64 {
        self.date.unwrap_or_else(|| SystemClock.now().timestamp())
    }

    /// Its form, told from how it begins.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn detect(&mut self) -> Result<ListForm, Failure> {
        let start = self.start()?;
        Ok(ListForm::of_start(start))
    }

    /// Reads all entries.
    ///
    /// # Errors
    /// When it cannot be read, or not at all in this form.
    pub(crate) fn read(
        &mut self,
        form: ListForm,
        column: Option<&Column>,
        intake: &mut Intake<'_>,
    ) -> Result<(), Failure> {
        self.start()?;
        let (input, leash) = (&mut self.input, &self.leash);
        match (form, column) {
            (ListForm::Csv, Some(column)) => table::read(input, column, leash, intake),
            (ListForm::Csv, None) => Err(Failure::new(
                "of CSV it has to be known which column holds the addresses",
            )
            .hint("name it: --column 1, or --column ip")),
            (ListForm::Lines | ListForm::Ipset | ListForm::Nft | ListForm::Json, Some(_)) => Err(
                Failure::new(format_args!("--column is for CSV, and --form is {form}"))
                    .hint("leave one of the two out"),
            ),
            (ListForm::Lines, None) => lines::read(input, leash, intake),
            (ListForm::Ipset, None) => ipset::read(input, leash, intake),
            (ListForm::Nft, None) => nft::read(input, leash, intake),
            (ListForm::Json, None) => array::read(input, leash, intake),
        }
    }

    /// The SHA-256 of all its bytes, when it was read.
    pub(crate) fn digest(&self) -> [u8; 32] {
        self.input.get_ref().digest()
    }

    /// How it begins, without a mark of the order of bytes.
    fn start(&mut self) -> Result<&[u8], Failure> {
        let name = &self.name;
        let failed = |error: io::Error| {
            Failure::new(format_args!("cannot read {name}: {error}"))
                .hint("name a list that you may read; nothing was changed")
        };
        let marked = self.input.fill_buf().map_err(failed)?.starts_with(MARK);
        if marked {
            self.input.consume(MARK.len());
        }
        self.input.fill_buf().map_err(failed)
    }
}
