//! Wildcards with the library's results, without its exponential backtracking (F-GLOB-01).

/// Whether `pattern`, with `*` for any run and `?` for any byte, matches all of `text`; ASCII case
/// does not matter. A pattern that ends in two or more `*` needs one more byte (F-DAEMON-05).
pub fn wildcard_matches(pattern: &[u8], text: &[u8]) -> bool {
    let Some(head) = pattern.strip_suffix(b"**") else {
        return matches(pattern.iter().copied(), text);
    };
    matches(head.iter().copied().chain(*b"?*"), text)
}

/// The usual greedy match: only the last `*` ever has to give back, so at most
/// pattern times text steps.
fn matches(pattern: impl Iterator<Item = u8> + Clone, text: &[u8]) -> bool {
    let mut pattern = pattern;
    let mut text = text.iter();
    let mut retry = None;
    loop {
        match (pattern.next(), text.clone().next()) {
            (Some(b'*'), _) => retry = Some((pattern.clone(), text.clone())),
            (None, None) => return true,
            (Some(wanted), Some(byte)) if wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                text.next();
            }
            _ => {
                let Some((from, mut rest)) = retry.take() else {
                    return false;
                };
                if rest.next().is_none() {
                    return false;
                }
                pattern = from.clone();
                text = rest.clone();
                retry = Some((from, rest));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_daemon_04_and_05() {
        let cases = [
            ("ssh*", "sshd", true),
            ("s?hd", "SSHD", true),
            ("sshd?", "sshd", false),
            ("*", "", true),
            ("**", "", false),
            ("sshd**", "sshd", false),
            ("ssh**", "sshd", true),
            ("a*?", "a", false),
            ("*a*a*b", "aXaXb", true),
            ("a**b", "ab", true),
        ];
        for (pattern, text, expected) in cases {
            let found = wildcard_matches(pattern.as_bytes(), text.as_bytes());
            assert_eq!(found, expected, "{pattern} {text}");
        }
    }

    #[test]
    fn f_glob_01_many_stars_end_soon() {
        let pattern = "*a".repeat(60) + "b";
        assert!(!wildcard_matches(
            pattern.as_bytes(),
            "a".repeat(127).as_bytes()
        ));
    }
}
