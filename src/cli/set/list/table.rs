//! Lists that are a column of CSV.

use super::column::Column;
use super::feed::Leash;
use super::intake::Intake;
use super::place::Place;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::io::BufRead;

/// As much of a name as is shown.
const SHOWN: usize = 40;

/// Reads a column. What separates fields is told by the first line that is not a comment: a comma, a
/// semicolon or a tab. A first line whose field is a word, and does not look like an address, has the names of
/// columns.
pub(super) fn read(
    input: &mut dyn BufRead,
    column: &Column,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    let start = input
        .fill_buf()
        .map_err(|error| intake.unreadable(&error))?;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .delimiter(delimiter(start))
        .from_reader(input);
    let mut record = ByteRecord::new();
    let mut at = None;
    loop {
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|error| intake.unreadable(&error))? {
            return Ok(());
        }
        leash.release();
        let place = Place::Line(record.position().map_or(0, csv::Position::line));
        let (number, is_entry) = match at {
            Some(number) => (number, true),
            None => find(column, &record, intake)?,
        };
        at = Some(number);
        if !is_entry {
            continue;
        }
        match record.get(number) {
            Some(field) => intake.take(place, field, None)?,
            None => intake.fault(place, &format!("there is no column {}", number + 1)),
        }
    }
}

/// The number of the column, counted from 0, and whether the first line has an entry in it.
fn find(
    column: &Column,
    first: &ByteRecord,
    intake: &Intake<'_>,
) -> Result<(usize, bool), Failure> {
    let name = match column {
        Column::Number(number) => {
            let number = number.saturating_sub(1);
            return Ok((number, !first.get(number).is_some_and(is_name)));
        }
        Column::Name(name) => name,
    };
    let mut fields = first.iter();
    if let Some(number) = fields.position(|field| field.eq_ignore_ascii_case(name.as_bytes())) {
        return Ok((number, false));
    }
    let names: Vec<String> = first
        .iter()
        .map(|field| visible_short(field, SHOWN))
        .collect();
    let what = format!(
        "no column is called `{}`",
        visible_short(name.as_bytes(), SHOWN)
    );
    Err(intake.unreadable(&what).hint(format_args!(
        "the first line has: {}; or give the number of the column",
        names.join(", ")
    )))
}

/// Whether a field is the name of a column, and not an entry that cannot be understood: those have digits with
/// dots or a slash, colons, or begin with a digit.
fn is_name(field: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| field.iter().any(is);
    let is_like_an_address = field.first().is_none_or(u8::is_ascii_digit)
        || field.contains(&b':')
        || has(u8::is_ascii_digit) && has(|byte| b"./".contains(byte));
    !is_like_an_address && str::from_utf8(field).is_ok()
}

fn delimiter(start: &[u8]) -> u8 {
    let mut lines = start.split(|byte| *byte == b'\n');
    let first = lines.find(|line| !line.trim_ascii().is_empty() && line.first() != Some(&b'#'));
    let first = first.unwrap_or_default();
    let has = |byte: &u8| first.contains(byte);
    [b',', b'\t', b';'].into_iter().find(has).unwrap_or(b',')
}
