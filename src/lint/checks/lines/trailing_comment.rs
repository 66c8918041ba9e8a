//! There are no comments after a rule: each word after `#` is a client pattern (F-LINE-09).

use crate::diagnostic::Fix;
use crate::edit::Edit;
use crate::lint::checks::list_words::{comment_words, is_broad};
use crate::lint::fix::{Broken, edits};
use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::span::{Span, index, offset};

rows! {
    /// A `#` after a rule does not begin a comment.
    ///
    /// Every word after it is a client pattern, or an option if a colon stands before it.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-09
    CHECK = Row::new("TW109", "trailing-comment", Error, Either, Run::Rule(check))
        .only_where(|dialect| dialect.reading.comments == Comments::FirstColumn)
        .fixed(Repair::Line(comment_above)).shown(claims::matched_by_word);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some((span, words)) = comment_words(rule) else {
        return;
    };
    if words.iter().any(|(text, _)| is_broad(text)) {
        return;
    }
    sink.report(span, || {
        (
            "a `#` after a rule does not begin a comment: every word from here on is a client \
             pattern"
                .to_owned(),
            "put the comment on a line of its own, with the `#` in the first column".to_owned(),
        )
    });
}

/// What stands after a `#` in a rule, on a line of its own above it.
pub(in crate::lint) fn comment_above(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let (rule, end) = broken.content()?;
    let head = source.get(index(rule.start)..=index(broken.span.start))?;
    let hash = rule.start + offset(memchr::memrchr(b'#', head)?);
    let comment = Span::new(hash, end).of(source);
    // A colon after it may begin options that are meant.
    if comment.contains(&b':') {
        return None;
    }
    let kept = Span::new(rule.start, hash).of(source).trim_ascii_end();
    // A colon before it begins no option any longer.
    let kept = match kept.strip_suffix(b":") {
        Some(head) if head.contains(&b':') => head.trim_ascii_end(),
        _ => kept,
    };
    let gone = Span::new(rule.start + offset(kept.len()), end);
    let above = [comment.trim_ascii_end(), b"\n"].concat();
    let all = vec![Edit::insert(rule.start, above), Edit::delete(gone)];
    Some(edits("put the comment above the rule", all))
}
