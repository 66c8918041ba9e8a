//! Lists that `ipset save` printed.

use super::feed::Leash;
use super::intake::Intake;
use super::lines::each_line;
use crate::cli::base::Failure;
use crate::escape::visible_short;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;
use std::net::IpAddr;
use tcpw_gate::Network;

/// As much of a word as is shown.
const SHOWN: usize = 60;

/// Reads the elements of one set. A timeout is counted from the time of the list.
pub(super) fn read(
    input: &mut dyn BufRead,
    leash: &Leash,
    intake: &mut Intake<'_>,
) -> Result<(), Failure> {
    let mut set: Option<Vec<u8>> = None;
    let mut masks: HashMap<Vec<u8>, Result<u8, String>> = HashMap::new();
    each_line(input, leash, intake, &mut |intake, place, line| {
        let words = words(line);
        let mut words = words.iter().copied();
        match words.next() {
            None | Some(b"flush" | b"destroy" | b"COMMIT") => Ok(()),
            Some(b"create" | b"-N") => {
                if let Some(name) = words.next()
                    && let Some(mask) = mask(&mut words)
                {
                    masks.insert(name.to_vec(), mask);
                }
                Ok(())
            }
            Some(word) if word.starts_with(b"#") => Ok(()),
            Some(b"add" | b"-A") => {
                let (Some(name), Some(entry)) = (words.next(), words.next()) else {
                    intake.fault(place, "nothing is added here");
                    return Ok(());
                };
                one_set(&mut set, name, "ipset save", intake)?;
                let taken = end(&mut words, intake.time());
                let network = match masks.get(name) {
                    None => Ok(Cow::Borrowed(entry)),
                    Some(Ok(length)) => widened(entry, *length),
                    Some(Err(why)) => Err(why.clone()),
                };
                match network.and_then(|network| Ok((network, taken?))) {
                    Ok((network, end)) => intake.take(place, &network, end),
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

/// How many leading bits the elements of a set have, which each stand for all addresses that begin with them; or
/// why that is not a network. Nothing if the set holds addresses as they are.
fn mask<'w>(options: &mut impl Iterator<Item = &'w [u8]>) -> Option<Result<u8, String>> {
    while let Some(option) = options.next() {
        match option {
            b"netmask" => {
                let value = options.next().unwrap_or_default();
                let length = str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                return Some(length.ok_or_else(|| {
                    format!(
                        "its set has `netmask {}`, which is not a number of bits",
                        visible_short(value, SHOWN)
                    )
                }));
            }
            b"bitmask" => {
                return Some(Err(
                    "its set has a `bitmask`: an element of it is not a network".to_owned(),
                ));
            }
            _ => {}
        }
    }
    None
}

/// The whole network of an element of a set with a netmask.
fn widened(entry: &[u8], length: u8) -> Result<Cow<'_, [u8]>, String> {
    let text = str::from_utf8(entry).ok();
    let Some(network) = text.and_then(|text| text.parse::<Network>().ok()) else {
        // What it is not is said where it is taken.
        return Ok(Cow::Borrowed(entry));
    };
    let ends = match (network.first(), network.last()) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            let rest = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            let [first, last] = [first.to_bits() & !rest, last.to_bits() | rest];
            (length <= 32).then(|| [first, last].map(|bits| IpAddr::from(bits.to_be_bytes())))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            let rest = u128::MAX.checked_shr(length.into()).unwrap_or(0);
            let [first, last] = [first.to_bits() & !rest, last.to_bits() | rest];
            (length <= 128).then(|| [first, last].map(|bits| IpAddr::from(bits.to_be_bytes())))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    };
    let [first, last] =
        ends.ok_or_else(|| format!("its set has `netmask {length}`, which does not fit it"))?;
    Ok(Cow::Owned(format!("{first}-{last}").into_bytes()))
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
