//! There are no comments behind a rule: each word behind `#` is a client pattern (F-LINE-09).

use crate::lint::checks::list_words::{comment_words, is_broad};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;

pub(in crate::lint) fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((span, words)) = comment_words(rule) else {
        return;
    };
    if words.iter().any(|(text, _)| is_broad(text)) {
        return;
    }
    sink.report(span, || {
        (
            "a `#` behind a rule begins no comment: every word from here on is a client pattern"
                .to_owned(),
            "put the comment on a line of its own, with the `#` in the first column".to_owned(),
        )
    });
}
