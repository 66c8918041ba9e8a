//! The option `banners`: a file that is copied to the client (F-OPT-14, F-OPT-15).

use hosts_access::engine::expand;
use hosts_access::{Request, Surroundings};
use memchr::memchr;

/// The longest piece of a line that is taken at a time: what libwrap's buffer holds.
const LONGEST: usize = 8190;

/// What the client gets of a banner file, with `%` letters replaced; nothing beyond a line whose
/// expansion is too long for libwrap, which ends there (F-PCT-04).
pub(crate) fn banner_text(
    file: &[u8],
    request: &mut Request,
    world: &dyn Surroundings,
) -> (Vec<u8>, bool) {
    let zeros = file.iter().take_while(|&&byte| byte == 0).count();
    let mut out = vec![0; zeros];
    let mut rest = file.get(zeros..).unwrap_or_default();
    while !rest.is_empty() {
        let near = rest.get(..LONGEST.min(rest.len())).unwrap_or(rest);
        let length = memchr(b'\n', near).map_or(near.len(), |end| end + 1);
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = after;
        // What follows a NUL is not in a C string.
        let text = memchr(0, piece)
            .and_then(|end| piece.get(..end))
            .unwrap_or(piece);
        let Some(text) = expand(&with_return(text), request, world) else {
            return (out, false);
        };
        out.extend(text);
    }
    (out, true)
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
    use hosts_access::engine::Bare;
    use hosts_access::{Host, HostName};

    #[test]
    fn f_opt_15_banners_have_quirks() {
        let client = Host::new("192.0.2.7", HostName::unknown());
        let mut request = Request::new("sshd", client);
        let file = b"\0\0%a\nopen [ bracket\nplain\r\n]x[\na\0b\nlast";
        let (text, is_whole) = banner_text(file, &mut request, &Bare);
        assert!(is_whole);
        assert_eq!(
            text,
            b"\x00\x00192.0.2.7\r\nopen [ bracket\nplain\r\r\n]x[\r\nalast"
        );
        let (text, is_whole) = banner_text(&b"%a".repeat(4000), &mut request, &Bare);
        assert!(!is_whole && text.is_empty());
    }
}
