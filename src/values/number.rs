//! Numbers in text: with a unit, and with what they count.

/// Reads a whole number that one of the `units` follows, and gives it in the smallest unit; nothing
/// for other text, a sign or an overflow.
pub fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number)?;
    number.checked_mul(factor)
}

/// A number and what it counts: `1 rule`, `2 rules`.
pub fn counted(count: impl TryInto<u64>, what: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1_u64, "event"), "1 event");
        assert_eq!(counted(0_usize, "event"), "0 events");
    }
}
