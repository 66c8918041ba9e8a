//! Lists with `EXCEPT`: `a b EXCEPT c EXCEPT d` is a b − (c − d), to any depth (F-EXCEPT-01).

use crate::engine::search::trace::ListAnswer;
use crate::policy::{Element, List};

/// Which element of a list matches, and which exceptions apply.
///
/// The library recurses behind each `EXCEPT`; here each hit turns the sense of the answer around,
/// so that a chain of any length takes no stack.
pub(crate) fn list_matches<E>(
    list: List<'_, '_>,
    mut matches: impl FnMut(&[u8]) -> Result<bool, E>,
) -> Result<ListAnswer, E> {
    let mut answer = ListAnswer::default();
    let mut hit = false;
    for element in list.elements() {
        match element {
            // Nothing before EXCEPT matched: this list does not match, whatever follows.
            Element::Except { .. } if !hit => break,
            Element::Except { .. } => hit = false,
            Element::Pattern { .. } if hit => {}
            Element::Pattern { text, span } => {
                if matches(&text)? {
                    hit = true;
                    if answer.hit.is_none() {
                        answer.hit = Some(span);
                    } else {
                        answer.exceptions.push(span);
                    }
                }
            }
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rules;
    use crate::syntax::parse;

    fn matches(list: &str, word: &str) -> bool {
        let source = format!("d: {list}\n");
        let tree = parse(source.as_bytes());
        let rule = rules(&tree).next().unwrap();
        let equal = |text: &[u8]| Ok::<_, ()>(text == b"ALL" || word.as_bytes().starts_with(text));
        list_matches(rule.clients(), equal)
            .unwrap()
            .matched()
            .is_some()
    }

    #[test]
    fn f_except_01_groups_to_the_right() {
        let list = "1. EXCEPT 1.2. EXCEPT 1.2.3. EXCEPT 1.2.3.4";
        let answers = ["1.2.3.4", "1.2.3.9", "1.2.9.9", "1.9.9.9"].map(|word| matches(list, word));
        assert_eq!(answers, [false, true, false, true]);
    }

    #[test]
    fn f_except_03_empty_sides() {
        assert!(!matches("EXCEPT x", "y"));
        assert!(!matches("EXCEPT", "y"));
        assert!(matches("ALL EXCEPT", "y"));
        assert!(matches("ALL EXCEPT EXCEPT y", "y"));
        assert!(!matches("ALL EXCEPT y z", "z"));
    }
}
