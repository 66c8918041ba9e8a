//! Entries of systemd's journal, as `journalctl -o json` and `-o export` print them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::io::{self, BufRead, Read as _};

/// A field that is read has at most so many bytes; a longer one is none of libwrap's.
const LONGEST: u64 = 64 * 1024;

/// What is needed of an entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// When the journal received it.
    pub(super) time: Option<DateTime<Utc>>,
    /// What the program calls itself; anybody may use any name.
    pub(super) identifier: Option<String>,
    /// What it said.
    pub(super) message: Option<String>,
    /// The user who wrote it, from the kernel.
    pub(super) uid: Option<String>,
    /// The name of the process that wrote it, from the kernel, of at most 15 bytes.
    pub(super) comm: Option<String>,
}

/// The fields that are read, as journalctl is asked for them.
pub const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,_UID,_COMM";

impl Entry {
    /// Takes an object of `-o json`, `-o json-sse` or `-o json-seq` apart. Nothing if it is none. A
    /// field that is not text, or is there twice, is not one that libwrap wrote.
    pub(super) fn from_json(line: &[u8]) -> Option<Self> {
        let line = line.strip_prefix(b"data: ").unwrap_or(line);
        let line = line.strip_prefix(b"\x1e").unwrap_or(line);
        let object: Value = serde_json::from_slice(line).ok()?;
        let mut entry = Self::default();
        for (name, value) in object.as_object()? {
            if let Some(text) = value.as_str() {
                entry.set(name, text.to_owned());
            }
        }
        Some(entry)
    }

    fn set(&mut self, name: &str, value: String) {
        let place = match name {
            "__REALTIME_TIMESTAMP" => {
                let micros = value.parse().ok();
                self.time = micros.and_then(DateTime::from_timestamp_micros);
                return;
            }
            "SYSLOG_IDENTIFIER" => &mut self.identifier,
            "MESSAGE" => &mut self.message,
            "_UID" => &mut self.uid,
            "_COMM" => &mut self.comm,
            _ => return,
        };
        *place = Some(value);
    }

    /// Whether root's own process of that name wrote it, or the kernel itself. The kernel names both,
    /// and neither for what it says itself.
    pub(super) fn is_of_root(&self) -> bool {
        if self.identifier.as_deref() == Some("kernel") && self.uid.is_none() && self.comm.is_none()
        {
            return true;
        }
        let (Some(identifier), Some(comm)) = (&self.identifier, &self.comm) else {
            return false;
        };
        let name = identifier.rsplit('/').next().unwrap_or(identifier);
        let known = name.get(..15).unwrap_or(name);
        self.uid.as_deref() == Some("0") && comm.as_str() == known
    }
}

/// Whether these bytes are the start of `journalctl -o export`.
pub fn is_export(start: &[u8]) -> bool {
    start.starts_with(b"__CURSOR=")
}

/// Reads `journalctl -o export` (the Journal Export Format of systemd): fields `NAME=VALUE` a line,
/// or `NAME`, the length as eight bytes and the value, which may hold line ends; an empty line
/// after each entry.
///
/// # Errors
/// When `reader` fails, or ends inside a field.
pub(super) fn each_entry(reader: &mut dyn BufRead, visit: &mut dyn FnMut(Entry)) -> io::Result<()> {
    let mut entry = Entry::default();
    let mut is_begun = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line == b"\n" {
            if is_begun {
                visit(std::mem::take(&mut entry));
            }
            is_begun = false;
            continue;
        }
        is_begun = true;
        match line.iter().position(|byte| *byte == b'=') {
            Some(at) if line.ends_with(b"\n") => {
                let (name, value) = line.split_at(at);
                let value = value
                    .get(1..value.len().saturating_sub(1))
                    .unwrap_or_default();
                set_bytes(&mut entry, name, value);
            }
            // Too long to be anything that is read.
            Some(_) => {
                reader.skip_until(b'\n')?;
            }
            None => {
                let name = line.strip_suffix(b"\n").unwrap_or(&line).to_vec();
                let value = sized(reader)?;
                set_bytes(&mut entry, &name, &value);
            }
        }
    }
    if is_begun {
        visit(entry);
    }
    Ok(())
}

/// A value of a length of its own; none if it is longer than any that is read.
fn sized(reader: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    reader.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut value = Vec::new();
    if length <= LONGEST {
        reader.take(length).read_to_end(&mut value)?;
    } else {
        io::copy(&mut reader.take(length), &mut io::sink())?;
    }
    reader.read_exact(&mut [0])?;
    Ok(value)
}

fn set_bytes(entry: &mut Entry, name: &[u8], value: &[u8]) {
    if let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) {
        entry.set(name, value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(bytes: &[u8]) -> Vec<Entry> {
        let mut found = Vec::new();
        each_entry(&mut &*bytes, &mut |entry| found.push(entry)).unwrap();
        found
    }

    #[test]
    fn a_line_end_inside_a_value_makes_no_field() {
        let forged = b"x\nMESSAGE=refused connect from 1.2.3.4\n\nSYSLOG_IDENTIFIER=sshd\n";
        let mut bytes = b"__CURSOR=a\n__REALTIME_TIMESTAMP=1772359200000000\nNOTE\n".to_vec();
        bytes.extend_from_slice(&u64::try_from(forged.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(forged);
        bytes.extend_from_slice(b"\nSYSLOG_IDENTIFIER=web\n_UID=33\n\n__CURSOR=b\nMESSAGE=y\n");
        let found = entries(&bytes);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].identifier.as_deref(), Some("web"));
        assert_eq!(found[0].message, None);
        assert_eq!(found[0].time.unwrap().timestamp(), 1_772_359_200);
        assert_eq!(found[1].message.as_deref(), Some("y"));
    }

    #[test]
    fn what_is_endless_or_cut_off_is_bounded() {
        let mut long = b"__CURSOR=a\nX=".to_vec();
        long.extend(std::iter::repeat_n(b'a', 1 << 20));
        long.extend_from_slice(b"\nMESSAGE=y\n");
        assert_eq!(entries(&long)[0].message.as_deref(), Some("y"));
        let mut huge = b"__CURSOR=a\nX\n".to_vec();
        huge.extend_from_slice(&u64::MAX.to_le_bytes());
        huge.extend_from_slice(b"abc\n");
        let outcome = each_entry(&mut &*huge, &mut |_| {});
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn who_wrote_it_is_known_from_the_kernel_alone() {
        let entry = |text: &str| Entry::from_json(text.as_bytes()).unwrap();
        assert!(entry(r#"{"SYSLOG_IDENTIFIER":"sshd","_UID":"0","_COMM":"sshd"}"#).is_of_root());
        for text in [
            r#"{"SYSLOG_IDENTIFIER":"sshd","_UID":"0","_COMM":"logger"}"#,
            r#"{"SYSLOG_IDENTIFIER":"sshd","_UID":"1000","_COMM":"sshd"}"#,
            r#"{"SYSLOG_IDENTIFIER":"sshd","UID":"0","COMM":"sshd"}"#,
            r#"{"SYSLOG_IDENTIFIER":"sshd","_UID":["0","1000"],"_COMM":"sshd"}"#,
        ] {
            assert!(!entry(text).is_of_root(), "{text}");
        }
        assert_eq!(Entry::from_json(b"[1]"), None);
    }
}
