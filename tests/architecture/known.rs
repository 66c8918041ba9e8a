//! What the walls do not hold yet. Each list only gets shorter: what is listed and has been mended
//! fails as much as what is broken and not listed.

/// Rooms with files that use each other in a circle, by the folder of the circle.
pub(super) const CIRCLES: [&str; 0] = [];

/// Faces that define something.
pub(super) const FACES: [&str; 0] = [];

/// Names that several public types of one crate share.
pub(super) const NAMES: [&str; 0] = [];

/// What is found and not listed, and what is listed and not found.
pub(super) fn surprises(found: &[String], known: &[&str]) -> Vec<String> {
    let is_known = |line: &&String| known.iter().any(|known| line.starts_with(known));
    let news = found.iter().filter(|line| !is_known(line)).cloned();
    let mended = known
        .iter()
        .filter(|known| !found.iter().any(|line| line.starts_with(**known)))
        .map(|known| format!("{known}: mended; take it off the list"));
    news.chain(mended).collect()
}

#[test]
fn a_surprise_is_seen_either_way() {
    let found = ["a: x".to_owned(), "b: y".to_owned()];
    assert_eq!(surprises(&found, &["a: ", "b: "]), [""; 0]);
    assert_eq!(surprises(&found, &["a: "]), ["b: y"]);
    assert_eq!(surprises(&found, &["a: ", "b: ", "c: "]).len(), 1);
}
