//! Making text that a stranger chose safe to show: on a terminal, on one line, in a mail header,
//! in HTML.

use std::borrow::Cow;
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

/// The characters of Unicode's general category Cf (format), from and to: DerivedGeneralCategory.txt
/// of Unicode 16.0.
const FORMAT: [(char, char); 21] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{2064}'),
    ('\u{2066}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0001}', '\u{e0001}'),
    ('\u{e0020}', '\u{e007f}'),
];

/// Characters that show nothing or change the order of what is shown.
fn is_deceptive(c: char) -> bool {
    let at = FORMAT.partition_point(|&(_, last)| last < c);
    let is_format = FORMAT.get(at).is_some_and(|&(first, _)| first <= c);
    is_format
        || matches!(
            c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{2028}' | '\u{2029}' | '\u{2065}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Text of several lines, safe to show: each line as [`visible`] has it, but for its tabs, which
/// stay.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    let is_harmless = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            _ => push_visible(&mut out, c),
        }
    }
    Cow::Owned(out)
}

/// A cell of a table for spreadsheets: what would be taken for a formula begins with an apostrophe.
pub fn spreadsheet_cell(cell: &str) -> Cow<'_, str> {
    let is_formula = cell
        .trim_start()
        .starts_with(['=', '+', '-', '@', '|', '%']);
    if is_formula {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
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

    /// `UnicodeData.txt` of Unicode 16.0, the lines whose third field is Cf: 170 characters.
    const CF: &str = "ad 600 601 602 603 604 605 61c 6dd 70f 890 891 8e2 180e 200b 200c 200d 200e \
        200f 202a 202b 202c 202d 202e 2060 2061 2062 2063 2064 2066 2067 2068 2069 206a 206b 206c \
        206d 206e 206f feff fff9 fffa fffb 110bd 110cd 13430 13431 13432 13433 13434 13435 13436 \
        13437 13438 13439 1343a 1343b 1343c 1343d 1343e 1343f 1bca0 1bca1 1bca2 1bca3 1d173 1d174 \
        1d175 1d176 1d177 1d178 1d179 1d17a e0001";

    #[test]
    fn no_character_of_the_category_cf_is_shown_raw() {
        let words = CF.split_ascii_whitespace();
        let numbers = words.map(|word| u32::from_str_radix(word, 16).unwrap());
        let all: Vec<char> = numbers
            .chain(0xe0020..=0xe007f)
            .map(|number| char::from_u32(number).unwrap())
            .collect();
        assert_eq!(all.len(), 170);
        for c in &all {
            let shown = visible(c.to_string().as_bytes());
            assert_eq!(shown, format!("\\u{{{:x}}}", u32::from(*c)));
        }
        let listed = FORMAT.iter().map(|&(first, last)| (first..=last).count());
        assert_eq!(listed.sum::<usize>(), all.len());
        assert!(FORMAT.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn lines_and_tabs_stay_and_nothing_else_moves_a_cursor() {
        assert_eq!(visible_lines("a\tb\nc"), "a\tb\nc");
        assert_eq!(
            visible_lines("호\ta\x1b[2J\nb\r\u{9b}\u{202e}\x7f"),
            "호\ta\\x1b[2J\nb\\r\\u{9b}\\u{202e}\\x7f"
        );
    }

    #[test]
    fn cells_are_no_formulas() {
        for cell in [
            "=1+1", "+1", "-1", "@a", "|calc", "%x", " =1", "\t=1", "\r\n=1",
        ] {
            assert_eq!(spreadsheet_cell(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "192.0.2.7", "sshd"] {
            assert_eq!(spreadsheet_cell(cell), cell);
        }
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
