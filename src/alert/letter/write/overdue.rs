//! The letter about names that cannot be resolved, in both languages, as it should be.

use crate::alert::letter::write::tests::{Desk, LANGUAGES, golden, of_notice};
use crate::alert::model::letter::LetterKind;
use crate::alert::model::system_letter::{Notice, OverdueName};
use std::cell::RefCell;

/// Two names that cannot be resolved.
fn overdue(are_removed: bool) -> Notice {
    let name = |name: &str, seconds, trouble: &str| OverdueName {
        name: name.to_owned(),
        seconds,
        trouble: trouble.to_owned(),
    };
    Notice::NamesOverdue {
        names: vec![
            name(
                "home.dyn.example.org",
                691_200,
                "there is no such name (NXDOMAIN)",
            ),
            name(
                "office.example.net",
                604_860,
                "no DNS server answers in time",
            ),
        ],
        are_removed,
    }
}

#[test]
fn names_that_cannot_be_resolved_are_told_with_what_becomes_of_them() {
    let stale = RefCell::new(Vec::new());
    for (language, tag) in LANGUAGES {
        for (name, are_removed) in [("overdue", false), ("removed", true)] {
            let letter = of_notice(LetterKind::Notice, &overdue(are_removed));
            let texts = Desk::new(language).write(&letter);
            let text = format!("Subject: {}\n\n{}", texts.subject, texts.text);
            golden(&format!("{tag}/notice-names-{name}.txt"), &text, &stale);
        }
    }
    assert_eq!(stale.into_inner(), Vec::<std::path::PathBuf>::new());
}
