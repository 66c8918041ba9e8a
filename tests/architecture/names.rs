//! One public name for one thing: no two public types of a crate are called the same.

use super::tree::{Crate, crates};
use std::collections::BTreeMap;

/// The names that several public types of a crate share, with their places.
fn shared_names(of: &Crate) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in of.files.values() {
        for name in &file.public_types {
            let place = file.path.display().to_string();
            places.entry(name).or_default().push(place);
        }
    }
    places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name} is public in {}", places.join(", ")))
        .collect()
}

#[test]
fn no_two_public_types_share_a_name() {
    let found: Vec<_> = crates()
        .iter()
        .flat_map(|(_, files)| shared_names(files))
        .collect();
    super::assert_none(&found);
}

#[cfg(test)]
mod tests {
    use super::super::tree::snippets;
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_seen() {
        let count = |b: &str| {
            shared_names(&snippets(&[("src/a.rs", "pub struct A;"), ("src/b.rs", b)])).len()
        };
        assert_eq!(count("pub enum A {}"), 1);
        assert_eq!(count("pub trait A {}"), 1);
        assert_eq!(count("pub type A = u8;"), 1);
        assert_eq!(count("struct A; pub(super) struct B;"), 0);
        assert_eq!(count("#[cfg(test)]\nmod tests { pub struct A; }"), 0);
    }
}
