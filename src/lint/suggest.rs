//! The word that was probably meant.

/// A word longer than this is no misspelt keyword.
const WORD_LIMIT: usize = 16;

/// The closest of `words` to `text`, if it is close: at most two letters off, and at most two
/// fifths of the word.
pub(super) fn closest(
    text: &[u8],
    words: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    if text.len() > WORD_LIMIT {
        return None;
    }
    let text = text.to_ascii_lowercase();
    words
        .map(|word| (distance(&text, word.as_bytes()), word))
        .filter(|&(distance, word)| distance <= 2 && distance * 5 <= word.len() * 2)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

/// How many letters must be put in, taken out or changed to make `a` into `b`.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let changed = diagonal + usize::from(x != y);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
            diagonal = above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::OPTIONS;

    #[test]
    fn misspelt_keywords_are_found_and_other_words_are_not() {
        let option = |text: &str| closest(text.as_bytes(), OPTIONS.iter().map(|spec| spec.name));
        assert_eq!(option("Spwan"), Some("spawn"));
        assert_eq!(option("severty"), Some("severity"));
        assert_eq!(option("denny"), Some("deny"));
        assert_eq!(option("db8"), None);
        assert_eq!(option("x"), None);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }
}
