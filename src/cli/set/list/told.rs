//! What there is to say about lists: what cannot be understood, and what is odd.

use super::form::ListForm;
use super::place::Place;
use crate::cli::base::{Context, Failure};

/// How many are shown.
const SHOWN: usize = 10;

/// Lines of which the first ones are kept and all are counted.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    first: Vec<String>,
    count: u64,
}

impl Notes {
    /// Takes a line about a place in a list.
    pub(super) fn add(&mut self, list: &str, place: Place, what: &str) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(format!("{list}{place}: {what}"));
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The first ones, and how many more there are.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.first.clone();
        let shown = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let more = self.count.saturating_sub(shown);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines
    }

    /// Shows what cannot be understood; `is_table` says whether a list is or may be CSV.
    ///
    /// # Errors
    /// When there is anything.
    fn check(&self, is_table: bool, context: &mut Context) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        for line in self.lines() {
            context.out.note(&line)?;
        }
        let entries = if self.count == 1 { "entry" } else { "entries" };
        let hint = if is_table {
            "mend or remove them; of CSV, name the column of the addresses with --column"
        } else {
            "mend or remove them; --form names the form of the lists"
        };
        let count = self.count;
        Err(Failure::new(format_args!(
            "{count} {entries} cannot be understood: nothing was written"
        ))
        .hint(hint))
    }
}

/// All that there is to say about lists.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// What cannot be understood.
    pub(crate) faults: Notes,
    /// What was taken and is odd.
    pub(crate) warnings: Notes,
    /// Whether a list of lines has an entry with a comma that cannot be understood: it may be CSV.
    pub(super) is_like_csv: bool,
}

impl Told {
    /// Shows what cannot be understood in lists of these forms.
    ///
    /// # Errors
    /// When there is anything.
    pub(crate) fn check(&self, forms: &[ListForm], context: &mut Context) -> Result<(), Failure> {
        let has = |form| forms.contains(&form);
        let is_table = has(ListForm::Csv) || has(ListForm::Lines) && self.is_like_csv;
        self.faults.check(is_table, context)
    }
}
