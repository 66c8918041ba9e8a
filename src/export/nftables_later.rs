//! Times in a script for nftables, and the script as it is some time after it was written.
//!
//! Timeouts count from loading. What is loaded later than it was written would admit those again whose
//! time is over.

use chrono::DateTime;

/// How the line begins that says when a script was written.
const WRITTEN: &str = "# written ";
/// How the elements of a set begin.
const ELEMENTS: &str = "\t\telements = {";

/// When a script was written, in seconds since 1970, if it says that.
pub fn written_at(script: &str) -> Option<i64> {
    let comments = script.lines().take_while(|line| line.starts_with('#'));
    let mut found = comments.filter_map(|line| line.strip_prefix(WRITTEN)?.split_once(','));
    let (time, _) = found.next()?;
    Some(DateTime::parse_from_rfc3339(time).ok()?.timestamp())
}

/// The time as the line that says when a script was written has it.
pub fn written(now: i64) -> String {
    let time = DateTime::from_timestamp(now, 0).unwrap_or_default();
    format!("written {}", time.format("%Y-%m-%dT%H:%M:%SZ"))
}

/// A length of time as nft prints it, `1h59m3s500ms`, in seconds.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|one: char| !one.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let end = unit
            .find(|one: char| one.is_ascii_digit())
            .unwrap_or(unit.len());
        let (unit, after) = unit.split_at_checked(end)?;
        let length = match unit {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            "ms" => 0,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(length)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

/// A script as it is later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterScript {
    /// The script.
    pub text: String,
    /// How many elements of its sets still end by themselves.
    pub left: usize,
    /// How many have ended since it was written, and are not in it.
    pub ended: usize,
}

/// What is left at a time (`now`) of a script that was written at another.
pub fn later(script: &str, then: i64, now: i64) -> LaterScript {
    let passed = now.saturating_sub(then).max(0);
    let mut found = LaterScript {
        text: String::with_capacity(script.len()),
        left: 0,
        ended: 0,
    };
    let mut lines = script.split_inclusive('\n');
    while let Some(line) = lines.next() {
        if let Some(rest) = line
            .strip_prefix(WRITTEN)
            .and_then(|rest| rest.split_once(','))
        {
            found.text.extend(["# ", &written(now), ",", rest.1]);
            continue;
        }
        if !line.starts_with(ELEMENTS) {
            found.text.push_str(line);
            continue;
        }
        let mut block = line.to_owned();
        while !block.trim_end().ends_with('}') {
            let Some(line) = lines.next() else { break };
            block.push_str(line);
        }
        if block.contains(" timeout ") {
            elements(&block, passed, &mut found);
        } else {
            found.text.push_str(&block);
        }
    }
    found
}

/// Adds those elements of a set whose time is not over.
fn elements(block: &str, passed: i64, found: &mut LaterScript) {
    let inside = block.trim().trim_end_matches('}');
    let inside = inside.split_once('{').map_or("", |(_, inside)| inside);
    let mut kept = Vec::new();
    for element in inside.split(',').map(str::trim) {
        let (entry, timeout) = element.split_once(" timeout ").unwrap_or((element, ""));
        match seconds(timeout).map(|length| length.saturating_sub(passed)) {
            Some(rest) if rest > 0 => kept.push(format!("{entry} timeout {rest}s")),
            Some(_) => found.ended += 1,
            None => kept.push(element.to_owned()),
        }
    }
    found.left += kept.len();
    if !kept.is_empty() {
        let kept = kept.join(",\n\t\t\t     ");
        found.text.extend([ELEMENTS, " ", &kept, " }\n"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_nft_prints_them() {
        for (text, wanted) in [
            ("7199s", Some(7199)),
            ("1h59m3s500ms", Some(7143)),
            ("1d2h", Some(93_600)),
            ("", None),
            ("5", None),
            ("s", None),
            ("5w", None),
            ("-5s", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_has_ended_is_left_out() {
        let script = "# Written\n# written 2026-11-28T04:00:00Z, and x\ntable inet tcpw\n\tset a {\n\
                      \t\telements = { 10.0.0.1 timeout 60s,\n\t\t\t     10.0.0.2-10.0.0.3 timeout 7200s }\n\t}\n\
                      \tset b {\n\t\telements = { 10.0.0.4 timeout 60s }\n\t}\n\
                      \tset c {\n\t\telements = { 10.0.0.5,\n\t\t\t     10.0.0.6 }\n\t}\n";
        let then = written_at(script).unwrap();
        assert_eq!(later(script, then, then).text, script);
        let found = later(script, then, then + 100);
        assert_eq!((found.left, found.ended), (1, 2));
        assert_eq!(written_at(&found.text), Some(then + 100));
        let (_, sets) = found.text.split_once("table").unwrap();
        assert_eq!(
            sets,
            " inet tcpw\n\tset a {\n\t\telements = { 10.0.0.2-10.0.0.3 timeout 7100s }\n\t}\n\
             \tset b {\n\t}\n\tset c {\n\t\telements = { 10.0.0.5,\n\t\t\t     10.0.0.6 }\n\t}\n"
        );
        // A clock that was set back ends nothing later.
        assert_eq!(later(script, then, then - 100).left, 3);
    }
}
