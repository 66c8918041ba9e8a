//! No circle of files inside a folder: whoever understands a file needs only what lies below it.

use super::tree::{Crate, Segments, crates};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The circles among the files of a crate, or of each of its rooms: sets of files that all use each
/// other.
pub(super) fn circles(of: &Crate, by_room: bool) -> Vec<Vec<String>> {
    let mut uses: BTreeMap<&Segments, BTreeSet<&Segments>> = BTreeMap::new();
    for (module, file) in &of.files {
        let near = of.used_by(file).into_iter();
        let near = near.filter(|other| !by_room || other.first() == module.first());
        uses.insert(module, near.collect());
    }
    let reach: BTreeMap<_, _> = uses
        .keys()
        .map(|&from| (from, reached(from, &uses)))
        .collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut seen = BTreeSet::new();
    for (&module, far) in &reach {
        let mut circle: Vec<_> = far
            .iter()
            .filter(|other| reach[*other].contains(module))
            .copied()
            .collect();
        if circle.is_empty() || !seen.insert(module) {
            continue;
        }
        circle.sort();
        seen.extend(circle.iter().copied());
        found.push(circle.iter().map(|module| module.join("/")).collect());
    }
    found
}

/// Every file that `from` uses, and that those use, and so on; itself too if it is in a circle.
fn reached<'a>(
    from: &'a Segments,
    uses: &BTreeMap<&'a Segments, BTreeSet<&'a Segments>>,
) -> BTreeSet<&'a Segments> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(at) = waiting.pop() {
        for &next in &uses[at] {
            if found.insert(next) {
                waiting.push(next);
            }
        }
    }
    found
}

/// The rooms of the program have their order from the plan; the other crates are small.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let found: Vec<String> = crates()
        .iter()
        .flat_map(|(root, files)| {
            circles(files, root.as_path() == Path::new("src"))
                .into_iter()
                .map(move |circle| (root, circle))
        })
        .map(|(root, circle)| {
            format!(
                "{}: {} files: {}",
                root.display(),
                circle.len(),
                circle.join(" ")
            )
        })
        .collect();
    super::assert_none(&found);
}

#[cfg(test)]
mod tests {
    use super::super::tree::snippets;
    use super::*;

    #[test]
    fn a_circle_is_seen_however_it_is_spelled() {
        let lengths = |files: &[(&str, &str)]| -> Vec<usize> {
            circles(&snippets(files), true)
                .iter()
                .map(Vec::len)
                .collect()
        };
        let face = ("src/a/mod.rs", "mod b; mod c; pub use b::B; pub use c::C;");
        let b = ("src/a/b.rs", "use super::c::C; pub struct B;");
        assert_eq!(lengths(&[face, b, ("src/a/c.rs", "use super::b::B;")]), [2]);
        assert_eq!(
            lengths(&[face, b, ("src/a/c.rs", "use crate::a::{B};")]),
            [2]
        );
        assert_eq!(
            lengths(&[face, b, ("src/a/c.rs", "fn f() { super::b::g() }")]),
            [2]
        );
        let in_macro = "fn f() { assert!(super::b::g(1)) }";
        assert_eq!(lengths(&[face, b, ("src/a/c.rs", in_macro)]), [2]);
        assert_eq!(lengths(&[face, b, ("src/a/c.rs", "pub struct C;")]), [0; 0]);
        let test = "#[cfg(test)]\nmod tests { use super::super::b::B; }";
        assert_eq!(lengths(&[face, b, ("src/a/c.rs", test)]), [0; 0]);
        assert_eq!(
            lengths(&[
                ("src/a.rs", "use crate::b::X;"),
                ("src/b.rs", "use crate::a::Y;")
            ]),
            [0; 0],
            "rooms are the business of the wings"
        );
    }
}
