//! Lists that `ipset save` printed.

use super::feed::Leash;
use super::intake::Intake;
use super::lines::each_line;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use std::io::BufRead;

/// As much of a word as is shown.
const SHOWN: usize = 60;

/// Reads the elements of one set. A timeout is counted from the time of the list.
pub(super) fn read(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    let mut set: Option<Vec<u8>> = None;
    each_line(input, leash, intake, &mut |intake, place, line| {
        let words = words(line);
        let mut words = words.iter().copied();
        match words.next() {
            None | Some(b"create" | b"-N" | b"flush" | b"destroy" | b"COMMIT") => Ok(()),
            Some(word) if word.starts_with(b"#") => Ok(()),
            Some(b"add" | b"-A") => {
                let (Some(name), Some(entry)) = (words.next(), words.next()) else {
                    intake.fault(place, "nothing is added here");
                    return Ok(());
                };
                one_set(&mut set, name, "ipset save", intake)?;
                match end(&mut words, intake.time()) {
                    Ok(end) => intake.take(place, entry, end),
                    Err(why) => {
                        intake.fault(place, &why);
                        Ok(())
                    }
                }
            }
            Some(other) => {
                let word = visible_short(other, SHOWN);
                intake.fault(
                    place,
                    &format!("`{word}` is not a command of a dump of ipset"),
                );
                Ok(())
            }
        }
    })
}

/// Whether all elements are of one set: another one may be a list of friends.
///
/// # Errors
/// When they are not.
pub(super) fn one_set(
    set: &mut Option<Vec<u8>>,
    name: &[u8],
    command: &str,
    intake: &Intake<'_>,
) -> Result<(), Failure> {
    match set {
        None => *set = Some(name.to_owned()),
        Some(first) if first == name => {}
        Some(first) => {
            let [first, second] = [&**first, name].map(|name| visible_short(name, SHOWN));
            let what = format!("it has elements of the sets `{first}` and `{second}`");
            let hint =
                format!("dump one set alone: `{command}` with its name; nothing was changed");
            return Err(intake.unreadable(&what).hint(hint));
        }
    }
    Ok(())
}

/// The end that the options of an element give.
fn end<'w>(options: &mut impl Iterator<Item = &'w [u8]>, now: i64) -> Result<Option<i64>, String> {
    let mut end = None;
    while let Some(option) = options.next() {
        match option {
            b"nomatch" => {
                return Err(
                    "`nomatch`: a set has no exceptions; put them into a set of their own, \
                            for --except of the gate"
                        .to_owned(),
                );
            }
            b"timeout" => {
                let value = options.next().unwrap_or_default();
                let seconds: Option<i64> = str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                let seconds = seconds.filter(|seconds| *seconds >= 0).ok_or_else(|| {
                    format!(
                        "`timeout {}` is not a number of seconds",
                        visible_short(value, SHOWN)
                    )
                })?;
                end = (seconds > 0).then(|| now.saturating_add(seconds));
            }
            // Its value may look like an option.
            b"comment" => {
                options.next();
            }
            _ => {}
        }
    }
    Ok(end)
}

/// The words of a line; what stands in quotes is one of them.
pub(super) fn words(line: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (word, after) = if let Some(inside) = rest.strip_prefix(b"\"") {
            let end = memchr::memchr(b'"', inside).unwrap_or(inside.len());
            let (word, after) = inside.split_at_checked(end).unwrap_or((inside, &[]));
            (word, after.get(1..).unwrap_or_default())
        } else {
            let end = rest.iter().position(u8::is_ascii_whitespace);
            rest.split_at_checked(end.unwrap_or(rest.len()))
                .unwrap_or((rest, &[]))
        };
        words.push(word);
        rest = after.trim_ascii_start();
    }
    words
}
