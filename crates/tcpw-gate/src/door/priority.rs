//! The value of the option `severity` as a priority of the system log.

/// The facility of tcpd.
pub(crate) const DAEMON: u8 = 3;
/// The facility of sshd and of other programs that ask for passwords.
pub(crate) const AUTH: u8 = 4;
const FACILITIES: [(&str, u8); 17] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", DAEMON),
    ("auth", AUTH),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];
const LEVELS: [(&str, u8); 8] = [
    ("emerg", 0),
    ("alert", 1),
    ("crit", 2),
    ("err", 3),
    ("warning", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
];

/// The priority that `facility.level` or `level` names (F-SEV-01), or the word that names none. A level
/// that stands alone is of the program's own facility.
pub(crate) fn priority(value: &[u8], own: u8) -> Result<u8, &[u8]> {
    let dot = value.iter().position(|&byte| byte == b'.');
    let (facility, level) = match dot.and_then(|dot| value.split_at_checked(dot)) {
        Some((facility, level)) => (
            number(&FACILITIES, facility)?,
            level.get(1..).unwrap_or_default(),
        ),
        None => (own, value),
    };
    Ok(facility * 8 + number(&LEVELS, level)?)
}

fn number<'w>(table: &[(&str, u8)], word: &'w [u8]) -> Result<u8, &'w [u8]> {
    let is_it = |(name, _): &&(&str, u8)| word.eq_ignore_ascii_case(name.as_bytes());
    table.iter().find(is_it).map(|(_, code)| *code).ok_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_sev_01_facilities_and_levels() {
        assert_eq!(priority(b"info", DAEMON), Ok(30));
        assert_eq!(priority(b"info", AUTH), Ok(38));
        assert_eq!(priority(b"Mail.WARNING", DAEMON), Ok(20));
        assert_eq!(priority(b"local3.crit", DAEMON), Ok(154));
        assert_eq!(priority(b"auth.err", DAEMON), Ok(35));
        assert_eq!(priority(b"ftp.err", DAEMON), Err(&b"ftp"[..]));
        assert_eq!(priority(b"mail.warn", DAEMON), Err(&b"warn"[..]));
        assert_eq!(priority(b"", DAEMON), Err(&b""[..]));
    }
}
