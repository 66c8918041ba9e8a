//! A table in an encoding that libwrap does not read: UTF-16, or lines that end in carriage returns
//! (F-LINE-18, F-LINE-19).

use crate::diagnostic::Fix;
use crate::lint::fix::{Broken, replace};
use crate::lint::policy::Policy;
use crate::lint::sink::Sink;
use crate::span::{Span, offset};

rows! {
    /// The file is UTF-16.
    ///
    /// libwrap reads bytes: every NUL hides the rest of its line, the table ends at once, and a
    /// deny table in this encoding refuses everybody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-17 F-LINE-18
    UTF_16 = Row::new("TW111", "utf-16", Error, LocksOut, Run::Policy(utf16))
        .fixed(Repair::Table(as_utf8)).shown(claims::of_table_end);

    /// The lines end in carriage returns only.
    ///
    /// To libwrap the file is one line without a newline: nothing in it is used, and a deny table
    /// like that refuses everybody.
    ///
    /// Repair: --unsafe-fixes
    /// Facts: F-LINE-12 F-LINE-13 F-LINE-19
    CARRIAGE_RETURNS = Row::new("TW112", "carriage-returns-only", Error, LocksOut, Run::Policy(cr_only))
        .fixed(Repair::Table(with_newlines)).shown(claims::of_table_end).harm(harms::of_lost_table);
}

/// Bytes at the beginning of UTF-16.
const MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

fn utf16(policy: &Policy<'_>, sink: &mut Sink) {
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

fn cr_only(policy: &Policy<'_>, sink: &mut Sink) {
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

/// A whole table of UTF-16 as UTF-8.
fn as_utf8(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    let (order, units) = source.split_at_checked(2)?;
    let unit: fn([u8; 2]) -> u16 = match order {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units = units.chunks_exact(2);
    if !units.remainder().is_empty() {
        return None;
    }
    let units = units.filter_map(|pair| pair.try_into().ok()).map(unit);
    let mut text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let whole = Span::new(0, offset(source.len()));
    Some(replace("save it as UTF-8", whole, text))
}

/// A whole table with a newline for every carriage return.
fn with_newlines(broken: &Broken<'_, '_>) -> Option<Fix> {
    let source = broken.source();
    memchr::memchr(b'\r', source)?;
    let mut text = source.to_vec();
    for byte in &mut text {
        if *byte == b'\r' {
            *byte = b'\n';
        }
    }
    if !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let whole = Span::new(0, offset(source.len()));
    Some(replace(
        "write newlines for the carriage returns",
        whole,
        text,
    ))
}
