//! `tcpw parse`: a table as tcpw reads it.

use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::tables::TableFile;
use crate::escape::visible;
use crate::span::LineIndex;
use crate::syntax::{Line, LineKind, Reason, TokenKind, Tree, parse};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show a table as libwrap reads it, token by token
///
/// Every byte of the file belongs to exactly one token. Lines that libwrap joins with a backslash
/// are one line here; lines that it skips or cannot read say so.
#[derive(Debug, Args)]
pub(crate) struct ParseArgs {
    /// The table to read
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to print
    #[arg(
        long,
        alias = "emit",
        value_enum,
        value_name = "FORMAT",
        default_value_t
    )]
    format: ParseFormat,
}

/// Forms of a parsed table.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ParseFormat {
    /// Lines and tokens, for people
    #[default]
    #[value(name = "text", alias = "tree", alias = "table", alias = "human")]
    Tree,
    /// Lines and tokens, for programs
    Json,
    /// The file again, byte for byte, put together from the tokens
    Source,
}

pub(crate) fn run(args: &ParseArgs, context: &mut Context) -> Result<Exit, Failure> {
    let table = TableFile::read_named(&args.file)?;
    let tree = parse(table.source());
    match args.format {
        ParseFormat::Source => context.out.bytes(&tree.print())?,
        ParseFormat::Json => context.out.data(as_json(&tree).to_string())?,
        ParseFormat::Tree => print_tree(&tree, context)?,
    }
    Ok(Exit::Done)
}

fn print_tree(tree: &Tree<'_>, context: &mut Context) -> Result<(), Failure> {
    let lines = LineIndex::new(tree.source());
    for line in tree.lines() {
        let first = lines.position(line.span().start).line;
        let last = lines.position(line.span().end.saturating_sub(1)).line;
        let range = if first == last {
            format!("{first}")
        } else {
            format!("{first}-{last}")
        };
        context
            .out
            .line(format!("{range} {}{}", kind(line), unread(line)))?;
        for token in line.tokens() {
            let at = lines.position(token.span.start);
            let text = visible(token.span.of(tree.source()));
            let name = name(token.kind);
            context
                .out
                .line(format!("  {}:{} {name} `{text}`", at.line, at.column))?;
        }
    }
    Ok(())
}

fn as_json(tree: &Tree<'_>) -> Value {
    let lines = tree.lines().map(|line| {
        let tokens = line.tokens().map(|token| {
            json!({
                "kind": name(token.kind),
                "start": token.span.start,
                "end": token.span.end,
                "text": visible(&line.text(token.span)),
            })
        });
        json!({
            "kind": kind(line),
            "start": line.span().start,
            "end": line.span().end,
            "number": line.number(),
            "read": line.is_read(),
            "tokens": tokens.collect::<Value>(),
        })
    });
    json!({ "lines": lines.collect::<Value>() })
}

fn unread(line: Line<'_, '_>) -> &'static str {
    match (line.is_read(), line.kind()) {
        (true, _) => "",
        (false, LineKind::Malformed(_)) => ": libwrap stops here",
        (false, _) => ": never read",
    }
}

fn kind(line: Line<'_, '_>) -> &'static str {
    match line.kind() {
        LineKind::Blank => "blank",
        LineKind::Comment => "comment",
        LineKind::Rule => "rule",
        LineKind::Malformed(Reason::MissingColon) => "malformed: no colon, skipped by libwrap",
        LineKind::Malformed(Reason::Unterminated) => "malformed: no newline at the end",
        LineKind::Malformed(Reason::TooLong) => "malformed: too long",
    }
}

fn name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Comment => "comment",
        TokenKind::Separator => "separator",
        TokenKind::Item => "item",
        TokenKind::Except => "except",
        TokenKind::Colon => "colon",
        TokenKind::White => "white",
        TokenKind::OptionName => "option_name",
        TokenKind::Assign => "assign",
        TokenKind::OptionValue => "option_value",
        TokenKind::Garbage => "garbage",
        TokenKind::Splice => "splice",
        TokenKind::Hidden => "hidden",
        TokenKind::Newline => "newline",
    }
}
