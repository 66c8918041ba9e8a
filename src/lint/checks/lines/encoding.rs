//! A table in an encoding that libwrap does not read: UTF-16, or lines that end in carriage returns
//! (F-LINE-18, F-LINE-19).

use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::span::{Span, offset};

/// Bytes at the beginning of UTF-16.
const MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

pub(in crate::lint) fn utf16(policy: &Policy<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        let source = tree.source();
        if !is_utf16(source) {
            continue;
        }
        sink.turn_to(table);
        sink.report(Span::new(0, offset(source.len().min(2))), || {
            (
                "the file is UTF-16: libwrap reads bytes, and uses nothing of it".to_owned(),
                "save it as UTF-8 without a byte order mark".to_owned(),
            )
        });
    }
}

fn is_utf16(source: &[u8]) -> bool {
    let has_mark = MARKS.iter().any(|mark| source.starts_with(mark));
    // Without a mark: every other byte of the first words is NUL.
    let first = source.get(..8).unwrap_or_default();
    let nul = |odd: usize| {
        let mut bytes = first.iter().skip(odd).step_by(2);
        !first.is_empty() && bytes.all(|byte| *byte == 0)
    };
    let text = |even: usize| first.iter().skip(even).step_by(2).all(|byte| *byte != 0);
    has_mark || nul(1) && text(0) || nul(0) && text(1)
}

pub(in crate::lint) fn cr_only(policy: &Policy<'_>, sink: &mut Sink) {
    for (table, tree) in policy.tables() {
        let source = tree.source();
        let Some(first) = memchr::memchr(b'\r', source) else {
            continue;
        };
        if memchr::memchr(b'\n', source).is_some() || first == 0 {
            continue;
        }
        sink.turn_to(table);
        sink.report(Span::new(offset(first), offset(first + 1)), || {
            (
                "the lines end in carriage returns only: to libwrap the file is one line that \
                 never ends, and nothing of it is used"
                    .to_owned(),
                "end every line with a newline".to_owned(),
            )
        });
    }
}
