//! Several changes made as one: each is worked out and checked on what the one before it leaves.

use std::collections::HashMap;

use crate::edit::apply;
use crate::editor::change::apply::replace;
use crate::editor::change::worked_out::{Change, Note, Refusal};
use crate::editor::trial::table_pair::{Ground, Place};
use crate::engine::TableName;
use crate::policy::rules;
use crate::syntax::parse;

/// Works a change out.
pub type Make<'s> = &'s dyn Fn(&Ground<'_>) -> Result<Change, Refusal>;
/// Compares the tables before and after it.
pub type Verify<'s> = &'s dyn Fn(&Ground<'_>, &Ground<'_>, &Change) -> Result<(), Refusal>;

/// One of the changes.
#[derive(Clone, Copy)]
pub struct ApplyStep<'s> {
    /// Works it out.
    pub change: Make<'s>,
    /// Checks it.
    pub verify: Verify<'s>,
}

/// The one change that does what all `steps` do, one after the other.
///
/// # Errors
/// As the first step that fails: then there is no change at all.
pub fn in_steps(ground: &Ground<'_>, steps: &[ApplyStep<'_>]) -> Result<Change, Refusal> {
    let mut tables = [ground.allow, ground.deny].map(|tree| tree.source().to_vec());
    let mut notes = Vec::new();
    for step in steps {
        let [allow, deny] = &tables;
        let (allow, deny) = (parse(allow), parse(deny));
        let before = Ground::new(&allow, &deny, ground.world);
        let change = (step.change)(&before)?;
        let internal = |error: &dyn std::fmt::Display| Refusal::Internal(error.to_string());
        let new = [
            apply(allow.source(), &change.edits.allow).map_err(|error| internal(&error))?,
            apply(deny.source(), &change.edits.deny).map_err(|error| internal(&error))?,
        ];
        {
            let [allow, deny] = &new;
            let (allow, deny) = (parse(allow), parse(deny));
            let after = Ground::new(&allow, &deny, ground.world);
            (step.verify)(&before, &after, &change)?;
        }
        for note in change.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        tables = new;
    }
    let [allow, deny] = &tables;
    let mut all = replace(ground, [Some(allow), Some(deny)]);
    all.notes = held_before(ground, notes);
    Ok(all)
}

/// Without what holds only by a rule that an earlier step makes: to the user that is no rule that
/// is there already. Other rules are named where they stand before the change.
fn held_before(ground: &Ground<'_>, notes: Vec<Note>) -> Vec<Note> {
    let is_held = |note: &Note| matches!(note, Note::Held { .. });
    if !notes.iter().any(is_held) {
        return notes;
    }
    let mut places = HashMap::new();
    for table in [TableName::Allow, TableName::Deny] {
        for rule in rules(ground.tree(table)) {
            let Place { number, text, .. } = ground.place(table, rule.line().index());
            places.entry((table, text)).or_insert(number);
        }
    }
    let as_before = |mut note: Note| {
        if let Note::Held { place, .. } = &mut note {
            place.number = *places.get(&(place.table, place.text.clone()))?;
        }
        Some(note)
    };
    notes.into_iter().filter_map(as_before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::{deny_all, install_alert, verify_default, verify_deny_all};
    use crate::engine::Bare;

    #[test]
    fn a_step_stands_on_what_the_one_before_leaves() {
        let (allow, deny) = (parse(b"sshd: 10.1.2.3\n"), parse(b""));
        let ground = Ground::new(&allow, &deny, &Bare);
        let triggers = crate::editor::Triggers {
            unknown: false,
            unlisted: true,
        };
        let steps = [
            ApplyStep {
                change: &deny_all,
                verify: &verify_deny_all,
            },
            ApplyStep {
                change: &|ground| install_alert(ground, triggers, "/x notify"),
                verify: &verify_default,
            },
        ];
        let change = in_steps(&ground, &steps).unwrap();
        assert!(change.edits.allow.is_empty());
        let deny = apply(b"", &change.edits.deny).unwrap();
        assert_eq!(deny, b"ALL: ALL : spawn /x notify : deny\n");
    }

    #[test]
    fn a_rule_that_a_step_makes_was_not_there_before() {
        let steps = [
            ApplyStep {
                change: &deny_all,
                verify: &verify_deny_all,
            },
            ApplyStep {
                change: &|ground| deny_all(ground),
                verify: &verify_deny_all,
            },
        ];
        let (allow, deny) = (parse(b""), parse(b""));
        let change = in_steps(&Ground::new(&allow, &deny, &Bare), &steps).unwrap();
        assert_eq!(change.notes, []);
        let deny = parse(b"sshd: 192.0.2.1\nALL: ALL\n");
        let change = in_steps(&Ground::new(&allow, &deny, &Bare), &steps).unwrap();
        let [Note::Held { place, .. }] = &change.notes[..] else {
            panic!("{:?}", change.notes);
        };
        assert_eq!((place.number, &place.text[..]), (2, &b"ALL: ALL"[..]));
    }

    #[test]
    fn one_that_fails_leaves_no_change() {
        let (allow, deny) = (parse(b""), parse(b""));
        let ground = Ground::new(&allow, &deny, &Bare);
        let wrong = |_: &Ground<'_>, _: &Ground<'_>, _: &Change| {
            Err(Refusal::Internal("so be it".to_owned()))
        };
        let steps = [ApplyStep {
            change: &deny_all,
            verify: &wrong,
        }];
        assert_eq!(
            in_steps(&ground, &steps),
            Err(Refusal::Internal("so be it".to_owned()))
        );
    }
}
