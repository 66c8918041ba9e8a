//! Building a compiled set: networks in any order become one file, with bounded memory.

use crate::network::Network;
use crate::set::blocks::BlockWriter;
use crate::set::entry::{Family, LATEST};
use crate::set::header::SetHeader;
use crate::set::layout::{BLOCK, Layout, MOST_NETWORKS, PAYLOAD};
use crate::set::leaves::write_part;
use crate::set::packed::{Packed, PackedV4, PackedV6};
use crate::set::pieces::pieces;
use crate::set::sorter::Sorter;
use crate::set::source::SetSource;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

/// What is written at a time.
const WRITE: usize = 256 << 10;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSummary {
    /// What the first block says.
    pub header: SetHeader,
    /// The lists, each with the number of networks that are said to be from it.
    pub sources: Vec<SetSource>,
    /// How many networks run out.
    pub expiring: u64,
    /// The bytes of the file.
    pub bytes: u64,
}

/// Takes networks in any order and writes them as a set.
///
/// It keeps at most 64 MiB of them in memory, and 128 kB for each two million more; the rest waits
/// in files that it is given. Of a network that is given twice that one is kept which counts longer,
/// and if both do, the one whose source has the lower number.
pub struct Builder<'s> {
    scratch: &'s mut dyn FnMut() -> io::Result<File>,
    v4: Sorter<PackedV4>,
    v6: Sorter<PackedV6>,
}

impl std::fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

impl<'s> Builder<'s> {
    /// A builder that asks `scratch` for a file, at most twice, when there is more than memory shall
    /// hold: one that can be written and read, is empty and is removed by whoever made it.
    pub fn new(scratch: &'s mut dyn FnMut() -> io::Result<File>) -> Self {
        Self {
            scratch,
            v4: Sorter::new(),
            v6: Sorter::new(),
        }
    }

    /// Takes a network or a range, the time until when it counts, in seconds since 1970, and the
    /// number of its source among those that [`Builder::finish`] will be given. A range is kept as
    /// the networks that it consists of. A time before 1970 counts as its first second.
    ///
    /// # Errors
    /// When a file for what memory shall not hold cannot be made or written.
    pub fn add(&mut self, network: Network, ends: Option<i64>, source: u16) -> io::Result<()> {
        let until = |until| u64::try_from(until).unwrap_or(1).clamp(1, LATEST - 1);
        let until = ends.map_or(0, until);
        let (family, pieces) = pieces(network);
        for (first, prefix) in pieces {
            let packed = Packed {
                first,
                prefix,
                until,
                source,
            };
            match family {
                Family::V4 => self.v4.push(packed.into(), self.scratch)?,
                Family::V6 => self.v6.push(packed.into(), self.scratch)?,
            }
        }
        Ok(())
    }

    /// Writes the set to `to`, which is empty: built at `built`, in seconds since 1970, from these
    /// sources.
    ///
    /// # Errors
    /// When something cannot be written or read, or there are too many networks or sources.
    pub fn finish<W: Write + Seek>(
        self,
        mut sources: Vec<SetSource>,
        built: i64,
        to: &mut W,
    ) -> io::Result<SetSummary> {
        let too_many = || io::Error::other("a set cannot hold so many sources or networks");
        let count = u16::try_from(sources.len()).map_err(|_| too_many())?;
        let length = SetSource::write_all(&sources).len();
        let source_bytes = u32::try_from(length).map_err(|_| too_many())?;
        let start = Layout::new(source_bytes, 0, 0).ok_or_else(too_many)?.blocks;
        let at = |block: u64| -> io::Result<SeekFrom> {
            let size = u64::try_from(BLOCK).map_err(|_| too_many())?;
            Ok(SeekFrom::Start(
                block.checked_mul(size).ok_or_else(too_many)?,
            ))
        };
        to.seek(at(start)?)?;
        let mut kept = vec![0_u64; sources.len()];
        let mut blocks = BlockWriter::new(BufWriter::with_capacity(WRITE, &mut *to), start);
        let v4 = self.v4.sorted()?.map(|next| next.map(Packed::from));
        let v4 = write_part(Family::V4, v4, &mut kept, &mut blocks)?;
        let v6 = self.v6.sorted()?.map(|next| next.map(Packed::from));
        let v6 = write_part(Family::V6, v6, &mut kept, &mut blocks)?;
        let end = blocks.next();
        blocks.into_inner().flush()?;
        if v4.count.max(v6.count) > MOST_NETWORKS {
            return Err(too_many());
        }
        for (source, kept) in sources.iter_mut().zip(kept) {
            source.networks = kept;
        }
        let header = SetHeader {
            built: built.max(0),
            v4: v4.count,
            v6: v6.count,
            sources: u32::from(count),
            source_bytes,
        };
        to.seek(at(0)?)?;
        let mut blocks = BlockWriter::new(&mut *to, 0);
        blocks.write(&header.write(end))?;
        for part in SetSource::write_all(&sources).chunks(PAYLOAD) {
            blocks.write(part)?;
        }
        let SeekFrom::Start(bytes) = at(end)? else {
            return Err(too_many());
        };
        Ok(SetSummary {
            header,
            sources,
            expiring: v4.expiring + v6.expiring,
            bytes,
        })
    }
}

/// Writes the set of these networks to `to`, which is empty: each with the time until when it counts, in
/// seconds since 1970, and the number of its source. [`Builder`] says what `scratch` is asked for.
///
/// # Errors
/// As [`Builder::add`] and [`Builder::finish`].
pub fn build<W: Write + Seek>(
    networks: impl IntoIterator<Item = (Network, Option<i64>, u16)>,
    (sources, built): (Vec<SetSource>, i64),
    scratch: &mut dyn FnMut() -> io::Result<File>,
    to: &mut W,
) -> io::Result<SetSummary> {
    let mut builder = Builder::new(scratch);
    for (network, until, source) in networks {
        builder.add(network, until, source)?;
    }
    builder.finish(sources, built, to)
}
