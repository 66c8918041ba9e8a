//! The first block of a compiled set.

use crate::set::fault::SetFault;
use crate::set::layout::{Layout, MAGIC, PAYLOAD, VERSION};

/// What the first block of a set says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetHeader {
    /// When the set was built, in seconds since 1970.
    pub built: i64,
    /// How many networks of IPv4 it holds.
    pub v4: u64,
    /// How many networks of IPv6 it holds.
    pub v6: u64,
    /// How many sources it was built from.
    pub sources: u32,
    /// How many bytes the sources take.
    pub(crate) source_bytes: u32,
}

impl SetHeader {
    /// The block without its checksum.
    pub(crate) fn write(&self, blocks: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PAYLOAD);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&u64::try_from(self.built).unwrap_or(0).to_be_bytes());
        for number in [blocks, self.v4, self.v6] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.sources.to_be_bytes());
        bytes.extend_from_slice(&self.source_bytes.to_be_bytes());
        bytes
    }

    /// Whether a file that begins with these bytes is meant to be a set of this version.
    ///
    /// # Errors
    /// When it is something else, or a set of another version.
    pub(crate) fn check_kind(bytes: &[u8]) -> Result<(), SetFault> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(SetFault::NotASet)?;
        let version = rest.first_chunk().ok_or(SetFault::NotASet)?;
        match u32::from_be_bytes(*version) {
            VERSION => Ok(()),
            other => Err(SetFault::Version(other)),
        }
    }

    /// Reads the first block, whose checksum was looked at, and where everything stands.
    ///
    /// # Errors
    /// When its numbers do not fit each other.
    pub(crate) fn read(payload: &[u8]) -> Result<(Self, Layout), SetFault> {
        let wrong = || SetFault::Content {
            block: 0,
            what: "says what does not fit together",
        };
        let number = |at: usize| -> Option<u64> {
            let bytes = payload.get(at..)?.first_chunk()?;
            Some(u64::from_be_bytes(*bytes))
        };
        let short = |at: usize| -> Option<u32> {
            let bytes = payload.get(at..)?.first_chunk()?;
            Some(u32::from_be_bytes(*bytes))
        };
        let header = || -> Option<Self> {
            Some(Self {
                built: i64::try_from(number(16)?).ok()?,
                v4: number(32)?,
                v6: number(40)?,
                sources: short(48)?,
                source_bytes: short(52)?,
            })
        };
        let header = header().ok_or_else(wrong)?;
        let layout = Layout::new(header.source_bytes, header.v4, header.v6)
            .filter(|layout| number(24) == Some(layout.blocks))
            .ok_or_else(wrong)?;
        Ok((header, layout))
    }
}
