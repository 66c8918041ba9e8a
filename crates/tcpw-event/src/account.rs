//! The numbers of the user and the group that deliver, as they stand in the machine's own files: a
//! notifier asks no name service, which could make a client wait.

use super::places::SERVICE;
use super::regular::read_regular;
use std::path::Path;

/// A file of accounts larger than this is not searched.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The number of the user `tcpw`; nothing where there is none.
pub fn user() -> Option<u32> {
    number(Path::new("/etc/passwd"))
}

/// The number of the group `tcpw`; nothing where there is none.
pub fn group() -> Option<u32> {
    number(Path::new("/etc/group"))
}

/// The third field of the line of `tcpw`, which is a number in passwd(5) and group(5).
fn number(file: &Path) -> Option<u32> {
    let bytes = read_regular(file, MOST_BYTES).ok()?;
    bytes.split(|&byte| byte == b'\n').find_map(|line| {
        let rest = line.strip_prefix(SERVICE.as_bytes())?.strip_prefix(b":")?;
        let number = rest.split(|&byte| byte == b':').nth(1)?;
        std::str::from_utf8(number).ok()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_the_line_of_that_very_name_counts() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("group");
        let cases = [
            ("root:x:0:\ntcpw:x:991:\nusers:x:100:\n", Some(991)),
            ("tcpwx:x:1:\nxtcpw:x:2:\n:tcpw:3:\n", None),
            ("tcpw:x:nine:\n", None),
            ("tcpw:x\ntcpw", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            fs::write(&file, text).unwrap();
            assert_eq!(number(&file), wanted, "{text:?}");
        }
        assert_eq!(number(&place.path().join("absent")), None);
    }
}
