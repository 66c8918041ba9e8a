//! Bytes as one word of a shell, for commands that are shown to be typed.

use std::fmt::Write as _;

/// The bytes as one word of a POSIX shell: as they are if nothing in them means anything to it, else between
/// quotes. Bytes that a terminal must not see are written in octal between `$'` and `'` (POSIX.1-2024).
pub(crate) fn shell_word(bytes: &[u8]) -> String {
    let text = str::from_utf8(bytes).ok();
    let Some(text) = text.filter(|text| !text.chars().any(char::is_control)) else {
        let mut word = "$'".to_owned();
        for byte in bytes {
            match byte {
                b'\'' | b'\\' => _ = write!(word, "\\{}", char::from(*byte)),
                b' '..=b'~' => word.push(char::from(*byte)),
                _ => _ = write!(word, "\\{byte:03o}"),
            }
        }
        return word + "'";
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_one_word() {
        for (bytes, word) in [
            (&b"/etc/hosts.deny"[..], "/etc/hosts.deny"),
            (b"", "''"),
            (b"/a copy/etc", "'/a copy/etc'"),
            (b"it's $(x)", "'it'\\''s $(x)'"),
            ("/\u{d55c}".as_bytes(), "'/\u{d55c}'"),
            (b"a\nb'\\\xff", "$'a\\012b\\'\\\\\\377'"),
        ] {
            assert_eq!(shell_word(bytes), word);
        }
    }
}
