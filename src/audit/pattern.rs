//! The patterns of scanners, matched line by line as grep does in the C locale.

use memchr::memmem;

/// What a scanner looks for in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinePattern {
    /// This text anywhere in the line, in a comment too.
    Text(&'static str),
    /// This text, whatever the case of its letters.
    AnyCase(&'static str),
    /// `ALL:`, blanks or none, `ALL`, anywhere.
    AllOfAll,
    /// `ALL` or `sshd` before the first colon and the first `#`.
    SshdOrAll,
    /// `ALL: ALL` in a line that does not begin with `#`, blanks being taken together and left out at its start.
    UncommentedAll,
}

/// Where in a file lines match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Matches {
    /// The first few: where the match begins.
    pub(super) first: Vec<usize>,
    /// All of them.
    pub(super) count: usize,
}

/// As many places are kept.
const KEPT: usize = 3;

impl LinePattern {
    /// The command of the benchmark that looks for it in `file`.
    pub fn command(self, file: &str) -> String {
        match self {
            Self::Text(text) if text.contains(' ') => format!("grep \"{text}\" {file}"),
            Self::Text(text) => format!("grep {text} {file}"),
            Self::AnyCase(text) => format!("cat {file} | grep -i {text}"),
            Self::AllOfAll => format!("grep -E \"ALL:[[:blank:]]*ALL\" {file}"),
            Self::SshdOrAll => format!("egrep '^[^#:]*(ALL|sshd)' {file}"),
            Self::UncommentedAll => format!(
                "cat {file} | tr '\\011' ' ' | tr -s ' ' | sed -e 's/^[ \\t]*//' | grep -v \"^#\" | \
                 egrep \"ALL: ALL\""
            ),
        }
    }

    /// Where in a line, without its newline, the match begins.
    pub fn find(self, line: &[u8]) -> Option<usize> {
        match self {
            Self::Text(text) => memmem::find(line, text.as_bytes()),
            Self::AnyCase(text) => line
                .windows(text.len().max(1))
                .position(|window| window.eq_ignore_ascii_case(text.as_bytes())),
            Self::AllOfAll => memmem::find_iter(line, b"ALL:").find(|at| {
                let rest = line.get(at + 4..).unwrap_or_default();
                let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
                rest.get(blanks..)
                    .is_some_and(|rest| rest.starts_with(b"ALL"))
            }),
            Self::SshdOrAll => {
                // Neither word has a byte that ends the daemons.
                let end = memchr::memchr2(b'#', b':', line).unwrap_or(line.len());
                let daemons = line.get(..end).unwrap_or_default();
                let found = [&b"ALL"[..], b"sshd"].map(|word| memmem::find(daemons, word));
                found.into_iter().flatten().min()
            }
            Self::UncommentedAll => {
                let blanks = line.iter().take_while(|byte| is_blank(**byte)).count();
                let rest = line.get(blanks..).unwrap_or_default();
                if rest.starts_with(b"#") {
                    return None;
                }
                let found = memmem::find_iter(rest, b"ALL:").find(|at| {
                    let after = rest.get(at + 4..).unwrap_or_default();
                    let gap = after.iter().take_while(|byte| is_blank(**byte)).count();
                    gap > 0
                        && after
                            .get(gap..)
                            .is_some_and(|text| text.starts_with(b"ALL"))
                });
                found.map(|at| blanks + at)
            }
        }
    }

    /// The lines of a file that match. Where the file holds a NUL byte, grep takes it for the end of a line too.
    pub(super) fn matches(self, text: &[u8]) -> Matches {
        let mut found = Matches::default();
        let has_nul = memchr::memchr(0, text).is_some();
        let mut start = 0;
        while start < text.len() {
            let rest = text.get(start..).unwrap_or_default();
            let end = if has_nul {
                memchr::memchr2(b'\n', 0, rest)
            } else {
                memchr::memchr(b'\n', rest)
            };
            let end = end.unwrap_or(rest.len());
            if let Some(at) = self.find(rest.get(..end).unwrap_or_default()) {
                found.count += 1;
                if found.first.len() < KEPT {
                    found.first.push(start + at);
                }
            }
            start += end + 1;
        }
        found
    }

    /// Whether a pipe of two greps looks for it: of a file with a NUL byte the first hands on a message in
    /// the place of lines, which others than GNU's word otherwise.
    pub(super) fn is_piped(self) -> bool {
        match self {
            Self::UncommentedAll => true,
            Self::Text(_) | Self::AnyCase(_) | Self::AllOfAll | Self::SshdOrAll => false,
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
