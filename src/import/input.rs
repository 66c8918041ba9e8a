//! Files of a source, line by line or whole, with a limit for each.

use crate::import::notes::SourcePlace;
use std::io::{self, BufRead, Read as _};

/// The longest line, in bytes.
const LONGEST: u64 = 1 << 20;
/// The largest file that is read whole, in bytes.
const LARGEST: u64 = 1 << 30;

/// Gives each line to `take`, as text without its end; a line that is none is given as an error.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn each_line(
    input: &mut dyn BufRead,
    take: &mut dyn FnMut(SourcePlace, Result<&str, &str>),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        if io::Read::take(&mut *input, LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        number += 1;
        let is_cut = line.len() >= 1 << 20 && !line.ends_with(b"\n");
        if is_cut {
            skip(input)?;
        }
        let text = str::from_utf8(&line).map(|text| text.trim_end_matches(['\r', '\n']));
        take(
            SourcePlace::Line(number),
            match text {
                Ok(_) | Err(_) if is_cut => Err("the line is longer than a mebibyte"),
                Ok(text) => Ok(text),
                Err(_) => Err("the line is not text in UTF-8"),
            },
        );
    }
}

/// Goes to the next line.
fn skip(input: &mut dyn BufRead) -> io::Result<()> {
    loop {
        let read = input.fill_buf()?;
        let (length, is_end) = match memchr::memchr(b'\n', read) {
            Some(at) => (at + 1, true),
            None => (read.len(), read.is_empty()),
        };
        input.consume(length);
        if is_end {
            return Ok(());
        }
    }
}

/// A file as a whole.
///
/// # Errors
/// When it cannot be read, is not text or is larger than a gibibyte.
pub(crate) fn whole(input: &mut dyn BufRead) -> io::Result<String> {
    let mut text = String::new();
    io::Read::take(input, LARGEST + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > LARGEST) {
        return Err(io::Error::other("it is larger than a gibibyte"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_a_limit() {
        let mut bytes = b"a\r\n\xff\n".to_vec();
        bytes.extend(vec![b'x'; (1 << 20) + 7]);
        bytes.extend(b"\nb");
        let mut seen = Vec::new();
        each_line(&mut &*bytes, &mut |place, line| {
            let line = line.map_or_else(|error| format!("!{error}"), str::to_owned);
            seen.push(format!("{place} {line}"));
        })
        .unwrap();
        assert_eq!(
            seen,
            [
                ":1 a",
                ":2 !the line is not text in UTF-8",
                ":3 !the line is longer than a mebibyte",
                ":4 b"
            ]
        );
    }
}
