//! Events for spreadsheets: lines of CSV after one line of titles.

use crate::cli::base::{Failure, Output};
use crate::escape::spreadsheet_cell;

/// Writes rows of so many cells.
pub(super) struct Sheet<const N: usize> {
    titles: [&'static str; N],
    is_begun: bool,
}

impl<const N: usize> Sheet<N> {
    /// A sheet with these titles, none of it written yet.
    pub(super) fn new(titles: [&'static str; N]) -> Self {
        Self {
            titles,
            is_begun: false,
        }
    }

    /// Writes the titles, unless they are written: a sheet without rows has them too.
    pub(super) fn begin(&mut self, out: &mut Output) -> Result<(), Failure> {
        if self.is_begun {
            return Ok(());
        }
        self.is_begun = true;
        out.bytes(&line(&self.titles.map(str::to_owned)))
    }

    /// Writes a row.
    pub(super) fn row(&mut self, cells: &[String; N], out: &mut Output) -> Result<(), Failure> {
        self.begin(out)?;
        out.bytes(&line(cells))
    }
}

/// A line of CSV in which nothing is a formula.
fn line<const N: usize>(cells: &[String; N]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cells = cells.iter().map(|cell| spreadsheet_cell(cell).into_owned());
    // Writing to memory cannot fail.
    drop(writer.write_record(cells));
    writer.into_inner().unwrap_or_default()
}
