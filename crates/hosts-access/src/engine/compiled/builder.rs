//! A table to its compiled form.

use super::identity::TableIdentity;
use super::layout::{BlockWriter, MAGIC, MOST, Part, VERSION, count, pair};
use crate::engine::index::buckets::Buckets;
use crate::engine::index::filing::Filing;
use crate::engine::index::key::KeyHasher;
use crate::policy::Rule;
use crate::span::offset;
use crate::syntax::parse;

/// Compiles the table `source`, which is the file that `identity` describes, for every library whose
/// patterns are Debian's. The seed keeps whoever can put rules into the table from choosing some that
/// fall on each other; the same table, identity and seed give the same bytes.
///
/// Nothing if it has more patterns than can be counted in four bytes.
pub fn compile_table(source: &[u8], identity: &TableIdentity, seed: [u64; 2]) -> Option<Vec<u8>> {
    let mut filing = Filing::for_open(KeyHasher::seeded(seed));
    let mut lines = Vec::new();
    let mut is_broken = false;
    let tree = parse(source);
    let mut lines_before = 0;
    for line in tree.lines() {
        is_broken = !line.is_read();
        let rule = Rule::of(line).filter(|_| !is_broken);
        if let Some(rule) = rule {
            filing.rule(rule, offset(lines.len()));
        }
        if rule.is_some() || is_broken {
            lines.push(pair(line.span().start, lines_before));
        }
        if is_broken {
            break;
        }
        lines_before = line.number();
    }
    drop(tree);
    if filing.pairs.len() > MOST || lines.len() > MOST {
        return None;
    }
    let buckets = Buckets::new(&filing.pairs);
    drop(filing.pairs);
    let (starts, entries) = (buckets.starts(), buckets.entries());
    let part = Part::header().then(starts.len().div_ceil(2));
    let part = part.then(entries.len()).then(lines.len());
    let mut out = BlockWriter::with_capacity(part.file_length());
    let header = [MAGIC, VERSION].into_iter().chain(identity.to_words());
    let numbers = [
        count(lines.len()),
        u64::from(is_broken),
        count(entries.len()),
        buckets.bits().into(),
    ];
    let header = header.chain(filing.keys.seed()).chain(numbers);
    out.part(header.chain(filing.keys.to_words()));
    let (pairs, last) = starts.as_chunks::<2>();
    let pairs = pairs.iter().map(|&[first, second]| pair(first, second));
    out.part(pairs.chain(last.iter().map(|&last| pair(last, 0))));
    out.part(entries.iter().copied());
    out.part(lines);
    Some(out.finish())
}
