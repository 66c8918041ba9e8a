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
    /// What the words before are the beginning of.
    next: Next,
    /// Whether a quote is open.
    is_quoted: bool,
    /// The element so far, and the line on which it begins.
    element: Vec<u8>,
    line: Option<Place>,
}

/// What is expected after the words so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Any word.
    #[default]
    Any,
    /// The name of a set.
    Name,
    /// The sign after `elements`.
    Equals,
    /// The brace before the elements.
    Brace,
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
        let mut rest = line;
        while !rest.is_empty() {
            rest = if self.is_inside {
                self.elements(intake, place, rest)?
            } else {
                self.word(rest)
            };
        }
        Ok(())
    }

    /// Takes the first word of a text outside of elements, and gives what comes after it: dumps are in lines, but
    /// people write a table in one.
    fn word<'l>(&mut self, text: &'l [u8]) -> &'l [u8] {
        let text = text.trim_ascii_start();
        let is_sign = |byte: &u8| b"{};=".contains(byte);
        let length = match text.first() {
            None | Some(b'#') => return &[],
            Some(b'"') => {
                let inside = text.get(1..).unwrap_or_default();
                memchr::memchr(b'"', inside).map_or(text.len(), |end| end + 2)
            }
            Some(byte) if is_sign(byte) => 1,
            Some(_) => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || is_sign(byte);
                text.iter().position(is_end).unwrap_or(text.len())
            }
        };
        let (word, rest) = text.split_at_checked(length).unwrap_or((text, &[]));
        self.next = match (self.next, word) {
            (Next::Name, name) => {
                self.name = name.to_vec();
                Next::Any
            }
            (_, b"set" | b"map") => Next::Name,
            (_, b"elements") => Next::Equals,
            (Next::Equals, b"=") => Next::Brace,
            (Next::Brace, b"{") => {
                self.is_inside = true;
                Next::Any
            }
            (Next::Any | Next::Equals | Next::Brace, _) => Next::Any,
        };
        rest
    }

    /// Takes elements up to the end of the text or theirs, and gives what comes after it.
    fn elements<'l>(
        &mut self,
        intake: &mut Intake<'_>,
        place: Place,
        text: &'l [u8],
    ) -> Result<&'l [u8], Failure> {
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b',' | b'}' if !self.is_quoted => {
                    self.is_inside = byte == b',';
                    self.end(intake)?;
                    if !self.is_inside {
                        return Ok(text.get(at + 1..).unwrap_or_default());
                    }
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
        Ok(&[])
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
