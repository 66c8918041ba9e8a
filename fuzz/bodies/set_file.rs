//! Whatever a compiled set holds, it is read or refused, and one that is whole answers as its networks
//! do.
//!
//! Input: the beginnings of its blocks, 256 bytes of each; the checksums are added.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tcpw_gate::set::{Listed, Set};

/// The bytes of a block before its checksum.
const PAYLOAD: usize = 4092;
/// How much of a block the input has.
const PART: usize = 256;

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    drop(Set::of_bytes(input.to_vec()).map(|set| ask(&set, input)));
    if let Ok(set) = Set::of_bytes(blocks(input)) {
        ask(&set, input);
    }
}

/// The file whose blocks begin so.
fn blocks(input: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    for (part, number) in input.chunks(PART).zip(0_u64..) {
        let mut block = part.to_vec();
        block.resize(PAYLOAD, 0);
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&block);
        hasher.update(&number.to_be_bytes());
        file.extend(block);
        file.extend(hasher.finalize().to_be_bytes());
    }
    file
}

/// Some addresses, those at the edges of its networks among them.
fn addresses(listed: &[Listed], input: &[u8]) -> Vec<IpAddr> {
    let edges = listed.iter().take(40);
    let edges = edges.flat_map(|one| [one.network.first(), one.network.last()]);
    let words = input.windows(16).step_by(7).take(40);
    let words = words.map(|word| u128::from_be_bytes(word.try_into().unwrap_or_default()));
    let words = words.flat_map(|word| {
        let v4 = u32::try_from(word >> 96).unwrap_or(0);
        [
            IpAddr::V4(Ipv4Addr::from_bits(v4)),
            IpAddr::V6(Ipv6Addr::from_bits(word)),
        ]
    });
    edges.chain(words).collect()
}

fn ask(set: &Set, input: &[u8]) {
    let now = chrono::DateTime::UNIX_EPOCH;
    let listed: Vec<Listed> = set.listed().filter_map(Result::ok).collect();
    let is_whole = set.verify(now).is_ok();
    assert!(!is_whole || set.listed().all(|one| one.is_ok()));
    let sources = set.sources();
    for address in addresses(&listed, input) {
        let found = set.find(address, now);
        if !is_whole {
            continue;
        }
        let found = found.expect("a whole set answers");
        // Every end is after 1970.
        let smallest = listed
            .iter()
            .filter(|one| one.network.contains(address))
            .max_by_key(|one| one.network.prefix());
        assert_eq!(
            found.as_ref().map(|found| found.network),
            smallest.map(|one| one.network)
        );
        if let (Some(found), Some(smallest), Ok(sources)) = (found, smallest, &sources) {
            let source = sources
                .get(usize::from(smallest.source))
                .expect("it is there");
            assert_eq!(found.source, source.name);
            assert_eq!(found.until.map(|until| until.timestamp()), smallest.until);
        }
    }
}
