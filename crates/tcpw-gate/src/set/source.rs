//! Where the networks of a set are from.

use crate::set::fault::SetFault;

/// A list that a set was built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSource {
    /// What it was called when the set was built.
    pub name: String,
    /// How many entries it had: addresses, networks and ranges, those that are there twice included.
    pub entries: u64,
    /// How many networks of the set are said to be from it.
    pub networks: u64,
    /// When it was changed last, in seconds since 1970.
    pub date: Option<i64>,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// The longest name, in bytes.
const LONGEST_NAME: usize = 4096;

impl SetSource {
    /// A source with this name, of which nothing is known yet. A name that is too long is cut.
    pub fn new(name: &str) -> Self {
        let ends = (0..=LONGEST_NAME.min(name.len())).rev();
        let end = ends.into_iter().find(|&end| name.is_char_boundary(end));
        Self {
            name: name.get(..end.unwrap_or(0)).unwrap_or_default().to_owned(),
            entries: 0,
            networks: 0,
            date: None,
            digest: [0; 32],
        }
    }

    /// The sources as they stand in the file.
    pub(crate) fn write_all(sources: &[Self]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for source in sources {
            let name = source.name.as_bytes();
            let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(name.get(..usize::from(length)).unwrap_or(name));
            let date = source.date.and_then(|date| u64::try_from(date).ok());
            for number in [source.entries, source.networks, date.unwrap_or(0)] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            bytes.extend_from_slice(&source.digest);
        }
        bytes
    }

    /// Reads `count` sources, which are all that there is.
    ///
    /// # Errors
    /// When they are not.
    pub(crate) fn read_all(bytes: &[u8], count: u32) -> Result<Vec<Self>, SetFault> {
        let wrong = || SetFault::Content {
            block: 1,
            what: "begins sources that cannot be read",
        };
        let mut sources = Vec::new();
        let mut rest = bytes;
        for _ in 0..count {
            let (source, after) = Self::read(rest).ok_or_else(wrong)?;
            sources.push(source);
            rest = after;
        }
        if rest.is_empty() {
            Ok(sources)
        } else {
            Err(wrong())
        }
    }

    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (name, rest) = rest.split_at_checked(length)?;
        let (entries, rest) = rest.split_first_chunk()?;
        let (networks, rest) = rest.split_first_chunk()?;
        let (date, rest) = rest.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let date = u64::from_be_bytes(*date);
        let source = Self {
            name: str::from_utf8(name).ok()?.to_owned(),
            entries: u64::from_be_bytes(*entries),
            networks: u64::from_be_bytes(*networks),
            date: if date == 0 {
                None
            } else {
                Some(i64::try_from(date).ok()?)
            },
            digest: *digest,
        };
        Some((source, rest))
    }
}
