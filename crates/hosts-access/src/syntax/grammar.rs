//! The grammar of one logical line, as nom parsers. Each function is the production of the same
//! name in `grammar/hosts_access.ebnf`; each piece of text it recognises goes to the sink, so that
//! the pieces tile the line.

use crate::syntax::bytes::{is_blank, is_separator, is_white};
use crate::syntax::kinds::{LineKind, Reason, TokenKind};
use crate::syntax::reading::{Brackets, addresses};
use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take, take_till, take_till1, take_while, take_while1};
use nom::combinator::{opt, recognize, rest};
use nom::multi::many0_count;
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser as _};
use std::cell::Cell;

/// Recognised text, by its kind.
pub(super) type Lexeme<'i> = (TokenKind, &'i [u8]);

type Parsed<'i, T = &'i [u8]> = IResult<&'i [u8], T>;

/// `line = blank_line | comment_line | rule`; anything else is a line without a colon.
///
/// `text` is a logical line without its newline; `brackets` are those that protect a colon.
pub(super) fn line<'i>(
    text: &'i [u8],
    brackets: Brackets,
    sink: &mut impl FnMut(Lexeme<'i>),
) -> LineKind {
    if let Ok((_, comment)) = comment_line(text) {
        sink((TokenKind::Comment, comment));
        LineKind::Comment
    } else if text.iter().copied().all(is_blank) {
        sink((TokenKind::Separator, text));
        LineKind::Blank
    } else if rule(text, brackets, sink).is_ok() {
        LineKind::Rule
    } else {
        sink((TokenKind::Garbage, text));
        LineKind::Malformed(Reason::MissingColon)
    }
}

/// `comment_line = "#" , { any }`: only in the first column (F-LINE-08).
fn comment_line(text: &[u8]) -> Parsed<'_> {
    recognize(pair(tag("#"), rest)).parse(text)
}

/// `rule = daemon_list , ":" , client_list , { ":" , option_field }`.
///
/// Fails before it has told the sink anything when there is no colon.
fn rule<'i>(
    text: &'i [u8],
    brackets: Brackets,
    sink: &mut impl FnMut(Lexeme<'i>),
) -> Parsed<'i, ()> {
    let (after, daemons) = field(text, brackets)?;
    let (after, first_colon) = tag(":").parse(after)?;
    list(daemons, sink)?;
    sink((TokenKind::Colon, first_colon));
    let (mut after, clients) = field(after, brackets)?;
    list(clients, sink)?;
    while let (next, Some(colon)) = opt(tag(":")).parse(after)? {
        sink((TokenKind::Colon, colon));
        (after, ()) = option_field(next, sink)?;
    }
    Ok((after, ()))
}

/// `field`: up to a colon outside of brackets. The depth may go negative, and then no colon
/// separates either (F-FIELD-04, F-FIELD-05).
fn field(text: &[u8], brackets: Brackets) -> Parsed<'_> {
    // Most have no brackets.
    let delimited = take_till(|byte| matches!(byte, b':' | b'[' | b']')).parse(text)?;
    if delimited.0.first().is_none_or(|&byte| byte == b':') {
        return Ok(delimited);
    }
    let passed = match brackets {
        Brackets::Counted => None,
        Brackets::Addresses => Some(addresses(text)),
        Brackets::None => Some(0),
    };
    if let Some(passed) = passed {
        return recognize(pair(take(passed), take_till(|byte| byte == b':'))).parse(text);
    }
    let depth = Cell::new(0_i32);
    take_while(|byte| {
        match byte {
            b'[' => depth.set(depth.get() + 1),
            b']' => depth.set(depth.get() - 1),
            b':' => return depth.get() != 0,
            _ => {}
        }
        true
    })
    .parse(text)
}

/// `list = { separator | item }`, for daemons and clients alike.
fn list<'i>(text: &'i [u8], sink: &mut impl FnMut(Lexeme<'i>)) -> Parsed<'i, ()> {
    let separated = separator.map(|text| (TokenKind::Separator, text));
    let mut lexeme = alt((item, separated));
    let mut rest = text;
    while !rest.is_empty() {
        let (after, found) = lexeme.parse(rest)?;
        sink(found);
        rest = after;
    }
    Ok((rest, ()))
}

/// `separator = ( SP | TAB | CR | "," ) , { ... }` (F-LINE-11).
fn separator(text: &[u8]) -> Parsed<'_> {
    take_while1(is_separator).parse(text)
}

/// `item = except | word`. The whole word is taken before it is compared: `EXCEPTional` is a word.
fn item(text: &[u8]) -> Parsed<'_, Lexeme<'_>> {
    let (after, word) = take_till1(is_separator).parse(text)?;
    let kind = if word.eq_ignore_ascii_case(b"EXCEPT") {
        TokenKind::Except
    } else {
        TokenKind::Item
    };
    Ok((after, (kind, word)))
}

