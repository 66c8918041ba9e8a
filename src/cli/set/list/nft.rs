//! Lists that `nft list set` printed.

use super::ends::length_of_nft;
use super::feed::Leash;
use super::intake::Intake;
use super::ipset::{one_set, words};
use super::lines::each_line;
use super::place::Place;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use std::io::BufRead;

/// As much of an element as is shown.
const SHOWN: usize = 60;
/// The longest element, in bytes.
const LONGEST: usize = 4096;

/// Where in a dump the reader is.
#[derive(Debug, Default)]
struct Dump {
    /// The set that is being read.
    name: Vec<u8>,
    /// The set whose elements were read.
    taken: Option<Vec<u8>>,
    /// Whether its elements are.
    is_inside: bool,
    /// Whether a quote is open.
    is_quoted: bool,
    /// The element so far, and the line on which it begins.
    element: Vec<u8>,
    line: Option<Place>,
}

/// Reads the elements of one set. What is left of a time (`expires`, or `timeout` where that is not
/// there) is counted from the time of the list.
pub(super) fn read(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    let mut dump = Dump::default();
    each_line(input, leash, intake, &mut |intake, place, line| {
        dump.line(intake, place, line)
    })?;
    if dump.is_inside {
        let what = "its elements have no end: it was cut";
        return Err(intake
            .unreadable(&what)
            .hint("dump the set again; nothing was changed"));
    }
    Ok(())
}

impl Dump {
    fn line(&mut self, intake: &mut Intake<'_>, place: Place, line: &[u8]) -> Result<(), Failure> {
        if self.is_inside {
            return self.elements(intake, place, line);
        }
        let line = line.trim_ascii();
        let words = words(line);
        if let [b"set" | b"map", name, ..] = words.as_slice() {
            self.name = name.to_vec();
        }
        if words.first() == Some(&&b"elements"[..]) {
            let open = memchr::memchr(b'{', line).unwrap_or(line.len());
            self.is_inside = open < line.len();
            return self.elements(intake, place, line.get(open + 1..).unwrap_or_default());
        }
        Ok(())
    }

    fn elements(
        &mut self,
        intake: &mut Intake<'_>,
        place: Place,
        text: &[u8],
    ) -> Result<(), Failure> {
        for &byte in text {
            if !self.is_inside {
                break;
            }
            match byte {
                b',' | b'}' if !self.is_quoted => {
                    self.is_inside = byte == b',';
                    self.end(intake)?;
                }
                _ => {
                    self.is_quoted ^= byte == b'"';
                    if self.line.is_none() && !byte.is_ascii_whitespace() {
                        self.line = Some(place);
                    }
                    if self.element.len() < LONGEST {
                        self.element.push(byte);
                    }
                }
            }
        }
        Ok(())
    }

    /// An element is whole.
    fn end(&mut self, intake: &mut Intake<'_>) -> Result<(), Failure> {
        let Some(place) = self.line.take() else {
            self.element.clear();
            return Ok(());
        };
        one_set(&mut self.taken, &self.name, "nft list set", intake)?;
        let words = words(&self.element);
        let (entry, options) = words
            .split_first()
            .map_or((&b""[..], &[][..]), |(entry, rest)| (*entry, rest));
        let taken = if self.element.len() >= LONGEST {
            Err("an element of more than 4096 bytes".to_owned())
        } else {
            end(options, intake.time())
        };
        let told = match taken {
            Ok(end) => intake.take(place, entry, end),
            Err(why) => {
                let shown = visible_short(&self.element, SHOWN);
                intake.fault(place, &format!("`{shown}`: {why}"));
                Ok(())
            }
        };
        self.element.clear();
        told
    }
}

/// The end that the options of an element give.
fn end(options: &[&[u8]], now: i64) -> Result<Option<i64>, String> {
    let mut options = options.iter().copied();
    let (mut timeout, mut expires) = (None, None);
    while let Some(option) = options.next() {
        let place = match option {
            b":" | b"." => {
                return Err("it is more than an address, a network or a range".to_owned());
            }
            // Its value may look like an option.
            b"comment" => {
                options.next();
                continue;
            }
            b"timeout" => &mut timeout,
            b"expires" => &mut expires,
            _ => continue,
        };
        let value = options.next().unwrap_or_default();
        let length = length_of_nft(value)
            .ok_or_else(|| format!("`{}` is not a length of time", visible_short(value, SHOWN)))?;
        *place = Some(length);
    }
    Ok(expires.or(timeout).map(|length| now.saturating_add(length)))
}
