//! A `#` inside a command, in a build of libwrap where it begins a comment anywhere (F-LINE-09).

use crate::lint::sink::Sink;
use crate::lint::view::RuleView;
use crate::span::Span;
use crate::syntax::TokenKind;

rows! {
    /// A `#` ends a command, in a build of libwrap where it begins a comment anywhere.
    ///
    /// The shell gets only what stands before it, and options after it are not read. A backslash
    /// keeps the `#`, but stays itself.
    ///
    /// Repair: by hand
    /// Facts: F-LINE-09
    CHECK = Row::new("TW116", "comment-in-command", Warning, Breaks, Run::Rule(check))
        .only_where(|dialect| dialect.reading.comments == Comments::Anywhere);
}

fn check(rule: &RuleView<'_, '_>, sink: &mut Sink) {
    let Some(option) = rule.options.last() else {
        return;
    };
    let takes_text = option.spec().is_some_and(|spec| spec.expands);
    let mut tokens = rule.rule.line().tokens();
    let Some(comment) = tokens.find(|token| token.kind == TokenKind::Comment) else {
        return;
    };
    if !takes_text || option.value.is_none() {
        return;
    }
    let title = sink.dialect().title;
    sink.report(Span::new(comment.span.start, comment.span.end), || {
        (
            format!(
                "on {title} a `#` begins a comment anywhere: the command ends before it, and what \
                 follows is neither part of it nor an option"
            ),
            "put the command into a script, or the comment on a line of its own".to_owned(),
        )
    });
}
