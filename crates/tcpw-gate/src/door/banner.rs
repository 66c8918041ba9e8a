//! The option `banners`: a file that is copied to the client (F-OPT-14, F-OPT-15).

use memchr::memchr;
use std::io::{BufRead, Read, Write};

/// The longest piece of a line that is taken at a time: what libwrap's buffer holds.
const LONGEST: u64 = 8190;

/// A text with its `%` letters replaced; nothing if that is too long for libwrap.
pub(crate) type Replaced<'r> = dyn FnMut(&[u8]) -> Option<Vec<u8>> + 'r;

/// Sends a banner piece by piece. False where a piece is too long for libwrap once its letters are
/// replaced: libwrap ends there (F-PCT-04).
///
/// A file that cannot be read any further ends there; and whom nothing reaches gets nothing more.
pub(crate) fn send_banner(
    file: &mut dyn BufRead,
    replaced: &mut Replaced<'_>,
    client: &mut dyn Write,
) -> bool {
    let mut is_start = true;
    let mut piece = Vec::new();
    loop {
        piece.clear();
        let read = Read::take(&mut *file, LONGEST).read_until(b'\n', &mut piece);
        if read.is_err() || piece.is_empty() {
            return true;
        }
        let mut text = piece.as_slice();
        if is_start {
            let zeros = text.iter().take_while(|&&byte| byte == 0).count();
            let (start, rest) = text.split_at_checked(zeros).unwrap_or((text, &[]));
            if client.write_all(start).is_err() {
                return true;
            }
            text = rest;
            is_start = text.is_empty();
        }
        // What follows a NUL is not in a C string.
        let end = memchr(0, text).unwrap_or(text.len());
        let Some(text) = replaced(&with_return(text.get(..end).unwrap_or(text))) else {
            return false;
        };
        if client.write_all(&text).is_err() {
            return true;
        }
    }
}

/// The line with a carriage return before its newline, unless the newline is within brackets.
fn with_return(line: &[u8]) -> Vec<u8> {
    let mut depth = 0_i32;
    for &byte in line {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b'\n' if depth == 0 => {
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                return [text, b"\r\n"].concat();
            }
            _ => {}
        }
    }
    line.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hosts_access::engine::{Bare, expand};
    use hosts_access::{Host, HostName, Request};

    fn sent(mut file: &[u8]) -> (Vec<u8>, bool) {
        let client = Host::new("192.0.2.7", HostName::unknown());
        let mut request = Request::new("sshd", client);
        let mut out = Vec::new();
        let mut replaced = |text: &[u8]| expand(text, &mut request, &Bare);
        let is_whole = send_banner(&mut file, &mut replaced, &mut out);
        (out, is_whole)
    }

    #[test]
    fn f_opt_15_banners_have_quirks() {
        let (text, is_whole) = sent(b"\0\0%a\nopen [ bracket\nplain\r\n]x[\na\0b\nlast");
        assert!(is_whole);
        assert_eq!(
            text,
            b"\x00\x00192.0.2.7\r\nopen [ bracket\nplain\r\r\n]x[\r\nalast"
        );
        let (text, is_whole) = sent(&[b"first\n", &*b"%a".repeat(4000)].concat());
        assert!(!is_whole);
        assert_eq!(text, b"first\r\n");
    }
}
