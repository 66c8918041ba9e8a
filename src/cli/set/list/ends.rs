//! Until when an entry counts: as a comment after it says, or as a program counts down.

use crate::escape::visible_short;
use crate::metadata::Comment;
use chrono::DateTime;

/// As much of a word as is shown.
const SHOWN: usize = 60;

/// The end that a comment after an entry names, in seconds since 1970: `until=2026-12-31T00:00:00Z`
/// as a word of its own, or a comment as tcpw writes them above rules.
///
/// # Errors
/// When it names an end that cannot be understood; why, as a sentence.
pub(super) fn end_of(comment: &[u8]) -> Result<Option<i64>, String> {
    if memchr::memchr(b'=', comment).is_none() {
        return Ok(None);
    }
    let line = [b"#", comment].concat();
    if let Some(read) = Comment::read(&line) {
        let label = read.map_err(|fault| fault.to_string())?.label;
        return label
            .until
            .map_or(Ok(None), |until| time(until.as_bytes()).map(Some));
    }
    let mut end = None;
    for word in comment.split(u8::is_ascii_whitespace) {
        let is_key = word
            .get(..6)
            .is_some_and(|key| key.eq_ignore_ascii_case(b"until="));
        if !is_key {
            continue;
        }
        if end.is_some() {
            return Err("`until=` is there twice".to_owned());
        }
        end = Some(time(word.get(6..).unwrap_or_default())?);
    }
    Ok(end)
}

fn time(word: &[u8]) -> Result<i64, String> {
    let text = str::from_utf8(word).ok();
    let time = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    time.map(|time| time.timestamp()).ok_or_else(|| {
        format!(
            "`until={}` is not a time with date, time and zone, such as 2026-12-31T00:00:00Z",
            visible_short(word, SHOWN)
        )
    })
}

/// The seconds of a length of time as nft writes it, a part of a second as a whole one: `1d2h3m4s5ms`.
pub(super) fn length_of_nft(text: &[u8]) -> Option<i64> {
    let mut text = str::from_utf8(text).ok()?;
    if text.is_empty() {
        return None;
    }
    let mut seconds = 0_i64;
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at_checked(digits)?;
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let (unit, after) = rest.split_at_checked(letters)?;
        let number: i64 = number.parse().ok()?;
        let length = match unit {
            "d" => number.checked_mul(86_400)?,
            "h" => number.checked_mul(3600)?,
            "m" => number.checked_mul(60)?,
            "s" => number,
            "ms" => number.checked_add(999)? / 1000,
            _ => return None,
        };
        seconds = seconds.checked_add(length)?;
        text = after;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_wherever_it_stands_and_never_guessed() {
        let end = 1_798_675_200;
        for (comment, wanted) in [
            ("", None),
            (" a scanner", None),
            (" a=b since=2026-01-01T00:00:00Z", None),
            (" until=2026-12-31T00:00:00Z", Some(end)),
            ("UNTIL=2026-12-31T09:00:00+09:00 scanner", Some(end)),
            (" scanner until=2026-12-31T00:00:00Z", Some(end)),
            (
                " tcpw: rule=5e1f0c9a2b7d until=2026-12-31T00:00:00Z by=a",
                Some(end),
            ),
            (" tcpw: rule=5e1f0c9a2b7d by=a reason=scanner", None),
        ] {
            assert_eq!(end_of(comment.as_bytes()), Ok(wanted), "{comment}");
        }
        for comment in [
            "until=",
            "until=tomorrow",
            "until=2026-12-31",
            "until=2026-12-31T00:00:00",
            "until=2026-12-31T00:00:00Z until=2027-12-31T00:00:00Z",
            "tcpw: until=tomorrow",
            "tcpw: expires=2026-12-31T00:00:00Z",
        ] {
            assert!(end_of(comment.as_bytes()).is_err(), "{comment}");
        }
    }

    #[test]
    fn lengths_of_nft_are_added_up() {
        for (text, wanted) in [
            ("1d2h3m4s5ms", Some(86_400 + 7200 + 180 + 5)),
            ("1h", Some(3600)),
            ("59s1ms", Some(60)),
            ("", None),
            ("1", None),
            ("h", None),
            ("1w", None),
            ("99999999999999999999d", None),
            ("9223372036854775807d", None),
        ] {
            assert_eq!(length_of_nft(text.as_bytes()), wanted, "{text}");
        }
    }
}
