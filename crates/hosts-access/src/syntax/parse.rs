//! A table, a part of it, or a table around what does not matter, to a tree.

use crate::syntax::kinds::Run;
use crate::syntax::lines::Scanner;
use crate::syntax::reading::Reading;
use crate::syntax::tree::{Builder, Tree};

/// Reads a table as Debian's library does. Never fails: what libwrap would reject becomes a line of
/// its own kind.
///
/// Offsets are 32 bits wide, so a source may have at most 4 GiB; whoever reads files checks that.
pub fn parse(source: &[u8]) -> Tree<'_> {
    parse_excerpt(source, 0)
}

/// Reads a table as another build of the library does.
pub fn parse_as(source: &[u8], reading: Reading) -> Tree<'_> {
    read(source, 0, reading)
}

/// Reads a table but for `runs`, which are in order: each becomes one blank line. All else has the
/// places and numbers that it has in the whole tree.
pub fn parse_around<'s>(source: &'s [u8], runs: &[Run]) -> Tree<'s> {
    let mut builder = Builder::new(source, Reading::DEBIAN);
    let mut scanner = Scanner::new(source, 0, Reading::DEBIAN);
    for run in runs {
        while scanner.at() < run.span.start
            && let Some(line) = scanner.next_line()
        {
            builder.line(&line, scanner.pieces());
        }
        if let Some(line) = scanner.pass(run) {
            builder.passed(&line);
        }
    }
    while let Some(line) = scanner.next_line() {
        builder.line(&line, scanner.pieces());
    }
    builder.finish()
}

/// Reads a part of a table that begins with a logical line, after `lines_before` complete lines.
pub fn parse_excerpt(source: &[u8], lines_before: u32) -> Tree<'_> {
    read(source, lines_before, Reading::DEBIAN)
}

fn read(source: &[u8], lines_before: u32, reading: Reading) -> Tree<'_> {
    let mut builder = Builder::new(source, reading);
    let mut scanner = Scanner::new(source, lines_before, reading);
    while let Some(line) = scanner.next_line() {
        builder.line(&line, scanner.pieces());
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::reading::{Brackets, Comments, TooLong};
    use crate::syntax::tree::Line;
    use proptest::prelude::*;

    /// Bytes that mean something to the reader are common; whole files of them are likely.
    fn tables() -> impl Strategy<Value = Vec<u8>> {
        let pieces = prop_oneof![
            8 => prop::sample::select(&b"\n\\\0:,[] \t\r#=%@/.*aE"[..]).prop_map(|byte| vec![byte]),
            2 => any::<u8>().prop_map(|byte| vec![byte]),
            1 => prop::sample::select(vec!["\\\n", "EXCEPT", "\\:", " : ", "sshd: ALL\n", "\u{feff}"])
                .prop_map(|text| text.as_bytes().to_vec()),
            1 => (2040_usize..2050).prop_map(|length| vec![b'x'; length]),
        ];
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }

    fn readings() -> impl Strategy<Value = Reading> {
        prop::sample::select(vec![
            Reading::DEBIAN,
            Reading {
                comments: Comments::Anywhere,
                unterminated_ends: false,
                too_long: TooLong::Hangs,
                ..Reading::DEBIAN
            },
            Reading {
                brackets: Brackets::Addresses,
                unterminated_ends: false,
                too_long: TooLong::Cut,
                ..Reading::DEBIAN
            },
            Reading {
                brackets: Brackets::None,
                too_long: TooLong::Hangs,
                ..Reading::DEBIAN
            },
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn printing_gives_the_source(source in tables()) {
            prop_assert_eq!(parse(&source).print(), source);
        }

        #[test]
        fn around_a_run_the_tree_is_the_same(source in tables(), from in 0..40_usize, to in 0..40_usize) {
            let whole = parse(&source);
            let plain = |line: &Line<'_, '_>| {
                line.is_read() && line.span().of(&source).iter().filter(|b| **b == b'\n').count() == 1
                    && !line.is_joined()
            };
            let passed: Vec<_> = whole.lines().skip(from).take(to).take_while(plain).collect();
            let span = passed.iter().map(|line| line.span()).reduce(crate::span::Span::cover);
            let runs: Vec<Run> = span
                .map(|span| Run { span, lines: crate::span::offset(passed.len()) })
                .into_iter()
                .collect();
            let tree = parse_around(&source, &runs);
            prop_assert_eq!(tree.print(), &*source);
            let rows = |tree: &Tree<'_>| -> Vec<_> {
                tree.lines()
                    .filter(|line| span.is_none_or(|span| line.span().start < span.start || line.span().start >= span.end))
                    .map(|line| (line.span(), line.number(), line.kind(), line.text(line.span()).into_owned()))
                    .collect()
            };
            prop_assert_eq!(rows(&tree), rows(&whole));
        }

        #[test]
        fn lines_tile_the_file_and_tokens_tile_their_line(source in tables(), reading in readings()) {
            let tree = parse_as(&source, reading);
            prop_assert_eq!(tree.print(), &*source);
            let mut at = 0;
            for line in tree.lines() {
                prop_assert_eq!(line.span().start, at);
                for token in line.tokens() {
                    prop_assert_eq!(token.span.start, at);
                    prop_assert!(!token.span.is_empty());
                    at = token.span.end;
                }
                prop_assert_eq!(line.span().end, at);
            }
            prop_assert_eq!(crate::span::index(at), source.len());
        }

        #[test]
        fn the_text_of_a_line_has_no_splice_and_no_nul(source in tables()) {
            let tree = parse(&source);
            for line in tree.lines().filter(|line| line.is_read()) {
                let text = line.text(line.span());
                prop_assert!(!text.contains(&0));
                prop_assert!(!text.windows(2).any(|pair| pair == b"\\\n"));
            }
        }
    }
}
