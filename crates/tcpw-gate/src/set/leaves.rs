//! Writing the networks of one family: leaves, then the index.

use crate::set::blocks::BlockWriter;
use crate::set::entry::{Entry, Family};
use crate::set::layout::PAYLOAD;
use crate::set::packed::Packed;
use std::io::{self, Write};

/// How many networks were written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// All of them.
    pub(crate) count: u64,
    /// Those with an end.
    pub(crate) expiring: u64,
}

/// Writes networks, which come sorted: of those that are the same the first one.
pub(crate) fn write_part<W: Write>(
    family: Family,
    networks: impl Iterator<Item = io::Result<Packed>>,
    kept: &mut [u64],
    to: &mut BlockWriter<W>,
) -> io::Result<Written> {
    let mut written = Written::default();
    let mut leaf = Vec::with_capacity(PAYLOAD);
    let mut index: Vec<u128> = Vec::new();
    // The networks around the last one, the largest first: number, first address, prefix.
    let mut around: Vec<(u64, Packed)> = Vec::new();
    for network in networks {
        let network = network?;
        let is_same = |(_, last): &(u64, Packed)| {
            (last.first, last.prefix) == (network.first, network.prefix)
        };
        if around.last().is_some_and(is_same) {
            continue;
        }
        let is_outside = |(_, outer): &mut (u64, Packed)| {
            network.first & !family.host_bits(outer.prefix) != outer.first
        };
        while around.pop_if(is_outside).is_some() {}
        if leaf.len() + family.entry_bytes() > PAYLOAD {
            to.write(&leaf)?;
            leaf.clear();
        }
        if leaf.is_empty() {
            index.push(network.first);
        }
        let entry = Entry {
            first: network.first,
            prefix: network.prefix,
            parent: around.last().map(|(number, _)| *number),
            until: network.until,
            source: network.source,
        };
        entry.write(family, &mut leaf);
        around.push((written.count, network));
        written.count += 1;
        written.expiring += u64::from(network.until != 0);
        if let Some(kept) = kept.get_mut(usize::from(network.source)) {
            *kept += 1;
        }
    }
    if !leaf.is_empty() {
        to.write(&leaf)?;
    }
    write_index(family, index, to)?;
    Ok(written)
}

/// Writes the levels of an index above blocks that begin with these addresses.
fn write_index<W: Write>(
    family: Family,
    mut below: Vec<u128>,
    to: &mut BlockWriter<W>,
) -> io::Result<()> {
    let of_block = usize::try_from(family.keys_of_index()).unwrap_or(1);
    while below.len() > 1 {
        for keys in below.chunks(of_block) {
            let mut payload = Vec::with_capacity(PAYLOAD);
            for &key in keys {
                family.write_number(key, &mut payload);
            }
            to.write(&payload)?;
        }
        below = below
            .chunks(of_block)
            .filter_map(|keys| keys.first().copied())
            .collect();
    }
    Ok(())
}
