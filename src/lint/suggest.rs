//! The word that was probably meant.
//!
//! A guess needs a reason: an edit distance alone makes `atftpd` of `httpd`.

/// A word longer than this is not a misspelt keyword.
const WORD_LIMIT: usize = 16;

/// Daemons that ask libwrap, by the names they ask with (measured on Debian 12 and 13, and the
/// programs that inetd starts through tcpd).
const ASKERS: &[&str] = &[
    "apcupsd",
    "apt-cacher-ng",
    "atftpd",
    "auditd",
    "bacula-dir",
    "bacula-fd",
    "bacula-sd",
    "conserver",
    "gophernicus",
    "in.fingerd",
    "in.ftpd",
    "in.ntalkd",
    "in.rexecd",
    "in.rlogind",
    "in.rshd",
    "in.talkd",
    "in.telnetd",
    "in.tftpd",
    "mosquitto",
    "mountd",
    "opensm",
    "p910nd",
    "portmap",
    "pptpd",
    "proftpd",
    "rpcbind",
    "rquotad",
    "sendmail",
    "slapd",
    "snmpd",
    "snmptrapd",
    "sshd",
    "statd",
    "syslog-ng",
    "usbipd",
    "vsftpd",
];

/// Names of services, packages and clients, and the daemon they stand for that asks libwrap.
const ALIASES: &[(&str, &str)] = &[
    ("ftp", "vsftpd"),
    ("ldap", "slapd"),
    ("openldap", "slapd"),
    ("openssh", "sshd"),
    ("openssh-server", "sshd"),
    ("scp", "sshd"),
    ("sftp", "sshd"),
    ("sftp-server", "sshd"),
    ("ssh-server", "sshd"),
    ("tftp", "in.tftpd"),
    ("tftpd-hpa", "in.tftpd"),
];

/// Names of daemons that no host is called. Not here: `imap`, `backup` and the like.
const CERTAIN: &[&str] = &[
    "ftpd",
    "in.fingerd",
    "in.ftpd",
    "in.rexecd",
    "in.rlogind",
    "in.rshd",
    "in.talkd",
    "in.telnetd",
    "in.tftpd",
    "mountd",
    "nfsd",
    "portmap",
    "proftpd",
    "pure-ftpd",
    "rpc.mountd",
    "rpc.statd",
    "rpcbind",
    "slapd",
    "snmpd",
    "snmptrapd",
    "sshd",
    "telnetd",
    "tftpd",
    "vsftpd",
    "xinetd",
];

/// The closest of `words` to `text`, if it is close: at most two letters off, and at most two
/// fifths of the word.
pub(super) fn closest(
    text: &[u8],
    words: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    if text.len() > WORD_LIMIT {
        return None;
    }
    let text = text.to_ascii_lowercase();
    words
        .map(|word| (distance(&text, word.as_bytes()), word))
        .filter(|&(distance, word)| distance <= 2 && distance * 5 <= word.len() * 2)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// The daemon that asks libwrap and was meant by `text`, which is the name of none: by the table of
/// services, or by one slip of the fingers.
pub(super) fn daemon_meant(text: &[u8]) -> Option<&'static str> {
    let is = |name: &str| text.eq_ignore_ascii_case(name.as_bytes());
    if ASKERS.iter().any(|name| is(name)) || CERTAIN.iter().any(|name| is(name)) {
        return None;
    }
    if let Some((_, daemon)) = ALIASES.iter().find(|(service, _)| is(service)) {
        return Some(daemon);
    }
    ASKERS
        .iter()
        .copied()
        .find(|name| is_slip(text, name.as_bytes()))
}

/// Whether `text` is the name of a daemon and of no host.
pub(super) fn is_certain_daemon(text: &[u8]) -> bool {
    CERTAIN
        .iter()
        .any(|name| text.eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether `text` is `word` with one slip of the fingers: two letters exchanged, one typed twice,
/// or one left out. A letter that is left out of a short word makes another word.
pub(super) fn is_slip(text: &[u8], word: &[u8]) -> bool {
    let text = text.to_ascii_lowercase();
    let same = text.iter().zip(word).take_while(|(a, b)| a == b).count();
    let after = |bytes: &'_ [u8], from: usize| bytes.get(from..).unwrap_or_default().to_vec();
    match text.len().cmp(&word.len()) {
        std::cmp::Ordering::Equal => {
            let (Some(a), Some(b)) = (text.get(same..same + 2), word.get(same..same + 2)) else {
                return false;
            };
            a.iter().eq(b.iter().rev()) && after(&text, same + 2) == after(word, same + 2)
        }
        std::cmp::Ordering::Greater => {
            let is_doubled = same > 0 && text.get(same) == text.get(same - 1);
            word.len() >= 4 && is_doubled && after(&text, same + 1) == after(word, same)
        }
        std::cmp::Ordering::Less => word.len() >= 6 && after(&text, same) == after(word, same + 1),
    }
}

/// How many letters must be inserted, removed or changed to make `a` into `b`.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let changed = diagonal + usize::from(x != y);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::OPTIONS;

    #[test]
    fn misspelt_keywords_are_found_and_other_words_are_not() {
        let option = |text: &str| closest(text.as_bytes(), OPTIONS.iter().map(|spec| spec.name));
        assert_eq!(option("Spwan"), Some("spawn"));
        assert_eq!(option("severty"), Some("severity"));
        assert_eq!(option("denny"), Some("deny"));
        assert_eq!(option("db8"), None);
        assert_eq!(option("x"), None);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }

    #[test]
    fn a_daemon_is_guessed_for_a_reason_only() {
        let meant = |text: &str| daemon_meant(text.as_bytes());
        for (text, daemon) in [
            ("sftp", "sshd"),
            ("scp", "sshd"),
            ("openssh", "sshd"),
            ("shsd", "sshd"),
            ("sshdd", "sshd"),
            ("vsfptd", "vsftpd"),
            ("vsftp", "vsftpd"),
            ("VSFTPDD", "vsftpd"),
            ("prooftpd", "proftpd"),
            ("slpad", "slapd"),
            ("rpcbin", "rpcbind"),
            ("ftp", "vsftpd"),
        ] {
            assert_eq!(meant(text), Some(daemon), "{text}");
        }
        for text in [
            "httpd",
            "sfcbd",
            "imaps",
            "imap",
            "smtpd",
            "sockd",
            "atftpd",
            "sshd",
            "ssd",
            "shd",
            "pop3s",
            "ssmtp",
            "https",
            "ftpd",
            "dovecot",
            "exim4",
            "rsync",
            "cupsd",
            "smbd",
            "named",
            "mysqld",
            "snmp",
            "lockd",
            "timed",
            "my-service",
            "web1",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
    }
}
