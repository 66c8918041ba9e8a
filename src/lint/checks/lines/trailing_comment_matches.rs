//! A word such as `ALL` in what was meant as a comment after a rule (F-LINE-09).

use super::trailing_comment::comment_above;
use crate::lint::checks::list_words::{comment_words, is_broad};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::lint::words::quote;

rows! {
    /// A word after a `#` matches many clients.
    ///
    /// After a rule `#` does not begin a comment, so ALL, KNOWN or LOCAL there are live patterns.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-09
    CHECK = Row::new("TW110", "trailing-comment-matches", Error, Broad, Run::Rule(check))
        .only_where(|dialect| dialect.reading.comments == Comments::FirstColumn)
        .fixed(Repair::Line(comment_above)).shown(claims::matched_by_word);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((_, words)) = comment_words(rule) else {
        return;
    };
    let Some((text, span)) = words.into_iter().find(|(text, _)| is_broad(text)) else {
        return;
    };
    sink.report(span, || {
        let what = if rule.grants() {
            "lets them in"
        } else {
            "keeps them out"
        };
        (
            format!(
                "{} after `#` is not a comment but a pattern for many clients: the rule {what}",
                quote(text)
            ),
            "put the comment on a line of its own, with the `#` in the first column".to_owned(),
        )
    });
}
