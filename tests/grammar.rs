//! The written grammar and the parser: every parser function is a production of the grammar, and
//! every name the grammar uses is defined in it once.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(place).expect(path)
}

/// The grammar without its comments, its words in quotes and its `? ... ?`.
fn bare(grammar: &str) -> String {
    let uncommented: String = grammar
        .split("(*")
        .enumerate()
        .map(|(number, part)| {
            if number == 0 {
                part
            } else {
                part.split_once("*)").unwrap().1
            }
        })
        .collect();
    let unquoted: String = uncommented
        .split('"')
        .step_by(2)
        .collect::<Vec<_>>()
        .join(" ");
    unquoted.split('?').step_by(2).collect::<Vec<_>>().join(" ")
}

/// The productions, each with the names it uses.
fn productions(grammar: &str) -> Vec<(String, Vec<String>)> {
    let bare = bare(grammar);
    let rules = bare.split(';').filter(|rule| !rule.trim().is_empty());
    rules
        .map(|rule| {
            let (name, body) = rule.split_once('=').expect(rule);
            let words = body.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let used = words.filter(|word| !word.is_empty()).map(str::to_owned);
            (name.trim().to_owned(), used.collect())
        })
        .collect()
}

/// The functions of a Rust file, without its unit tests.
fn functions(source: &str) -> Vec<String> {
    let shipped = source.split("#[cfg(test)]").next().unwrap();
    shipped
        .lines()
        .filter_map(|line| line.trim_start_matches("pub(super) ").strip_prefix("fn "))
        .map(|rest| rest.split(['(', '<']).next().unwrap().to_owned())
        .collect()
}

/// What is wrong between `grammar` and the parser in `source`.
fn breaks(grammar: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let rules = productions(grammar);
    let mut names = BTreeSet::new();
    for (name, _) in &rules {
        if !names.insert(name.as_str()) {
            found.push(format!("{name} is defined twice"));
        }
    }
    for (name, used) in &rules {
        let missing = used.iter().filter(|word| !names.contains(word.as_str()));
        found.extend(missing.map(|word| format!("{name} uses {word}, which is not defined")));
    }
    let parsers = functions(source);
    let strays = parsers
        .iter()
        .filter(|parser| !names.contains(parser.as_str()));
    found.extend(strays.map(|parser| format!("no production for the parser {parser}")));
    found
}

#[test]
fn every_parser_is_a_production() {
    let grammar = read("grammar/hosts_access.ebnf");
    let parser = read("crates/hosts-access/src/syntax/grammar.rs");
    assert!(functions(&parser).len() > 5, "no parsers found");
    let found = breaks(&grammar, &parser);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_grammar_is_closed() {
    let found = breaks(&read("grammar/hosts_access.ebnf"), "");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_gap_is_seen() {
    let grammar = "(* x = y *) a = b , \";\" | ? c ? ; b = { \"x\" } ;";
    assert!(breaks(grammar, "fn a() {}\npub(super) fn b<'i>(x) {}").is_empty());
    assert_eq!(breaks(grammar, "fn c(x) {}").len(), 1);
    assert_eq!(breaks("a = b ; a = a ;", "").len(), 2);
}
