//! `ipset save`.

use crate::import::address::masked;
use crate::import::entry::{Entry, Origin, Whom};
use crate::import::input::each_line;
use crate::import::intake::Intake;
use crate::import::words::{shown, words};
use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// What was read so far.
#[derive(Default)]
struct Dump {
    /// The sets, and whether their elements are addresses alone.
    sets: BTreeMap<String, bool>,
}

/// Reads one set: the one that the terms name, or the only one.
///
/// # Errors
/// When it cannot be read; inside, in words, when it is not clear which set is meant.
pub(crate) fn read(
    input: &mut dyn BufRead,
    intake: &mut Intake<'_>,
) -> io::Result<Result<(), String>> {
    if let Err(what) = intake.list_verdict() {
        return Ok(Err(what));
    }
    let mut dump = Dump::default();
    let wanted = intake.terms.set.clone();
    each_line(input, &mut |place, line| {
        let taken = line
            .map_err(str::to_owned)
            .and_then(|line| words(line, true).ok_or_else(|| "a quote has no end".to_owned()))
            .and_then(|words| dump.line(&words, wanted.as_deref(), intake));
        match taken {
            Ok(entry) => entry.into_iter().for_each(|entry| intake.take(entry)),
            Err(what) => intake.fault(&place, &what),
        }
    })?;
    let names: Vec<String> = dump.sets.keys().map(|name| shown(name)).collect();
    Ok(match &wanted {
        Some(set) if !dump.sets.contains_key(set) => Err(format!(
            "it has no set `{}`; it has: {}",
            shown(set),
            names.join(", ")
        )),
        None if dump.sets.len() > 1 => Err(format!(
            "it has the sets {}: name one with --set",
            names.join(", ")
        )),
        None if dump.sets.is_empty() => Err("it has no set".to_owned()),
        Some(_) | None => Ok(()),
    })
}

impl Dump {
    fn line(
        &mut self,
        words: &[String],
        wanted: Option<&str>,
        intake: &Intake<'_>,
    ) -> Result<Option<Entry>, String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] | ["COMMIT" | "flush" | "destroy", ..] => Ok(None),
            ["create" | "-N", name, kind, options @ ..] => {
                // With a mask, an address stands for all that have its first bits.
                let has_mask = options
                    .iter()
                    .any(|option| matches!(*option, "netmask" | "bitmask"));
                let is_plain = matches!(*kind, "hash:ip" | "hash:net" | "bitmap:ip") && !has_mask;
                self.sets.insert((*name).to_owned(), is_plain);
                Ok(None)
            }
            ["add" | "-A", name, ..] if wanted.is_some_and(|wanted| wanted != *name) => Ok(None),
            ["add" | "-A", name, entry, options @ ..] => match self.sets.get(*name) {
                Some(true) => element(entry, options, intake).map(Some),
                Some(false) => Err("it is more than an address or a network".to_owned()),
                None => Err(format!("the set `{}` was not created", shown(name))),
            },
            [other, ..] => Err(format!(
                "`{}` is not a line of a dump of ipset",
                shown(other)
            )),
        }
    }
}

/// An element; what is left of its time is counted from now.
fn element(text: &str, options: &[&str], intake: &Intake<'_>) -> Result<Entry, String> {
    let mut origin = Origin::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "nomatch" => return Err("`nomatch`: it is an exception from the set".to_owned()),
            "timeout" => {
                let value = options.next().copied().unwrap_or_default();
                let seconds: u32 = value.parse().map_err(|_| {
                    format!("`timeout {}` is not a number of seconds", shown(value))
                })?;
                let until = intake.terms.now.saturating_add(seconds.into());
                origin.until = (seconds > 0).then_some(until);
            }
            "comment" => {
                let comment = options.next().copied().unwrap_or_default();
                origin.reason = intake.reason(comment);
            }
            "packets" | "bytes" | "skbmark" | "skbprio" | "skbqueue" => {
                options.next();
            }
            other => return Err(format!("`{}` is not an option of an element", shown(other))),
        }
    }
    let network = masked(text).map_err(|why| format!("`{}`: {why}", shown(text)))?;
    Ok(Entry {
        origin,
        ..Entry::new(intake.list_verdict()?, Whom::Ranges(vec![network]))
    })
}