/// `option_field = white , [ option_name , [ assign , option_value ] ] , white`, up to a colon
/// without a backslash (F-OPT-02, F-OPT-06, F-OPT-07).
fn option_field<'i>(text: &'i [u8], sink: &mut impl FnMut(Lexeme<'i>)) -> Parsed<'i, ()> {
    let (after, whole) = option_text(text)?;
    let (inner, before) = white(whole)?;
    let trimmed = inner
        .iter()
        .rposition(|&byte| !is_white(byte))
        .map_or(0, |last| last + 1);
    let (inner, behind) = inner.split_at_checked(trimmed).unwrap_or((inner, &[]));
    let (value, (name, assign)) = pair(option_name, assign).parse(inner)?;
    for (kind, text) in [
        (TokenKind::White, before),
        (TokenKind::OptionName, name),
        (TokenKind::Assign, assign),
        (TokenKind::OptionValue, value),
        (TokenKind::White, behind),
    ] {
        if !text.is_empty() {
            sink((kind, text));
        }
    }
    Ok((after, ()))
}

/// The text of an option: `{ any but ":" | "\:" }`.
fn option_text(text: &[u8]) -> Parsed<'_> {
    recognize(many0_count(alt((is_not("\\:"), tag("\\:"), tag("\\"))))).parse(text)
}

/// `white = { isspace }`.
fn white(text: &[u8]) -> Parsed<'_> {
    take_while(is_white).parse(text)
}

/// `option_name`: up to a space, which a carriage return is too, or an equals sign.
fn option_name(text: &[u8]) -> Parsed<'_> {
    take_till(|byte| is_blank(byte) || byte == b'=').parse(text)
}

/// `assign = spaces , [ "=" , spaces ]`: at most one equals sign (F-OPT-06).
fn assign(text: &[u8]) -> Parsed<'_> {
    recognize(pair(spaces, opt(preceded(tag("="), spaces)))).parse(text)
}

/// `spaces = { SP | TAB | CR }`.
fn spaces(text: &[u8]) -> Parsed<'_> {
    take_while(is_blank).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> (LineKind, Vec<(TokenKind, String)>) {
        let mut seen = Vec::new();
        let mut keep = |(kind, piece): Lexeme<'_>| {
            seen.push((kind, String::from_utf8(piece.to_vec()).unwrap()));
        };
        let kind = line(text.as_bytes(), Brackets::Counted, &mut keep);
        assert_eq!(
            seen.iter().map(|(_, t)| t.as_str()).collect::<String>(),
            text,
            "tiles"
        );
        (kind, seen)
    }

    fn words(text: &str, wanted: TokenKind) -> Vec<String> {
        pieces(text)
            .1
            .into_iter()
            .filter(|(kind, _)| *kind == wanted)
            .map(|(_, t)| t)
            .collect()
    }

    #[test]
    fn a_line_is_blank_comment_rule_or_malformed() {
        assert_eq!(pieces(" \t\r").0, LineKind::Blank);
        assert_eq!(pieces("# a: b").0, LineKind::Comment);
        assert_eq!(pieces(" # a: b").0, LineKind::Rule);
        assert_eq!(pieces(":").0, LineKind::Rule);
        assert_eq!(
            pieces("no colon").0,
            LineKind::Malformed(Reason::MissingColon)
        );
        assert_eq!(pieces(",").0, LineKind::Malformed(Reason::MissingColon));
    }

    #[test]
    fn f_field_04_and_05_brackets_hide_colons() {
        assert_eq!(
            words("sshd: [2001:db8::1]: deny", TokenKind::Item),
            ["sshd", "[2001:db8::1]"]
        );
        assert_eq!(
            words("a: ALL ] : deny", TokenKind::Item),
            ["a", "ALL", "]", ":", "deny"]
        );
        assert_eq!(
            pieces("a [ : b").0,
            LineKind::Malformed(Reason::MissingColon)
        );
    }

    #[test]
    fn f_except_02_the_word_alone_and_in_any_case() {
        assert_eq!(
            words("a: ALL,except,b EXCEPTx", TokenKind::Except),
            ["except"]
        );
    }

    #[test]
    fn f_opt_06_one_equals_sign_belongs_to_the_option() {
        assert_eq!(
            words("a: b: severity = = x ", TokenKind::OptionName),
            ["severity"]
        );
        assert_eq!(words("a: b: severity = = x ", TokenKind::Assign), [" = "]);
        assert_eq!(
            words("a: b: severity = = x ", TokenKind::OptionValue),
            ["= x"]
        );
        assert_eq!(words("a: b: =x", TokenKind::OptionName), [""; 0]);
    }

    #[test]
    fn f_opt_07_a_backslash_keeps_a_colon() {
        assert_eq!(words("a: b: x a\\:b: y", TokenKind::OptionValue), ["a\\:b"]);
        assert_eq!(
            words("a: b: x a\\\\:b: y", TokenKind::OptionValue),
            ["a\\\\:b"]
        );
        assert_eq!(words("a: b: x a\\b: y", TokenKind::OptionName), ["x", "y"]);
        assert_eq!(words("a: b:::", TokenKind::Colon).len(), 4);
    }
}
