//! Lists with an entry on each line.

use super::ends::end_of;
use super::feed::Leash;
use super::intake::Intake;
use super::place::Place;
use crate::cli::base::Failure;
use std::io::BufRead;

/// What a line is given to, with its place.
pub(super) type Take<'t> = &'t mut dyn FnMut(&mut Intake<'_>, Place, &[u8]) -> Result<(), Failure>;

/// Reads lines from `input` and gives each to `take`, with its number.
///
/// # Errors
/// When the list cannot be read, and whatever `take` fails in.
pub(super) fn each_line(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
    take: Take<'_>,
) -> Result<(), Failure> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| intake.unreadable(&error))? == 0 {
            return Ok(());
        }
        leash.release();
        number += 1;
        take(intake, Place::Line(number), &line)?;
    }
}

/// Reads a list whose lines are entries.
pub(super) fn read(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    each_line(input, leash, intake, &mut |intake, place, line| {
        let at = memchr::memchr2(b'#', b';', line);
        let (entry, comment) = line
            .split_at_checked(at.unwrap_or(line.len()))
            .unwrap_or((line, &[]));
        let entry = entry.trim_ascii();
        if entry.is_empty() {
            return Ok(());
        }
        let comment = comment.trim_ascii_start();
        let start = comment
            .iter()
            .take_while(|byte| matches!(byte, b'#' | b';'))
            .count();
        match end_of(comment.get(start..).unwrap_or_default()) {
            Ok(end) => intake.take(place, entry, end),
            Err(why) => {
                intake.fault(place, &why);
                Ok(())
            }
        }
    })
}
