//! Making text that a stranger chose safe to show: on a terminal, on one line, in a mail header,
//! in HTML.

use std::fmt::Write as _;

/// Bytes as one line of printable text: valid UTF-8 stays readable, everything that could move a
/// cursor, hide or reorder text (controls, bidirectional marks, zero-width characters) and every
/// invalid byte is shown as an escape.
pub fn visible(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte))
        && let Ok(text) = str::from_utf8(bytes)
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_visible(&mut out, c);
        }
        for byte in chunk.invalid() {
            push_escape(&mut out, format_args!("\\x{byte:02x}"));
        }
    }
    out
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        _ if c.is_ascii_control() => {
            push_escape(out, format_args!("\\x{:02x}", u32::from(c)));
        }
        _ if c.is_control() || is_deceptive(c) => {
            push_escape(out, format_args!("\\u{{{:x}}}", u32::from(c)));
        }
        _ => out.push(c),
    }
}

fn push_escape(out: &mut String, escape: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    _ = out.write_fmt(escape);
}

/// Characters that show nothing or change the order of what is shown.
fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// [`visible`], cut to `most` characters with the number of bytes left out.
pub fn visible_short(bytes: &[u8], most: usize) -> String {
    let text = visible(bytes);
    match text.char_indices().nth(most) {
        None => text,
        Some((cut, _)) => {
            let mut short: String = text.chars().take(most).collect();
            _ = write!(short, "… ({} more bytes)", text.len() - cut);
            short
        }
    }
}

/// Text with the five characters that mean something in HTML replaced.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_text_stays_and_hostile_text_shows_itself() {
        assert_eq!(visible("호스트 é".as_bytes()), "호스트 é");
        assert_eq!(visible(b"a\x1b[2Jb\nc\xffd\0"), "a\\x1b[2Jb\\nc\\xffd\\x00");
        assert_eq!(
            visible("a\u{202e}b\u{200b}\u{9b}".as_bytes()),
            "a\\u{202e}b\\u{200b}\\u{9b}"
        );
    }

    #[test]
    fn short_form_counts_what_it_leaves_out() {
        assert_eq!(visible_short(b"abcdef", 6), "abcdef");
        assert_eq!(visible_short(b"abcdef", 4), "abcd… (2 more bytes)");
    }

    #[test]
    fn html_has_no_markup_left() {
        assert_eq!(
            html("<a href=\"x\">&'"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
        );
    }
}
